//! Names of TypeScript and JavaScript: which nodes bind one, which use one.
//!
//! Fills in [`Names`]; `scopes` and some rules ask about a single node. It handles neither scopes nor globals: `scopes`
//! and `known` do. In a file with a `with` statement every name may be bound.

use super::Names;
use crate::code::file::File;

pub(super) fn read(file: &File, names: &mut Names) {
    for (index, node) in file.flat().iter() {
        if !matches!(
            node.kind,
            "identifier"
                | "type_identifier"
                | "shorthand_property_identifier"
                | "shorthand_property_identifier_pattern"
                | "property_identifier"
        ) || !node.named
        {
            continue;
        }
        let parent = file.flat().node(node.parent);
        let text = file.text_of(index);
        if node.kind == "property_identifier" {
            // Members of an enum are names inside the enum
            if matches!(parent.kind, "enum_body" | "enum_assignment") {
                names.bind(text);
            }
            continue;
        }
        if binds(parent.kind, node.field) || node.kind == "shorthand_property_identifier_pattern" {
            names.bind(text);
            continue;
        }
        match is_use(file, index) {
            Some(true) => names.using(text, index),
            Some(false) => {}
            // A name that only `typeof x` reads may be missing
            None => {
                names.asked.insert(text.to_string());
            }
        }
    }
    if file.text.contains("with (") && file.flat().iter().any(|(_, node)| node.kind == "with_statement") {
        names.open = true;
    }
}

/// Whether a node uses its name, if nothing binds the name there; `None`: only its type is read.
pub(super) fn is_use(file: &File, index: usize) -> Option<bool> {
    let node = file.flat().node(index);
    match (file.flat().kind(node.parent), node.field) {
        ("jsx_opening_element" | "jsx_closing_element" | "jsx_self_closing_element", "name") => {
            Some(file.text_of(index).starts_with(|c: char| c.is_uppercase()))
        }
        ("export_specifier", "alias")
        | ("nested_type_identifier", "name")
        | ("jsx_namespace_name" | "jsx_attribute" | "meta_property" | "namespace_export", _) => Some(false),
        ("export_specifier", _) => {
            let export = file.flat().above(index).find(|i| file.flat().kind(*i) == "export_statement");
            Some(export.is_none_or(|export| file.flat().field(export, "source").is_none()))
        }
        ("unary_expression", _) if file.text_of(file.flat().node(index).parent).starts_with("typeof") => None,
        _ => Some(true),
    }
}

pub(crate) fn binds(parent: &str, field: &str) -> bool {
    match parent {
        "variable_declarator"
        | "function_declaration"
        | "function_expression"
        | "generator_function"
        | "generator_function_declaration"
        | "function_signature"
        | "class"
        | "class_declaration"
        | "abstract_class_declaration"
        | "interface_declaration"
        | "type_alias_declaration"
        | "enum_declaration"
        | "internal_module"
        | "module"
        | "type_parameter"
        | "mapped_type_clause"
        | "index_signature"
        | "type_predicate" => field == "name",
        "required_parameter" | "optional_parameter" => field == "pattern" || field == "name",
        "arrow_function" | "catch_clause" => field == "parameter",
        "assignment_pattern" | "object_assignment_pattern" | "for_in_statement" => field == "left",
        "pair_pattern" => field == "value",
        "formal_parameters"
        | "array_pattern"
        | "object_pattern"
        | "rest_pattern"
        | "import_clause"
        | "namespace_import"
        | "import_specifier"
        | "import_require_clause"
        | "import_alias"
        | "infer_type"
        | "asserts"
        | "rest_type" => true,
        _ => false,
    }
}
