//! The exports of installed packages, read from their type files.
//!
//! Works with texts that the owner of the sources provides. Must report nothing if a package has no types, or types
//! that cannot be listed.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::aliases::{self, entry};
use super::files::package;
use crate::code::file::File;
use crate::project::{Memo, Tree, folder_of, join};

/// The most type files that are read for one package.
const MAX_FILES: usize = 60;
/// The largest type file, in bytes.
const MAX_BYTES: usize = 600_000;

/// The exports of a package, or of a part of it; `None` if they cannot be listed.
pub(crate) fn exports(tree: &Tree<'_>, from: &str, module: &str) -> Option<Arc<BTreeSet<String>>> {
    let (root, part) = place(tree, from, module)?;
    tree.around.installed.get((root.clone(), part.clone()), || listed(tree, &root, &part).map(Arc::new))
}

/// The type file in which a package declares a class.
pub(crate) fn class(tree: &Tree<'_>, from: &str, module: &str, name: &str) -> Option<Arc<File>> {
    let (root, part) = place(tree, from, module)?;
    let mut waiting = vec![types(tree, &root, &part)?];
    let mut seen = HashSet::new();
    while let Some(path) = waiting.pop().filter(|_| seen.len() < MAX_FILES) {
        if !seen.insert(path.clone()) {
            continue;
        }
        let text = tree.installed(&path).filter(|text| text.len() < MAX_BYTES)?;
        let file = File::plain(&path, &text);
        // Declarations for other modules, or under several names, are not followed
        if file.is_broken() || text.contains("export =") || text.contains("declare module ") {
            return None;
        }
        if text.contains(&format!("class {name}")) {
            return Some(Arc::new(file));
        }
        let stated = file.outline().exports.iter().filter(|export| export.name == "*" || export.name == name);
        for from in stated.filter_map(|export| export.from.as_deref()) {
            waiting.extend(join(folder_of(&path), from).and_then(|next| types_of(tree, &next)));
        }
    }
    None
}

/// Whether the list of exports of an installed package shuts out the part that a specifier names.
pub(super) fn is_shut_out(tree: &Tree<'_>, from: &str, module: &str) -> bool {
    #[derive(Default)]
    struct ShutOut(Memo<(String, String), bool>);
    let Some((root, part)) = place(tree, from, module).filter(|(_, part)| !part.is_empty()) else {
        return false;
    };
    tree.fact(ShutOut::default).0.get((root.clone(), part.clone()), || {
        let manifest = tree.installed(&format!("{root}/package.json"));
        manifest.is_some_and(|manifest| aliases::is_shut_out(tree, &manifest, &root, &part))
    })
}

/// The folder of a package, as resolved from a file, and the requested part of the package.
fn place(tree: &Tree<'_>, from: &str, module: &str) -> Option<(String, String)> {
    let name = package(module);
    let mut folder = folder_of(from);
    loop {
        let root = join(folder, &format!("node_modules/{name}"))?;
        if tree.installed(&format!("{root}/package.json")).is_some() {
            return Some((root, module.get(name.len()..).unwrap_or_default().to_string()));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

fn listed(tree: &Tree<'_>, root: &str, part: &str) -> Option<BTreeSet<String>> {
    let path = types(tree, root, part)?;
    let mut names = BTreeSet::new();
    collect(tree, &path, &mut names, &mut HashSet::new())?;
    (!names.is_empty()).then_some(names)
}

/// The type file of a package, or of a part of it.
fn types(tree: &Tree<'_>, root: &str, part: &str) -> Option<String> {
    let data: Value = serde_json::from_str(&tree.installed(&format!("{root}/package.json"))?).ok()?;
    let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_string);
    // The compiler's version may decide which types apply
    if data.get("typesVersions").is_some() {
        return None;
    }
    let named = match data.get("exports") {
        Some(_) => entry(&data, &format!(".{part}"))?,
        None if part.is_empty() => text("types")
            .or_else(|| text("typings"))
            .or_else(|| text("main"))
            .unwrap_or_else(|| "index.js".to_string()),
        None => part.trim_start_matches('/').to_string(),
    };
    types_of(tree, &join(root, &named)?)
}

/// The type file that belongs to a file.
fn types_of(tree: &Tree<'_>, path: &str) -> Option<String> {
    let is_types = |path: &str| [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end));
    let mut all = vec![path.to_string()];
    for (code, types) in
        [(".js", ".d.ts"), (".mjs", ".d.mts"), (".cjs", ".d.cts"), (".mjs", ".d.ts"), (".cjs", ".d.ts")]
    {
        all.extend(path.strip_suffix(code).map(|stem| format!("{stem}{types}")));
    }
    all.push(format!("{path}.d.ts"));
    all.push(format!("{path}/index.d.ts"));
    all.into_iter().find(|path| is_types(path) && tree.installed(path).is_some())
}

fn collect(
    tree: &Tree<'_>,
    path: &str,
    names: &mut BTreeSet<String>,
    seen: &mut HashSet<String>,
) -> Option<()> {
    if !seen.insert(path.to_string()) {
        return Some(());
    }
    let text = tree.installed(path).filter(|text| text.len() < MAX_BYTES)?;
    // A module that is a single value, or that declares other modules
    if seen.len() > MAX_FILES
        || text.contains("export =")
        || text.contains("declare module ")
        || text.contains("/// <reference path")
    {
        return None;
    }
    let file = File::plain(path, &text);
    let outline = file.outline();
    if file.is_broken() || outline.open || outline.exports.is_empty() && outline.imports.is_empty() {
        return None;
    }
    // A type file exports all its declarations, unless it lists its exports
    names.extend(
        outline.symbols.iter().filter(|symbol| symbol.container.is_none()).map(|symbol| symbol.name.clone()),
    );
    for export in &outline.exports {
        if export.name != "*" {
            names.insert(export.name.clone());
            continue;
        }
        let from = export.from.as_deref().filter(|from| from.starts_with('.'))?;
        let next = types_of(tree, &join(folder_of(path), from)?)?;
        collect(tree, &next, names, seen)?;
    }
    Some(())
}
