//! pytest: the short summary, the last line, and the messages above them.

use std::collections::BTreeMap;

use super::{Failures, Report, detail, name, number_before, place};
use crate::outcome::TestFailure;

pub(super) fn parse(text: &str) -> Report {
    let lines: Vec<&str> = text.lines().collect();
    let mut failures = Failures::default();
    let (mut failed, mut passed) = (0_u32, None::<u32>);
    let mut in_summary = false;
    let sections = Sections::read(&lines);
    for line in &lines {
        if is_heading(line, "short test summary info") {
            in_summary = true;
        } else if let Some(counts) = totals(line) {
            let count = |word| number_before(counts, word).unwrap_or(0);
            failed = failed.saturating_add(count("failed") + count("error") + count("errors"));
            passed = Some(passed.unwrap_or(0).saturating_add(count("passed")));
            in_summary = false;
        } else if in_summary
            && let Some(rest) = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "))
        {
            failures.push(failure(rest, line.starts_with("ERROR "), &sections));
        }
    }
    match passed {
        None => Report::default(),
        Some(passed) => Report::checked(failures.0, failed, passed),
    }
}

/// `==== 5 failed, 2 passed in 0.04s ====`, with or without its dress.
fn totals(line: &str) -> Option<&str> {
    let line = line.trim_matches(['=', ' ']);
    let (counts, time) = line.rsplit_once(" in ")?;
    let seconds = time.split_whitespace().next()?.strip_suffix('s')?;
    let is_time = seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !seconds.is_empty();
    let words = [
        "passed",
        "failed",
        "error",
        "errors",
        "skipped",
        "deselected",
        "xfailed",
        "xpassed",
        "warning",
        "warnings",
        "rerun",
        "subtests passed",
    ];
    let is_count = |part: &str| {
        part == "no tests ran"
            || part.split_once(' ').is_some_and(|(n, word)| n.parse::<u32>().is_ok() && words.contains(&word))
    };
    (is_time && counts.split(", ").all(is_count)).then_some(counts)
}

fn is_heading(line: &str, title: &str) -> bool {
    line.starts_with("===") && line.trim_matches(['=', ' ']) == title
}

fn failure(rest: &str, is_error: bool, sections: &Sections) -> TestFailure {
    let test = without_message(rest);
    let (file, inner) = test.split_once("::").unwrap_or((test, ""));
    let section = sections.of(file, inner, is_error);
    let at = section.iter().rev().find_map(|line| {
        let (at, _) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
        place(at).filter(|(file, _)| !file.contains(' '))
    });
    let message: Vec<&str> = section.iter().filter_map(|line| line.strip_prefix("E ")).collect();
    TestFailure {
        name: name(test),
        suite: is_error.then(|| "error".to_owned()),
        detail: detail(&message)
            .or_else(|| rest.get(test.len()..).and_then(|m| m.strip_prefix(" - ")).map(str::to_owned)),
        file: Some(at.map_or(file, |(file, _)| file).to_owned()),
        line: at.map(|(_, line)| line),
    }
}

/// The test of `path::name[a - b] - message`: parameters may hold the separator.
fn without_message(rest: &str) -> &str {
    let separator = match rest.find('[') {
        Some(open) if rest.find(" - ").is_none_or(|at| open < at) => rest.find("] - ").map(|at| at + 1),
        _ => rest.find(" - "),
    };
    separator.and_then(|at| rest.get(..at)).unwrap_or(rest).trim_end()
}

/// Sections of one title that are told apart.
const SAME_TITLE: usize = 50;

/// What was printed about each failure, by its heading.
struct Sections<'a>(BTreeMap<&'a str, Vec<&'a [&'a str]>>);

impl<'a> Sections<'a> {
    fn read(lines: &'a [&'a str]) -> Sections<'a> {
        let title = |line: &'a str| {
            let inner = line.strip_prefix("__")?.strip_suffix("__")?;
            Some(inner.trim_matches(['_', ' '])).filter(|title| !title.is_empty())
        };
        let starts: Vec<(usize, &str)> =
            lines.iter().enumerate().filter_map(|(at, line)| title(line).map(|title| (at, title))).collect();
        let mut sections: BTreeMap<&str, Vec<&[&str]>> = BTreeMap::new();
        for (n, (at, title)) in starts.iter().enumerate() {
            let until = starts.get(n + 1).map_or(lines.len(), |(next, _)| *next);
            // no message is longer, however long the output
            let part = lines.get(at + 1..until.min(at + 400)).unwrap_or_default();
            let part = part.split(|line| line.starts_with("===")).next().unwrap_or_default();
            let same = sections.entry(title).or_default();
            if same.len() < SAME_TITLE {
                same.push(part);
            }
        }
        Sections(sections)
    }

    fn of(&self, file: &str, inner: &str, is_error: bool) -> &'a [&'a str] {
        let inner = inner.replace("::", ".");
        let titles = if !is_error {
            vec![inner]
        } else if inner.is_empty() {
            vec![format!("ERROR collecting {file}")]
        } else {
            vec![format!("ERROR at setup of {inner}"), format!("ERROR at teardown of {inner}")]
        };
        let named: Vec<&'a [&'a str]> =
            titles.iter().filter_map(|title| self.0.get(title.as_str())).flatten().copied().collect();
        // two files may have a test of the same name
        let own = named.iter().find(|lines| lines.iter().any(|line| line.starts_with(file)));
        own.or(named.first()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::render;
    use super::*;

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&render(&parse(text)));
    }

    #[test]
    fn a_real_run() {
        check(
            include_str!("../../fixtures/pytest.txt"),
            expect![[r#"
            passed: Some(2)
            - [] tests/test_a.py::test_adds @ tests/test_a.py:4 | AssertionError: sum
            - [] tests/test_a.py::test_param[c - d] @ tests/test_a.py:11 | AssertionError: assert 'c - d' == 'a b'
            - [] tests/test_a.py::test_param[[x]] @ tests/test_a.py:11 | AssertionError: assert '[x]' == 'a b'
            - [] tests/test_a.py::TestK::test_m @ tests/test_a.py:13 | ValueError: boom
            - [] tests/test_a.py::U::test_u @ tests/test_a.py:18 | AssertionError: 1 != 2
            - [error] tests/test_b.py @ tests/test_b.py:1 | ModuleNotFoundError: No module named 'nothing_here'
            - [error] tests/test_a.py::test_db @ tests/test_a.py:15 | RuntimeError: no db
        "#]],
        );
    }

    #[test]
    fn quiet_and_empty_runs() {
        check(
            "..F\n=== short test summary info ===\nFAILED a.py::b - x\n1 failed, 2 passed in 0.01s\n",
            expect![[r#"
                passed: Some(2)
                - [] a.py::b @ a.py:0 | x
            "#]],
        );
        check(
            "====== no tests ran in 0.00s ======\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            "====== 10 deselected in 61.01s (0:01:01) ======\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
    }

    #[test]
    fn a_summary_that_was_switched_off_has_no_names() {
        check(
            "F\n1 failed in 0.01s\n",
            expect![[r#"
            passed: Some(0)
            names: unknown
        "#]],
        );
        check(
            "INTERNALERROR> no\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn messages_are_told_from_parameters() {
        for (line, test) in [
            ("a.py::t - E: a[0] - b", "a.py::t"),
            ("a.py::t[x - y] - E: z", "a.py::t[x - y]"),
            ("a.py::t[x - y]", "a.py::t[x - y]"),
            ("a.py::t[[x]] - E", "a.py::t[[x]]"),
            ("a.py", "a.py"),
        ] {
            assert_eq!(without_message(line), test);
        }
    }
}
