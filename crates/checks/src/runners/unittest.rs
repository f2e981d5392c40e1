//! Python's own `unittest`, and Django's tests, which print the same: the `FAIL:` and `ERROR:` blocks, and the last
//! lines.
//!
//! A verdict without `Ran n tests` before it comes from another program and is not read. Passing tests are only
//! counted here, not named.

use std::collections::BTreeSet;

use super::{Command, Filter, Language, Narrowed, Row};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, count, detail, name};

pub(super) const ROW: Row = Row { language: Language::Python, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    let argument = |n: usize| command.arguments.get(n).map_or("", String::as_str);
    match command.program {
        "unittest" => true,
        "manage.py" | "django-admin" => command.first() == Some("test"),
        python if python.starts_with("python") => {
            argument(0).rsplit('/').next() == Some("manage.py") && argument(1) == "test"
        }
        _ => false,
    }
}

fn narrow(command: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    let is_django = command.program != "unittest";
    match (filter.is_file, filter.text.rsplit('/').next()) {
        (true, Some(file)) if command.has("discover") => Narrowed::two("-p", file),
        (true, _) => match filter.text.strip_suffix(".py") {
            Some(path) => Narrowed::one(path.replace('/', ".")),
            None => Narrowed::No,
        },
        // Django accepts the dotted name itself
        _ if is_django && filter.text.contains('.') => Narrowed::one(filter.text),
        _ => match filter.text.rsplit('.').next() {
            Some(test) => Narrowed::two("-k", test),
            None => Narrowed::No,
        },
    }
}

fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let mut all = Sum::default();
    let mut ran = None::<u32>;
    // Sums that do not fit the blocks above them stand in a message, unless they are the last
    let (mut counted, mut misfit) = (0, None::<Sum>);
    // A verdict without "Ran n tests" before it comes from another program
    let mut awaits_verdict = false;
    let mut lines = text.lines().peekable();
    // "Ran n tests" stands below a rule; elsewhere a test printed it
    let mut below_rule = false;
    while let Some(line) = lines.next() {
        let is_total = std::mem::replace(&mut below_rule, ends_with_rule(line));
        if is_rule(line, '=') {
            let title =
                lines.peek().and_then(|next| next.split_once(": ")).filter(|(word, _)| WORDS.contains(word));
            let Some((word, title)) = title else { continue };
            lines.next();
            // Unexpected successes have no block: they stand below each other
            let more = |line: &&str| line.starts_with("UNEXPECTED SUCCESS: ");
            let mut alike = Vec::new();
            while let Some(next) = lines.next_if(|line| word == WORDS[2] && more(line)) {
                alike.push(next);
            }
            let mut block = Vec::new();
            // A description, a rule of dashes, the traceback
            while let Some(next) =
                lines.next_if(|next| !(is_rule(next, '=') || below_rule && total(next).is_some()))
            {
                below_rule = ends_with_rule(next);
                if block.len() < 200 && !is_rule(next, '-') {
                    block.push(next);
                }
            }
            failures.push(failure(title, word == "ERROR", &block));
            for (_, title) in alike.iter().filter_map(|line| line.split_once(": ")) {
                failures.push(failure(title, false, &[]));
            }
        } else if let Some(count) = total(line).filter(|_| is_total) {
            ran = Some(count);
            awaits_verdict = true;
        } else if awaits_verdict && ["OK", "FAILED", "NO TESTS RAN"].iter().any(|word| line.starts_with(word))
        {
            awaits_verdict = false;
            let count = |key: &str| {
                let inside = line.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
                let values = inside.split(", ").filter_map(|part| part.split_once('='));
                values.filter(|(name, _)| *name == key).find_map(|(_, n)| n.parse::<u32>().ok()).unwrap_or(0)
            };
            let failed = [count("failures"), count("errors"), count("unexpected successes")];
            let failed = failed.into_iter().fold(0_u32, u32::saturating_add);
            let sum = Sum { ran: ran.unwrap_or(0), failed, skipped: count("skipped") };
            if usize::try_from(failed) == Ok(failures.0.len() - counted) {
                counted = failures.0.len();
                all.add(&sum);
                misfit = None;
            } else {
                misfit = Some(sum);
            }
        }
    }
    if let Some(sum) = misfit {
        all.add(&sum);
    }
    let Sum { ran: tests, failed, skipped } = all;
    match ran {
        Some(_) if !awaits_verdict => {
            let ran = tests;
            let of_test = |failure: &TestFailure| failure.name.split(" (").next().map(str::to_owned);
            // A failure around the tests of a class or module is none of those that ran
            let is_test = |failure: &&TestFailure| !AROUND.iter().any(|hook| failure.name.ends_with(hook));
            let tests: BTreeSet<Option<String>> = failures.0.iter().filter(is_test).map(of_test).collect();
            // Several subtests of one test may fail
            let tests = count(tests.len());
            Report::checked(failures.0, failed, ran.saturating_sub(tests).saturating_sub(skipped))
        }
        _ => Report::default(),
    }
}

/// What runs before or after the tests of a class or module.
const AROUND: [&str; 4] = [".setUpClass", ".tearDownClass", ".setUpModule", ".tearDownModule"];

/// The sums of one run.
#[derive(Default)]
struct Sum {
    ran: u32,
    failed: u32,
    skipped: u32,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.ran = self.ran.saturating_add(other.ran);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// The first words of a block's title.
const WORDS: [&str; 3] = ["FAIL", "ERROR", "UNEXPECTED SUCCESS"];

/// `Ran 3 tests in 0.001s`
fn total(line: &str) -> Option<u32> {
    let (count, time) = line.strip_prefix("Ran ")?.split_once(" in ")?;
    let count = count.strip_suffix(" tests").or_else(|| count.strip_suffix(" test"))?;
    time.trim_end().ends_with('s').then(|| count.parse().ok())?
}

fn is_rule(line: &str, of: char) -> bool {
    line.len() == 70 && line.chars().all(|c| c == of)
}

/// A rule of dashes, perhaps behind what was printed without a line's end.
fn ends_with_rule(line: &str) -> bool {
    line.ends_with(&"-".repeat(70))
}

/// `test_u (tests.test_a.U.test_u) (i=1)` or, before Python 3.11, `test_u (tests.test_a.U)`.
fn full_name(title: &str) -> String {
    let Some((test, rest)) = title.split_once(" (") else { return title.to_owned() };
    let (owner, subtest) = rest.split_once(')').unwrap_or((rest, ""));
    // A module that cannot be imported has an artificial owner
    if owner.contains("_FailedTest") {
        return test.to_owned();
    }
    let name =
        if owner.ends_with(&format!(".{test}")) { owner.to_owned() } else { format!("{owner}.{test}") };
    name + subtest
}

fn failure(title: &str, is_error: bool, block: &[&str]) -> TestFailure {
    let full = full_name(title);
    let at = block.iter().rev().find_map(|line| {
        let (file, rest) = line.trim().strip_prefix("File \"")?.split_once("\", line ")?;
        let number = rest.split(',').next()?.parse().ok()?;
        (!file.contains("/unittest/")).then(|| (file.to_owned(), number))
    });
    TestFailure {
        name: name(&full),
        suite: is_error.then(|| "error".to_owned()),
        detail: detail(block),
        file: at.as_ref().map(|(file, _)| file.clone()),
        line: at.map(|(_, line)| line),
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
            include_str!("../../fixtures/unittest/usual.txt"),
            expect![[r#"
                passed: Some(1)
                - [error] tests.test_a.U.test_e @ /slot/tests/test_a.py:6 | Traceback (most recent call last):
                - [error] tests.test_b @ /slot/tests/test_b.py:1 | ImportError: Failed to import test module: tests.test_b
                - [] tests.test_a.U.test_sub (i=0) @ /slot/tests/test_a.py:12 | Traceback (most recent call last):
                - [] tests.test_a.U.test_sub (i=2) @ /slot/tests/test_a.py:12 | Traceback (most recent call last):
                - [] tests.test_a.U.test_u @ /slot/tests/test_a.py:5 | has a description
            "#]],
        );
    }

    #[test]
    fn no_tests_and_no_verdict() {
        let rule = "-".repeat(70);
        check(
            parse,
            &format!("\n{rule}\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n"),
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            parse,
            &format!("\n{rule}\nRan 3 tests in 0.000s\n"),
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn a_printed_sum_is_none() {
        let rule = |of: &str| of.repeat(70);
        check(
            parse,
            &format!(
                "Ran 9 tests in 0.1s\n\nFAILED (failures=9)\nF.\n{}\nFAIL: test_a (t.T.test_a)\n{}\nAssertionError: Ran 3 tests in 0.1s\nRan 3 tests in 0.1s\n\n{}\nRan 2 tests in 0.001s\n\nFAILED (failures=1)\n",
                rule("="),
                rule("-"),
                rule("-")
            ),
            expect![[r#"
                passed: Some(1)
                - [] t.T.test_a | AssertionError: Ran 3 tests in 0.1s
            "#]],
        );
    }
}
