//! Damage to a whole file: emptied, read in the wrong encoding, other line ends or indentation throughout, its licence
//! removed.
//!
//! A file whose definitions moved elsewhere in the change is not reported as emptied. Line ends, indentation and
//! licences only warn. `truncated_file` reports a missing end.

use std::collections::HashSet;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "damaged-file",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A file that was emptied, or changed on every line by its encoding, line ends or indentation; a licence header that is gone.",
    note: "What the file held is lost, or hidden in a difference that nobody can read. Write the file again as it was, with only the lines changed that the task is about.",
    valid: &[
        Example::change(
            &[("a.js", "function f() {}\nfunction g() {}\nmodule.exports = { f, g };\n")],
            &[
                ("a.js", "module.exports = require('./b');\n"),
                ("b.js", "function f() {}\nfunction g() {}\nmodule.exports = { f, g };\n"),
            ],
        ),
        Example::change(&[("a.py", "A = 'é'\n")], &[("a.py", "A = 'é à'\nB = 'Ã'\n")]),
        Example::change(
            &[("a.py", "# Copyright 2020 A\nx = 1\n")],
            &[("a.py", "# Copyright 2020-2024 A\nx = 2\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.py", "def f():\n    return 1\n\n\ndef g():\n    return 2\n")],
            &[("a.py", "\n")],
        ),
        Example::change(&[("a.ts", "export function f() { return 1; }\n")], &[("a.ts", "export {};\n")]),
        Example::change(&[("a.py", "A = 'déjà vu'\n")], &[("a.py", "A = 'dÃ©jÃ\u{a0} vu'\n")]),
        Example::change(
            &[("a.js", "a();\nb();\nc();\nd();\ne();\nf();\n")],
            &[("a.js", "a();\r\nb();\r\nc();\r\nd();\r\ne();\r\nf();\r\n")],
        ),
        Example::change(
            &[("a.go", "// Copyright 2020 A. Licensed under MIT.\n\npackage a\n")],
            &[("a.go", "package a\n\nvar A = 1\n")],
        ),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    if change.whole {
        return;
    }
    for pair in &change.pairs {
        let (Some(base), Some(head)) = (pair.base.as_deref(), pair.head.as_deref()) else { continue };
        if is_specimen(&pair.path) {
            continue;
        }
        if is_emptied(change, pair, base, head) {
            // `export {}` is written by hand: if someone still needs the names, `missing-export` says so
            if head.text.contains("export {}") {
                found.maybe(head, 0, head.line(0).len(), "what this file held is gone");
            } else {
                found.at(head, 0, head.line(0).len(), "what this file held is gone");
            }
            continue;
        }
        if let Some(row) = misread(base, head) {
            let start = head.start_of_line(u32::try_from(row + 1).unwrap_or(1));
            found.at(
                head,
                start,
                start + head.line(row).len(),
                "this text was read in the wrong encoding and written back",
            );
        }
        line_ends(base, head, found);
        reindented(change, base, head, found);
        if has_licence(&base.text) && !has_licence(&head.text) {
            found.maybe(head, 0, head.line(0).len(), "the licence header of this file is gone");
        }
    }
}

/// The number of lines with content: not comments, blank lines or lone brackets.
fn meaningful(file: &File) -> usize {
    file.text
        .lines()
        .map(str::trim)
        .filter(|line| line.len() > 1 && !line.starts_with(['#', '/', '*']) && *line != "pass")
        .count()
}

fn is_emptied(change: &Change<'_>, pair: &Pair, base: &File, head: &File) -> bool {
    const EMPTY: &[&str] = &[
        "",
        "module.exports={}",
        "module.exports={};",
        "export{}",
        "export{};",
        "pass",
        "{}",
        "exportdefault{}",
        "exportdefault{};",
        "[]",
        "null",
    ];
    let said: String = head
        .text
        .lines()
        .map(str::trim)
        .filter(|line| {
            !line.starts_with("//")
                && !line.starts_with('#')
                && !line.starts_with('*')
                && !line.starts_with("/*")
                && !line.starts_with("package ")
                && !line.starts_with("'use strict'")
        })
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    if !EMPTY.contains(&said.as_str()) {
        return false;
    }
    if !base.is_code() {
        const ENOUGH: usize = 8;
        return head.text.trim().is_empty()
            && base.text.lines().filter(|line| !line.trim().is_empty()).count() >= ENOUGH
            && !pair.path.ends_with(".lock");
    }
    let defined: HashSet<&str> = base
        .outline()
        .symbols
        .iter()
        .filter(|symbol| symbol.container.is_none())
        .map(|symbol| symbol.name.as_str())
        .collect();
    // A file that only re-exported names may become empty
    if defined.is_empty() || meaningful(base) < 1 {
        return false;
    }
    let moved = change
        .pairs
        .iter()
        .filter(|other| other.path != pair.path)
        .filter_map(|other| other.head.as_deref())
        .any(|other| {
            other.is_code()
                && other.outline().symbols.iter().any(|symbol| defined.contains(symbol.name.as_str()))
        });
    !moved
}

/// The byte of a character in Windows' western encoding.
fn western(c: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{9d}', 'ž', 'Ÿ',
    ];
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => HIGH.iter().position(|high| *high == c).and_then(|at| u8::try_from(0x80 + at).ok()),
    }
}

/// A line of the base that was read in the wrong encoding, or whose letters became replacement characters.
fn misread(base: &File, head: &File) -> Option<usize> {
    if head.text.is_ascii() {
        return None;
    }
    let old: HashSet<&str> = base.text.lines().collect();
    (0..head.lines()).find(|row| {
        let line = head.line(*row);
        if line.is_ascii() || old.contains(line) {
            return false;
        }
        // A non-breaking space looks like a normal one
        let decoded = line
            .chars()
            .map(western)
            .collect::<Option<Vec<u8>>>()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(decoded) = decoded {
            return old.contains(decoded.as_str())
                || !base.text.is_ascii() && decoded.chars().filter(|c| !c.is_ascii()).count() > 1;
        }
        // The line was edited as well: compare piece by piece
        let pieces = line.split(|c: char| c.is_ascii()).filter(|piece| piece.chars().count() > 1);
        let spoilt: Vec<String> = pieces
            .filter_map(|piece| {
                piece
                    .chars()
                    .map(western)
                    .collect::<Option<Vec<u8>>>()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
            })
            .collect();
        // A text of its own is the sign itself, on purpose
        let meant = ["\"\u{fffd}\"", "'\u{fffd}'", "`\u{fffd}`"].iter().any(|text| line.contains(text));
        let replaced =
            line.contains('\u{fffd}') && !meant && !base.text.contains('\u{fffd}') && !base.text.is_ascii();
        replaced
            || !spoilt.is_empty()
                && spoilt.iter().all(|piece| base.text.contains(piece.as_str()))
                && !spoilt.iter().any(|piece| head.text.contains(piece.as_str()))
    })
}

fn line_ends(base: &File, head: &File, found: &mut Found) {
    const ENOUGH: usize = 4;
    let count = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
    let ((old_cr, old), (new_cr, new)) = (count(&base.text), count(&head.text));
    if old < ENOUGH || new < ENOUGH {
        return;
    }
    if old_cr == 0 && new_cr * 10 >= new * 9 {
        found.maybe(head, 0, head.line(0).len(), "every line ends in CR LF now, and ended in LF before");
    } else if old_cr == old && new_cr * 10 <= new {
        found.maybe(head, 0, head.line(0).len(), "every line ends in LF now, and ended in CR LF before");
    }
}

fn reindented(change: &Change<'_>, base: &File, head: &File, found: &mut Found) {
    const ENOUGH: usize = 4;
    let formatter = [
        ".editorconfig",
        ".prettierrc",
        "rustfmt.toml",
        "biome.json",
        "pyproject.toml",
        "deno.json",
        "dprint.json",
    ];
    if change.pairs.iter().any(|pair| formatter.iter().any(|name| pair.path.contains(name))) {
        return;
    }
    let lines = |file: &File| -> Vec<String> {
        file.text
            .lines()
            .map(|line| line.trim_end().to_string())
            .filter(|line| !line.trim().is_empty())
            .collect()
    };
    let (old, new) = (lines(base), lines(head));
    if old.len() != new.len() || old.len() < ENOUGH {
        return;
    }
    let mut indented = 0;
    let mut shifted = 0;
    for (old, new) in old.iter().zip(&new) {
        let within = old.starts_with([' ', '\t']) || new.starts_with([' ', '\t']);
        indented += usize::from(within);
        if old.trim() != new.trim() {
            return;
        }
        shifted += usize::from(within && old != new);
    }
    if shifted >= ENOUGH - 1 && shifted * 10 >= indented * 9 {
        found.maybe(
            head,
            0,
            head.line(0).len(),
            "every line is indented otherwise, and nothing else changed",
        );
    }
}

fn has_licence(text: &str) -> bool {
    const LINES: usize = 30;
    text.lines()
        .take(LINES)
        .map(str::trim)
        .take_while(|line| {
            line.is_empty() || line.starts_with(['#', '/', '*', '"', '\'', '<', '-', ';']) || line.len() < 100
        })
        .filter(|line| {
            line.starts_with(['#', '/', '*', '"', '\'', '<', '-', ';']) || line.contains("opyright")
        })
        .any(|line| {
            let line = line.to_lowercase();
            ["copyright", "spdx-license-identifier", "licensed under", "all rights reserved", "©"]
                .iter()
                .any(|word| line.contains(word))
        })
}
