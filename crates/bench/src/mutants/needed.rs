//! Whether the names of an import are used: only then is code without it wrong.

use std::ops::ControlFlow;

use syntax::Node;

use super::code::{Code, children};
use crate::projects::Change;

/// Names that exist without an import.
const EVERYWHERE: &str = "
process console Buffer URL URLSearchParams performance TextEncoder TextDecoder AbortController AbortSignal Event EventTarget
setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone fetch Headers
Request Response FormData Blob File WebSocket crypto Promise Map Set Symbol
Option Some None Result Ok Err Clone Copy Send Sync Sized Drop Fn FnMut FnOnce Iterator IntoIterator Extend Into From
DoubleEndedIterator ExactSizeIterator Default PartialEq PartialOrd Eq Ord AsRef AsMut TryFrom TryInto FromIterator drop
str bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64
";
/// Names that exist without an import unless a crate does not use the standard library.
const OF_STD: [&str; 5] = ["String", "Vec", "Box", "ToString", "ToOwned"];
/// Names that `derive` knows.
const DERIVED: [&str; 9] =
    ["Debug", "Clone", "Copy", "Default", "Hash", "PartialEq", "Eq", "PartialOrd", "Ord"];
const TRAITS: [(&str, &[&str]); 4] = [
    ("Write", &["write_str", "write_char", "write_fmt", "write_all", "flush"]),
    ("Read", &["read_to_end", "read_to_string", "read_exact"]),
    ("BufRead", &["read_line", "read_until", "fill_buf"]),
    ("Borrow", &["borrow"]),
];

/// The names that an import brings.
pub(super) fn names(code: &Code<'_>, import: Node<'_>, change: &Change) -> Vec<String> {
    let mut names = Vec::new();
    let mut waiting = vec![import];
    while let Some(node) = waiting.pop() {
        let text = || code.source.text_of(node).to_string();
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => names.push(text()),
            "self" => names.push(last(holder(code, node)).to_string()),
            // Python
            "aliased_import" => names.extend(field("alias").map(|n| code.source.text_of(n).to_string())),
            "dotted_name" => {
                let whole = text();
                let from = node.parent().is_some_and(|p| p.kind() == "import_from_statement");
                let name = if from { last(&whole) } else { whole.split('.').next().unwrap_or_default() };
                names.push(name.to_string());
            }
            "import_from_statement" => {
                let module = field("module_name");
                waiting.extend(children(node).into_iter().filter(|child| Some(*child) != module));
            }
            // Rust
            "use_as_clause" => names.extend(field("alias").map(|n| code.source.text_of(n).to_string())),
            "scoped_identifier" => names.extend(field("name").map(|n| code.source.text_of(n).to_string())),
            "scoped_use_list" => waiting.extend(field("list")),
            "use_wildcard" => {
                names.extend(of_module(last(code.source.text_of(node).trim_end_matches("::*")), change))
            }
            // ECMAScript
            "import_specifier" => {
                let name = field("alias").or(field("name"));
                names.extend(name.map(|n| code.source.text_of(n).to_string()));
            }
            "variable_declarator" => waiting.extend(field("name")),
            "pair_pattern" => waiting.extend(field("value")),
            "string" | "relative_import" | "call_expression" => {}
            _ => waiting.extend(children(node)),
        }
    }
    names
}

fn last(path: &str) -> &str {
    path.rsplit([':', '.']).next().unwrap_or(path)
}

/// The path before the list that contains a `self`.
pub(super) fn holder<'c>(code: &Code<'c>, node: Node<'_>) -> &'c str {
    let list = node.parent().and_then(|list| list.parent());
    list.and_then(|list| list.child_by_field_name("path")).map_or("", |path| code.slice(&path.byte_range()))
}

/// The exported names of a module of the project.
fn of_module(module: &str, change: &Change) -> Vec<String> {
    let is =
        |path: &str| path.ends_with(&format!("/{module}.rs")) || path.ends_with(&format!("/{module}/mod.rs"));
    let files = change.head.iter().filter(|(path, _)| is(path));
    let symbols = files.flat_map(|(_, text)| syntax::outline(syntax::Language::Rust, text).symbols);
    symbols.filter(|symbol| symbol.container.is_none() && symbol.exported).map(|symbol| symbol.name).collect()
}

pub(super) fn is_import(code: &Code<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "import_statement" | "import_from_statement" => true,
        "use_declaration" => !code.source.text_of(node).starts_with("pub"),
        "lexical_declaration" | "variable_declaration" => {
            let top = node.parent().is_some_and(|parent| parent.kind() == "program");
            let text = code.source.text_of(node);
            top && text.contains("require(") && text.len() < 300
        }
        _ => false,
    }
}

/// Whether the file uses a name that it does not declare itself, or calls a method that only the trait of that
/// name has.
pub(super) fn is_needed(code: &Code<'_>, change: &Change, name: &str) -> bool {
    let there = EVERYWHERE.split_whitespace().any(|known| known == name)
        || code.is_rust()
            && OF_STD.contains(&name)
            && !change.head.values().any(|text| text.contains("no_std)]") || text.contains("![no_std]"));
    if name.is_empty() || there {
        return false;
    }
    let mut used = false;
    code.each(|node| {
        used = used || is_name(node) && code.source.text_of(node) == name && is_use(code, node, name);
    });
    used || code.is_rust() && is_trait_in_use(code, change, name)
}

fn is_name(node: Node<'_>) -> bool {
    node.child_count() == 0
        && matches!(node.kind(), "identifier" | "type_identifier" | "shorthand_property_identifier")
}

fn is_use(code: &Code<'_>, node: Node<'_>, name: &str) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    let member = match parent.kind() {
        "attribute" if code.is_python() => is("attribute"),
        "keyword_argument" => is("name"),
        "scoped_identifier" | "scoped_type_identifier" => {
            is("name") && parent.child_by_field_name("path").is_some()
        }
        "token_tree" => {
            let before = code.slice(&(node.start_byte().saturating_sub(2)..node.start_byte()));
            before.ends_with("::") || before.ends_with('.') || before.ends_with('$')
        }
        _ => declares(parent, node),
    };
    if member {
        return false;
    }
    let mut at = node;
    while let Some(above) = at.parent() {
        let derives = above.kind() == "attribute_item" && DERIVED.contains(&name);
        if is_import(code, above) || above.kind() == "macro_definition" || derives {
            return false;
        }
        let function = above.kind().contains("function")
            || matches!(above.kind(), "method_definition" | "lambda" | "closure_expression");
        if function && binds(code, above, name) {
            return false;
        }
        at = above;
    }
    true
}

/// Whether the node is the name in a declaration.
fn declares(parent: Node<'_>, node: Node<'_>) -> bool {
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "struct_expression" | "jsx_opening_element" | "jsx_self_closing_element" => false,
        "formal_parameters"
        | "parameters"
        | "lambda_parameters"
        | "closure_parameters"
        | "typed_parameter"
        | "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "as_pattern_target"
        | "rest_pattern"
        | "array_pattern"
        | "tuple_pattern"
        | "pattern_list" => true,
        "default_parameter" | "typed_default_parameter" => is("name"),
        "assignment" | "for_statement" | "for_in_clause" | "for_in_statement" | "assignment_pattern" => {
            is("left")
        }
        "arrow_function" | "catch_clause" => is("parameter"),
        "let_declaration" | "parameter" | "required_parameter" | "optional_parameter" => is("pattern"),
        _ => is("name"),
    }
}

fn binds(code: &Code<'_>, function: Node<'_>, name: &str) -> bool {
    let mut waiting = children(function);
    let mut found = ControlFlow::Continue(());
    while let (Some(node), true) = (waiting.pop(), found.is_continue()) {
        if is_import(code, node) {
            continue;
        }
        let own = node.child_count() == 0 && code.source.text_of(node) == name;
        let pattern = node.kind() == "shorthand_property_identifier_pattern";
        if own && (pattern || node.parent().is_some_and(|parent| is_name(node) && declares(parent, node))) {
            found = ControlFlow::Break(());
        }
        waiting.extend(children(node));
    }
    found.is_break()
}

fn is_trait_in_use(code: &Code<'_>, change: &Change, name: &str) -> bool {
    let called = |method: &str| code.text.contains(&format!(".{method}("));
    if TRAITS.iter().any(|(known, methods)| *known == name && methods.iter().any(|method| called(method))) {
        return true;
    }
    let header = format!("trait {name}");
    let files = change.head.iter().filter(|(path, text)| path.ends_with(".rs") && text.contains(&header));
    let symbols = files.flat_map(|(_, text)| syntax::outline(syntax::Language::Rust, text).symbols);
    symbols.filter(|s| s.container.as_deref() == Some(name)).any(|s| called(&s.name))
}
