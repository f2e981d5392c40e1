//! Python: arguments in an order or of a name that no call has, `nonlocal` of nothing, a late import from the future.

use std::collections::BTreeSet;

use crate::code::file::File;
use crate::rules::{Found, Pair};

pub(in super::super) fn check(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        match node.kind {
            "argument_list" if pair.wrote_in(node.start, node.end) => arguments(file, index, found),
            "parameters" | "lambda_parameters" if pair.wrote_in(node.start, node.end) => {
                repeated(file, index, found);
            }
            "nonlocal_statement" if pair.wrote_at(node.start) => nonlocal(file, index, found),
            "future_import_statement" if pair.wrote_at(node.start) => late(file, index, found),
            _ => {}
        }
    }
}

fn arguments(file: &File, list: usize, found: &mut Found) {
    let flat = file.flat();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for part in flat.parts(list) {
        match flat.kind(part) {
            "keyword_argument" => {
                let name = file.field_text(part, "name");
                if !named.insert(name) {
                    found.node(file, part, format!("the argument `{name}` is given twice"));
                }
            }
            "list_splat" | "dictionary_splat" | "ERROR" => {}
            _ if !named.is_empty() => {
                found.node(file, part, "an argument without a name after one with a name");
            }
            _ => {}
        }
    }
}

fn repeated(file: &File, list: usize, found: &mut Found) {
    let flat = file.flat();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for part in flat.parts(list) {
        let name = match flat.kind(part) {
            "identifier" => file.text_of(part),
            "default_parameter" | "typed_default_parameter" => file.field_text(part, "name"),
            "typed_parameter" => flat.parts(part).next().map_or("", |inner| file.text_of(inner)),
            _ => continue,
        };
        if !names.insert(name) {
            found.node(file, part, format!("the parameter `{name}` is there twice"));
        }
    }
}

/// `nonlocal x` where no function around has an `x`.
fn nonlocal(file: &File, statement: usize, found: &mut Found) {
    let flat = file.flat();
    let is_function = |i: &usize| flat.kind(*i) == "function_definition";
    let Some(own) = flat.above(statement).find(is_function) else { return };
    let around: Vec<usize> = flat.above(own).filter(is_function).collect();
    for name in flat.parts(statement) {
        let text = file.text_of(name);
        let known = around.iter().any(|function| {
            flat.below(*function).any(|i| {
                flat.kind(i) == "identifier"
                    && file.text_of(i) == text
                    && !(own..flat.node(own).next).contains(&i)
            })
        });
        if !known {
            found.node(file, name, format!("`nonlocal {text}`: no function around has a `{text}`"));
        }
    }
}

/// `from __future__ import …` after other code.
fn late(file: &File, statement: usize, found: &mut Found) {
    let flat = file.flat();
    let first = |i: &usize| match flat.kind(*i) {
        "future_import_statement" => true,
        "expression_statement" => {
            flat.parts(*i).all(|j| matches!(flat.kind(j), "string" | "concatenated_string"))
        }
        _ => false,
    };
    if flat.parts(0).take_while(|i| *i < statement).any(|i| !first(&i)) {
        found.node(file, statement, "`from __future__` has to come before all other code");
    }
}
