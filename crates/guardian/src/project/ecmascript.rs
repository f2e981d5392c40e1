//! Where a module specifier of TypeScript or JavaScript leads, and what a module exports.

mod aliases;
mod installed;

use std::collections::{BTreeSet, HashSet};

use super::{Target, Tree, folder_of, is_built, join};
use crate::names::is_node_module;

pub(crate) use aliases::Aliases;
pub(crate) use installed::exports as package_exports;

const EXTENSIONS: &[&str] = &[
    "ts", "tsx", "d.ts", "js", "jsx", "mjs", "cjs", "mts", "cts", "d.mts", "d.cts", "json", "node", "vue",
    "svelte", "astro",
];

/// Where a module specifier leads.
pub(crate) fn resolve(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    // what a bundler's loader makes of a file is not what the file has
    let loaded = module.contains(['?', '!']);
    let module = module.split(['?', '!']).next().unwrap_or_default();
    if loaded {
        return match module.starts_with('.').then(|| relative(tree, from, module)) {
            Some(Target::Missing(path)) => Target::Missing(path),
            _ => Target::Known,
        };
    }
    if let Some(target) = aliases::resolve(tree, from, module) {
        return target;
    }
    if module.is_empty() || module.starts_with(['#', '/', '@', '~', '$', '\\']) && !is_scoped_package(module)
    {
        return Target::Known;
    }
    if module == "." || module == ".." || module.starts_with("./") || module.starts_with("../") {
        return relative(tree, from, module);
    }
    if let Some(name) = module.strip_prefix("node:") {
        return if is_node_module(name) {
            Target::Known
        } else {
            Target::Missing(format!("Node has no module `{name}`"))
        };
    }
    if module.contains(':') || is_node_module(module) || is_alias(tree, from, module) {
        return Target::Known;
    }
    Target::Package(package(module).to_string())
}

fn is_scoped_package(module: &str) -> bool {
    module.strip_prefix('@').is_some_and(|rest| {
        rest.split_once('/').is_some_and(|(scope, name)| !scope.is_empty() && !name.is_empty())
    })
}

fn package(module: &str) -> &str {
    let slashes = if module.starts_with('@') { 2 } else { 1 };
    module.match_indices('/').nth(slashes - 1).map_or(module, |(at, _)| &module[..at])
}

fn relative(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    match join(folder_of(from), module) {
        Some(path) => at(tree, from, path),
        None => Target::Known,
    }
}

/// What lies at a path of the project, its extension left out or not.
fn at(tree: &Tree<'_>, from: &str, path: String) -> Target {
    if let Some(found) = candidates(&path).find(|candidate| tree.has(candidate)) {
        return Target::File(beside_its_types(tree, from, &found).unwrap_or(found));
    }
    // frameworks write types beside the routes: `./$types`, `./+types/route`; a hidden folder is a tool's
    let written = path.split('/').any(|part| part.starts_with(['$', '.']) || part == "+types");
    if written || has_more_roots(tree, from) {
        return Target::Known;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    // a style sheet, a picture, or a package's folder (its package.json names the file)
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

/// Whether a relative path may lead to another folder than its own: `rootDirs` lays several over each other.
fn has_more_roots(tree: &Tree<'_>, from: &str) -> bool {
    let manifest = tree.nearest(from, "tsconfig.json");
    manifest.and_then(|path| tree.read(&path)).is_some_and(|text| text.contains("\"rootDirs\""))
}

/// The code that a file of types stands beside: who is no TypeScript takes that.
fn beside_its_types(tree: &Tree<'_>, from: &str, found: &str) -> Option<String> {
    if !["js", "jsx", "mjs", "cjs"].iter().any(|own| from.rsplit('.').next() == Some(own)) {
        return None;
    }
    let stem = [".d.ts", ".d.mts", ".d.cts"].iter().find_map(|end| found.strip_suffix(end))?;
    ["js", "mjs", "cjs", "jsx"].iter().map(|end| format!("{stem}.{end}")).find(|path| tree.has(path))
}

fn candidates(path: &str) -> impl Iterator<Item = String> {
    let mut found = vec![path.to_string()];
    // what is written as the output of a build is looked for as its source
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

/// Whether a bundler's or compiler's configuration gives the first part of a specifier a meaning.
fn is_alias(tree: &Tree<'_>, from: &str, module: &str) -> bool {
    let key = (folder_of(from).to_string(), module.to_string());
    tree.around.aliases.get(key, || has_meaning(tree, from, module))
}

fn has_meaning(tree: &Tree<'_>, from: &str, module: &str) -> bool {
    let first = package(module);
    let top = module.split('/').next().unwrap_or(module);
    let configured = [
        "tsconfig.json",
        "tsconfig.base.json",
        "jsconfig.json",
        "vite.config.ts",
        "vite.config.js",
        "vitest.config.ts",
        "webpack.config.js",
        "rollup.config.js",
        "deno.json",
        "import_map.json",
        "tsconfig.app.json",
        "babel.config.js",
    ];
    configured
        .iter()
        .filter_map(|name| tree.nearest(from, name))
        .filter_map(|path| Some((tree.read(&path)?, path)))
        .any(|(text, path)| {
            let named = [format!("\"{first}"), format!("'{first}"), format!("\"{top}/"), format!("'{top}/")];
            let base = folder_of(&path);
            let from_base = text.contains("baseUrl")
                && ["", "src/", "app/", "lib/"].iter().any(|sub| {
                    join(base, &format!("{sub}{module}"))
                        .is_some_and(|path| candidates(&path).any(|candidate| tree.has(&candidate)))
                });
            named.iter().any(|name| text.contains(name.as_str())) || from_base
        })
}

/// The names that a module exports, those that it passes on included.
pub(crate) fn exports(tree: &Tree<'_>, path: &str, seen: &mut HashSet<String>) -> Option<BTreeSet<String>> {
    if !seen.insert(path.to_string()) {
        return Some(BTreeSet::new());
    }
    let file = tree.file(path)?;
    if !file.is_indexed() || file.is_broken() || seen.len() > 200 {
        return None;
    }
    let outline = file.outline();
    if outline.open || (outline.exports.is_empty() && outline.imports.is_empty()) {
        return None;
    }
    let mut names = BTreeSet::new();
    // a declaration file has all that it declares for others
    if [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end)) {
        names.extend(outline.symbols.iter().filter(|s| s.container.is_none()).map(|s| s.name.clone()));
    }
    for export in &outline.exports {
        if export.name != "*" {
            names.insert(export.name.clone());
            continue;
        }
        match resolve(tree, path, export.from.as_deref()?) {
            Target::File(next) => {
                names.extend(exports(tree, &next, seen)?.into_iter().filter(|name| name != "default"));
            }
            Target::Package(_) | Target::Known | Target::Missing(_) => return None,
        }
    }
    Some(names)
}
