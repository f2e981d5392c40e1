//! `conflict-marker`: marks of an unfinished merge, in any text file.
//!
//! It reads lines and does not call git. It ignores indented marks, which belong to documents about conflicts,
//! and a lone `=======`, which underlines a title.

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "conflict-marker",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "Markers of a merge conflict that was not resolved.",
    note: "Both sides of a conflict are in the file. Keep what is right of each and delete the marker lines.",
    valid: &[
        Example::new(&[("README.md", "Title\n=======\n\nText\n")]),
        Example::new(&[("a.rs", "// <<<<<<< is how a conflict begins\n")]),
    ],
    invalid: &[
        Example::new(&[("a.py", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n")]),
        Example::new(&[("notes.txt", "a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n")]),
    ],
    check: Check::File(check),
};

fn check(file: &File, found: &mut Found) {
    if !file.text.contains("<<<<<<< ") && !file.text.contains(">>>>>>> ") {
        return;
    }
    // A document about conflicts may show an indented mark; a real mark begins its line
    for row in 0..file.lines() {
        let line = file.line(row);
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            let start = file.start_of_line(u32::try_from(row + 1).unwrap_or(u32::MAX));
            found.at(file, start, start + line.len(), "conflict marker left in the file");
        }
    }
}
