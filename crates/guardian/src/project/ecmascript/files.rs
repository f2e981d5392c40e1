//! Files to which a path of TypeScript or JavaScript may refer.
//!
//! For the resolver and the aliases beside it. It asks the tree which paths exist, and opens no module. A path
//! that a build, a framework, a submodule or `rootDirs` may fill is known, never missing.

use crate::project::{Target, Tree, is_built, join};

const EXTENSIONS: &[&str] = &[
    "ts", "tsx", "d.ts", "js", "jsx", "mjs", "cjs", "mts", "cts", "d.mts", "d.cts", "json", "node", "vue",
    "svelte", "astro",
];

pub(super) fn package(module: &str) -> &str {
    let slashes = if module.starts_with('@') { 2 } else { 1 };
    module.match_indices('/').nth(slashes - 1).map_or(module, |(at, _)| &module[..at])
}

/// The file at a path of the project, with or without its extension.
pub(super) fn at(tree: &Tree<'_>, from: &str, path: String) -> Target {
    if let Some(found) = candidates(&path).find(|candidate| tree.has(candidate)) {
        return Target::File(beside_its_types(tree, from, &found).unwrap_or(found));
    }
    // Frameworks write types beside the routes: `./$types`, `./+types/route`; a hidden folder belongs to a tool
    let written = path.split('/').any(|part| part.starts_with(['$', '.']) || part == "+types");
    if written || tree.is_unlisted(&path) || has_more_roots(tree, from) {
        return Target::Known;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    // A style sheet, an image, or a package's folder (its package.json names the file)
    let asset = extension.is_some_and(|e| {
        !EXTENSIONS.contains(&e) && e.len() <= 5 && e.bytes().all(|b| b.is_ascii_alphanumeric())
    }) && !tree.has_folder(&path);
    let is_package =
        join(&path, "package.json").is_some_and(|manifest| tree.has(&manifest)) || path.is_empty();
    if is_package
        || is_built(&path)
        || (asset && !extension.is_some_and(|e| matches!(e, "test" | "spec" | "config")))
    {
        return Target::Known;
    }
    if extension == Some("json") || extension == Some("node") || name.starts_with("package.") {
        return Target::Known;
    }
    Target::Missing(path)
}

/// Whether a relative path may lead to another folder than its own: `rootDirs` merges several folders.
fn has_more_roots(tree: &Tree<'_>, from: &str) -> bool {
    let manifest = tree.nearest(from, "tsconfig.json");
    manifest.and_then(|path| tree.read(&path)).is_some_and(|text| text.contains("\"rootDirs\""))
}

/// The code beside a file of types: JavaScript imports that code.
fn beside_its_types(tree: &Tree<'_>, from: &str, found: &str) -> Option<String> {
    if !["js", "jsx", "mjs", "cjs"].iter().any(|own| from.rsplit('.').next() == Some(own)) {
        return None;
    }
    let stem = [".d.ts", ".d.mts", ".d.cts"].iter().find_map(|end| found.strip_suffix(end))?;
    ["js", "mjs", "cjs", "jsx"].iter().map(|end| format!("{stem}.{end}")).find(|path| tree.has(path))
}

pub(super) fn candidates(path: &str) -> impl Iterator<Item = String> {
    let mut found = vec![path.to_string()];
    // For a path in the output of a build, its source is searched
    for (output, sources) in [
        (".js", &["ts", "tsx", "d.ts", "jsx"][..]),
        (".mjs", &["mts", "d.mts"]),
        (".cjs", &["cts", "d.cts"]),
        (".jsx", &["tsx"]),
    ] {
        if let Some(stem) = path.strip_suffix(output) {
            found.extend(sources.iter().map(|source| format!("{stem}.{source}")));
        }
    }
    let slash = if path.is_empty() { "" } else { "/" };
    if !path.is_empty() {
        found.extend(EXTENSIONS.iter().map(|extension| format!("{path}.{extension}")));
    }
    found.extend(EXTENSIONS.iter().map(|extension| format!("{path}{slash}index.{extension}")));
    found.into_iter()
}
