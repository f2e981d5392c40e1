//! Rust: a variable without `mut` that is given another value, `.await` outside of `async`, `?` in a function that returns
//! nothing, a function that promises a value and ends in a statement.

use crate::code::file::File;
use crate::code::functions::{functions, statements};
use crate::rules::{Found, Pair};

pub(in super::super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        if !pair.wrote_in(node.start, node.end) {
            continue;
        }
        match node.kind {
            "assignment_expression" | "compound_assignment_expr" if pair.wrote_at(node.start) => {
                given_again(file, index, found);
            }
            "await_expression" if pair.wrote_at(node.end.saturating_sub(1)) => {
                let holder = flat.above(index).find(|i| {
                    matches!(
                        flat.kind(*i),
                        "function_item"
                            | "async_block"
                            | "closure_expression"
                            | "macro_definition"
                            | "token_tree"
                    )
                });
                if let Some(function) = holder.filter(|i| flat.kind(*i) == "function_item")
                    && is_plain(file, function)
                    && !header(file, function).contains("async")
                {
                    found.node(file, index, "`.await` in a function that is not `async`");
                }
            }
            "try_expression" if pair.wrote_at(node.end.saturating_sub(1)) => {
                let holder = flat.above(index).find(|i| {
                    matches!(
                        flat.kind(*i),
                        "function_item"
                            | "async_block"
                            | "try_block"
                            | "const_block"
                            | "closure_expression"
                            | "macro_definition"
                            | "token_tree"
                    )
                });
                if let Some(function) = holder.filter(|i| flat.kind(*i) == "function_item")
                    && is_plain(file, function)
                    && flat.field(function, "return_type").is_none()
                {
                    found.node(file, index, "`?` in a function that returns nothing");
                }
            }
            _ => {}
        }
    }
    ends_in_statement(pair, file, found);
}

fn header(file: &File, function: usize) -> &str {
    let flat = file.flat();
    let end = flat.field(function, "body").map_or(flat.node(function).end, |body| flat.node(body).start);
    file.slice(flat.node(function).start, end)
}

/// Whether nothing around a function may turn it into another: no attribute of a macro.
fn is_plain(file: &File, function: usize) -> bool {
    const KNOWN: &[&str] = &[
        "allow",
        "expect",
        "inline",
        "test",
        "cfg",
        "doc",
        "must_use",
        "deprecated",
        "cold",
        "warn",
        "deny",
        "ignore",
        "should_panic",
        "track_caller",
        "no_mangle",
    ];
    let flat = file.flat();
    let around =
        flat.above(function).filter(|i| matches!(flat.kind(*i), "impl_item" | "trait_item" | "mod_item"));
    std::iter::once(function).chain(around).all(|item| {
        file.attributes(item).iter().all(|attribute| {
            let name =
                attribute.trim_start_matches("#[").split(|c: char| !c.is_alphanumeric() && c != '_').next();
            name.is_some_and(|name| KNOWN.contains(&name))
        })
    })
}

/// A variable that `let` binds once, with a value and without `mut`, and that is given another.
fn given_again(file: &File, assignment: usize, found: &mut Found) {
    let flat = file.flat();
    let Some(left) = flat.field(assignment, "left").filter(|i| flat.kind(*i) == "identifier") else { return };
    let name = file.text_of(left);
    let inside = |kind: &str| flat.above(assignment).any(|i| flat.kind(i) == kind);
    let Some(function) = flat
        .above(assignment)
        .find(|i| flat.kind(*i) == "function_item")
        .filter(|_| !inside("macro_definition"))
    else {
        return;
    };
    let mut bound = Vec::new();
    for index in flat.below(function) {
        let node = flat.node(index);
        if !matches!(node.kind, "identifier" | "shorthand_field_identifier") || file.text_of(index) != name {
            continue;
        }
        let parent = flat.kind(node.parent);
        let binds = parent.ends_with("_pattern")
            || matches!(
                parent,
                "parameter" | "let_declaration" | "for_expression" | "let_condition" | "match_arm"
            ) && node.field == "pattern"
            || matches!(parent, "closure_parameters" | "match_pattern")
            || matches!(parent, "static_item" | "const_item");
        if binds {
            bound.push(index);
        }
    }
    let [only] = bound.as_slice() else { return };
    let holder = flat.node(*only).parent;
    let constant = flat.kind(holder) == "let_declaration"
        && flat.field(holder, "value").is_some()
        && !flat.children(holder).any(|i| flat.kind(i) == "mutable_specifier")
        && flat.node(flat.node(holder).parent).next > assignment
        && *only < assignment;
    if constant {
        found.node(
            file,
            assignment,
            format!("`{name}` is bound without `mut`, and is given another value here"),
        );
    }
}

/// `fn f() -> u8 { a + b; }`: the value is thrown away by the semicolon.
fn ends_in_statement(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for function in functions(file) {
        let Some(gives) = flat.field(function.index, "return_type") else { continue };
        if !is_plain(file, function.index) || matches!(file.text_of(gives), "()" | "!") {
            continue;
        }
        let body = statements(file, function.body);
        let Some(last) = body.last().copied().filter(|i| flat.kind(*i) == "expression_statement") else {
            continue;
        };
        let Some(value) = flat.parts(last).next() else { continue };
        // Only what surely comes to its end, and has a value of its own
        let plain = matches!(
            flat.kind(value),
            "binary_expression"
                | "identifier"
                | "field_expression"
                | "integer_literal"
                | "string_literal"
                | "boolean_literal"
                | "struct_expression"
                | "reference_expression"
                | "tuple_expression"
                | "unary_expression"
        ) || flat.kind(value) == "call_expression"
            && matches!(file.field_text(value, "function"), "Ok" | "Some" | "Err");
        let closed = file.text_of(last).ends_with(';');
        if plain && closed && pair.wrote_at(flat.node(last).start) {
            found.node(file, last, "the function promises a value, and the semicolon throws it away");
        }
    }
}
