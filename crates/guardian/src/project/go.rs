//! Resolves import paths of Go, and lists what a package defines over its files.
//!
//! It opens no other module: their packages are only named. No name is missing in a standard library that may be newer
//! than the tables here.

use std::collections::BTreeSet;

use super::{Target, Tree, folder_of, join};
use crate::names::is_go_package;

/// The target of an import path: a package's folder is represented by its first file.
pub(crate) fn resolve(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    let first = module.split('/').next().unwrap_or(module);
    let Some((root, own)) = module_of(tree, from) else { return Target::Known };
    if module == own || module.starts_with(&format!("{own}/")) {
        let Some(folder) = join(&root, module[own.len()..].trim_start_matches('/')) else {
            return Target::Known;
        };
        let first = files(tree, &folder).next().map(str::to_string);
        return match first {
            Some(file) => Target::File(file),
            None if super::is_built(&folder) || tree.is_unlisted(&folder) => Target::Known,
            None => Target::Missing(folder),
        };
    }
    if !first.contains('.') {
        if is_go_package(module) || is_newer(tree, from) {
            return Target::Known;
        }
        return Target::Missing(format!("Go's standard library has no package `{module}`"));
    }
    Target::Package(module.to_string())
}

/// Whether the module requires a newer Go than the tables here describe.
pub(crate) fn is_newer(tree: &Tree<'_>, from: &str) -> bool {
    const NEWEST: u32 = 26;
    let stated = tree.nearest(from, "go.mod").and_then(|manifest| tree.read(&manifest)).and_then(|text| {
        let version = text.lines().find_map(|line| line.trim().strip_prefix("go 1."))?.trim().to_string();
        version.split('.').next()?.parse::<u32>().ok()
    });
    stated.is_some_and(|minor| minor > NEWEST)
}

/// The folder and name of the module to which a file belongs.
pub(crate) fn module_of(tree: &Tree<'_>, path: &str) -> Option<(String, String)> {
    let manifest = tree.nearest(path, "go.mod")?;
    let text = tree.read(&manifest)?;
    let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?.trim().trim_matches('"');
    Some((folder_of(&manifest).to_string(), name.to_string()))
}

/// The Go files of a folder.
pub(crate) fn files<'t>(tree: &'t Tree<'_>, folder: &'t str) -> impl Iterator<Item = &'t str> {
    tree.paths()
        .iter()
        .map(String::as_str)
        .filter(move |path| path.ends_with(".go") && folder_of(path) == folder)
}

/// The definitions of a package over all its files; `None` if they cannot be listed.
pub(crate) fn package_names(tree: &Tree<'_>, folder: &str) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in files(tree, folder) {
        let file = tree.file(path)?;
        if file.is_broken() || !file.is_indexed() || file.names().open {
            return None;
        }
        names.extend(file.outline().symbols.iter().filter(|s| s.container.is_none()).map(|s| s.name.clone()));
    }
    Some(names)
}
