//! Resolves modules of Python, and lists what a module exports.
//!
//! It knows neither `sys.path` nor installed packages. Folders, compiled and generated modules are known, never
//! missing; a module with a star import or an open set of names has no list of exports.

use std::collections::BTreeSet;

use super::{Target, Tree, folder_of, join};
use crate::names::is_python_module;

/// The target of a module name.
pub(crate) fn resolve(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    let dots = module.bytes().take_while(|b| *b == b'.').count();
    let path = module[dots..].replace('.', "/");
    if dots > 0 {
        let mut folder = folder_of(from);
        for _ in 1..dots {
            if folder.is_empty() {
                return Target::Known;
            }
            folder = folder_of(folder);
        }
        let Some(path) = join(folder, &path) else { return Target::Known };
        return inside(tree, from, &path);
    }
    let top = module.split('.').next().unwrap_or(module);
    if is_python_module(top) || top.is_empty() {
        return Target::Known;
    }
    let mut beside = false;
    let mut roots = vec!["".to_string(), "src".into(), "lib".into(), "python".into()];
    let mut folder = folder_of(from);
    while !folder.is_empty() {
        roots.push(folder.to_string());
        folder = folder_of(folder);
    }
    for root in roots {
        let Some(first) = join(&root, top) else { continue };
        if tree.has(&format!("{first}.py")) || tree.has(&format!("{first}/__init__.py")) {
            // A module does not import itself, and inside a package a neighbour needs a leading dot
            let is_package = !root.is_empty() && tree.has(&format!("{root}/__init__.py"));
            if is_package || format!("{first}.py") == from {
                beside = true;
                continue;
            }
            return join(&root, &path).map_or(Target::Known, |path| inside(tree, from, &path));
        }
        if tree.has_folder(&first) || tree.is_unlisted(&first) {
            // A folder is a package even without `__init__.py`, where it has just that module
            let module = join(&root, &path).map(|path| inside(tree, from, &path));
            return module.filter(|found| matches!(found, Target::File(_))).unwrap_or(Target::Known);
        }
    }
    // Some projects set their paths so that it is found nevertheless
    if beside {
        return Target::Known;
    }
    Target::Package(top.to_string())
}

fn inside(tree: &Tree<'_>, from: &str, path: &str) -> Target {
    let mut candidates = [
        format!("{path}.py"),
        format!("{path}/__init__.py"),
        format!("{path}.pyi"),
        format!("{path}/__init__.pyi"),
    ];
    // Type files import type files
    if from.ends_with(".pyi") {
        candidates.rotate_left(2);
    }
    for candidate in &candidates {
        let candidate = candidate.trim_start_matches('/');
        if tree.has(candidate) {
            return Target::File(candidate.to_string());
        }
    }
    let compiled = ["pyx", "pxd", "so", "pyd", "c", "cpp", "rs"];
    let name = path.rsplit('/').next().unwrap_or_default();
    if tree.has_folder(path)
        || tree.is_unlisted(path)
        || compiled.iter().any(|extension| tree.has(&format!("{path}.{extension}")))
        || name.starts_with('_') && is_made_by_a_build(tree, name)
        || name.ends_with("_pb2")
        || name.contains("version")
        || name.contains("generated")
    {
        return Target::Known;
    }
    Target::Missing(path.to_string())
}

/// Whether a build may generate a module without a visible source: the project compiles something, or its manifest
/// names the module.
fn is_made_by_a_build(tree: &Tree<'_>, name: &str) -> bool {
    const SOURCES: [&str; 9] = [".c", ".cc", ".cpp", ".cxx", ".pyx", ".pxd", ".rs", ".f90", ".go"];
    const BUILDS: [&str; 4] = ["CMakeLists.txt", "meson.build", "build.rs", "Cargo.toml"];
    const MANIFESTS: [&str; 4] = ["pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in"];
    tree.paths().iter().any(|path| {
        SOURCES.iter().any(|end| path.ends_with(end)) || BUILDS.iter().any(|end| path.ends_with(end))
    }) || MANIFESTS.iter().any(|path| tree.read(path).is_some_and(|text| text.contains(name)))
}

/// The names that a module has.
pub(crate) fn exports(tree: &Tree<'_>, path: &str) -> Option<BTreeSet<String>> {
    let file = tree.file(path)?;
    if path.ends_with(".pyi") || !file.is_indexed() && !file.text.trim().is_empty() || file.is_broken() {
        return None;
    }
    if file.outline().open || file.names().open || file.text.contains("sys.modules") {
        return None;
    }
    let mut names: BTreeSet<String> = file.names().bound.iter().cloned().collect();
    names.extend(
        ["__name__", "__doc__", "__file__", "__path__", "__all__", "__version__", "__dict__"]
            .map(String::from),
    );
    if path.ends_with("__init__.py") {
        let folder = folder_of(path);
        for other in tree.paths() {
            let Some(rest) = other.strip_prefix(folder).map(|rest| rest.trim_start_matches('/')) else {
                continue;
            };
            let first = rest.split('/').next().unwrap_or(rest);
            names.insert(first.split('.').next().unwrap_or(first).to_string());
        }
    }
    Some(names)
}
