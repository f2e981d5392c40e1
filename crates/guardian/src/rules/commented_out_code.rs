use std::collections::HashSet;

use super::{Check, Example, Found, Pair, Rule};
use crate::file::{File, even};
use crate::finding::{Category, Severity};

pub(super) static RULE: Rule = Rule {
    id: "commented-out-code",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "Code that was turned into a comment instead of being mended or removed.",
    note: "History keeps old code; a comment does nothing. Mend the code, or delete it together with what relies on it.",
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
        // documentation shows code, and says what was said elsewhere before
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
            if old.contains(&said) && !new.contains(&said) {
                found.at(
                    head,
                    start,
                    start + line.trim_end().len(),
                    format!("`{said}` was code and is a comment now"),
                );
            }
        }
    }
}

/// More than words: it has what sentences have not.
fn is_code(line: &str) -> bool {
    // output for debugging may go in any way
    if ["console.", "print", "eprint", "dbg!", "fmt.Print", "log."]
        .iter()
        .any(|start| line.starts_with(start))
    {
        return false;
    }
    line.contains(['(', '=', ';', '{', '[']) || line.starts_with("return ") || line.starts_with("raise ")
}
