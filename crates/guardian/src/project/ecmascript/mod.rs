//! Resolves module specifiers of TypeScript and JavaScript, and lists what a module exports.
//!
//! `files` tries paths, `aliases` maps configured names. Must not call a module missing if a loader or a configuration
//! may map its name elsewhere. Exports are `None` if a star leads to a module that cannot be listed.

mod aliases;
mod files;
mod installed;

use std::collections::{BTreeSet, HashSet};

use self::files::{at, candidates, package};
use super::{Target, Tree, folder_of, join};
use crate::names::is_node_module;

pub(crate) use installed::{class as package_class, exports as package_exports};

/// The target of a module specifier.
pub(crate) fn resolve(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    // The exports that a bundler's loader creates differ from those of the file
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
    if module.len() > package(module).len() && installed::is_shut_out(tree, from, module) {
        let part = module.get(package(module).len()..).unwrap_or_default();
        return Target::Missing(format!("`{}` exports no `.{part}`", package(module)));
    }
    Target::Package(package(module).to_string())
}

fn is_scoped_package(module: &str) -> bool {
    module.strip_prefix('@').is_some_and(|rest| {
        rest.split_once('/').is_some_and(|(scope, name)| !scope.is_empty() && !name.is_empty())
    })
}

fn relative(tree: &Tree<'_>, from: &str, module: &str) -> Target {
    match join(folder_of(from), module) {
        Some(path) => at(tree, from, path),
        None => Target::Known,
    }
}

/// Whether a bundler's or compiler's configuration maps the first part of a specifier.
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

/// The names that a module exports, including re-exports.
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
    // A declaration file exports all its declarations
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
