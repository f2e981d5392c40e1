//! Names of Python: which nodes bind one, which use one, and types in quotes.
//!
//! Fills in [`Names`]. It handles neither scopes nor builtins. After a `*` import, or a call such as `globals()`, the
//! set of names is open: no name is then certainly unbound.

use super::Names;
use crate::code::file::File;

pub(super) fn read(file: &File, names: &mut Names) {
    for (index, node) in file.flat().iter() {
        match node.kind {
            "identifier" => {}
            "wildcard_import" => {
                names.open = true;
                continue;
            }
            "string" => {
                quoted(file, index, names);
                continue;
            }
            _ => continue,
        }
        let text = file.text_of(index);
        let parent = file.flat().node(node.parent);
        match role(file, index, parent.kind, node.field) {
            Role::Binds => names.bind(text),
            Role::Uses => names.using(text, index),
            Role::Neither => {}
        }
    }
    names.open |= ["globals()", "exec(", "locals()", "vars()"].iter().any(|call| file.text.contains(call))
        && file.flat().iter().any(|(index, node)| node.kind == "call" && binds_unseen(file, index));
}

/// Whether a call may bind names of the module: `exec` with a given namespace binds there, and the `locals()` of a
/// function are a copy.
fn binds_unseen(file: &File, call: usize) -> bool {
    let flat = file.flat();
    let arguments = || flat.field(call, "arguments").map_or(0, |list| flat.parts(list).count());
    let in_function = || flat.above(call).any(|i| flat.kind(i) == "function_definition");
    match file.field_text(call, "function") {
        "globals" => true,
        "exec" => arguments() == 1,
        "locals" | "vars" => arguments() == 0 && !in_function(),
        _ => false,
    }
}

/// A type in quotes: `"Command"`, `t.Optional["Command"]`; not the string in a `Literal`.
fn quoted(file: &File, index: usize, names: &mut Names) {
    let mut types = false;
    for above in file.flat().above(index) {
        match file.flat().kind(above) {
            "type" => {
                types = true;
                break;
            }
            "generic_type" | "subscript" | "type_parameter" | "union_type" | "binary_operator" => {
                if file.text_of(above).contains("Literal") {
                    return;
                }
            }
            _ => return,
        }
    }
    let text = file.text_of(index).trim_matches(['"', '\'']);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | ',' | ' ' | '|');
    if !types || !text.chars().all(plain) {
        return;
    }
    for word in text.split(['[', ']', ',', ' ', '|']) {
        let name = word.split('.').next().unwrap_or_default();
        if !name.is_empty() && !names.quoted.contains_key(name) {
            names.quoted.insert(name.to_string(), index);
        }
    }
}

/// Whether a node binds its name.
pub(crate) fn binds(file: &File, index: usize, parent: &str, field: &str) -> bool {
    matches!(role(file, index, parent, field), Role::Binds)
}

pub(super) enum Role {
    Binds,
    Uses,
    Neither,
}

pub(super) fn role(file: &File, index: usize, parent: &str, field: &str) -> Role {
    match parent {
        "attribute" if field == "attribute" => Role::Neither,
        "keyword_argument" if field == "name" => Role::Neither,
        "function_definition" | "class_definition" if field == "name" => Role::Binds,
        "parameters"
        | "lambda_parameters"
        | "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "as_pattern_target"
        | "global_statement"
        | "nonlocal_statement"
        | "pattern_list"
        | "tuple_pattern"
        | "list_pattern"
        | "keyword_pattern"
        | "splat_pattern"
        | "type_parameter"
        | "case_pattern" => Role::Binds,
        "default_parameter" | "typed_default_parameter" | "named_expression" if field == "name" => {
            Role::Binds
        }
        "typed_parameter" if field != "type" => Role::Binds,
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" if field == "left" => {
            Role::Binds
        }
        "except_clause" if field == "alias" => Role::Binds,
        "aliased_import" if field == "alias" => Role::Binds,
        "dotted_name" => dotted(file, index),
        "type" => match file.flat().above(index).nth(1).map(|i| file.flat().kind(i)) {
            Some("type_alias_statement" | "type_parameter") => Role::Binds,
            _ => Role::Uses,
        },
        // `type Pair[T] = …`
        "generic_type" if is_alias_head(file, index) => Role::Binds,
        // `class A[*Ts, **P]`
        "splat_type" if is_type_parameter(file, index) => Role::Binds,
        // `case A / B as name`
        "as_pattern" if field == "alias" || is_last_of_case(file, index) => Role::Binds,
        _ => Role::Uses,
    }
}

fn is_alias_head(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let generic = flat.node(index).parent;
    let first = flat.parts(generic).next() == Some(index);
    let holder = flat.node(generic).parent;
    let alias = flat.above(index).take(4).find(|i| flat.kind(*i) == "type_alias_statement");
    let left = alias.and_then(|alias| flat.field(alias, "left").or_else(|| flat.parts(alias).next()));
    first && left.is_some_and(|left| left == holder || left == generic)
}

fn is_type_parameter(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let list = flat.above(index).find(|i| matches!(flat.kind(*i), "type_parameter" | "generic_type"));
    list.is_some_and(|list| match flat.kind(list) {
        "type_parameter" => matches!(
            flat.kind(flat.node(list).parent),
            "class_definition" | "function_definition" | "generic_type"
        ),
        _ => false,
    }) && flat
        .above(index)
        .any(|i| matches!(flat.kind(i), "class_definition" | "function_definition" | "type_alias_statement"))
}

/// The name after `as` of a pattern.
fn is_last_of_case(file: &File, index: usize) -> bool {
    let flat = file.flat();
    let pattern = flat.node(index).parent;
    let in_case =
        flat.above(pattern).take(4).any(|i| flat.kind(i) == "case_pattern" || flat.kind(i) == "case_clause");
    in_case && flat.parts(pattern).last() == Some(index)
}

/// A part of a dotted name: of an import, or of a pattern.
fn dotted(file: &File, index: usize) -> Role {
    let name = file.flat().node(index).parent;
    let first = file.flat().parts(name).next() == Some(index);
    let holder = file.flat().node(name).parent;
    match file.flat().kind(holder) {
        "import_statement" if first => Role::Binds,
        "import_from_statement" if file.flat().node(name).field == "name" => Role::Binds,
        "case_pattern" | "class_pattern" | "union_pattern" => Role::Binds,
        "import_statement"
        | "import_from_statement"
        | "aliased_import"
        | "relative_import"
        | "future_import_statement" => Role::Neither,
        _ if first => Role::Uses,
        _ => Role::Neither,
    }
}
