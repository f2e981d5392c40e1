//! Part of `failure-passed-over` in JavaScript and TypeScript: `Promise.allSettled` whose results nobody
//! reads, where a failure reached the caller before.
//!
//! In new code it must only warn, because the author may want to wait for all calls, even those that fail.

use crate::code::file::{File, even};
use crate::code::places::function_of;
use crate::rules::{Found, Pair};

pub(super) fn check(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let flat = head.flat();
    if !head.text.contains("allSettled") {
        return;
    }
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "expression_statement") {
        let Some(waiting) = flat.parts(index).next().filter(|i| flat.kind(*i) == "await_expression") else {
            continue;
        };
        let Some(call) = flat.parts(waiting).next().filter(|i| flat.kind(*i) == "call_expression") else {
            continue;
        };
        if head.field_text(call, "function") != "Promise.allSettled" || !pair.wrote_at(node.start) {
            continue;
        }
        let message = "nobody reads what came of these: a failure of one of them is lost";
        let asked = flat.field(call, "arguments").map_or("", |list| head.text_of(list));
        // These calls handle their own failures
        if [".catch(", "catch (", "catch {"].iter().any(|word| asked.contains(word)) {
            continue;
        }
        if reached_the_caller(base, &function_of(head, index), asked) {
            found.node(head, call, message);
        } else {
            found.maybe(head, node.start, node.end, message);
        }
    }
}

/// Whether the base waited for the same calls in the same function in a way that passes failures on.
fn reached_the_caller(base: &File, function: &str, asked: &str) -> bool {
    let flat = base.flat();
    let asked = even(asked);
    flat.iter().filter(|(_, node)| node.kind == "await_expression").any(|(index, _)| {
        let Some(call) = flat.parts(index).next().filter(|i| flat.kind(*i) == "call_expression") else {
            return false;
        };
        let callee = base.field_text(call, "function");
        let arguments = flat.field(call, "arguments").map_or("", |list| base.text_of(list));
        let same = match callee {
            "Promise.all" => even(arguments) == asked,
            "Promise.allSettled" => false,
            _ => callee.len() > 2 && asked.contains(&format!("{callee}(")),
        };
        let guarded = flat
            .above(index)
            .take_while(|i| !flat.kind(*i).contains("function"))
            .any(|i| flat.kind(i) == "try_statement");
        same && !guarded && function_of(base, index) == function
    })
}
