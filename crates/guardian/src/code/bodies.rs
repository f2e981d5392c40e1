//! What the body of a function does, if anything, and which function of the base it corresponds to.
//!
//! Rules about bodies use it. It reads one function at a time and follows no calls. Each rule decides whether an empty
//! body is a fault.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::file::File;
use crate::code::functions::{Function, functions, statements};

/// The function of the base that a function of the head corresponds to.
pub(crate) enum Was<'f> {
    Same(&'f Function),
    /// The base had no function of that name
    New,
    /// The base had several of that name, but a different number
    Unclear,
}

/// The functions of a file that can run: without declarations for a type checker.
pub(crate) fn real_functions(file: &File) -> &[Function] {
    let is_real = |function: &&Function| !decorators(file, function).any(|d| d.contains("overload"));
    &file.fact(|file| RealFunctions(functions(file).iter().filter(is_real).cloned().collect())).0
}

#[derive(Debug)]
struct RealFunctions(Vec<Function>);

/// Each function of `new` with its counterpart. Functions that share a name are matched by their order.
pub(crate) fn pair_up<'f>(old: &'f [Function], new: &[Function]) -> Vec<Was<'f>> {
    let mut before: BTreeMap<&str, Vec<&'f Function>> = BTreeMap::new();
    for function in old {
        before.entry(function.name.as_str()).or_default().push(function);
    }
    let mut now: BTreeMap<&str, usize> = BTreeMap::new();
    for function in new {
        *now.entry(function.name.as_str()).or_default() += 1;
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    new.iter()
        .map(|function| {
            let name = function.name.as_str();
            let place = seen.entry(name).or_default();
            let same = before.get(name).filter(|same| now.get(name) == Some(&same.len()));
            let was = match (same.and_then(|same| same.get(*place)), before.contains_key(name)) {
                (Some(was), _) => Was::Same(was),
                (None, true) => Was::Unclear,
                (None, false) => Was::New,
            };
            *place += 1;
            was
        })
        .collect()
}

/// The decorators of a function of Python.
pub(crate) fn decorators<'f>(file: &'f File, function: &Function) -> impl Iterator<Item = &'f str> {
    let holder = file.flat().node(function.index).parent;
    let holder = (file.flat().kind(holder) == "decorated_definition").then_some(holder);
    holder
        .into_iter()
        .flat_map(|holder| file.flat().parts(holder))
        .filter(|part| file.flat().kind(*part) == "decorator")
        .map(|part| file.text_of(part))
}

/// Whether a body has a call, a branch, a loop or an operation: a constant cannot replace these.
pub(crate) fn does_something(file: &File, body: &[usize]) -> bool {
    body.len() > 1
        || body.iter().any(|statement| {
            std::iter::once(*statement).chain(file.flat().below(*statement)).any(|index| {
                matches!(
                    file.flat().kind(index),
                    "call_expression"
                        | "call"
                        | "macro_invocation"
                        | "new_expression"
                        | "binary_expression"
                        | "binary_operator"
                        | "for_statement"
                        | "while_statement"
                        | "if_statement"
                        | "if_expression"
                        | "match_expression"
                        | "match_statement"
                        | "switch_statement"
                        | "with_statement"
                        | "try_statement"
                        | "method_call"
                        | "await_expression"
                        | "assignment"
                        | "assignment_expression"
                        | "augmented_assignment"
                        | "comparison_operator"
                        | "list_comprehension"
                        | "generator_expression"
                        | "yield"
                        | "yield_expression"
                        | "subscript"
                        | "subscript_expression"
                        | "index_expression"
                        | "throw_statement"
                        | "unsafe_block"
                        | "struct_expression"
                )
            })
        })
}

/// Whether a body is empty or only gives back a constant.
pub(crate) fn is_trivial(file: &File, body: &[usize]) -> bool {
    match body {
        [] => true,
        [one] => match file.flat().kind(*one) {
            "pass_statement" => true,
            "return_statement" | "expression_statement" => {
                let mut inner = file.flat().parts(*one);
                match (inner.next(), inner.next()) {
                    (None, _) => true,
                    (Some(value), None) => is_constant(file, value),
                    _ => false,
                }
            }
            _ => is_constant(file, *one),
        },
        _ => false,
    }
}

/// Whether a body is empty or only gives back an empty value.
pub(crate) fn is_nothing(file: &File, body: &[usize]) -> bool {
    let [one] = body else { return body.is_empty() };
    let text = file.text_of(*one).trim_end_matches(';');
    matches!(
        text,
        "pass"
            | "..."
            | "return"
            | "return None"
            | "return null"
            | "return undefined"
            | "()"
            | "Default::default()"
            | "Ok(())"
    )
}

/// Whether a body only raises an error which says that the code is not written yet.
pub(crate) fn is_unwritten(file: &File, body: &[usize]) -> bool {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(raise\s+NotImplementedError\b|throw\b.{0,40}\b(not (yet )?implemented|todo|unimplemented)\b|panic\(\s*.(not implemented|todo))",
        )
        .ok()
    });
    let [one] = body else { return false };
    WORDS.as_ref().is_some_and(|words| words.is_match(file.text_of(*one)))
}

/// Whether a comment in the body, or on its last lines, promises code.
pub(crate) fn promises(file: &File, function: &Function) -> bool {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(#|//|/\*).*\b(todo|fixme|placeholder|stub|not (yet )?implemented|(implement(ation)?|code|logic) (this|me|it|here|goes here|later)|implement\W*$)")
            .ok()
    });
    let (first, body) = (file.flat().node(function.index), file.flat().node(function.body));
    let (start, end) = (file.row(first.start), file.row(body.end.saturating_sub(1)));
    // In Python, comments below a body of one comment and one statement belong to the body
    (start..=end).any(|row| WORDS.as_ref().is_some_and(|words| words.is_match(file.line(row))))
}

fn is_constant(file: &File, index: usize) -> bool {
    let text = file.text_of(index);
    let filled = |i: usize| matches!(file.flat().kind(i), "interpolation" | "template_substitution");
    if file.flat().below(index).any(filled) {
        return false;
    }
    match file.flat().kind(index) {
        "number"
        | "string"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "none"
        | "nil"
        | "integer"
        | "float"
        | "ellipsis"
        | "integer_literal"
        | "float_literal"
        | "string_literal"
        | "raw_string_literal"
        | "boolean_literal"
        | "char_literal"
        | "int_literal"
        | "interpreted_string_literal"
        | "unit_expression" => true,
        "expression_list"
        | "return_expression"
        | "parenthesized_expression"
        | "unary_expression"
        | "unary_operator" => file.flat().parts(index).all(|part| is_constant(file, part)),
        "array" | "object" | "list" | "dictionary" | "tuple" => file.flat().parts(index).next().is_none(),
        "call_expression" => matches!(
            text,
            "Default::default()" | "Ok(())" | "Vec::new()" | "String::new()" | "Ok(Default::default())"
        ),
        "identifier" => matches!(text, "undefined" | "None" | "nil"),
        _ => false,
    }
}

/// The plain names of a function's own parameters, without `self` or the receiver.
pub(crate) fn parameters<'f>(file: &'f File, function: &Function) -> Vec<&'f str> {
    let holder = std::iter::once(function.index)
        .chain(file.flat().below(function.index))
        .take_while(|i| *i < function.body)
        .find_map(|i| file.flat().field(i, "parameters"));
    let Some(list) = holder else { return Vec::new() };
    let name = |part: usize| {
        let named = ["pattern", "name", "left"].iter().find_map(|field| file.flat().field(part, field));
        let text = file.text_of(named.unwrap_or(part));
        text.split([':', '=']).next().unwrap_or(text).trim()
    };
    file.flat()
        .parts(list)
        .filter(|part| file.flat().kind(*part) != "self_parameter")
        .map(name)
        .filter(|name| {
            !matches!(*name, "self" | "cls" | "/" | "*")
                && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        })
        .collect()
}

/// The declared return type of a function, or "".
pub(crate) fn return_type<'f>(file: &'f File, function: &Function) -> &'f str {
    // The return type of the function itself, because a parameter may be a function, too
    let at = file.flat().field(file.flat().node(function.body).parent, "return_type");
    at.map_or("", |at| file.text_of(at).trim_start_matches([':', '-', '>', ' ']))
}

/// The text that documents a function of Python.
pub(crate) fn docstring<'f>(file: &'f File, function: &Function) -> &'f str {
    if file.language != Some(Language::Python) {
        return "";
    }
    let first = file.flat().parts(function.body).next();
    let first = first.filter(|i| !statements(file, function.body).contains(i));
    first.map_or("", |i| file.text_of(i))
}
