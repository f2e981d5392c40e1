//! From an import, as written, to the files of this repository that it means.

use crate::index::{Entry, FileId};
use std::collections::{BTreeMap, HashMap};
use syntax::{Import, ImportKind, Language};

/// The most files that one import may mean (a Go package is a folder).
const MAX_TARGETS: usize = 16;

/// What a manifest calls the package in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manifest {
    /// The `name` of a package.json.
    Npm(String),
    /// The crate's name, as code writes it.
    Cargo(String),
    /// The module path of a go.mod.
    Go(String),
}

impl Manifest {
    pub(crate) fn read(path: &str, text: &str) -> Option<Self> {
        match path.rsplit('/').next()? {
            "package.json" => {
                let json: serde_json::Value = serde_json::from_str(text).ok()?;
                Some(Self::Npm(json.get("name")?.as_str()?.to_owned()))
            }
            "Cargo.toml" => {
                let package = text.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
                let name = package.take_while(|line| !line.starts_with('[')).find_map(|line| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == "name").then(|| value.trim().trim_matches(['"', '\'']))
                })?;
                Some(Self::Cargo(name.replace('-', "_")))
            }
            "go.mod" => {
                let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
                Some(Self::Go(name.trim().trim_matches('"').to_owned()))
            }
            _ => None,
        }
    }
}

/// The names by which files of this repository can be meant.
pub(crate) struct Resolver<'a> {
    by_path: &'a HashMap<String, FileId>,
    /// Go files that are no tests, by folder.
    go_folders: HashMap<&'a str, Vec<FileId>>,
    npm: BTreeMap<&'a str, &'a str>,
    cargo: BTreeMap<&'a str, &'a str>,
    go: Vec<(&'a str, &'a str)>,
    /// The folders that hold a Cargo.toml with a package.
    crates: Vec<&'a str>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(entries: &'a [Entry], by_path: &'a HashMap<String, FileId>) -> Self {
        let mut resolver = Self {
            by_path,
            go_folders: HashMap::new(),
            npm: BTreeMap::new(),
            cargo: BTreeMap::new(),
            go: Vec::new(),
            crates: Vec::new(),
        };
        for (id, entry) in entries.iter().enumerate() {
            let folder = folder_of(&entry.path);
            if entry.language == Some(Language::Go) && !entry.path.ends_with("_test.go") {
                resolver.go_folders.entry(folder).or_default().push(id as FileId);
            }
            match &entry.manifest {
                Some(Manifest::Npm(name)) => drop(resolver.npm.insert(name, folder)),
                Some(Manifest::Cargo(name)) => {
                    resolver.cargo.insert(name, folder);
                    resolver.crates.push(folder);
                }
                Some(Manifest::Go(name)) => resolver.go.push((name, folder)),
                None => {}
            }
        }
        resolver
    }

    /// The files that an import of the file at `path` means; none for what is not of this repository.
    pub(crate) fn resolve(&self, path: &str, language: Language, import: &Import) -> Vec<FileId> {
        let mut found = match language {
            Language::TypeScript | Language::Tsx | Language::JavaScript => {
                self.ecmascript(path, &import.module)
            }
            Language::Rust => self.rust(path, import),
            Language::Python => self.python(path, import),
            Language::Go => self.go(&import.module),
        };
        found.truncate(MAX_TARGETS);
        found
    }

    fn first(&self, candidates: impl IntoIterator<Item = String>) -> Option<FileId> {
        candidates.into_iter().find_map(|path| self.by_path.get(&path).copied())
    }

    fn ecmascript(&self, path: &str, module: &str) -> Vec<FileId> {
        if module.starts_with('.') {
            return join(folder_of(path), module).and_then(|base| self.script(&base)).into_iter().collect();
        }
        // The alias that most templates set up for the sources of the package.
        if let Some(rest) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
            return ancestors(path)
                .flat_map(|folder| [under(folder, &format!("src/{rest}")), under(folder, rest)])
                .find_map(|base| self.script(&base))
                .into_iter()
                .collect();
        }
        let package = module
            .match_indices('/')
            .map(|(at, _)| &module[..at])
            .chain([module])
            .filter_map(|name| Some((name, *self.npm.get(name)?)))
            .next_back();
        let Some((name, folder)) = package else { return Vec::new() };
        let rest = module[name.len()..].trim_start_matches('/');
        let places = if rest.is_empty() { ["src/index", "index", "lib/index"] } else { ["", "src", "lib"] };
        places
            .iter()
            .map(
                |place| {
                    if rest.is_empty() { under(folder, place) } else { under(&under(folder, place), rest) }
                },
            )
            .find_map(|base| self.script(&base))
            .into_iter()
            .collect()
    }

    /// A module file by its path with or without an extension; TypeScript writes `.js` and means `.ts`.
    fn script(&self, base: &str) -> Option<FileId> {
        const EXTENSIONS: [&str; 9] = ["", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts"];
        let written = [(".js", ".ts"), (".js", ".tsx"), (".jsx", ".tsx"), (".mjs", ".mts"), (".cjs", ".cts")];
        self.first(EXTENSIONS.iter().map(|extension| format!("{base}{extension}")))
            .or_else(|| {
                self.first(
                    written.iter().filter_map(|(js, ts)| Some(format!("{}{ts}", base.strip_suffix(js)?))),
                )
            })
            .or_else(|| {
                self.first(EXTENSIONS[1..].iter().map(|extension| format!("{base}/index{extension}")))
            })
    }

    fn rust(&self, path: &str, import: &Import) -> Vec<FileId> {
        let folder = folder_of(path);
        let stem = path[folder.len()..].trim_start_matches('/').trim_end_matches(".rs");
        // Where the modules below this file lie.
        let own =
            if matches!(stem, "mod" | "lib" | "main") { folder.to_owned() } else { under(folder, stem) };
        if import.kind == ImportKind::Mod {
            return self
                .module(&own, &[&import.module])
                .or_else(|| self.module(folder, &[&import.module]))
                .into_iter()
                .collect();
        }
        let package = self.crates.iter().filter(|c| is_below(path, c)).max_by_key(|c| c.len()).copied();
        let mut found = Vec::new();
        let names = import.names.iter().map(|name| Some(name.name.as_str()));
        for name in names.chain(import.names.is_empty().then_some(None)) {
            let parts: Vec<&str> = import
                .module
                .split("::")
                .chain(name)
                .filter(|part| !part.is_empty() && *part != "*")
                .collect();
            let Some((first, mut rest)) = parts.split_first() else { continue };
            let mut base = own.clone();
            match *first {
                "crate" => base = under(package.unwrap_or_default(), "src"),
                "self" => {}
                "super" => {
                    base = folder_of(&base).to_owned();
                    while let Some(("super", further)) = rest.split_first().map(|(a, b)| (*a, b)) {
                        base = folder_of(&base).to_owned();
                        rest = further;
                    }
                }
                name => match self.cargo.get(name) {
                    Some(folder) => base = under(folder, "src"),
                    None => rest = &parts,
                },
            }
            let outside = rest.len() == parts.len();
            let target =
                self.module(&base, rest).or_else(|| if outside { None } else { self.module_root(&base) });
            if let Some(target) = target
                && !found.contains(&target)
            {
                found.push(target);
            }
        }
        found
    }

    /// The file of the longest beginning of `parts` that is a module below `base`.
    fn module(&self, base: &str, parts: &[&str]) -> Option<FileId> {
        (1..=parts.len().min(8)).rev().find_map(|n| {
            let path = under(base, &parts[..n].join("/"));
            self.first([format!("{path}.rs"), format!("{path}/mod.rs")])
        })
    }

    fn module_root(&self, folder: &str) -> Option<FileId> {
        self.first(["lib.rs", "mod.rs", "main.rs"].map(|name| under(folder, name)))
            .or_else(|| self.first([format!("{folder}.rs")]))
    }

    fn python(&self, path: &str, import: &Import) -> Vec<FileId> {
        let dots = import.module.len() - import.module.trim_start_matches('.').len();
        let inner = import.module[dots..].replace('.', "/");
        let mut bases: Vec<String> = Vec::new();
        if dots > 0 {
            let mut folder = folder_of(path);
            for _ in 1..dots {
                folder = folder_of(folder);
            }
            bases.push(under(folder, &inner));
        } else {
            for folder in ancestors(path) {
                bases.push(under(folder, &inner));
                bases.push(under(&under(folder, "src"), &inner));
            }
        }
        let file = |base: &str| {
            self.first([format!("{base}.py"), format!("{base}.pyi"), under(base, "__init__.py")])
        };
        let mut found = Vec::new();
        for base in bases {
            // `from package import module`
            found.extend(import.names.iter().filter_map(|name| file(&under(&base, &name.name))));
            found.extend(file(&base));
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    fn go(&self, module: &str) -> Vec<FileId> {
        let folder = self.go.iter().filter_map(|(name, folder)| {
            let rest = module.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| (name.len(), under(folder, rest.trim_start_matches('/'))))
        });
        let Some((_, folder)) = folder.max() else { return Vec::new() };
        self.go_folders.get(folder.as_str()).cloned().unwrap_or_default()
    }
}

/// The folder of a path, without a slash at its end; empty for the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders above a file, the nearest first, the root last.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder_of(path));
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| folder_of(folder));
        Some(folder)
    })
    .take(16)
}

fn under(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => folder.to_owned(),
        (false, false) => format!("{folder}/{path}"),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// `relative` from `folder`; `None` where it leaves the repository.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
