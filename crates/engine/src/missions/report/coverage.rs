//! Which changed files the tests cover, as the report says it.

use std::collections::BTreeMap;
use std::fmt::Write;

use mission::{State, Verified};

use crate::missions::changed_files::cell;
use crate::text::{count, quoted};

/// The most files in one sentence.
const MAX_NAMED: usize = 10;
/// The most files whose covering checks are listed.
const MAX_LISTED: usize = 50;

/// Whether it is known which changed files the tests cover.
fn coverage_known(state: &State) -> bool {
    let known = state.head_checks.iter().any(|check| !check.covers.is_empty() || !check.misses.is_empty());
    known && state.integrated_tree.is_some()
}

/// Changed files that no test covers.
pub(crate) fn uncovered(text: &mut String, state: &State) {
    if !coverage_known(state) {
        return;
    }
    match mission::verified(&state.head_checks) {
        Verified::Yes => {}
        Verified::InPart(open) => {
            let _ = writeln!(text, "\n**No test of the project covers** {}.", some(&open));
        }
        Verified::No => {
            let _ = writeln!(text, "\n**Unverified**: no test that covers a changed file passed.");
        }
    }
}

/// Which test covers which changed file.
pub(crate) fn covered(text: &mut String, state: &State) {
    if !coverage_known(state) {
        return;
    }
    let mut by_file: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for check in state.head_checks.iter().filter(|check| check.vouches()) {
        for path in &check.covers {
            by_file.entry(path).or_default().push(&check.name);
        }
    }
    if by_file.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n| file | covered by |\n|---|---|");
    for (path, checks) in by_file.iter().take(MAX_LISTED) {
        let _ = writeln!(text, "| {} | {} |", cell(path), cell(&checks.join(", ")));
    }
    if by_file.len() > MAX_LISTED {
        let _ = writeln!(text, "| and {} | |", count(by_file.len() - MAX_LISTED, "more file"));
    }
}

/// The first files of a long list.
fn some(files: &[String]) -> String {
    let first = quoted(files.iter().take(MAX_NAMED));
    match files.len().saturating_sub(MAX_NAMED) {
        0 => first,
        more => format!("{first} and {}", count(more, "more file")),
    }
}
