//! Part of `undefined-name`: removed imports of Python, and names that `__all__` lists.
//!
//! `mod.rs` reports them. In functions, imports for type checkers only do not count, nor do uses in annotations.

use std::collections::BTreeSet;

use crate::code::file::File;
use crate::code::places::function_of;
use crate::project::{Tree, folder_of, join};

/// Names whose import is gone and that are still used in its scope: in the function that imported them, or in quoted
/// types.
pub(super) fn no_longer_imported(base: &File, head: &File) -> Vec<(String, usize)> {
    let mut lost = in_functions(base, head);
    let (old, new) = (base.names(), head.names());
    let of_types: Vec<(String, usize)> = new
        .quoted
        .iter()
        .filter(|(name, _)| {
            old.bound.contains(*name)
                && !new.bound.contains(*name)
                && !new.used.contains_key(*name)
                && !new.open
        })
        .map(|(name, index)| (name.clone(), *index))
        .collect();
    lost.extend(of_types);
    lost
}

/// Names that `__all__` lists and the module does not have.
pub(super) fn listed_and_missing(tree: &Tree<'_>, file: &File) -> Vec<(String, usize)> {
    let names = file.names();
    if names.open || file.outline().open || !file.text.contains("__all__") {
        return Vec::new();
    }
    let lists = file
        .flat()
        .iter()
        .filter(|(index, node)| node.kind == "assignment" && file.field_text(*index, "left") == "__all__");
    let texts = lists
        .filter_map(|(index, _)| file.flat().field(index, "right"))
        .flat_map(|list| file.flat().parts(list))
        .filter(|part| file.flat().kind(*part) == "string");
    texts
        .map(|part| (file.text_of(part).trim_matches(['"', '\'']).to_string(), part))
        .filter(|(name, _)| {
            let beside = |end: &str| join(folder_of(&file.path), &format!("{name}{end}"));
            let module = beside(".py").is_some_and(|path| tree.has(&path))
                || beside("").is_some_and(|path| tree.has_folder(&path));
            !names.bound.contains(name) && !name.starts_with("__") && !module
        })
        .collect()
}

/// An import inside a function applies only to that function: the same import in another function does not help.
fn in_functions(base: &File, head: &File) -> Vec<(String, usize)> {
    let old = imported(base);
    if old.is_empty() {
        return Vec::new();
    }
    let now = imported(head);
    let bound = bound(head);
    let gone: Vec<&(String, String)> = old.iter().filter(|(function, name)| {
        !function.is_empty()
            && !now.contains(&(function.clone(), name.clone()))
            // Bound in an outer scope, or here in another way
            && !bound.iter().any(|(place, other)| {
                other == name && (place.is_empty() || function == place || function.starts_with(&format!("{place}.")))
            })
    }).collect();
    let mut lost: Vec<(String, usize)> = Vec::new();
    if gone.is_empty() {
        return lost;
    }
    for (index, node) in head.flat().iter() {
        if node.kind != "identifier" || lost.iter().any(|(name, _)| name == head.text_of(index)) {
            continue;
        }
        let name = head.text_of(index);
        if !gone.iter().any(|(_, other)| other == name) || !is_use(head, index) {
            continue;
        }
        let place = function_of(head, index);
        let inside = |function: &str| place == function || place.starts_with(&format!("{function}."));
        // If imports are for types only, annotations are not evaluated
        let typed = head.flat().above(index).take(8).any(|i| head.flat().kind(i) == "type");
        if !typed && gone.iter().any(|(function, other)| other == name && inside(function)) {
            lost.push((name.to_string(), index));
        }
    }
    lost
}

fn is_use(file: &File, index: usize) -> bool {
    let node = file.flat().node(index);
    match file.flat().kind(node.parent) {
        "attribute" => node.field != "attribute",
        "keyword_argument" => node.field != "name",
        "dotted_name" | "aliased_import" | "function_definition" | "class_definition" => false,
        _ => true,
    }
}

/// Names that imports bring, each with the function around it; not imports for type checkers only.
fn imported(file: &File) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (index, node) in file.flat().iter() {
        if !matches!(node.kind, "import_statement" | "import_from_statement") || for_types(file, index) {
            continue;
        }
        let place = function_of(file, index);
        for part in file.flat().parts(index).filter(|part| file.flat().node(*part).field == "name") {
            let name = match file.flat().kind(part) {
                "aliased_import" => file.field_text(part, "alias"),
                _ if node.kind == "import_statement" => {
                    file.text_of(part).split('.').next().unwrap_or_default()
                }
                _ => file.text_of(part),
            };
            found.insert((place.clone(), name.to_string()));
        }
    }
    found
}

/// Names that are bound in other ways, each with the function around it.
fn bound(file: &File) -> BTreeSet<(String, String)> {
    let mut found = imported(file);
    for (index, node) in file.flat().iter() {
        let parent = file.flat().kind(node.parent);
        let binds = match node.kind {
            "identifier" => {
                matches!(
                    parent,
                    "parameters"
                        | "pattern_list"
                        | "tuple_pattern"
                        | "as_pattern_target"
                        | "global_statement"
                        | "list_splat_pattern"
                        | "lambda_parameters"
                ) || node.field == "left"
                    || matches!(parent, "default_parameter" | "typed_default_parameter" | "named_expression")
                        && node.field == "name"
                    || parent == "typed_parameter"
                    || matches!(parent, "function_definition" | "class_definition") && node.field == "name"
            }
            _ => false,
        };
        // Methods do not see names of their class
        let member = matches!(parent, "function_definition" | "class_definition")
            && file.flat().above(node.parent).take(3).any(|i| file.flat().kind(i) == "class_definition");
        if binds && !member && !for_types(file, index) {
            let mut place = function_of(file, index);
            // A definition is bound in the scope around it, not inside itself
            if matches!(parent, "function_definition" | "class_definition") {
                place = place.rsplit_once('.').map_or(String::new(), |(outer, _)| outer.to_string());
            }
            found.insert((place, file.text_of(index).to_string()));
        }
    }
    found
}

fn for_types(file: &File, index: usize) -> bool {
    file.flat().above(index).any(|above| {
        file.flat().kind(above) == "if_statement"
            && file.field_text(above, "condition").contains("TYPE_CHECKING")
    })
}
