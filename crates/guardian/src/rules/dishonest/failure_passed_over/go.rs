//! Part of `failure-passed-over` in Go: errors that were returned and are only logged now, and panics that
//! are dropped.
//!
//! Compares base and head of one file. It must only warn if a comment gives a reason, or if the call only
//! cleans up.

use super::logs::{explains, is_log, shown};
use crate::code::file::{File, even};
use crate::code::places::function_of;
use crate::rules::{Found, Pair};

pub(super) fn check(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    in_go(pair, base, head, found);
    recovered(pair, head, found);
}

/// How a function of Go reacts to one `err != nil`.
struct Handled {
    function: String,
    asked: String,
    before: String,
    index: usize,
    passes_on: bool,
}

fn handled(file: &File) -> Vec<Handled> {
    let flat = file.flat();
    let mut all = Vec::new();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "if_statement") {
        let asked = even(file.field_text(index, "condition"));
        let Some(name) =
            asked.strip_suffix("!= nil").map(str::trim).filter(|name| name.to_lowercase().ends_with("err"))
        else {
            continue;
        };
        let Some(block) = flat.field(index, "consequence") else { continue };
        let text = file.text_of(block);
        let ends = ["panic(", "os.Exit(", ".Fatal", ".Panic", "goto ", "t.Error", "errCh", "<-"]
            .iter()
            .any(|word| text.contains(word));
        let mentions = |i: usize| {
            file.text_of(i)
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == name || word.to_lowercase().contains("err"))
        };
        let returns = flat.below(block).any(|i| flat.kind(i) == "return_statement" && mentions(i));
        let keeps = flat
            .below(block)
            .any(|i| matches!(flat.kind(i), "assignment_statement" | "short_var_declaration"));
        // The failure is passed to another function, or sent to a client
        let told = flat.below(block).any(|i| {
            flat.kind(i) == "call_expression"
                && !is_log(file.text_of(i))
                && mentions(i)
                && !file.field_text(i, "function").starts_with("fmt.")
                && !flat
                    .above(i)
                    .take_while(|a| *a > block)
                    .any(|a| flat.kind(a) == "call_expression" && is_log(file.text_of(a)))
        });
        let initial = flat.field(index, "initializer").map(|i| even(file.text_of(i)));
        let before = initial.unwrap_or_else(|| {
            let siblings = flat.parts(node.parent).take_while(|sibling| *sibling < index);
            siblings.last().map_or_else(String::new, |sibling| even(file.text_of(sibling)))
        });
        let passes_on = ends || returns || keeps || told;
        all.push(Handled { function: function_of(file, index), asked, before, index, passes_on });
    }
    all
}

fn in_go(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let now = handled(head);
    if now.iter().all(|one| one.passes_on) {
        return;
    }
    let was = handled(base);
    for one in now.iter().filter(|one| !one.passes_on) {
        let flat = head.flat();
        let node = flat.node(one.index);
        let same = |other: &&Handled| {
            other.function == one.function && other.asked == one.asked && other.before == one.before
        };
        let before: Vec<&Handled> = was.iter().filter(same).collect();
        let told = before.iter().any(|other| other.passes_on && base.text_of(other.index).contains("return"))
            || was_given_back(base, head, one);
        if pair.wrote_in(node.start, node.end) && told && before.iter().all(|other| other.passes_on) {
            let block = flat.field(one.index, "consequence").unwrap_or(one.index);
            let message =
                format!("the failure of `{}` was returned, and is not any more", shown(&one.before));
            // A clean-up that fails does no harm to the result
            if explains(head, block) || cleans_up(&one.before) {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}

/// The call whose error a statement keeps: `err := f()`.
fn call_of(statement: &str) -> Option<&str> {
    let (_, call) = statement.split_once("= ")?;
    call.ends_with(')').then_some(call)
}

/// Whether the same function of the base ends with `return f()`, and the head no longer does.
fn was_given_back(base: &File, head: &File, one: &Handled) -> bool {
    let Some(form) = call_of(&one.before).map(|call| format!("return {call}")) else { return false };
    let count = |file: &File| {
        let flat = file.flat();
        let returns = flat.iter().filter(|(_, node)| node.kind == "return_statement");
        returns
            .filter(|(i, _)| even(file.text_of(*i)) == form && function_of(file, *i) == one.function)
            .count()
    };
    count(base) > count(head)
}

/// Whether a statement only releases what is no longer needed.
fn cleans_up(statement: &str) -> bool {
    const NAMES: &[&str] = &[
        "Close",
        "Stop",
        "Remove",
        "RemoveAll",
        "Unlock",
        "Release",
        "Rollback",
        "Shutdown",
        "Kill",
        "Cleanup",
        "Disconnect",
        "Unsubscribe",
        "Unmount",
        "Cancel",
    ];
    let Some(call) = call_of(statement) else { return false };
    let callee = call.split('(').next().unwrap_or_default();
    let name = callee.rsplit('.').next().unwrap_or(callee);
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Reports a deferred `recover()` that drops every panic.
fn recovered(pair: &Pair, head: &File, found: &mut Found) {
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "defer_statement") {
        let text = head.text_of(index);
        if !text.contains("recover()") || !pair.wrote_at(node.start) && !pair.wrote_in(node.start, node.end) {
            continue;
        }
        let code: String = flat
            .below(index)
            .filter(|i| flat.kind(*i) == "func_literal")
            .take(1)
            .map(|i| even(head.text_of(i)))
            .collect();
        let bare = matches!(
            code.as_str(),
            "func() { recover() }"
                | "func() { _ = recover() }"
                | "func() { if r := recover(); r != nil { } }"
                | "func() { if recover() != nil { } }"
        );
        let commented = explains(head, index);
        if bare || commented && code.contains("{ recover()") {
            let message = "every panic of this function is dropped here";
            if commented {
                found.maybe(head, node.start, node.end, message)
            } else {
                found.at(head, node.start, node.end, message)
            }
        }
    }
}
