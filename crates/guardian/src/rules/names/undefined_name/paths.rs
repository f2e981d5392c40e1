//! Paths of Rust that begin at a module of the standard library, and traits that only newer editions include by
//! default.

use crate::code::file::File;
use crate::project::rust;
use crate::rules::Change;
use crate::rules::names::missing_path::own_crate;

/// Modules of the standard library whose names rarely mean anything else.
const MODULES: &[&str] = &[
    "any",
    "borrow",
    "boxed",
    "cell",
    "cmp",
    "collections",
    "convert",
    "env",
    "error",
    "ffi",
    "fmt",
    "fs",
    "future",
    "hash",
    "hint",
    "io",
    "iter",
    "marker",
    "mem",
    "net",
    "num",
    "ops",
    "panic",
    "pin",
    "process",
    "ptr",
    "rc",
    "slice",
    "string",
    "sync",
    "task",
    "thread",
    "vec",
];

/// First parts of paths that the file neither imports nor declares: (name, node).
pub(super) fn not_imported(change: &Change<'_>, base: &File, head: &File) -> Vec<(String, usize)> {
    let (old, new) = (base.names(), head.names());
    let is_new = |name: &String| !old.paths.contains_key(name) || old.modules.contains(name);
    let candidates: Vec<(&String, &usize)> = new
        .paths
        .iter()
        .filter(|(name, _)| MODULES.contains(&name.as_str()) && !new.modules.contains(*name) && is_new(name))
        .collect();
    if candidates.is_empty() || rust::has_item_macro(head) || head.text.contains("include!") {
        return Vec::new();
    }
    let manifest = change.head.nearest(&head.path, "Cargo.toml").and_then(|path| change.head.read(&path));
    let brought = |name: &str| {
        manifest.as_ref().is_some_and(|text| rust::has_word(text, name))
            || rust::a_glob_may_bring(&change.head, head, name)
    };
    let lost = candidates.into_iter().filter(|(name, _)| !brought(name));
    lost.map(|(name, index)| (name.clone(), *index)).collect()
}

/// Whether a Rust name is a crate in the manifest, which needs no import.
pub(super) fn is_a_crate(change: &Change<'_>, head: &File, name: &str) -> bool {
    if !head.path.ends_with(".rs") || name.starts_with(char::is_uppercase) {
        return false;
    }
    // `#[rustfmt::skip]`, and the library that a test, an example or a program of the same package uses
    if ["rustfmt", "clippy", "miri", "diagnostic", "rust_analyzer"].contains(&name)
        || own_crate(&change.head, &head.path).is_some_and(|(own, _)| own == name)
    {
        return true;
    }
    let manifest = change.head.nearest(&head.path, "Cargo.toml").and_then(|path| change.head.read(&path));
    manifest.is_some_and(|text| {
        text.lines().map(str::trim_start).any(|line| {
            let called = line.split(['=', '.', ' ']).next().unwrap_or_default().trim_matches('"');
            let table =
                line.starts_with('[') && line.trim_end().replace('-', "_").ends_with(&format!(".{name}]"));
            called.replace('-', "_") == name || table
        })
    })
}

/// Whether a name needs no import only in a later edition than the crate's.
pub(super) fn is_of_a_later_edition(change: &Change<'_>, head: &File, name: &str) -> bool {
    if !matches!(name, "Future" | "IntoFuture") || !head.path.ends_with(".rs") {
        return false;
    }
    let manifest = change.head.nearest(&head.path, "Cargo.toml").and_then(|path| change.head.read(&path));
    manifest.is_some_and(|text| {
        ["2015", "2018", "2021"].iter().any(|year| text.contains(&format!("edition = \"{year}\"")))
    })
}
