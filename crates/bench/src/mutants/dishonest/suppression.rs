//! Checks that are silenced.
//!
//! `mutants` calls it. It adds comments, attributes and casts. The code must compute the same as before, or the
//! mutant would be of another kind.

use crate::mutants::code::{Code, Edit, children};
use sim::Random;

pub(in crate::mutants) fn edits(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let mut found = Vec::new();
    for function in code.functions() {
        for statement in &function.statements {
            let indent = code.indent(statement.start);
            let at = statement.start;
            let one_line = !code.slice(statement).contains('\n');
            if code.is_python() {
                let words = ["# type: ignore", "# noqa", "# pragma: no cover", "# pylint: disable=all"];
                let word = random.pick(&words).copied().unwrap_or_default();
                if one_line {
                    found.push(code.edit(
                        statement.end..statement.end,
                        format!("  {word}"),
                        &format!("`{word}`"),
                    ));
                }
            } else if code.is_js() {
                let typed = [
                    "// @ts-ignore",
                    "// @ts-expect-error",
                    "// eslint-disable-next-line",
                    "// biome-ignore lint: later",
                ];
                let plain = [
                    "// eslint-disable-next-line",
                    "/* istanbul ignore next */",
                    "// eslint-disable-next-line no-undef",
                ];
                let words: &[&str] = if code.is_typed_js() { &typed } else { &plain };
                let word = random.pick(words).copied().unwrap_or_default();
                found.push(code.edit(at..at, format!("{word}\n{indent}"), &format!("`{word}`")));
            }
        }
        if code.is_rust() {
            let at = function.range.start;
            let words =
                ["#[allow(dead_code)]", "#[allow(unused)]", "#[allow(clippy::all)]", "#[allow(warnings)]"];
            let word = random.pick(&words).copied().unwrap_or_default();
            found.push(code.edit(at..at, format!("{word}\n{}", code.indent(at)), &format!("`{word}`")));
        }
    }
    if code.is_typed_js() {
        code.running(|node| {
            if matches!(node.kind(), "return_statement")
                && let Some(value) = children(node).first()
            {
                found
                    .push(code.turn(value.byte_range(), format!("({}) as any", code.source.text_of(*value))));
            }
        });
        found.push(code.edit(0..0, "// @ts-nocheck\n", "`// @ts-nocheck`"));
    }
    if code.is_js() {
        found.push(code.edit(0..0, "/* eslint-disable */\n", "`/* eslint-disable */`"));
    }
    found
}
