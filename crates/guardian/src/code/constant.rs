//! Which expressions always have the same value: literals, collections of literals, and empty values.
//!
//! Works on one file. Must not call an expression fixed if it reads a name.

use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::file::File;

/// The value that a statement of a body gives back, if it gives one back.
pub(crate) fn returned(file: &File, body: usize, statement: usize) -> Option<usize> {
    let flat = file.flat();
    match flat.kind(statement) {
        "return_statement" | "return_expression" => flat.parts(statement).next(),
        "expression_statement" if file.language == Some(Language::Rust) => {
            let inner = flat.parts(statement).next()?;
            if flat.kind(inner) == "return_expression" { flat.parts(inner).next() } else { None }
        }
        // A body that is an expression, or the last expression of a Rust block
        kind if statement == body || file.language == Some(Language::Rust) => {
            (!kind.ends_with("_statement") && !kind.ends_with("_declaration") && !kind.ends_with("_item"))
                .then_some(statement)
        }
        _ => None,
    }
}

/// Whether an expression always has the same value.
pub(crate) fn is_fixed(file: &File, index: usize) -> bool {
    is_fixed_to(file, index, 0)
}

fn is_fixed_to(file: &File, index: usize, depth: usize) -> bool {
    const MAX_DEPTH: usize = 12;
    let flat = file.flat();
    let all = |of: usize| flat.parts(of).all(|part| is_fixed_to(file, part, depth + 1));
    let arguments = |of: usize| flat.field(of, "arguments").is_none_or(all);
    if depth > MAX_DEPTH {
        return false;
    }
    match flat.kind(index) {
        "string" | "template_string" | "concatenated_string" => {
            !flat.below(index).any(|i| matches!(flat.kind(i), "interpolation" | "template_substitution"))
        }
        "number"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "none"
        | "nil"
        | "integer"
        | "float"
        | "integer_literal"
        | "float_literal"
        | "string_literal"
        | "raw_string_literal"
        | "boolean_literal"
        | "char_literal"
        | "int_literal"
        | "interpreted_string_literal"
        | "rune_literal"
        | "unit_expression"
        | "ellipsis"
        | "negative_literal" => true,
        "identifier" => matches!(
            file.text_of(index),
            "undefined" | "None" | "nil" | "NaN" | "Infinity" | "true" | "false"
        ),
        "array"
        | "object"
        | "list"
        | "dictionary"
        | "tuple"
        | "set"
        | "expression_list"
        | "parenthesized_expression"
        | "unary_expression"
        | "unary_operator"
        | "array_expression"
        | "tuple_expression"
        | "literal_value"
        | "literal_element"
        | "field_initializer_list" => all(index),
        "pair" | "field_initializer" | "reference_expression" => {
            flat.field(index, "value").is_some_and(|value| is_fixed_to(file, value, depth + 1))
        }
        "keyed_element" => flat.parts(index).last().is_some_and(|value| is_fixed_to(file, value, depth + 1)),
        "as_expression" | "satisfies_expression" => {
            flat.parts(index).next().is_some_and(|value| is_fixed_to(file, value, depth + 1))
        }
        "composite_literal" | "struct_expression" => flat.field(index, "body").is_some_and(all),
        "base_field_initializer" => file.text_of(index).ends_with("default()"),
        "call_expression" => is_plain_maker(file.field_text(index, "function")) && arguments(index),
        "call" => {
            matches!(
                file.field_text(index, "function"),
                "list" | "dict" | "set" | "tuple" | "str" | "frozenset"
            ) && arguments(index)
        }
        "new_expression" => {
            const EMPTY: &[&str] = &[
                "Map",
                "Set",
                "Array",
                "Object",
                "WeakMap",
                "WeakSet",
                "ArrayBuffer",
                "Uint8Array",
                "Uint16Array",
                "Uint32Array",
                "Float64Array",
                "Blob",
                "Headers",
                "FormData",
                "URLSearchParams",
            ];
            EMPTY.contains(&file.field_text(index, "constructor")) && arguments(index)
        }
        "macro_invocation" => {
            let text = file.text_of(index);
            text.starts_with("vec!") && text.len() <= "vec![]".len()
        }
        _ => false,
    }
}

/// Functions that only wrap a value or create an empty one: `Ok`, `Some`, `Vec::new`, `T::default`.
fn is_plain_maker(function: &str) -> bool {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(Ok|Some|Promise\.resolve|(\w+::)*[A-Z]\w*(::<[^()]*>)?::(new|default|empty)|(\w+::)*Default::default)$").ok()
    });
    FORM.as_ref().is_some_and(|form| form.is_match(function))
}
