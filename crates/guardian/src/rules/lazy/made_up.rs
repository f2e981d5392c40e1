//! Part of `pretended-work`: production code that returns values whose names say that they are mocks or
//! samples.
//!
//! The rule calls it for each function. It must report nothing if the name does not hold a fixed value.

use std::sync::LazyLock;

use regex::Regex;

use crate::code::constant::{is_fixed, returned};
use crate::code::file::File;
use crate::code::functions::{Function, statements};
use crate::rules::{Found, Pair};

/// Names of invented values.
static MADE_UP_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:(?:mock|fake|dummy)(?:ed)?_?[A-Z_a-z]\w*|(?:MOCK|FAKE|DUMMY|SAMPLE)_\w+|(?:mock|fake|dummy|sample)_\w+|sample[A-Z]\w*)$",
    )
    .ok()
});

/// Reports a function that returns a fixed value with such a name.
pub(super) fn names(pair: &Pair, file: &File, function: &Function, found: &mut Found) {
    let flat = file.flat();
    let mut returns: Vec<usize> = flat
        .below(function.body)
        .filter(|i| matches!(flat.kind(*i), "return_statement" | "return_expression"))
        .filter_map(|i| flat.parts(i).next())
        .collect();
    returns
        .extend(statements(file, function.body).last().and_then(|last| returned(file, function.body, *last)));
    for value in returns {
        let node = flat.node(value);
        let name = file.text_of(value);
        if node.kind == "identifier"
            && pair.wrote_at(node.start)
            && MADE_UP_NAME.as_ref().is_some_and(|form| form.is_match(name))
            && holds_fixed(file, name)
        {
            found.node(file, value, format!("`{name}` is given out as if it were the result"));
            return;
        }
    }
}

fn holds_fixed(file: &File, name: &str) -> bool {
    let flat = file.flat();
    flat.iter().any(|(i, node)| {
        let (left, right) = match node.kind {
            "variable_declarator" | "var_spec" | "const_item" | "static_item" => {
                (flat.field(i, "name"), flat.field(i, "value"))
            }
            "assignment" | "short_var_declaration" => (flat.field(i, "left"), flat.field(i, "right")),
            "let_declaration" => (flat.field(i, "pattern"), flat.field(i, "value")),
            _ => return false,
        };
        left.is_some_and(|left| file.text_of(left) == name)
            && right.is_some_and(|right| is_fixed(file, right))
    })
}
