//! Choices between two results that a sign of a test run decides, and what each side gives.
//!
//! Reads one file. Must not judge the sides.

use std::collections::HashSet;

use syntax::Language;

use super::super::signs::{Sign, Signs};
use super::super::{enclosing, is_function, name_of};
use crate::code::constant::is_fixed;
use crate::code::file::File;

/// A choice between two results.
pub(super) struct Branch {
    pub(super) index: usize,
    /// The condition
    pub(super) asked: usize,
    pub(super) sign: Sign,
    pub(super) what: String,
    /// What it gives when it is tested, and otherwise
    pub(super) under: Vec<usize>,
    pub(super) other: Vec<usize>,
    pub(super) name: String,
    pub(super) takes: bool,
}

/// Every choice of a file between two results by a sign.
pub(super) fn branches(file: &File, signs: &Signs) -> Vec<Branch> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        let asked = match node.kind {
            "ternary_expression" | "if_statement" | "if_expression" | "elif_clause" => {
                flat.field(index, "condition")
            }
            "conditional_expression" => flat.parts(index).nth(1),
            _ => None,
        };
        let Some(asked) = asked else { continue };
        let start = flat.field(index, "initializer").map_or(flat.node(asked).start, |at| flat.node(at).start);
        let condition = file.slice(start, flat.node(asked).end);
        let Some((sign, what)) = signs.of(condition) else { continue };
        // A host's name is a sign only beside a certain name
        if sign == Sign::Place && what.contains("ost") && !condition.contains(['"', '\'', '`']) {
            continue;
        }
        let Some(function) = enclosing(file, index) else {
            found.extend(of_variable(file, index, asked, sign, &what));
            continue;
        };
        let (yes, no) = match node.kind {
            "ternary_expression" | "conditional_expression" => match sides(file, index) {
                Some((yes, no)) if is_given(file, index, function) => (vec![yes], vec![no]),
                _ => continue,
            },
            _ => statement_sides(file, index, function),
        };
        let (under, other) = if is_negated(condition) { (no, yes) } else { (yes, no) };
        let (name, takes) = named_function(file, function);
        found.push(Branch { index, asked, sign, what, under, other, name, takes });
    }
    found
}

/// A constant of a module that a sign decides.
fn of_variable(file: &File, index: usize, asked: usize, sign: Sign, what: &str) -> Option<Branch> {
    let (yes, no) = sides(file, index)?;
    let flat = file.flat();
    let holder = flat.above(index).find(|above| flat.kind(*above) != "parenthesized_expression")?;
    let name = match flat.kind(holder) {
        "variable_declarator" => file.field_text(holder, "name"),
        "assignment" => file.field_text(holder, "left"),
        _ => return None,
    };
    let (under, other) = if is_negated(file.text_of(asked)) { (no, yes) } else { (yes, no) };
    // Constants name resources far more often than results: only what a test expects is proof
    let fixed = is_fixed(file, under).then_some(under)?;
    let other = if sign == Sign::Runner { vec![other] } else { Vec::new() };
    let (sign, what, name) = (Sign::Place, what.to_string(), name.to_string());
    Some(Branch { index, asked, sign, what, under: vec![fixed], other, name, takes: false })
}

/// What the two sides of a conditional expression give.
fn sides(file: &File, index: usize) -> Option<(usize, usize)> {
    let flat = file.flat();
    match flat.kind(index) {
        "ternary_expression" => Some((flat.field(index, "consequence")?, flat.field(index, "alternative")?)),
        "conditional_expression" => Some((flat.parts(index).next()?, flat.parts(index).nth(2)?)),
        _ => None,
    }
}

/// What the two sides of an `if` give back from the function.
fn statement_sides(file: &File, index: usize, function: usize) -> (Vec<usize>, Vec<usize>) {
    let flat = file.flat();
    let body = flat.field(function, "body").unwrap_or(function);
    let variables: HashSet<&str> = results(file, body).map(|value| file.text_of(value)).collect();
    let tail = flat.kind(index) == "if_expression" && is_given(file, index, function);
    let of = |side: usize| -> Vec<usize> {
        let mut values: Vec<usize> = Vec::new();
        if tail {
            values.extend(last_value(file, side));
        }
        values.extend(results(file, side));
        let assigned = within(file, side).filter_map(|i| match flat.kind(i) {
            "assignment_expression" | "assignment" | "assignment_statement" => {
                let (left, right) = (flat.field(i, "left")?, flat.field(i, "right")?);
                variables.contains(file.text_of(left)).then(|| first_of_list(file, right))
            }
            _ => None,
        });
        values.extend(assigned);
        values
    };
    let yes = flat.field(index, "consequence").map_or_else(Vec::new, of);
    let no: Vec<usize> =
        flat.children(index).filter(|child| flat.node(*child).field == "alternative").flat_map(of).collect();
    let no = if no.is_empty() {
        let end = flat.node(index).end;
        let mut after: Vec<usize> =
            results(file, body).filter(|value| flat.node(*value).start >= end).collect();
        after.extend(last_value(file, body).filter(|value| flat.node(*value).start >= end));
        after
    } else {
        no
    };
    (yes, no)
}

/// Nodes below a node, without those of functions in it.
fn within(file: &File, index: usize) -> impl Iterator<Item = usize> {
    let flat = file.flat();
    let mut at = index + 1;
    let end = flat.below(index).end;
    std::iter::from_fn(move || {
        (at < end).then(|| {
            let now = at;
            at = if is_function(flat.kind(now)) { flat.node(now).next.max(now + 1) } else { now + 1 };
            now
        })
    })
}

/// The values that `return` gives below a node.
fn results(file: &File, index: usize) -> impl Iterator<Item = usize> {
    let flat = file.flat();
    within(file, index)
        .chain(std::iter::once(index))
        .filter(|i| matches!(flat.kind(*i), "return_statement" | "return_expression"))
        .filter_map(|i| flat.parts(i).next())
        .map(|value| first_of_list(file, value))
}

fn first_of_list(file: &File, value: usize) -> usize {
    let flat = file.flat();
    let lists = matches!(flat.kind(value), "expression_list" | "parenthesized_expression");
    if lists { flat.parts(value).next().unwrap_or(value) } else { value }
}

/// The value of a block of Rust.
fn last_value(file: &File, side: usize) -> Option<usize> {
    let flat = file.flat();
    if file.language != Some(Language::Rust) {
        return None;
    }
    let block = if flat.kind(side) == "else_clause" { flat.parts(side).next()? } else { side };
    let last = flat.parts(block).last()?;
    let gives = !flat.kind(last).ends_with("_statement")
        && !flat.kind(last).ends_with("_item")
        && !flat.kind(last).ends_with("_declaration");
    (flat.kind(block) == "block" && gives).then_some(last)
}

/// Whether the value of an expression is the function's result.
fn is_given(file: &File, index: usize, function: usize) -> bool {
    let flat = file.flat();
    let mut at = index;
    for above in flat.above(index).take(8) {
        match flat.kind(above) {
            "return_statement" | "return_expression" => return true,
            "parenthesized_expression" | "expression_list" | "await_expression" | "as_expression" => {}
            "block" if last_value(file, above) == Some(at) => {}
            "else_clause" | "if_expression" => {}
            "expression_statement" if file.language == Some(Language::Rust) => {
                return flat.parts(flat.node(above).parent).last() == Some(above)
                    && flat.node(above).end == flat.node(at).end
                    && flat.node(flat.node(above).parent).parent == function;
            }
            "variable_declarator" | "assignment" | "let_declaration" | "assignment_expression" => {
                let left = ["name", "left", "pattern"].iter().find_map(|field| flat.field(above, field));
                let body = flat.field(function, "body").unwrap_or(function);
                return left.is_some_and(|left| {
                    results(file, body).any(|value| file.text_of(value) == file.text_of(left))
                });
            }
            _ => return above == function && flat.field(function, "body") == Some(at),
        }
        at = above;
    }
    false
}

/// The name by which tests reach a function, and whether it takes arguments.
fn named_function(file: &File, function: usize) -> (String, bool) {
    let flat = file.flat();
    let mut around =
        std::iter::once(function).chain(flat.above(function).filter(|i| is_function(flat.kind(*i))));
    let named = around.find(|i| !name_of(file, *i).is_empty()).unwrap_or(function);
    let takes = flat.field(named, "parameter").is_some()
        || flat.field(named, "parameters").is_some_and(|list| {
            flat.parts(list).any(|part| {
                flat.kind(part) != "self_parameter" && !matches!(file.text_of(part), "self" | "cls")
            })
        });
    (name_of(file, named).to_string(), takes)
}

/// Whether a condition asks for the absence of the sign.
fn is_negated(condition: &str) -> bool {
    let text = condition.trim_start_matches(['(', ' ']);
    let absent = [
        "=== undefined",
        "== undefined",
        "== null",
        "=== null",
        "is None",
        "== nil",
        ".is_err()",
        "is_none()",
    ];
    text.starts_with("!") && !text.starts_with("!!")
        || text.starts_with("not ")
        || text.contains(" not in ")
        || text.contains("cfg!(not(")
        || absent.iter().any(|form| text.contains(form))
        || (text.contains("== \"\"") || text.contains("=== ''"))
        || text.contains("!=")
            && !["undefined", "null", "None", "nil", "\"\"", "''"].iter().any(|no| text.contains(no))
}

/// Functions of Rust that exist twice: once for tests, once for users.
pub(super) fn twin_functions(file: &File) -> Vec<Branch> {
    let flat = file.flat();
    if file.language != Some(Language::Rust) || !file.text.contains("cfg(not(test))") {
        return Vec::new();
    }
    let functions: Vec<(usize, &str, Vec<&str>)> = flat
        .iter()
        .filter(|(_, node)| node.kind == "function_item")
        .map(|(index, _)| (index, file.field_text(index, "name"), file.attributes(index)))
        .collect();
    let under =
        |attributes: &[&str], form: &str| attributes.iter().any(|a| a.replace(' ', "").contains(form));
    let tested = functions.iter().filter(|(_, _, attributes)| under(attributes, "cfg(test)"));
    tested
        .filter_map(|(index, name, _)| {
            let twin = functions
                .iter()
                .find(|(_, other, attributes)| other == name && under(attributes, "cfg(not(test))"))?;
            let value = |of: usize| -> Option<usize> {
                let body = flat.field(of, "body")?;
                (flat.parts(body).count() == 1).then(|| last_value(file, body)).flatten()
            };
            let value_under = value(*index).filter(|value| is_fixed(file, *value))?;
            let other = flat.field(twin.0, "body")?;
            let (name, takes) = named_function(file, *index);
            Some(Branch {
                index: *index,
                asked: flat.field(*index, "name")?,
                sign: Sign::Runner,
                what: "cfg(test)".to_string(),
                under: vec![value_under],
                other: vec![value(twin.0).unwrap_or(other)],
                name,
                takes,
            })
        })
        .collect()
}
