//! `truncated-file`: a file whose end was cut off.
//!
//! A file that was only reformatted is complete, and test files that end with a whole line are for `test_removed`.
//! Warns if the change also removed the same names from other files; this is unknown while a single file is edited.

use crate::code::baseline::Hunks;
use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::rules::{Change, Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "truncated-file",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A file whose end was cut off.",
    note: "An answer that ran out of room ends like this. Put the rest of the file back; to change a part of a file, edit that part only.",
    valid: &[Example::change(
        &[("a.py", "def a(): pass\n\ndef b(): pass\n")],
        &[("a.py", "def a(): pass\n")],
    )],
    invalid: &[
        Example::change(
            &[(
                "a.js",
                "f(1);\nfunction a() {\n  f(2);\n}\nfunction b() {\n  f(3);\n}\nfunction c() {\n  f(4);\n}\nfunction d() {\n  f(5);\n  f(6);\n}\n",
            )],
            &[("a.js", "f(1);\nfunction a() {\n  f(2);\n}\n")],
        ),
        Example::change(
            &[(
                "a.py",
                "def a(): return 1\n\ndef b(): return 2\n\ndef c(): return 3\n\ndef d(): return 4\n\ndef e(): return 5\n\ndef f(): return 6\n",
            )],
            &[("a.py", "def a(): return 1\n\ndef b(): return 2")],
        ),
    ],
    check: Check::EditOrChange(
        |pair, found| check(pair, None, found),
        |change, found| {
            change.pairs.iter().for_each(|pair| check(pair, Some(change), found));
        },
    ),
};

/// The fewest lines of a missing end that is reported: to remove so much without a replacement is rarely intended.
const LARGE: usize = 10;
/// The smallest share of the file that is missing, in percent.
const SHARE: usize = 15;

fn check(pair: &Pair, change: Option<&Change<'_>>, found: &mut Found) {
    let (Some(base), Some(head)) = (pair.base.as_deref(), pair.head.as_deref()) else { return };
    // If the base has no final line end, its absence in the head proves nothing
    if base.text == head.text || head.text.is_empty() || base.text.len() <= head.text.len() / 4 {
        return;
    }
    let lines = base.text.lines().count();
    let lost = Hunks::new(base, head).lost_at_end(lines);
    let end = head.text.len();
    let start = head.start_of_line(u32::try_from(head.text.lines().count()).unwrap_or(u32::MAX));
    if !head.text.ends_with('\n') && base.text.ends_with('\n') {
        if lost >= 5 && !ends_alike(base, head) {
            let message =
                format!("the file ends in the middle of its last line: {lost} lines that followed are gone");
            found.at(head, start, end, message);
        }
    } else if lost >= LARGE
        && lost * 100 >= lines * SHARE
        && base.is_code()
        // Missing tests are for another rule
        && !base.is_test()
        && nothing_in_its_place(base, head, lost)
        && !is_cleaned_up(base, head, lost)
        && !is_rewritten(base, head)
    {
        let message = format!("the file ends here: {lost} lines that followed are gone");
        if !is_its_beginning(base, head, lost) || change.is_some_and(|c| is_taken_out(c, base, head, lost)) {
            found.maybe(head, start, end, message);
        } else {
            found.at(head, start, end, message);
        }
    }
}

/// Whether the last line is the same apart from formatting: then the file was only reformatted.
fn ends_alike(base: &File, head: &File) -> bool {
    let last = |file: &File| -> String {
        let line = file.text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        line.chars().filter(|c| !c.is_whitespace() && !matches!(c, ';' | ',' | '\'' | '"')).collect()
    };
    !head.is_broken() && last(base) == last(head)
}

/// Whether the change removed the missing part from other files too, or moved it into another file.
fn is_taken_out(change: &Change<'_>, base: &File, head: &File, lost: usize) -> bool {
    let kept = base.text.lines().count() - lost;
    let gone: Vec<&str> = base
        .outline()
        .symbols
        .iter()
        .filter(|s| s.line as usize > kept)
        .map(|s| s.name.as_str())
        .filter(|name| name.len() > 3)
        .collect();
    let word = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').any(|word| word == name)
    };
    let others = || change.pairs.iter().filter(|other| *other.path != *head.path);
    let elsewhere = others().any(|other| {
        let (old, new) = (other.base.as_deref(), other.head.as_deref());
        let had = |file: Option<&File>, name: &str| file.is_some_and(|file| word(&file.text, name));
        gone.iter().any(|name| had(old, name) && !had(new, name))
    });
    // The tests of this file moved into a file of their own
    let tests = base.slice(base.start_of_line(u32::try_from(kept + 1).unwrap_or(u32::MAX)), base.text.len());
    let moved = tests.contains("#[test]")
        && others().any(|other| {
            other.base.is_none()
                && other.head.as_deref().is_some_and(|new| new.is_test() && new.text.contains("#[test]"))
        });
    elsewhere || moved
}

/// Whether the head is the beginning of the base: nearly all that stood before the missing end is still there. An answer
/// that ran out of room looks like this; where the beginning was rewritten as well, the end may have been moved.
fn is_its_beginning(base: &File, head: &File, lost: usize) -> bool {
    let kept = base.text.lines().count() - lost;
    let now: std::collections::HashSet<&str> = head.text.lines().map(str::trim).collect();
    let before = base.text.lines().take(kept).map(str::trim).filter(|line| line.len() > 3);
    let (still, all) =
        before.fold((0, 0), |(still, all), line| (still + usize::from(now.contains(line)), all + 1));
    5 * still >= 4 * all
}

/// Whether most of the head is new: then it is another text, and not the beginning of the old one.
fn is_rewritten(base: &File, head: &File) -> bool {
    let lines = |file: &File| -> std::collections::BTreeSet<String> {
        file.text.lines().map(|line| line.trim().to_string()).filter(|line| line.len() > 3).collect()
    };
    let (old, new) = (lines(base), lines(head));
    !head.is_broken() && 2 * new.difference(&old).count() > new.len()
}

/// Whether the remaining code used the missing part before and no longer does.
fn is_cleaned_up(base: &File, head: &File, lost: usize) -> bool {
    let kept = base.text.lines().count() - lost;
    let rest = base.slice(0, base.start_of_line(u32::try_from(kept + 1).unwrap_or(u32::MAX)));
    let word = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').any(|word| word == name)
    };
    base.outline()
        .symbols
        .iter()
        .filter(|symbol| symbol.line as usize > kept && symbol.name.len() > 3)
        .any(|symbol| word(rest, &symbol.name) && !word(&head.text, &symbol.name))
}

/// Whether the head ends where the base continued.
fn nothing_in_its_place(base: &File, head: &File, lost: usize) -> bool {
    let kept = base.text.lines().count() - lost;
    let last = |file: &File, rows: usize| -> Option<String> {
        let above = (0..rows).rev().map(|row| file.line(row).trim());
        above.into_iter().find(|line| !line.is_empty()).map(str::to_string)
    };
    last(base, kept).is_some_and(|line| Some(line) == last(head, head.text.lines().count()))
}
