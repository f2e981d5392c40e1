//! `commented-out-code`: code that the change turned into a comment.
//!
//! Counts only lines that were code in the base and are code nowhere in the head. Warns if similar new code is beside
//! the comment, or if a comment gives a reason. Code that the change adds as a comment is for `commented_alternative`.

use std::collections::HashSet;

use crate::code::file::{File, even};
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "commented-out-code",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "Code that was turned into a comment instead of being fixed or removed.",
    note: "History keeps old code; a comment does nothing. Fix the code, or delete it together with what relies on it.",
    valid: &[
        Example::change(&[("a.js", "f();\ng();\n")], &[("a.js", "// f is called by the loader\ng();\n")]),
        Example::new(&[("a.py", "# x = 1 would do as well\nx = 2\n")]),
    ],
    invalid: &[
        Example::change(
            &[("a.js", "function f(x) {\n  validate(x);\n  return store(x);\n}\n")],
            &[("a.js", "function f(x) {\n  // validate(x);\n  return store(x);\n}\n")],
        ),
        Example::change(
            &[("test_a.py", "def test_a():\n    r = f(1)\n    assert r.value == 2\n")],
            &[("test_a.py", "def test_a():\n    r = f(1)\n    # assert r.value == 2\n")],
        ),
    ],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    let lines = |file: &File| -> HashSet<String> {
        (0..file.lines()).map(|row| even(file.line(row))).filter(|line| line.len() > 7).collect()
    };
    let mut was: Option<(HashSet<String>, HashSet<String>)> = None;
    for (index, node) in head.flat().iter() {
        if !matches!(node.kind, "comment" | "line_comment" | "block_comment") {
            continue;
        }
        // Documentation shows code examples, and may repeat other text
        if ["///", "//!", "/**", "/*!"].iter().any(|start| head.text_of(index).starts_with(start)) {
            continue;
        }
        let mut at = node.start;
        for line in head.text_of(index).split_inclusive('\n') {
            let said = even(
                line.trim()
                    .trim_start_matches("/*")
                    .trim_end_matches("*/")
                    .trim_start_matches(['/', '#', '*', ' ']),
            );
            let start = at;
            at += line.len();
            if said.len() <= 7 || !is_code(&said) {
                continue;
            }
            let (old, new) = was.get_or_insert_with(|| (lines(base), lines(head)));
            if old.contains(&said) && !new.contains(&said) && !was_comment(base, &said) {
                let (end, message) =
                    (start + line.trim_end().len(), format!("`{said}` was code and is a comment now"));
                let row = head.row(start);
                let explained = || waits_for(head, row) || gives_reason(head, row, old);
                // A part of a list or a call may be left out
                let part = said.ends_with(',');
                if part || is_replaced(head, index, &said, old) || explained() || is_specimen(&head.path) {
                    found.maybe(head, start, end, message);
                } else {
                    found.at(head, start, end, message);
                }
            }
        }
    }
}

/// Whether the base has the code in a comment or a text of several lines already.
fn was_comment(base: &File, said: &str) -> bool {
    let flat = base.flat();
    let texts = flat.iter().filter(|(_, node)| matches!(node.kind, "string" | "template_string"));
    let in_text = texts
        .filter(|(index, _)| base.text_of(*index).contains('\n'))
        .any(|(index, _)| base.text_of(index).lines().any(|line| even(line) == said));
    in_text
        || base.text.lines().map(str::trim).filter(|line| line.starts_with(['#', '/', '*'])).any(|line| {
            line.len() > said.len() && even(line.trim_start_matches(['/', '#', '*', ' '])) == said
        })
}

/// Whether new, similar code is beside the block of comments: then the code was replaced.
fn is_replaced(head: &File, comment: usize, said: &str, old: &HashSet<String>) -> bool {
    let flat = head.flat();
    let siblings: Vec<usize> = flat.children(flat.node(comment).parent).collect();
    let (before, after) = siblings.split_at(siblings.partition_point(|sibling| *sibling < comment));
    let is_code = |sibling: &&usize| flat.node(**sibling).named && !flat.node(**sibling).extra;
    let beside = [before.iter().rev().find(is_code), after.iter().find(is_code)];
    beside.into_iter().flatten().any(|sibling| {
        let text = head.text_of(*sibling);
        let is_new = text.lines().map(even).any(|line| line.len() > 7 && !old.contains(&line));
        is_new && is_alike(said, text)
    })
}

/// Whether the comment above links to what the code waits for.
fn waits_for(head: &File, row: usize) -> bool {
    let above = (0..row)
        .rev()
        .map(|row| head.line(row).trim())
        .take_while(|line| ["//", "#", "/*", "*"].iter().any(|start| line.starts_with(start)));
    above.take(20).any(|line| line.contains("https://") || line.contains("http://"))
}

/// Whether a sentence that the change added above gives a reason; "for now" is not a reason.
fn gives_reason(head: &File, row: usize, old: &HashSet<String>) -> bool {
    const NONE: [&str; 12] = [
        "temporar",
        "for now",
        "disable",
        "todo",
        "fixme",
        "later",
        "skip",
        "uncomment",
        "comment",
        "removed",
        "old ",
        "not needed",
    ];
    // A longer sentence says what is to come instead, even where it begins with TODO
    const SENTENCE: usize = 9;
    let above = (0..row).rev().map(|row| head.line(row).trim());
    let above = above.take_while(|line| ["//", "#", "/*", "*"].iter().any(|start| line.starts_with(start)));
    above.take(20).any(|line| {
        let said = even(line.trim_start_matches(['/', '#', '*', ' ']));
        let low = said.to_lowercase();
        let is_new = !old.contains(&even(line));
        is_new
            && !is_code(&said)
            && said.split_whitespace().count() > 3
            && !NONE.iter().any(|word| {
                let planned = *word == "todo" && said.split_whitespace().count() >= SENTENCE;
                low.contains(word) && !planned
            })
    })
}

/// Whether a text contains at least half of a line's words.
fn is_alike(line: &str, text: &str) -> bool {
    let (line, text): (HashSet<&str>, HashSet<&str>) = (words(line).collect(), words(text).collect());
    !line.is_empty() && 2 * line.intersection(&text).count() >= line.len()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.len() > 1)
}

/// Whether a line has signs that sentences do not have.
fn is_code(line: &str) -> bool {
    // Debug output may be removed in any way
    if ["console.", "print", "eprint", "dbg!", "fmt.Print", "log."]
        .iter()
        .any(|start| line.starts_with(start))
    {
        return false;
    }
    line.contains(['(', '=', ';', '{', '[']) || line.starts_with("return ") || line.starts_with("raise ")
}
