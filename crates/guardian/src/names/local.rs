//! Names that a file binds, but not at the place of a use: a parameter of another function, a variable of a block.
//!
//! Works on one file; the caller knows what other files provide. Must report nothing if a macro, a star import or code
//! generated at run time may bind the name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use syntax::Language;

use super::{ecmascript, python};
use crate::code::file::File;

/// Uses of names that are bound elsewhere in the file, but not at the place of the use.
pub(crate) fn out_of_scope(file: &File) -> Vec<(String, usize)> {
    let Some(language) = file.language else { return Vec::new() };
    if file.names().open && language != Language::Rust {
        return Vec::new();
    }
    let flat = file.flat();
    let mut bound: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
    let mut uses: Vec<(&str, usize)> = Vec::new();
    // A macro may bind the names in its tokens
    let mut in_tokens: BTreeSet<&str> = BTreeSet::new();
    for (index, node) in flat.iter() {
        let is_name = matches!(
            node.kind,
            "identifier"
                | "shorthand_property_identifier"
                | "shorthand_property_identifier_pattern"
                | "shorthand_field_identifier"
        );
        if !is_name || !node.named {
            continue;
        }
        let name = file.text_of(index);
        match role(file, language, index) {
            Role::Binds(scope) => {
                bound.entry(name).or_default().push(scope..flat.node(scope).next.max(scope + 1))
            }
            Role::Uses => uses.push((name, index)),
            Role::Tokens => {
                in_tokens.insert(name);
            }
            Role::Neither => {}
        }
    }
    let mut told: BTreeSet<(&str, usize)> = BTreeSet::new();
    let mut found = Vec::new();
    for (name, index) in uses {
        let Some(places) = bound.get(name) else { continue };
        if places.iter().any(|place| place.contains(&index) && is_seen(file, place.start, index))
            || in_tokens.contains(name)
            || super::is_known(language, name)
            || name == "_"
        {
            continue;
        }
        let function = scope(file, index, true);
        if told.insert((name, function)) {
            found.push((name.to_string(), index));
        }
    }
    found
}

/// What the body of a class of Python binds is not seen in the functions of the class.
fn is_seen(file: &File, scope: usize, index: usize) -> bool {
    let flat = file.flat();
    if flat.kind(scope) != "class_definition" {
        return true;
    }
    let mut below = index;
    for above in flat.above(index).take_while(|above| *above > scope) {
        if flat.kind(above) == "function_definition" && flat.node(below).field == "body" {
            return false;
        }
        below = above;
    }
    true
}

enum Role {
    /// The node in which the name is known
    Binds(usize),
    Uses,
    Tokens,
    Neither,
}

/// The nearest node that holds names: a function or, without `whole`, a block.
fn scope(file: &File, index: usize, whole: bool) -> usize {
    let flat = file.flat();
    let holds = |i: &usize| match flat.kind(*i) {
        "function_definition" | "lambda" => true,
        "function_item" | "mod_item" | "closure_expression" | "impl_item" | "trait_item"
        | "macro_definition" => true,
        "function_declaration"
        | "method_declaration"
        | "func_literal"
        | "function_expression"
        | "generator_function"
        | "generator_function_declaration"
        | "arrow_function"
        | "method_definition"
        | "class_static_block" => true,
        "class_definition" => whole,
        "block"
        | "statement_block"
        | "for_statement"
        | "for_in_statement"
        | "switch_body"
        | "if_statement"
        | "expression_switch_statement"
        | "type_switch_statement"
        | "select_statement"
        | "expression_case"
        | "type_case"
        | "default_case"
        | "communication_case"
        | "match_arm"
        | "for_expression" => !whole && file.language != Some(Language::Python),
        _ => false,
    };
    flat.above(index).find(holds).unwrap_or(0)
}

fn role(file: &File, language: Language, index: usize) -> Role {
    match language {
        Language::Python => in_python(file, index),
        Language::Rust => in_rust(file, index),
        Language::Go => in_go(file, index),
        _ => in_ecmascript(file, index),
    }
}

fn in_python(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    // A parameter's name is not a use, and methods do not see the names of their class
    match python::role(file, index, parent.kind, node.field) {
        python::Role::Binds if matches!(parent.kind, "global_statement" | "nonlocal_statement") => {
            Role::Binds(0)
        }
        python::Role::Binds => {
            let from = if matches!(parent.kind, "function_definition" | "class_definition") {
                node.parent
            } else {
                index
            };
            // The variable of a comprehension is known in it only
            let clause = flat.above(index).take(3).find(|i| flat.kind(*i) == "for_in_clause");
            let within = clause.filter(|clause| {
                flat.field(*clause, "left").is_some_and(|left| (left..flat.node(left).next).contains(&index))
            });
            if let Some(clause) = within {
                return Role::Binds(flat.node(clause).parent);
            }
            Role::Binds(scope(file, from, true))
        }
        // A type may be a string
        python::Role::Uses if flat.above(index).take(4).any(|i| flat.kind(i) == "type") => Role::Neither,
        python::Role::Uses => Role::Uses,
        python::Role::Neither => Role::Neither,
    }
}

fn in_ecmascript(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    if node.kind == "shorthand_property_identifier_pattern" || ecmascript::binds(parent.kind, node.field) {
        let mut above = flat.above(index).skip_while(|i| {
            matches!(
                flat.kind(*i),
                "variable_declarator"
                    | "object_pattern"
                    | "array_pattern"
                    | "pair_pattern"
                    | "rest_pattern"
                    | "object_assignment_pattern"
                    | "assignment_pattern"
            )
        });
        let holder = above.next().unwrap_or(0);
        let outer = match (parent.kind, flat.kind(holder)) {
            ("class" | "function_expression", _) => node.parent,
            ("arrow_function" | "catch_clause", _) => node.parent,
            // An assignment binds nothing, though its left side is a pattern
            (_, "assignment_expression" | "expression_statement") => return Role::Uses,
            ("for_in_statement", _) => {
                if file.field_text(node.parent, "kind") == "var" {
                    scope(file, node.parent, true)
                } else {
                    node.parent
                }
            }
            (_, "catch_clause") => holder,
            (_, "variable_declaration") => scope(file, index, true),
            (_, "for_in_statement") => {
                if file.field_text(holder, "kind") == "var" {
                    scope(file, holder, true)
                } else {
                    holder
                }
            }
            // In old JavaScript a function in a block is known in the whole function; types and imports are known
            // everywhere
            ("function_declaration" | "generator_function_declaration", _) => scope(file, node.parent, true),
            ("class_declaration" | "abstract_class_declaration" | "enum_declaration", _) => {
                scope(file, node.parent, false)
            }
            (_, "lexical_declaration") => scope(file, holder, false),
            ("required_parameter" | "optional_parameter" | "formal_parameters" | "rest_pattern", _) => {
                parameters_of(file, index)
            }
            (_, "required_parameter" | "optional_parameter" | "formal_parameters") => {
                parameters_of(file, index)
            }
            _ => 0,
        };
        return Role::Binds(outer);
    }
    match ecmascript::is_use(file, index) {
        // A declaration for all files, or the name of a type
        Some(true)
            if !matches!(
                parent.kind,
                "nested_identifier"
                    | "export_specifier"
                    | "type_query"
                    | "extends_clause"
                    | "jsx_opening_element"
                    | "jsx_closing_element"
                    | "jsx_self_closing_element"
            ) =>
        {
            Role::Uses
        }
        _ => Role::Neither,
    }
}

/// The function whose parameter this node is: the nearest ancestor that has parameters.
fn parameters_of(file: &File, index: usize) -> usize {
    let flat = file.flat();
    let list = flat.above(index).find(|i| flat.kind(*i) == "formal_parameters");
    list.map_or(0, |list| flat.node(list).parent)
}

fn in_go(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    let name = file.text_of(index);
    match (parent.kind, node.field) {
        ("function_declaration", "name") => Role::Binds(0),
        ("const_spec" | "var_spec", "name") => Role::Binds(scope(file, node.parent, false)),
        (
            "parameter_declaration" | "variadic_parameter_declaration" | "type_parameter_declaration",
            "name",
        ) => {
            let holder = flat.above(index).find(|i| {
                matches!(
                    flat.kind(*i),
                    "function_declaration"
                        | "method_declaration"
                        | "func_literal"
                        | "function_type"
                        | "method_elem"
                        | "type_spec"
                )
            });
            Role::Binds(holder.unwrap_or(0))
        }
        ("expression_list", _) => {
            let list = flat.node(node.parent);
            match flat.kind(list.parent) {
                "short_var_declaration" if list.field == "left" => {
                    Role::Binds(scope(file, list.parent, false))
                }
                "range_clause" if list.field == "left" => Role::Binds(scope(file, list.parent, false)),
                "receive_statement" if list.field == "left" => Role::Binds(scope(file, list.parent, false)),
                "type_switch_statement" if list.field == "alias" => Role::Binds(list.parent),
                _ => Role::Uses,
            }
        }
        ("type_switch_statement", "alias") => Role::Binds(node.parent),
        ("package_clause" | "import_spec" | "qualified_type" | "label_name", _) => Role::Neither,
        // The key of a struct's field only looks like a name
        ("literal_element", _) if flat.node(node.parent).field == "key" => Role::Neither,
        ("keyed_element", "key") => Role::Neither,
        _ if name == "_" => Role::Neither,
        _ => Role::Uses,
    }
}

/// Whether a pattern of Rust binds a name: `kind` is the kind of the parent, `field` the field in it.
fn is_in_rust_pattern(kind: &str, field: &str) -> bool {
    let pattern = matches!(
        kind,
        "tuple_pattern"
            | "tuple_struct_pattern"
            | "captured_pattern"
            | "ref_pattern"
            | "mut_pattern"
            | "match_pattern"
            | "or_pattern"
            | "slice_pattern"
            | "reference_pattern"
            | "field_pattern"
            | "closure_parameters"
            | "remaining_field_pattern"
    ) && !matches!(field, "type" | "condition");
    let direct = matches!(
        (kind, field),
        ("let_declaration", "pattern")
            | ("parameter", "pattern")
            | ("for_expression", "pattern")
            | ("let_condition", "pattern")
            | ("match_arm", "pattern")
    );
    pattern || direct
}

fn in_rust(file: &File, index: usize) -> Role {
    let flat = file.flat();
    let node = flat.node(index);
    let parent = flat.node(node.parent);
    let name = file.text_of(index);
    if flat.above(index).any(|i| {
        matches!(
            flat.kind(i),
            "token_tree" | "token_tree_pattern" | "macro_definition" | "attribute_item" | "attribute"
        )
    }) {
        return Role::Tokens;
    }
    // Constants and types may come from anywhere
    if name.starts_with(|c: char| c.is_uppercase())
        || super::rust::within_use(file, index) && parent.kind == "scoped_identifier" && node.field == "path"
    {
        return Role::Neither;
    }
    if super::rust::within_use(file, index) {
        return Role::Binds(0);
    }
    if is_in_rust_pattern(parent.kind, node.field) {
        let binder = flat.above(index).find(|i| {
            matches!(
                flat.kind(*i),
                "let_declaration"
                    | "let_condition"
                    | "parameter"
                    | "closure_parameters"
                    | "match_arm"
                    | "block"
            )
        });
        if let Some(binder) = binder.filter(|i| flat.kind(*i) == "let_declaration") {
            return Role::Binds(scope(file, binder, false));
        }
        // Deliberately broad: known in the whole function or closure
        return Role::Binds(scope(file, index, true));
    }
    match (parent.kind, node.field) {
        ("function_item" | "function_signature_item", "name") => {
            let holder = scope(file, node.parent, true);
            // Members of an impl are not names of their own, and items of a block are known in the whole block
            if matches!(flat.kind(holder), "impl_item" | "trait_item") {
                Role::Neither
            } else {
                Role::Binds(0)
            }
        }
        (_, "name")
            if matches!(
                parent.kind,
                "const_item"
                    | "static_item"
                    | "mod_item"
                    | "macro_definition"
                    | "extern_crate_declaration"
                    | "field_declaration"
                    | "union_item"
                    | "const_parameter"
            ) =>
        {
            Role::Binds(0)
        }
        (
            "scoped_identifier"
            | "scoped_type_identifier"
            | "macro_invocation"
            | "generic_function"
            | "type_binding"
            | "lifetime"
            | "label"
            | "visibility_modifier"
            | "use_as_clause"
            | "enum_variant",
            _,
        ) => Role::Neither,
        // A star import may bring a function that is called by its plain name
        ("call_expression", "function") => Role::Neither,
        ("arguments", _) if file.names().open => Role::Neither,
        ("field_initializer", "field") => Role::Neither,
        _ => Role::Uses,
    }
}
