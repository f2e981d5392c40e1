//! Names of Rust. A name in a macro at item level counts as bound, because the macro may define anything.
//!
//! Fills in [`Names`]. It expands no macro and follows no glob: after a glob the set of names is open, and
//! `project::rust` finds what the glob may bring.

use super::Names;
use crate::code::file::File;

pub(super) fn read(file: &File, names: &mut Names) {
    for import in &file.outline().imports {
        for name in &import.names {
            if name.name == "*" {
                // `use super::*` in a module of this file brings the names of this file
                names.open |= !(import.conditional && import.module == "super");
            } else {
                names.bind(name.local());
                names.modules.insert(name.local().to_string());
            }
        }
        if import.names.is_empty() {
            let module = import.alias.as_deref().unwrap_or(&import.module);
            names.bind(module);
            names.modules.insert(module.to_string());
        }
    }
    use syntax::SymbolKind::{Constant, Function, Method, Variable};
    let leads = |symbol: &&syntax::Symbol| !matches!(symbol.kind, Constant | Function | Method | Variable);
    let items = file.outline().symbols.iter().filter(leads).map(|symbol| symbol.name.clone());
    names.modules.extend(items);
    for (index, node) in file.flat().iter() {
        let parent = file.flat().node(node.parent);
        let text = || file.text_of(index);
        match node.kind {
            "identifier" | "type_identifier" | "metavariable" | "shorthand_field_identifier" => {}
            _ => continue,
        }
        if parent.kind == "token_tree" || parent.kind == "token_tree_pattern" {
            if in_item_macro(file, index) {
                names.bind(text());
            } else {
                let after_path = index > 0 && file.slice(node.start.saturating_sub(2), node.start) == "::";
                let called = file.text.get(node.end..).is_some_and(|rest| rest.starts_with("::"));
                if !after_path && called && text().starts_with(|c: char| c.is_uppercase()) {
                    names.using(text(), index);
                }
            }
            continue;
        }
        if within_use(file, index) {
            continue;
        }
        match (parent.kind, node.field) {
            ("scoped_identifier" | "scoped_type_identifier", "path") => {
                names.using(text(), index);
                names.paths.entry(text().to_string()).or_insert(index);
            }
            ("scoped_identifier" | "scoped_type_identifier", "name") => {
                if file.flat().field(node.parent, "path").is_none() {
                    names.using(text(), index);
                }
            }
            ("call_expression", "function") | ("generic_function", "function") => names.using(text(), index),
            ("macro_invocation", "macro") => {}
            // In `Iterator<Item: Clone>`, `Item` is a type of the trait
            ("type_arguments", _) if is_bound(file, node.end) => {}
            // The same with arguments of its own: `Enum<Array<V>: Clone>`
            ("generic_type", _)
                if file.flat().kind(parent.parent) == "type_arguments" && is_bound(file, parent.end) => {}
            (_, "name") if node.kind == "type_identifier" && parent.kind != "struct_expression" => {
                if parent.kind == "type_binding" {
                    continue;
                }
                names.bind(text());
            }
            ("type_parameter" | "type_parameters" | "constrained_type_parameter", _) => names.bind(text()),
            _ if node.kind == "type_identifier" => names.using(text(), index),
            _ => names.bind(text()),
        }
    }
}

/// Whether bounds follow a name.
fn is_bound(file: &File, end: usize) -> bool {
    let after = file.text.get(end..).unwrap_or_default().trim_start();
    after.starts_with(':') && !after.starts_with("::")
}

/// Whether a node is in a macro at item level or in a macro's definition: these may define anything.
pub(crate) fn in_item_macro(file: &File, index: usize) -> bool {
    let Some(invocation) = file
        .flat()
        .above(index)
        .find(|i| matches!(file.flat().kind(*i), "macro_invocation" | "macro_definition" | "attribute"))
    else {
        return true;
    };
    if file.flat().kind(invocation) != "macro_invocation" {
        return true;
    }
    let mut above = file.flat().above(invocation).map(|i| file.flat().kind(i));
    match above.next() {
        Some("source_file" | "declaration_list") => true,
        Some("expression_statement") => matches!(above.next(), Some("source_file" | "declaration_list")),
        _ => false,
    }
}

pub(super) fn within_use(file: &File, index: usize) -> bool {
    file.flat().above(index).take(60).any(|i| {
        matches!(file.flat().kind(i), "use_declaration" | "extern_crate_declaration" | "visibility_modifier")
    })
}
