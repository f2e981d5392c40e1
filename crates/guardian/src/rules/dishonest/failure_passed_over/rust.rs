//! Part of `failure-passed-over` in Rust: errors that reached the caller and now end in a branch that only
//! logs them.
//!
//! Compares base and head of one file; `logs` tells what a log entry is. It must only warn if a comment gives
//! a reason.

use super::logs::{explains, shown};
use crate::code::file::{File, even};
use crate::rules::{Found, Pair};

/// Reports a `?` that became a branch in which the failure is lost.
pub(super) fn check(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter() {
        let (call, block) = match node.kind {
            "let_declaration" => {
                let (Some(pattern), Some(value), Some(other)) = (
                    flat.field(index, "pattern"),
                    flat.field(index, "value"),
                    flat.field(index, "alternative"),
                ) else {
                    continue;
                };
                if !head.text_of(pattern).starts_with("Ok(") {
                    continue;
                }
                (value, other)
            }
            "if_expression" => {
                let (Some(condition), Some(block)) =
                    (flat.field(index, "condition"), flat.field(index, "consequence"))
                else {
                    continue;
                };
                if flat.kind(condition) != "let_condition" {
                    continue;
                }
                let Some(value) = flat.field(condition, "value") else { continue };
                let pattern = head.field_text(condition, "pattern");
                match flat.field(index, "alternative") {
                    _ if pattern.starts_with("Err(") => (value, block),
                    Some(other) if pattern.starts_with("Ok(") => (value, other),
                    // Nothing happens on a failure; a comment above or inside tells why
                    None if pattern.starts_with("Ok(") => (value, condition),
                    _ => continue,
                }
            }
            "match_expression" => {
                let (Some(value), Some(body)) = (flat.field(index, "value"), flat.field(index, "body"))
                else {
                    continue;
                };
                let arm = flat.parts(body).find(|arm| {
                    flat.kind(*arm) == "match_arm" && head.field_text(*arm, "pattern").starts_with("Err(")
                });
                let Some(block) = arm.and_then(|arm| flat.field(arm, "value")) else { continue };
                (value, block)
            }
            _ => continue,
        };
        if !pair.wrote_at(node.start) {
            continue;
        }
        let text = head.text_of(block);
        let tells = [
            "Err(",
            "?",
            "panic!",
            "unreachable!",
            "bail!",
            "process::exit",
            "abort(",
            ".push(",
            "send(",
            "errors",
            "= Some(",
            "= true",
            "= false",
            "failed",
            "+= 1",
            "unwrap()",
        ];
        // Texts are left out, because those of log macros contain `?`, as in `{e:?}`
        let without_texts: String = text.split('"').step_by(2).collect();
        if tells.iter().any(|word| without_texts.contains(word)) {
            continue;
        }
        let call = even(head.text_of(call));
        let told = |file: &File| {
            let text = even(&file.text);
            text.matches(&format!("{call}?")).count()
                + text.matches(&format!("{call}.unwrap()")).count()
                + text.matches(&format!("{call}.expect(")).count()
                + given_back(file, &call)
        };
        if call.len() > 5 && call.contains('(') && told(base) > told(head) {
            let message =
                format!("a failure of `{}` reached the caller, and does not any more", shown(&call));
            let row = head.row(node.start);
            let above = row.checked_sub(1).is_some_and(|row| head.line(row).trim().starts_with("//"));
            if explains(head, block) || explains(head, index) || above {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}

/// How often a call is the value of a function or block, so that its error reaches the caller.
fn given_back(file: &File, call: &str) -> usize {
    let flat = file.flat();
    let calls = flat.iter().filter(|(_, node)| node.kind == "call_expression");
    calls
        .filter(|(index, node)| {
            let last = flat.parts(node.parent).last() == Some(*index);
            (flat.kind(node.parent) == "block" && last || flat.kind(node.parent) == "return_expression")
                && even(file.text_of(*index)) == call
        })
        .count()
}
