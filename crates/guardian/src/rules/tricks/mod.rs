//! Code that passes the checks without doing what they check: it recognizes a test run, replaces what compares, or
//! writes the verdict itself.
//!
//! The rules here judge new code only. They see neither the checks nor their results.

pub(super) mod always_equal;
pub(super) mod evidence;
pub(super) mod exit_at_import;
pub(super) mod forged_verdict;
pub(super) mod patched_assertion;
pub(super) mod result_under_test;
mod signs;
mod test_expectations;
#[cfg(test)]
mod tests;

use super::change::Pair;
use crate::code::file::File;

/// Whether the change wrote this part of the head, and the base does not have the same text. Short texts occur again.
fn is_new(pair: &Pair, head: &File, index: usize) -> bool {
    const SHORT: usize = 40;
    let node = head.flat().node(index);
    let text = head.text_of(index);
    pair.wrote_in(node.start, node.end)
        && !(text.len() > SHORT && pair.base.as_deref().is_some_and(|base| base.text.contains(text)))
}

/// Whether the file configures a tool or is run by hand: it asks where it runs for good reasons.
fn is_tooling(path: &str) -> bool {
    const FOLDERS: [&str; 12] = [
        "scripts",
        "script",
        "tools",
        "tool",
        "bin",
        "ci",
        ".github",
        "config",
        "configs",
        "examples",
        "benchmarks",
        "cypress",
    ];
    const STEMS: [&str; 14] = [
        "setup",
        "build",
        "conftest",
        "noxfile",
        "fabfile",
        "tasks",
        "manage",
        "cli",
        "main",
        "__main__",
        "Gulpfile",
        "gulpfile",
        "Gruntfile",
        "settings",
    ];
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    parts.iter().any(|part| FOLDERS.contains(part))
        || STEMS.contains(&stem)
        || name.starts_with('.')
        || [".config.", ".conf.", ".setup.", ".d.ts"].iter().any(|mark| name.contains(mark))
}

/// The nearest function around a node, with the names by which tests call it.
fn enclosing(file: &File, index: usize) -> Option<usize> {
    file.flat().above(index).find(|above| is_function(file.flat().kind(*above)))
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_declaration"
            | "generator_function_declaration"
            | "function_expression"
            | "function_definition"
            | "function_item"
            | "method_definition"
            | "method_declaration"
            | "arrow_function"
            | "func_literal"
            | "closure_expression"
            | "lambda"
    )
}

/// The name of a function, or of what it is assigned to; "" if it has none.
fn name_of(file: &File, function: usize) -> &str {
    let flat = file.flat();
    let own = flat.field(function, "name");
    let held = || {
        let holder = flat.node(function).parent;
        ["name", "key", "property", "left", "pattern"].iter().find_map(|field| flat.field(holder, field))
    };
    let name = own.or_else(held).map_or("", |name| file.text_of(name));
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a node is outside of every function.
fn is_top_level(file: &File, index: usize) -> bool {
    enclosing(file, index).is_none()
}
