//! The project's own code that a test imports.
//!
//! It reads no file: the caller passes the list of files.

use std::collections::HashSet;

use shared::paths::join;
use syntax::{ImportKind, Language, outline};

/// Files that `path` imports and the names it takes from each. Imports without a target in the project are
/// ignored.
pub(crate) fn imported(path: &str, text: &str, files: &HashSet<&str>) -> Vec<(String, Vec<String>)> {
    let Some(language) = Language::of_path(path) else { return Vec::new() };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if language == Language::Go {
        // A test belongs to the package beside it
        let beside = |file: &&&str| {
            file.rsplit_once('/').map_or("", |(folder, _)| folder) == folder
                && file.ends_with(".go")
                && !file.ends_with("_test.go")
        };
        let mut found: Vec<_> =
            files.iter().filter(beside).map(|file| (file.to_string(), Vec::new())).collect();
        found.sort();
        return found;
    }
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for import in outline(language, text).imports.iter().filter(|i| i.kind != ImportKind::TypeOnly) {
        let names: Vec<String> = import.names.iter().map(|name| name.name.clone()).collect();
        let candidates = match language {
            Language::Python => python(folder, &import.module, &names),
            Language::Rust => rust(path, &import.module, &names),
            Language::TypeScript | Language::Tsx | Language::JavaScript => ecmascript(folder, &import.module),
            Language::Go => Vec::new(),
        };
        let Some(file) = candidates.into_iter().find(|file| file != path && files.contains(file.as_str()))
        else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == file) {
            Some((_, known)) => known.extend(names),
            None => found.push((file, names)),
        }
    }
    found
}

fn ecmascript(folder: &str, module: &str) -> Vec<String> {
    const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];
    let Some(path) = module.starts_with('.').then(|| join(folder, module)).flatten() else {
        return Vec::new();
    };
    let mut found = vec![path.clone()];
    // For a path in the output of a build, its source is searched
    if let Some((stem, _)) = path.rsplit_once('.').filter(|(_, extension)| EXTENSIONS.contains(extension)) {
        found.extend(EXTENSIONS.iter().map(|extension| format!("{stem}.{extension}")));
    }
    found.extend(EXTENSIONS.iter().map(|extension| format!("{path}.{extension}")));
    found.extend(EXTENSIONS.iter().filter_map(|extension| join(&path, &format!("index.{extension}"))));
    found
}

fn python(folder: &str, module: &str, names: &[String]) -> Vec<String> {
    let dots = module.chars().take_while(|c| *c == '.').count();
    let inner = module.trim_start_matches('.').replace('.', "/");
    let roots: Vec<String> = if dots > 0 {
        join(folder, &"../".repeat(dots - 1)).into_iter().collect()
    } else {
        // The project's root, its source folders, and the folders above the test
        let above = (0..folder.split('/').count()).filter_map(|up| join(folder, &"../".repeat(up)));
        [String::new(), "src".into()].into_iter().chain(above).collect()
    };
    let mut found = Vec::new();
    for root in roots {
        let Some(base) = join(&root, &inner) else { continue };
        let inside = names.iter().filter_map(|name| join(&base, &format!("{name}.py")));
        found.extend(inside);
        if !inner.is_empty() {
            found.push(format!("{base}.py"));
        }
        found.extend(join(&base, "__init__.py"));
    }
    found
}

/// For a test below `tests/`: the sources of its crate. For a test below `src/`: the module that contains it.
fn rust(path: &str, module: &str, names: &[String]) -> Vec<String> {
    let (krate, mut inner) = match (path.rsplit_once("tests/"), path.rsplit_once("src/")) {
        (Some((krate, _)), None) => (krate, module.split("::").skip(1).collect::<Vec<_>>()),
        (_, Some((krate, inside))) => {
            let mut parts: Vec<&str> = inside.split('/').collect();
            parts.pop();
            let from = module.split("::").skip_while(|part| matches!(*part, "super" | "crate" | "self"));
            if module.starts_with("crate") {
                parts.clear();
            }
            parts.extend(from);
            (krate, parts)
        }
        _ => return Vec::new(),
    };
    inner.extend(names.first().map(String::as_str));
    let mut found = Vec::new();
    loop {
        let base = inner.join("/");
        if base.is_empty() {
            break;
        }
        found.extend([format!("{krate}src/{base}.rs"), format!("{krate}src/{base}/mod.rs")]);
        inner.pop();
    }
    found.extend([format!("{krate}src/lib.rs"), format!("{krate}src/main.rs")]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, files: &str, expected: &[(&str, &[&str])]) {
        let files: HashSet<&str> = files.split(' ').collect();
        let found = imported(path, text, &files);
        let shown: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|(file, names)| (file.as_str(), names.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, Vec<&str>)> =
            expected.iter().map(|(file, names)| (*file, names.to_vec())).collect();
        assert_eq!(shown, expected, "{path}");
    }

    #[test]
    fn imports_lead_to_files() {
        check(
            "test/a.test.ts",
            "import { a } from '../src/a.js';\nimport * as b from '../src/b';\nimport t from 'node:test';\n",
            "src/a.ts src/b/index.ts test/a.test.ts",
            &[("src/a.ts", &["a"]), ("src/b/index.ts", &[])],
        );
        check("src/a.test.js", "const { f } = require('./a');", "src/a.js", &[("src/a.js", &["f"])]);
        check(
            "tests/test_a.py",
            "from pkg.a import f\nfrom pkg import b\nimport os\n",
            "src/pkg/a.py src/pkg/b.py src/pkg/__init__.py",
            &[("src/pkg/a.py", &["f"]), ("src/pkg/b.py", &["b"])],
        );
        check(
            "pkg/a_test.go",
            "package a\n",
            "pkg/a.go pkg/b.go pkg/b_test.go c.go",
            &[("pkg/a.go", &[]), ("pkg/b.go", &[])],
        );
        check(
            "crates/x/tests/a.rs",
            "use x::shape::area;\nuse x::Unit;\n",
            "crates/x/src/lib.rs crates/x/src/shape.rs",
            &[("crates/x/src/shape.rs", &["area"]), ("crates/x/src/lib.rs", &["Unit"])],
        );
        check("test/a.test.js", "import x from '../../out.js';\n", "out.js", &[]);
    }
}
