//! The packages that the manifests above a file declare, for each package manager.
//!
//! `undeclared-dependency` uses it. It reads no lock file and no installed package. A manifest that cannot be read
//! gives no answer. Python's manifests are only searched for the name: any mention counts as a declaration.

use std::collections::BTreeSet;
use std::sync::Arc;

use syntax::Language;

use super::{Memo, Tree, folder_of, join};

/// The packages that the manifests above a file declare.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// Normalized names: lower case, `-` and `.` as `_` if the language does so
    names: BTreeSet<String>,
    /// Path of the manifest to which a new dependency would be added
    pub(crate) manifest: String,
    /// Text of manifests that are not fully understood: a name found in it counts as declared
    loose: String,
}

impl Declared {
    pub(crate) fn has(&self, language: Language, package: &str) -> bool {
        let name = even(language, package);
        match language {
            Language::Python => self.python(&name),
            Language::Go => self
                .names
                .iter()
                .any(|module| package == module || package.starts_with(&format!("{module}/"))),
            Language::Rust => self.names.contains(&name),
            _ => self.names.contains(&name) || self.names.contains(&types_package(package)),
        }
    }

    fn python(&self, name: &str) -> bool {
        let known =
            |distribution: &str| self.names.contains(distribution) || self.loose.contains(distribution);
        if self.names.iter().any(|d| d.contains(name) || (d.len() > 3 && name.contains(d.as_str()))) {
            return true;
        }
        self.loose.contains(name)
            || DISTRIBUTIONS.iter().any(|(module, distribution)| *module == name && known(distribution))
    }
}

/// The types of `@a/b` are in the package `@types/a__b`.
fn types_package(package: &str) -> String {
    format!("@types/{}", package.trim_start_matches('@').replace('/', "__"))
}

fn even(language: Language, name: &str) -> String {
    match language {
        Language::Python => name.to_lowercase().replace(['-', '.'], "_"),
        Language::Rust => name.replace('-', "_"),
        _ => name.to_string(),
    }
}

/// The declarations of the manifests above a folder, by language.
#[derive(Default)]
struct DeclaredAbove(Memo<(Language, String), Option<Arc<Declared>>>);

/// The packages that the manifests above a file declare; `None` if there is no manifest, or one that cannot be
/// read.
pub(crate) fn declared(tree: &Tree<'_>, language: Language, path: &str) -> Option<Arc<Declared>> {
    // All files of a folder have the same manifests above them
    let key = (language, folder_of(path).to_string());
    tree.fact(DeclaredAbove::default).0.get(key, || {
        let found = match language {
            Language::TypeScript | Language::Tsx | Language::JavaScript => ecmascript(tree, path),
            Language::Rust => rust(tree, path),
            Language::Python => python(tree, path),
            Language::Go => go(tree, path),
        };
        found.map(Arc::new)
    })
}

fn ecmascript(tree: &Tree<'_>, path: &str) -> Option<Declared> {
    let mut declared = Declared { manifest: tree.nearest(path, "package.json")?, ..Declared::default() };
    let mut folder = folder_of(path);
    loop {
        if let Some(manifest) = join(folder, "package.json").filter(|m| tree.has(m)) {
            package_json(tree, &manifest, &mut declared)?;
        }
        if folder.is_empty() {
            break;
        }
        folder = folder_of(folder);
    }
    // Packages of the same repository may be linked
    declared.names.extend(tree.around.members.get((), || Arc::new(members(tree))).iter().cloned());
    Some(declared)
}

pub(crate) fn members(tree: &Tree<'_>) -> BTreeSet<String> {
    let manifests =
        tree.paths().iter().filter(|p| p.ends_with("/package.json") && !p.contains("node_modules"));
    let name = |manifest: &String| {
        let json: serde_json::Value = serde_json::from_str(&tree.read(manifest)?).ok()?;
        json.get("name")?.as_str().map(str::to_string)
    };
    manifests.take(500).filter_map(name).collect()
}

fn package_json(tree: &Tree<'_>, manifest: &str, declared: &mut Declared) -> Option<()> {
    let json: serde_json::Value = serde_json::from_str(&tree.read(manifest)?).ok()?;
    for table in [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
        "bundledDependencies",
        "imports",
    ] {
        match json.get(table) {
            Some(serde_json::Value::Object(names)) => declared.names.extend(names.keys().cloned()),
            Some(serde_json::Value::Array(names)) => {
                declared.names.extend(names.iter().filter_map(|n| n.as_str().map(str::to_string)));
            }
            _ => {}
        }
    }
    declared.names.extend(json.get("name").and_then(|n| n.as_str()).map(str::to_string));
    Some(())
}

fn rust(tree: &Tree<'_>, path: &str) -> Option<Declared> {
    let manifest = tree.nearest(path, "Cargo.toml")?;
    let table: toml::Table = tree.read(&manifest)?.parse().ok()?;
    let package = table.get("package")?;
    let mut names = BTreeSet::new();
    let mut add = |table: &toml::Value| {
        for kind in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "dev_dependencies",
            "build_dependencies",
        ] {
            if let Some(deps) = table.get(kind).and_then(|deps| deps.as_table()) {
                names.extend(deps.keys().map(|name| even(Language::Rust, name)));
            }
        }
    };
    add(&toml::Value::Table(table.clone()));
    for target in table.get("target").and_then(|t| t.as_table()).into_iter().flat_map(|t| t.values()) {
        add(target);
    }
    names.extend(package.get("name").and_then(|n| n.as_str()).map(|name| even(Language::Rust, name)));
    names.extend(
        table
            .get("lib")
            .and_then(|l| l.get("name"))
            .and_then(|n| n.as_str())
            .map(|name| even(Language::Rust, name)),
    );
    Some(Declared { names, manifest, loose: String::new() })
}

fn python(tree: &Tree<'_>, path: &str) -> Option<Declared> {
    let mut loose = String::new();
    let mut manifest = String::new();
    let folder_is_above = |other: &str| {
        let folder = folder_of(other);
        folder.is_empty() || path.starts_with(&format!("{folder}/")) || folder.contains("requirements")
    };
    for other in tree.paths() {
        let name = other.rsplit('/').next().unwrap_or_default();
        let is_manifest = matches!(
            name,
            "pyproject.toml"
                | "setup.py"
                | "setup.cfg"
                | "Pipfile"
                | "tox.ini"
                | "noxfile.py"
                | "environment.yml"
                | "environment.yaml"
        ) || (name.contains("requirements")
            && (name.ends_with(".txt") || name.ends_with(".in")))
            || folder_of(other).ends_with("requirements");
        if !is_manifest || !folder_is_above(other) || loose.len() > 1_000_000 {
            continue;
        }
        if manifest.is_empty() || name == "pyproject.toml" {
            manifest.clone_from(other);
        }
        loose.push_str(&even(Language::Python, &tree.read(other)?));
        loose.push('\n');
    }
    (!manifest.is_empty()).then_some(Declared { names: BTreeSet::new(), manifest, loose })
}

fn go(tree: &Tree<'_>, path: &str) -> Option<Declared> {
    let manifest = tree.nearest(path, "go.mod")?;
    let text = tree.read(&manifest)?;
    let mut names = BTreeSet::new();
    let mut within = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["require" | "replace", "("] => within = true,
            [")"] => within = false,
            ["require" | "replace", name, ..] => {
                names.insert((*name).to_string());
            }
            [name, ..] if within => {
                names.insert((*name).to_string());
            }
            _ => {}
        }
    }
    Some(Declared { names, manifest, loose: String::new() })
}

/// Modules whose distribution has a very different name.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("yaml", "pyyaml"),
    ("cv2", "opencv"),
    ("pil", "pillow"),
    ("bs4", "beautifulsoup4"),
    ("sklearn", "scikit_learn"),
    ("skimage", "scikit_image"),
    ("dateutil", "python_dateutil"),
    ("dotenv", "python_dotenv"),
    ("jwt", "pyjwt"),
    ("git", "gitpython"),
    ("serial", "pyserial"),
    ("crypto", "pycryptodome"),
    ("openssl", "pyopenssl"),
    ("attr", "attrs"),
    ("magic", "python_magic"),
    ("usb", "pyusb"),
    ("zmq", "pyzmq"),
    ("mysqldb", "mysqlclient"),
    ("psycopg2", "psycopg"),
    ("google", "google"),
    ("docx", "python_docx"),
    ("pptx", "python_pptx"),
    ("fitz", "pymupdf"),
    ("win32api", "pywin32"),
    ("ruamel", "ruamel_yaml"),
    ("rest_framework", "djangorestframework"),
    ("slugify", "python_slugify"),
    ("nacl", "pynacl"),
    ("gi", "pygobject"),
    ("socks", "pysocks"),
    ("wx", "wxpython"),
    ("pytest", "pytest"),
    ("_pytest", "pytest"),
    ("pluggy", "pytest"),
    ("mpl_toolkits", "matplotlib"),
    ("markupsafe", "jinja2"),
    ("numpy", "pandas"),
    ("starlette", "fastapi"),
    ("pydantic_core", "pydantic"),
    ("werkzeug", "flask"),
    ("click", "flask"),
    ("jinja2", "flask"),
    ("urllib3", "requests"),
    ("multipart", "python_multipart"),
    ("jose", "python_jose"),
    ("telegram", "python_telegram_bot"),
    ("levenshtein", "levenshtein"),
];
