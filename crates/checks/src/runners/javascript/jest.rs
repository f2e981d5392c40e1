//! Jest: the `●` blocks under each `FAIL` line, and the totals.
//!
//! `parse::json` reads its JSON. Output of tests through `console` is not a failure, and failures that are
//! printed again at the end are not read twice.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::json;
use crate::parse::text::{self, Failures, number_before, stack_place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

const SUITE_FAILED: &str = "Test suite failed to run";
/// The most lines of a title with line breaks.
const TITLE_LINES: usize = 20;

fn starts(command: &Command<'_>) -> bool {
    match command.program {
        "jest" | "jest-cli" => true,
        "react-scripts" | "craco" | "react-app-rewired" => command.first() == Some("test"),
        "wp-scripts" => command.first() == Some("test-unit-js"),
        _ => false,
    }
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file {
        Narrowed::two("--runTestsByPath", filter.text)
    } else {
        // For patterns, Jest joins the parts of a name with spaces
        Narrowed::two("-t", regex::escape(&filter.text.replace(" › ", " ")))
    }
}

#[derive(Default)]
struct Run<'a> {
    failures: Failures,
    tests: u32,
    suites: u32,
    failed_tests: u32,
    failed_suites: u32,
    passed: Option<u32>,
    /// Some files did not run.
    stopped: bool,
    suite: Option<&'a str>,
    /// Whether the current suite has named its failures.
    told: bool,
    /// Whether the failures are being printed again, at the end of a long run.
    repeating: bool,
    /// Whether a "Test Suites:" line was read, and its "Tests:" line follows.
    awaits_tests: bool,
}

fn parse(text: &str) -> Report {
    if let Some(report) = json::jest(text) {
        return report;
    }
    let mut run = Run::default();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(file) = heading(line, "FAIL ") {
            run.close();
            run.suite = Some(file);
            run.suites += u32::from(!run.repeating);
        } else if heading(line, "PASS ").is_some() {
            run.close();
        } else if line == "Summary of all failing tests" {
            run.close();
            run.repeating = true;
        } else if let Some(counts) = totals(line, "Test Suites: ") {
            run.close();
            run.repeating = false;
            run.awaits_tests = true;
            run.failed_suites =
                run.failed_suites.saturating_add(number_before(counts, "failed").unwrap_or(0));
            run.stopped |= is_short(counts);
        } else if let Some(counts) = totals(line, "Tests: ").filter(|_| run.awaits_tests) {
            run.awaits_tests = false;
            run.failed_tests = run.failed_tests.saturating_add(number_before(counts, "failed").unwrap_or(0));
            let ok = number_before(counts, "passed").unwrap_or(0);
            run.passed = Some(run.passed.unwrap_or(0).saturating_add(ok));
        } else if line.starts_with("No tests found, exiting with code ") {
            run.passed = Some(run.passed.unwrap_or(0));
        } else if let (Some(first), Some(suite), false) = (bullet(line), run.suite, run.repeating) {
            let mut title = first.to_owned();
            // A title may contain line breaks; an empty line ends it
            for _ in 0..TITLE_LINES {
                let Some(more) = lines.next_if(|next| !next.trim().is_empty()) else { break };
                title.push(' ');
                title.push_str(more.trim());
            }
            let mut block = Vec::new();
            while let Some(next) = lines.next_if(|next| next.trim().is_empty() || next.starts_with("    ")) {
                if block.len() < 200 {
                    block.push(next);
                }
            }
            if title == "Console" && is_log(&block) {
                continue;
            }
            run.tests += u32::from(title != SUITE_FAILED);
            run.told = true;
            run.failures.push(failure(suite, &title, &block));
        }
    }
    // A test may fail in several ways, listed one below the other
    if run.tests > run.failed_tests {
        let before = run.failures.0.len();
        run.failures.0.dedup_by(|next, last| next.name == last.name && next.suite == last.suite);
        run.tests = run.tests.saturating_sub(u32::try_from(before - run.failures.0.len()).unwrap_or(0));
    }
    let agrees = run.tests == run.failed_tests && run.suites == run.failed_suites;
    Report { stopped: run.stopped, ..Report::named(run.failures.0, agrees, run.passed) }
}

impl Run<'_> {
    /// Ends the current suite.
    fn close(&mut self) {
        let told = std::mem::take(&mut self.told);
        if let Some(suite) = self.suite.take().filter(|_| !told && !self.repeating) {
            self.failures.push(failure(suite, SUITE_FAILED, &[]));
        }
    }
}

/// `FAIL ./a.test.js (5.2 s)` → `./a.test.js`; in old versions the line begins with a space.
fn heading<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let file = line.strip_prefix(' ').unwrap_or(line).strip_prefix(word)?;
    let file = match file.rsplit_once(" (") {
        Some((path, time)) if time.ends_with("s)") || time.ends_with(" MB heap size)") => path,
        _ => file,
    };
    Some(file.trim()).filter(|file| !file.is_empty())
}

/// The title after a bullet; Jest's own remarks are indented further.
fn bullet(line: &str) -> Option<&str> {
    line.strip_prefix("  ● ").filter(|title| !title.starts_with(' ') && !title.trim().is_empty())
}

/// The counts of a totals line, `1 failed, 2 passed, 3 total`; `None` for lines of other programs.
fn totals<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let counts = line.strip_prefix(word)?.trim();
    counts
        .strip_suffix(" total")
        .filter(|counts| counts.rsplit([',', ' ']).next().is_some_and(|all| all.parse::<u32>().is_ok()))?;
    Some(counts)
}

/// `1 failed, 1 of 2 total`: whether some suites did not run and were not skipped.
fn is_short(counts: &str) -> bool {
    let Some((before, all)) = counts.trim_end_matches(" total").rsplit_once(" of ") else { return false };
    let ran = before.rsplit(' ').next().and_then(|ran| ran.parse::<u32>().ok());
    let skipped = number_before(counts, "skipped").unwrap_or(0);
    match (ran, all.trim().parse::<u32>()) {
        (Some(ran), Ok(all)) => ran.saturating_add(skipped) < all,
        _ => true,
    }
}

/// Whether a block is output of tests through `console`.
fn is_log(block: &[&str]) -> bool {
    let first = block.iter().find(|line| !line.trim().is_empty());
    first.is_none_or(|line| line.trim_start().starts_with("console."))
}

fn failure(suite: &str, test: &str, block: &[&str]) -> TestFailure {
    let at = stack_place(block);
    text::failure(Some(suite), test, block, at)
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
            include_str!("../../../fixtures/jest/usual.txt"),
            expect![[r#"
            passed: Some(2)
            - [./a.test.js] math › add › adds two @ a.test.js:2 | expect(received).toBe(expected) // Object.is equality
            - [./a.test.js] throws › odd name @ a.test.js:7 | boom
            - [./b.test.js] Test suite failed to run @ b.test.js:1 | Cannot find module './missing' from 'b.test.js'
        "#]],
        );
    }

    #[test]
    fn a_long_run_repeats_its_failures() {
        let block = "FAIL a.test.js (5.2 s)\n  ● adds\n\n    no\n\n";
        let totals =
            "Test Suites: 1 failed, 30 passed, 31 total\nTests:       1 failed, 40 passed, 41 total\n";
        check(
            parse,
            &format!("{block}Summary of all failing tests\n{block}\n{totals}"),
            expect![[r#"
            passed: Some(40)
            - [a.test.js] adds | no
        "#]],
        );
    }

    #[test]
    fn logs_under_a_bullet_are_no_tests_and_titles_may_break() {
        let log = "  ● Console\n\n    console.log\n      hi\n\n  ● two\nlines\n\n    no\n\n  ●  Cannot log after tests are done.\n";
        check(
            parse,
            &format!(
                " FAIL  a.test.js\n{log}\nTest Suites: 1 failed, 1 of 3 total\nTests:       1 failed, 1 total\n"
            ),
            expect![[r#"
                passed: Some(0) (stopped)
                - [a.test.js] two lines | no
            "#]],
        );
    }

    #[test]
    fn nothing_found_nothing_said_and_another_runners_totals() {
        check(
            parse,
            "No tests found, exiting with code 1\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            parse,
            "FAIL a.test.js\n  ● adds\n\n    no\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
        check(
            parse,
            "FAILURES!\nTests: 3, Assertions: 5, Failures: 1.\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn a_test_that_fails_in_two_ways_is_one() {
        check(
            parse,
            "FAIL ./c.test.js\n  ● late\n\n    late!\n\n  ● late\n\n    thrown: \"Exceeded timeout\"\n\n  ● early\n\n    no\n\nTest Suites: 1 failed, 1 total\nTests:       2 failed, 1 passed, 3 total\n",
            expect![[r#"
                passed: Some(1)
                - [./c.test.js] late | late!
                - [./c.test.js] early | no
            "#]],
        );
    }
}
