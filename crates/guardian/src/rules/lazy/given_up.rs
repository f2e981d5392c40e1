//! Part of `pretended-work`: branches that worked before the change, and now only say that they are not implemented.
//!
//! Compares the branches of one file by their function and their condition or pattern. A new branch is no proof: it is
//! not reported.

use std::sync::LazyLock;

use regex::Regex;

use crate::code::file::{File, even};
use crate::code::places::function_of;
use crate::rules::{Found, Pair};

/// A branch that does nothing but refuse.
static REFUSES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^((std::|core::)?(unimplemented|todo)!\s*[(\[{].*|raise NotImplementedError\b.*|(throw new \w*error|panic|raise \w+|(return )?err)\(.*\b(not (yet )?(implemented|supported)|unimplemented|todo|coming soon)\b.*)$",
    )
    .ok()
});

/// Words of a branch that fails on purpose.
const FAILS: [&str; 8] =
    ["unimplemented!", "todo!", "unreachable!", "panic!", "panic(", "raise ", "throw ", "NotImplemented"];

struct Branch {
    function: String,
    label: String,
    at: usize,
    code: String,
}

pub(super) fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    if head.is_broken() || base.is_broken() || head.is_test() {
        return;
    }
    let given_up = |branch: &Branch| {
        REFUSES.as_ref().is_some_and(|form| form.is_match(&branch.code))
            && pair.wrote_at(head.flat().node(branch.at).start)
    };
    let now: Vec<Branch> = branches(head).filter(given_up).collect();
    if now.is_empty() {
        return;
    }
    let was: Vec<Branch> = branches(base).collect();
    for branch in now {
        let mut before =
            was.iter().filter(|old| old.function == branch.function && old.label == branch.label).peekable();
        let worked = |old: &Branch| !old.code.is_empty() && !FAILS.iter().any(|word| old.code.contains(word));
        if before.peek().is_some() && before.all(worked) {
            let label: String = branch.label.chars().take(40).collect();
            found.node(head, branch.at, format!("`{label}` worked before, and is not implemented any more"));
        }
    }
}

/// The branches of a file; each at its code.
fn branches(file: &File) -> impl Iterator<Item = Branch> + '_ {
    let flat = file.flat();
    flat.iter().filter_map(move |(index, node)| {
        let (label, code) = match node.kind {
            "match_arm" => ("pattern", "value"),
            "if_statement" | "if_expression" | "elif_clause" => ("condition", "consequence"),
            "case_clause" => ("pattern", "consequence"),
            "switch_case" => ("value", "body"),
            _ => return None,
        };
        let (label, at) = (flat.field(index, label)?, flat.field(index, code)?);
        let code = even(file.text_of(at));
        let code = code.trim_start_matches('{').trim_end_matches(['}', ';', ',', ' ']).trim();
        Some(Branch {
            function: function_of(file, index),
            label: even(file.text_of(label)),
            at,
            code: code.trim_end_matches(';').to_string(),
        })
    })
}
