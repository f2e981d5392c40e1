//! Part of `missing-export`: items of Rust that are gone from their crate, even if it has macros and globs.
//!
//! Searches the project's texts for the name. Reports nothing if a macro gets the name as an argument, or an
//! import brings it from another crate. Paths that can be resolved are for `missing_path`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use syntax::{ImportKind, Language};

use super::missing_path::own_crate;
use crate::code::file::File;
use crate::names::{is_in_item_macro, is_known};
use crate::project::is_specimen;
use crate::project::rust::{has_word, is_defined};
use crate::rules::{Change, Found};

/// Reports files that still import a name from their own crate that nothing in the crate defines any more.
pub(super) fn report(change: &Change<'_>, found: &mut Found) {
    let rust = change.pairs.iter().filter(|pair| Language::of_path(&pair.path) == Some(Language::Rust));
    let lost: BTreeSet<String> = rust
        .flat_map(|pair| change.lost_names(pair))
        .filter(|name| name.len() > 1 && !is_known(Language::Rust, name))
        .collect();
    if lost.is_empty() || lost.len() > 200 {
        return;
    }
    let texts: Vec<(&str, Cow<'_, str>)> = sources(change).collect();
    for name in lost {
        let users: Vec<&str> =
            texts.iter().filter(|(_, text)| has_word(text, &name)).map(|(path, _)| *path).collect();
        let defined = texts.iter().any(|(_, text)| text.contains(&name) && is_defined(text, &name));
        if users.is_empty() || defined {
            continue;
        }
        let files: Vec<_> = users.iter().filter_map(|path| change.head.file(path)).collect();
        let taken: Vec<(usize, u32, String)> = files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| {
                taken(change, file, &name).into_iter().map(move |(line, module)| (at, line, module))
            })
            .collect();
        let from_elsewhere = files.iter().any(|file| is_from_elsewhere(change, file, &name));
        if from_elsewhere || files.iter().any(|file| may_be_made(file, &name)) {
            continue;
        }
        for (at, line, module) in taken {
            let Some(file) = files.get(at).filter(|file| !is_specimen(&file.path)) else { continue };
            let start = file.start_of_line(line);
            let end = start + file.line((line as usize).saturating_sub(1)).len();
            found.at(file, start, end, format!("`{module}` has no `{name}`"));
        }
    }
}

pub(super) fn sources<'c>(change: &'c Change<'_>) -> impl Iterator<Item = (&'c str, Cow<'c, str>)> {
    const MAX_FILES: usize = 1_000;
    let paths = change.head.paths().iter().filter(|path| path.ends_with(".rs")).take(MAX_FILES);
    paths.filter_map(|path| Some((path.as_str(), change.head.read(path)?)))
}

/// The lines and modules of a file's imports of a name from its own crate.
fn taken(change: &Change<'_>, file: &File, name: &str) -> Vec<(u32, String)> {
    let imports = file.outline().imports.iter().filter(|import| is_own(change, file, &import.module));
    let names = imports.flat_map(|import| {
        let named = import.names.iter().filter(|n| n.name == name);
        named.map(|n| (n.line, import.module.clone()))
    });
    names.collect()
}

fn is_from_elsewhere(change: &Change<'_>, file: &File, name: &str) -> bool {
    file.outline().imports.iter().any(|import| {
        import.kind == ImportKind::Static
            && import.names.iter().any(|n| n.local() == name)
            && (!is_own(change, file, &import.module)
                || import.names.iter().any(|n| n.local() == name && n.name != name))
    })
}

/// Whether a path begins in the crate of the file.
fn is_own(change: &Change<'_>, file: &File, module: &str) -> bool {
    let first = module.split("::").next().unwrap_or_default();
    matches!(first, "crate" | "super" | "self")
        || file.outline().imports.iter().any(|i| i.kind == ImportKind::Mod && i.module == first)
        || own_crate(&change.head, &file.path).is_some_and(|(own, _)| own == first)
}

/// Whether an item macro gets the name as an argument.
pub(super) fn may_be_made(file: &File, name: &str) -> bool {
    file.text.contains("paste!")
        || file.flat().iter().any(|(index, node)| {
            matches!(node.kind, "identifier" | "type_identifier")
                && file.text_of(index) == name
                && matches!(file.flat().kind(node.parent), "token_tree" | "token_tree_pattern")
                && file
                    .flat()
                    .above(index)
                    .find(|i| !file.flat().kind(*i).starts_with("token"))
                    .is_some_and(|i| file.flat().kind(i) == "macro_invocation")
                && !file.text.get(..node.start).unwrap_or_default().ends_with("::")
                && is_in_item_macro(file, index)
        })
}
