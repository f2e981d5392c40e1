//! Names that a removed `*` import brought.
//!
//! Part of `undefined-name`, which reports them. It lists only modules of the project, and reports nothing if another
//! star or a macro may still bring the name.

use std::collections::BTreeSet;

use syntax::{Import, Language};

use crate::code::file::File;
use crate::names::is_known;
use crate::project::{Target, Tree, rust};
use crate::rules::Change;

/// Names of modules whose `*` import the change removed, and that are still used: (name, node).
pub(super) fn no_longer_brought(change: &Change<'_>, base: &File, head: &File) -> Vec<(String, usize)> {
    let Some(language) = head.language else { return Vec::new() };
    let kept: BTreeSet<&str> = stars(head).map(|import| import.module.as_str()).collect();
    let gone: BTreeSet<String> = stars(base)
        .filter(|import| !kept.contains(import.module.as_str()))
        .filter_map(|import| names_of(&change.head, base, import))
        .flatten()
        .collect();
    if gone.is_empty() || head.text.contains("include!(") {
        return Vec::new();
    }
    let (old, new) = (base.names(), head.names());
    let lost = new.used.iter().filter(|(name, _)| {
        gone.contains(*name)
            && old.used.contains_key(*name)
            && !new.bound.contains(*name)
            && !is_known(language, name)
            && !may_still_come(&change.head, head, name)
    });
    lost.map(|(name, index)| (name.clone(), *index)).collect()
}

fn stars(file: &File) -> impl Iterator<Item = &Import> {
    file.outline().imports.iter().filter(|import| import.names.iter().any(|n| n.name == "*"))
}

/// The names of a module of the project; `None` if they cannot be listed.
fn names_of(tree: &Tree<'_>, file: &File, import: &Import) -> Option<BTreeSet<String>> {
    if file.language == Some(Language::Rust) {
        return rust::module_of_star(tree, file, import).map(|module| {
            let symbols = module.outline().symbols.iter();
            symbols.filter(|s| s.container.is_none() && s.exported).map(|s| s.name.clone()).collect()
        });
    }
    match tree.resolve(file, import) {
        Target::File(path) => tree.exports(&path).map(|names| (*names).clone()),
        _ => None,
    }
}

/// Whether another `*` import or a macro may bring the name.
fn may_still_come(tree: &Tree<'_>, file: &File, name: &str) -> bool {
    if file.language == Some(Language::Rust) {
        return rust::a_glob_may_bring(tree, file, name) || rust::has_item_macro(file);
    }
    stars(file).any(|import| names_of(tree, file, import).is_none_or(|names| names.contains(name)))
}
