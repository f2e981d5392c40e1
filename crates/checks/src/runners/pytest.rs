//! pytest: the short summary, the last line, and the messages above them.
//!
//! A test may print all of these, so only the last totals of a session count. A name that `-k` could read as an
//! expression is not passed to it, so the check is not narrowed.

use std::collections::BTreeMap;

use super::{Command, Filter, Language, Narrowed, Row};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, detail, name, number_before, place};

pub(super) const ROW: Row = Row { language: Language::Python, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    ["pytest", "py.test"].contains(&command.program)
        && !["--collect-only", "--co", "--version"].iter().any(|word| command.has(word))
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file || filter.text.contains("::") {
        return Narrowed::one(filter.text);
    }
    // The option -k takes an expression: only a name without operators is safe
    let plain = filter.text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let operator = ["and", "or", "not"].contains(&filter.text);
    if plain && !operator { Narrowed::two("-k", filter.text) } else { Narrowed::No }
}

fn parse(text: &str) -> Report {
    let lines: Vec<&str> = text.lines().collect();
    let mut run = Run::default();
    let sections = Sections::read(&lines);
    // Only the last totals of a session count: a test may print similar lines
    let sessions = lines.iter().filter(|line| is_heading(line, "test session starts")).count();
    let end = lines.iter().rposition(|line| totals(line).is_some());
    let only = end.filter(|_| sessions == 1);
    for (at, line) in lines.iter().enumerate() {
        if is_heading(line, "short test summary info") {
            // A test may have printed it: the last line before the totals counts
            run.doubt();
            run.listed = Failures::default();
            run.in_summary = true;
        } else if let Some(entry) = entry(line).filter(|_| run.goes_on()) {
            let failure = failure(&entry, &sections, &run.listed);
            run.listed.push(failure);
        } else if is_heading(line, "FAILURES") || is_heading(line, "ERRORS") {
            run.confirm();
            run.in_report = true;
        } else if line.starts_with("___") && line.ends_with("___") {
            run.doubt();
        } else if let Some(counts) = totals(line) {
            if only.is_none_or(|end| at == end) {
                run.end(counts);
            }
        } else if let Some(why) = line.strip_prefix("!!!").map(|rest| rest.trim_matches(['!', ' '])) {
            run.stopped |= why.contains("stopping after") || why.starts_with("Interrupted");
            run.partial |= why.contains("KeyboardInterrupt") || why.contains("Exit");
        } else if line.starts_with("===") {
            run.may_go_on = false;
        }
    }
    run.confirm();
    match run.passed {
        None => Report::default(),
        Some(passed) => Report {
            stopped: run.stopped,
            partial: run.partial,
            ..Report::checked(run.all.0, run.failed, passed)
        },
    }
}

#[derive(Default)]
struct Run {
    all: Failures,
    failed: u32,
    passed: Option<u32>,
    /// Failures named since the last totals.
    listed: Failures,
    in_summary: bool,
    /// Below "FAILURES" or "ERRORS", where output of tests is printed too.
    in_report: bool,
    /// Totals that count unless the report continues after them: failed, passed, names.
    pending: Option<(u32, u32, Failures)>,
    /// Nothing but lines of the summary has followed the totals.
    may_go_on: bool,
    stopped: bool,
    partial: bool,
}

impl Run {
    /// Whether the summary is being read: where it goes on behind totals, they stood in a message.
    fn goes_on(&mut self) -> bool {
        if !self.in_summary
            && self.may_go_on
            && let Some((_, _, listed)) = self.pending.take()
        {
            self.listed = listed;
            self.in_summary = true;
        }
        self.in_summary
    }

    fn end(&mut self, counts: &str) {
        self.confirm();
        let count = |word| number_before(counts, word).unwrap_or(0);
        let failed = count("failed").saturating_add(count("error")).saturating_add(count("errors"));
        self.pending = Some((failed, count("passed"), std::mem::take(&mut self.listed)));
        self.may_go_on = self.in_summary;
        self.in_summary = false;
    }

    fn confirm(&mut self) {
        let Some((failed, passed, named)) = self.pending.take() else { return };
        self.in_report = false;
        self.failed = self.failed.saturating_add(failed);
        self.passed = Some(self.passed.unwrap_or(0).saturating_add(passed));
        for failure in named.0 {
            self.all.push(failure);
        }
    }

    /// The report continues: totals since its heading came from a test.
    fn doubt(&mut self) {
        if self.in_report {
            self.pending = None;
        }
    }
}

/// A summary line that names a failure.
struct Entry<'a> {
    /// `path::name - message`
    rest: &'a str,
    is_error: bool,
    /// The part that distinguishes a subtest from its test: `[msg] (i=0)`.
    subtest: Option<&'a str>,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    if let Some(rest) = line.strip_prefix("FAILED ") {
        return Some(Entry { rest, is_error: false, subtest: None });
    }
    if let Some(rest) = line.strip_prefix("ERROR ") {
        return Some(Entry { rest, is_error: true, subtest: None });
    }
    // The plugin from before pytest 9: `[msg] (i=0) SUBFAIL path::test`
    if line.starts_with(['[', '('])
        && let Some((subtest, rest)) = line.split_once(" SUBFAIL ")
    {
        return Some(Entry { rest, is_error: false, subtest: Some(subtest) });
    }
    // `SUBFAILED(i=0) path::test`, `SUBFAILED[msg] (i=0) path::test`, `SUBFAIL path::test`
    let rest = line.strip_prefix("SUBFAILED").or_else(|| line.strip_prefix("SUBFAIL"))?;
    let end = rest.match_indices([' ']).map(|(at, _)| at).find(|at| {
        let after = rest.get(at + 1..).unwrap_or_default();
        after.split([' ', '[']).next().is_some_and(|word| word.contains("::"))
    })?;
    Some(Entry {
        rest: rest.get(end + 1..)?,
        is_error: false,
        subtest: rest.get(..end).map(str::trim).filter(|sub| !sub.is_empty()),
    })
}

/// `==== 5 failed, 2 passed in 0.04s ====`, with or without the `=` signs.
fn totals(line: &str) -> Option<&str> {
    let dressed = line.starts_with("===") && line.ends_with("===");
    let line = line.trim_matches(['=', ' ']);
    let (counts, time) = line.rsplit_once(" in ")?;
    let (seconds, rest) = time.split_once(' ').unwrap_or((time, ""));
    let seconds = seconds.strip_suffix('s').or_else(|| rest.starts_with("seconds").then_some(seconds))?;
    let is_time = seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !seconds.is_empty();
    let known = [
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
        "reruns",
        "subtests passed",
        "subtests failed",
    ];
    // A plugin's own word counts only if the line has `=` signs like the last one
    let is_word = |word: &str| {
        known.contains(&word) || (dressed && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b' '))
    };
    let is_count = |part: &str| {
        part == "no tests ran"
            || part.split_once(' ').is_some_and(|(n, word)| n.parse::<u32>().is_ok() && is_word(word))
    };
    (is_time && counts.split(", ").all(is_count)).then_some(counts)
}

fn is_heading(line: &str, title: &str) -> bool {
    line.starts_with("===") && line.trim_matches(['=', ' ']) == title
}

fn failure(entry: &Entry<'_>, sections: &Sections<'_>, listed: &Failures) -> TestFailure {
    let Entry { rest, is_error, subtest } = *entry;
    let is_new = |test: &str| listed.0.iter().rev().take(AGO).all(|other| other.name != test);
    let test = without_message(rest, sections, is_new);
    let (file, inner) = test.split_once("::").unwrap_or((test, ""));
    let section = sections.of(file, inner, is_error);
    let at = section.iter().rev().find_map(|line| {
        let (at, _) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
        place(at).filter(|(file, _)| !file.contains(' '))
    });
    let message: Vec<&str> = section.iter().filter_map(|line| line.strip_prefix("E ")).collect();
    TestFailure {
        name: match subtest {
            Some(subtest) => name(&format!("{test} {subtest}")),
            None => name(test),
        },
        suite: is_error.then(|| "error".to_owned()),
        detail: detail(&message)
            .or_else(|| rest.get(test.len()..).and_then(|m| m.strip_prefix(" - ")).map(str::to_owned)),
        file: Some(at.map_or(file, |(file, _)| file).to_owned()),
        line: at.map(|(_, line)| line),
    }
}

/// The test in `path::name[a - b] - message`: its parameters may contain the separator. If several readings are
/// possible, a section's title decides.
fn without_message<'a>(rest: &'a str, sections: &Sections<'_>, is_new: impl Fn(&str) -> bool) -> &'a str {
    let open = rest.find('[');
    let first = rest.find(" - ");
    let separator = match (open, first) {
        (Some(open), first) if first.is_none_or(|at| open < at) => {
            let mut ends = rest.match_indices("] - ").map(|(at, _)| at + 1).take(20);
            let known = |end: &usize| rest.get(..*end).is_some_and(|test| sections.names(test));
            let new = |end: &usize| rest.get(..*end).is_some_and(&is_new);
            let all: Vec<usize> = ends.by_ref().collect();
            let longest = all.iter().copied().rfind(known);
            longest.or_else(|| all.iter().copied().find(new)).or(all.first().copied())
        }
        _ => first,
    };
    separator.and_then(|at| rest.get(..at)).unwrap_or(rest).trim_end()
}

/// How many entries before one are looked at for the same name.
const AGO: usize = 200;

/// The most sections with the same title.
const SAME_TITLE: usize = 50;

/// The output about each failure, by its heading.
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
            // No message is longer, even in a long output
            let part = lines.get(at + 1..until.min(at + 400)).unwrap_or_default();
            let part = part.split(|line| line.starts_with("===")).next().unwrap_or_default();
            let same = sections.entry(title).or_default();
            if same.len() < SAME_TITLE {
                same.push(part);
            }
        }
        Sections(sections)
    }

    /// Whether a section has the title of this test.
    fn names(&self, test: &str) -> bool {
        let inner = test.split_once("::").map_or(test, |(_, inner)| inner).replace("::", ".");
        self.0.contains_key(inner.as_str())
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
        // Two files may contain tests with the same name
        let own = named.iter().find(|lines| lines.iter().any(|line| line.starts_with(file)));
        own.or(named.first()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn a_real_run() {
        check(
            parse,
            include_str!("../../fixtures/pytest/usual.txt"),
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
            parse,
            "..F\n=== short test summary info ===\nFAILED a.py::b - x\n1 failed, 2 passed in 0.01s\n",
            expect![[r#"
                passed: Some(2)
                - [] a.py::b @ a.py:0 | x
            "#]],
        );
        check(
            parse,
            "====== no tests ran in 0.00s ======\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            parse,
            "====== 10 deselected in 61.01s (0:01:01) ======\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
    }

    #[test]
    fn a_summary_that_was_switched_off_has_no_names() {
        check(
            parse,
            "F\n1 failed in 0.01s\n",
            expect![[r#"
            passed: Some(0)
            names: unknown
        "#]],
        );
        check(
            parse,
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
            assert_eq!(without_message(line, &Sections::read(&[]), |_| true), test);
        }
    }

    #[test]
    fn totals_in_a_message_and_parameters_like_a_message() {
        check(
            parse,
            "FFF\n____ test_a[] ____\n____ test_a[] - E] ____\n=== short test summary info ===\nFAILED a.py::test_a[] - x\n1 failed, 3 passed in 0.1s\nFAILED a.py::test_a[] - E] - y\nFAILED a.py::test_b - z\n3 failed in 0.01s\n",
            expect![[r#"
                passed: Some(0)
                - [] a.py::test_a[] @ a.py:0 | x
                - [] a.py::test_a[] - E] @ a.py:0 | y
                - [] a.py::test_b @ a.py:0 | z
            "#]],
        );
    }
}
