//! Vitest: the ` FAIL ` lines of its report, the numbers in the headings above them, and the totals.
//!
//! `parse::json` reads its JSON. If headings, lines and totals disagree, there are no names.

use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::json;
use crate::parse::text::{self, Failures, count, name, number_before, place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "vitest" && !["list", "init", "bench"].iter().any(|word| command.first() == Some(word))
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file {
        Narrowed::one(filter.text)
    } else {
        Narrowed::two("-t", regex::escape(&filter.text.replace(" > ", " ")))
    }
}

/// The current section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    None,
    Suites,
    Tests,
    Errors,
}

#[derive(Default)]
struct Run {
    failures: Failures,
    suites: u32,
    tests: u32,
    errors: u32,
    /// Numbers from the headings of sections.
    headed_suites: u32,
    headed_tests: u32,
    /// Numbers from the totals.
    failed: u32,
    failed_errors: u32,
    passed: Option<u32>,
    failed_files: bool,
    stopped: bool,
    awaits_tests: bool,
    /// Of the run that is read: how many names, suites and tests were told before its sections, and the headings' sums.
    before_suites: Option<Before>,
    before_tests: Option<Before>,
}

#[derive(Clone, Copy)]
struct Before {
    names: usize,
    told: u32,
    headed: u32,
}

fn parse(text: &str) -> Report {
    if let Some(report) = json::jest(text) {
        return report;
    }
    let mut run = Run::default();
    let mut section = Section::None;
    let titles = Titles::read(text);
    let is_told = is_closed(text);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let body = line.trim();
        if let Some(title) = rule(body) {
            section = run.heading(title, section);
            if section == Section::Errors && is_error(title) {
                let message = lines.peek().map(|next| next.trim()).unwrap_or_default();
                run.errors += 1;
                run.failures.push(TestFailure {
                    name: name(&format!("unhandled error: {message}")),
                    ..TestFailure::default()
                });
            }
        } else if let (Section::Suites | Section::Tests, Some(test)) = (section, line.strip_prefix(" FAIL "))
        {
            let mut named = vec![test.trim()];
            // Tests that failed in the same way share one message
            while let Some(next) = lines.next_if(|next| next.starts_with(" FAIL ")) {
                named.push(next.trim_start_matches(" FAIL ").trim());
            }
            let mut block = Vec::new();
            // A rule ends it: a message may hold what reads like the totals
            while let Some(next) = lines.next_if(|next| rule(next.trim()).is_none()) {
                if block.len() < 200 {
                    block.push(next);
                }
            }
            let tail = named.last().map_or(&[][..], |test| titles.tail(test, &block));
            let block = block.get(tail.len()..).unwrap_or_default();
            for (at, test) in named.iter().enumerate() {
                let is_last = at + 1 == named.len();
                let whole = std::iter::once(*test).chain(tail.iter().copied().filter(|_| is_last));
                let whole =
                    whole.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
                match section {
                    Section::Suites => run.suites += 1,
                    _ => run.tests += 1,
                }
                run.failures.push(failure(&whole, block));
            }
        } else if let Some(counts) = body.strip_prefix("Test Files  ") {
            if is_told && !is_totals(&lines) {
                continue;
            }
            run.awaits_tests = true;
            run.stopped |= is_short(counts);
            run.failed_files |= counts.contains(" failed");
            (run.before_suites, run.before_tests) = (None, None);
            section = Section::None;
        } else if let Some(counts) = body.strip_prefix("Tests  ").filter(|_| run.awaits_tests) {
            run.awaits_tests = false;
            run.stopped |= is_short(counts);
            // `2 failed | 2 passed (4)`, `no tests`
            let counts = counts.rsplit_once(" (").map_or(counts, |(counts, _)| counts);
            run.failed = run.failed.saturating_add(number_before(counts, "failed").unwrap_or(0));
            let ok = number_before(counts, "passed").unwrap_or(0);
            run.passed = Some(run.passed.unwrap_or(0).saturating_add(ok));
        } else if body.starts_with("No test files found, exiting with code ") {
            run.passed = Some(run.passed.unwrap_or(0));
        } else if let Some(counts) = body.strip_prefix("Errors  ") {
            let count = number_before(counts, "error").or_else(|| number_before(counts, "errors"));
            run.failed_errors = run.failed_errors.saturating_add(count.unwrap_or(0));
        }
    }
    run.report()
}

/// Whether the totals that begin here end like a run's own: with its times.
fn is_totals(lines: &std::iter::Peekable<std::str::Lines<'_>>) -> bool {
    let words = ["Start at ", "Duration ", "Time "];
    let mut next = lines.clone().take(TOTAL_LINES).map(str::trim);
    next.any(|line| words.iter().any(|word| line.starts_with(word)))
}

/// The most lines of the totals.
const TOTAL_LINES: usize = 8;

/// Whether any totals in the text are followed by the times of a run.
fn is_closed(text: &str) -> bool {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("Test Files  ") && is_totals(&lines) {
            return true;
        }
    }
    false
}

/// Titles with line breaks, as the list of tests has them: the first line, and those that follow.
struct Titles<'a>(BTreeMap<&'a str, Vec<Vec<&'a str>>>);

/// The most lines of such a title, and the most titles with the same first line.
const TITLE_LINES: usize = 20;
const SAME_TITLE: usize = 50;

impl<'a> Titles<'a> {
    fn read(text: &'a str) -> Titles<'a> {
        let mut titles: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(first) = line.trim_start().strip_prefix("× ") else { continue };
            if without_time(first).is_some() {
                continue;
            }
            let is_other = |line: &&str| {
                let body = line.trim_start();
                !["× ", "✓ ", "↓ ", "→ ", "❯ "].iter().any(|mark| body.starts_with(mark))
            };
            let mut tail: Vec<&str> = lines.clone().take(TITLE_LINES).take_while(is_other).collect();
            let Some(end) = tail.iter().position(|line| without_time(line).is_some()) else { continue };
            tail.truncate(end + 1);
            if let Some(last) = tail.last_mut() {
                *last = without_time(last).unwrap_or(last);
            }
            let key = first.rsplit(" > ").next().unwrap_or(first).trim();
            let same = titles.entry(key).or_default();
            if same.len() < SAME_TITLE {
                same.push(tail);
            }
        }
        Titles(titles)
    }

    /// The further lines of this test's title, if the text below begins with them.
    fn tail(&self, test: &str, block: &[&str]) -> &[&'a str] {
        let key = test.rsplit(" > ").next().unwrap_or(test).trim();
        let tails = self.0.get(key).map_or(&[][..], Vec::as_slice);
        let begins = |tail: &&Vec<&str>| {
            tail.len() <= block.len() && tail.iter().zip(block).all(|(a, b)| a.trim_end() == b.trim_end())
        };
        tails.iter().filter(begins).max_by_key(|tail| tail.len()).map_or(&[], Vec::as_slice)
    }
}

/// `adds 12ms` → `adds`
fn without_time(line: &str) -> Option<&str> {
    let (title, time) = line.trim_end().rsplit_once(' ')?;
    let number = time.strip_suffix("ms").or_else(|| time.strip_suffix('s'))?;
    number.parse::<f64>().is_ok().then_some(title)
}

impl Run {
    /// Begins the section of a rule with this title.
    fn heading(&mut self, title: &str, section: Section) -> Section {
        let number = |word: &str| title.strip_prefix(word).and_then(|n| n.trim().parse::<u32>().ok());
        if let Some(count) = number("Failed Suites ") {
            // A run has one such section, at its end: an earlier one was output of a test
            let names = self.failures.0.len();
            let now = Before { names, told: self.suites, headed: self.headed_suites };
            let before = *self.before_suites.get_or_insert(now);
            self.failures.0.truncate(before.names);
            (self.suites, self.headed_suites) = (before.told, before.headed.saturating_add(count));
            Section::Suites
        } else if let Some(count) = number("Failed Tests ") {
            let names = self.failures.0.len();
            let now = Before { names, told: self.tests, headed: self.headed_tests };
            let before = *self.before_tests.get_or_insert(now);
            self.failures.0.truncate(before.names);
            (self.tests, self.headed_tests) = (before.told, before.headed.saturating_add(count));
            Section::Tests
        } else if title.starts_with("Unhandled ") {
            Section::Errors
        } else {
            section
        }
    }

    fn report(mut self) -> Report {
        // An error that is only counted, without text
        while self.errors < self.failed_errors.min(100) {
            self.errors += 1;
            self.failures.push(TestFailure { name: "unhandled error".to_owned(), ..TestFailure::default() });
        }
        // A test that failed in several ways, or was tried again, is told as often
        if self.tests > self.failed {
            let before = self.failures.0.len();
            let mut known = BTreeSet::new();
            self.failures.0.retain(|failure| known.insert((failure.suite.clone(), failure.name.clone())));
            self.tests = self.tests.saturating_sub(count(before - self.failures.0.len()));
        }
        let agrees = self.tests == self.failed
            && self.tests == self.headed_tests
            && self.suites == self.headed_suites
            && self.errors == self.failed_errors
            && (!self.failed_files || !self.failures.0.is_empty());
        Report { stopped: self.stopped, ..Report::named(self.failures.0, agrees, self.passed) }
    }
}

/// The title in `⎯⎯⎯ Failed Tests 6 ⎯⎯⎯`; empty for a rule without text.
fn rule(line: &str) -> Option<&str> {
    let is_rule = line.starts_with("⎯⎯") && line.ends_with('⎯');
    is_rule.then(|| line.trim_matches(['⎯', ' ']))
}

fn is_error(title: &str) -> bool {
    ["Uncaught ", "Unhandled Rejection", "Unhandled Error"].iter().any(|word| title.starts_with(word))
        && title != "Unhandled Errors"
}

/// `1 failed | 1 passed (3)`: whether the counts are less than the total.
fn is_short(counts: &str) -> bool {
    let Some((counts, all)) = counts.rsplit_once(" (") else { return false };
    let number = |part: &str| part.split_whitespace().next().and_then(|n| n.parse::<u32>().ok());
    let told: u32 = counts.split('|').filter_map(number).sum();
    all.trim_end_matches(')').parse::<u32>().is_ok_and(|all| told < all)
}

/// `test/a.test.js > math > adds`, or a whole file: `test/b.test.js [ test/b.test.js ]`.
fn failure(test: &str, block: &[&str]) -> TestFailure {
    let (suite, test) = match test.split_once(" > ") {
        Some((file, test)) => (file, test),
        None => (test.split_once(" [ ").map_or(test, |(file, _)| file), "the file as a whole"),
    };
    let at = block.iter().filter_map(|line| line.trim_start().strip_prefix("❯ ")).find_map(|at| {
        place(at.rsplit(' ').next().unwrap_or(at)).filter(|(file, _)| !file.contains("node_modules"))
    });
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
            include_str!("../../../fixtures/vitest/usual.txt"),
            expect![[r#"
            passed: Some(2)
            - [test/b.test.js] the file as a whole @ test/b.test.js:1 | Error: Cannot find module './missing' imported from /slot/test/b.test.js
            - [test/a.test.js] math > add > adds two @ test/a.test.js:3 | AssertionError: expected 2 to be 3 // Object.is equality
            - [test/a.test.js] throws > odd @ test/a.test.js:7 | Error: boom
        "#]],
        );
    }

    #[test]
    fn an_unhandled_error_fails_a_run_whose_tests_pass() {
        let totals = " Test Files  1 passed (1)\n      Tests  1 passed (1)\n     Errors  1 error\n";
        check(
            parse,
            totals,
            expect![[r#"
            passed: Some(1)
            - [] unhandled error | -
        "#]],
        );
        check(
            parse,
            &format!(
                "⎯⎯ Unhandled Errors ⎯⎯\n\nVitest caught 1\n⎯⎯⎯ Unhandled Rejection ⎯⎯⎯\nError: late\n\n{totals}"
            ),
            expect![[r#"
                passed: Some(1)
                - [] unhandled error: Error: late | -
            "#]],
        );
    }

    #[test]
    fn a_line_in_a_log_or_a_message_is_no_failure() {
        let section = "⎯⎯⎯ Failed Tests 1 ⎯⎯⎯\n\n FAIL  a.test.js > adds\nError: x\n FAIL  b.test.js > none\n\n⎯⎯⎯[1/1]⎯\n";
        check(
            parse,
            &format!(
                " FAIL  log.test.js > none\n{section}\n Test Files  1 failed (2)\n      Tests  1 failed (1)\n"
            ),
            expect![[r#"
                passed: Some(0) (stopped)
                - [a.test.js] adds | Error: x
            "#]],
        );
    }

    #[test]
    fn nothing_found() {
        check(
            parse,
            "\nNo test files found, exiting with code 1\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            parse,
            " Test Files  1 failed (1)\n      Tests  no tests\n",
            expect![[r#"
                passed: Some(0)
                names: unknown
            "#]],
        );
    }

    #[test]
    fn a_test_told_more_than_once_is_one_and_a_printed_section_is_none() {
        let printed = "stdout | a.test.js > adds\n⎯⎯⎯ Failed Tests 4 ⎯⎯⎯\n\n FAIL  x.test.js > none\n\n";
        let retried = "⎯⎯⎯ Failed Tests 2 ⎯⎯⎯\n\n FAIL  a.test.js > adds\n FAIL  a.test.js > adds\nError: no\n Test Files  9 failed (9)\n\n⎯⎯⎯[1/3]⎯\n\n";
        let soft = " FAIL  a.test.js > soft\nError: one\n\n⎯⎯⎯[2/3]⎯\n\n FAIL  a.test.js > soft\nError: two\n\n⎯⎯⎯[3/3]⎯\n\n";
        check(
            parse,
            &format!(
                "{printed}{retried}{soft} Test Files  1 failed (1)\n      Tests  2 failed | 1 passed (3)\n"
            ),
            expect![[r#"
                passed: Some(1)
                - [a.test.js] adds | Error: no
                - [a.test.js] soft | Error: one
            "#]],
        );
    }
}
