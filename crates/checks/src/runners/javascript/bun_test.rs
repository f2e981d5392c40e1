//! `bun test`: the `(fail)` lines below each file's name, and the totals.
//!
//! Scripts that `bun run` starts are not Bun's tests and do not belong here. An error outside of tests is a
//! failure of its file. What a test prints in Bun's form is no verdict: it has no error, and Bun's totals do not
//! count it.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, MAX_FAILURES, count_of, stack_place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "bun" && command.first() == Some("test")
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file {
        Narrowed::one(format!("./{}", filter.text.trim_start_matches("./")))
    } else {
        Narrowed::two("-t", regex::escape(&filter.text.replace(" > ", " ")))
    }
}

/// The totals of one run.
#[derive(Default, Clone, Copy)]
struct Totals {
    passed: u32,
    failed: u32,
    errors: u32,
}

#[derive(Default)]
struct Run {
    /// Failing tests, each with whether an error explains it.
    failures: Vec<(TestFailure, bool)>,
    /// Totals of the runs that have ended, and of the current one so far.
    ended: Option<Totals>,
    last: Option<Totals>,
    counted: Totals,
    /// Errors outside of tests, and those among them in files whose tests ran.
    told: u32,
    outside: u32,
    /// A run begins with a line that names the version; then only its last totals count.
    has_version: bool,
}

fn parse(text: &str) -> Report {
    let mut run = Run::default();
    let mut ran = false;
    let mut suite: Option<&str> = None;
    let mut block: Vec<&str> = Vec::new();
    // A long run prints its failures again at the end
    let mut repeating = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("(fail) ").or_else(|| line.strip_prefix("✗ ")) {
            // The second line of a title that has two
            let more = lines.next_if(|next| !has_time(rest) && has_time(next) && !is_verdict(next));
            if !repeating {
                ran = true;
                run.continues();
                let is_late = lines.peek().is_some_and(|next| next.starts_with("  ^ "));
                let is_explained = is_late || block.iter().any(|said| is_error(said));
                let title = more.map_or_else(|| rest.to_owned(), |more| format!("{rest} {more}"));
                run.fails(failure(suite, &title, &block), is_explained);
            }
            block.clear();
        } else if is_verdict(line) {
            ran = true;
            run.continues();
            block.clear();
        } else if is_file(line) {
            suite = Some(line.trim_end_matches(':'));
            ran = false;
            run.continues();
            block.clear();
        } else if line == "# Unhandled error between tests" {
            if !repeating {
                // A file that cannot be loaded is among the failures too
                run.outside = run.outside.saturating_add(u32::from(ran));
                run.told = run.told.saturating_add(1);
                run.fails(text::failure(suite, "unhandled error between tests", &[], None), true);
            }
            block.clear();
        } else if count_of(line.trim_end_matches(':'), &["test failed", "tests failed"]).is_some() {
            repeating = true;
        } else if let Some(count) = count_of(line, &["pass"]) {
            run.counted.passed = count;
        } else if let Some(count) = count_of(line, &["fail"]) {
            run.counted.failed = count;
        } else if let Some(count) = count_of(line, &["error", "errors"]) {
            run.counted.errors = count;
        } else if is_total(line) {
            run.totals();
            repeating = false;
            suite = suite.filter(|_| run.has_version);
        } else if line.starts_with("bun test v") {
            run.end();
            (run.has_version, suite) = (true, None);
        } else if block.len() < 200 {
            block.push(line);
        }
    }
    run.report()
}

impl Run {
    fn fails(&mut self, failure: TestFailure, is_explained: bool) {
        if self.failures.len() <= MAX_FAILURES {
            self.failures.push((failure, is_explained));
        }
    }

    /// Tests follow, so a test printed the totals before them.
    fn continues(&mut self) {
        if self.has_version {
            self.last = None;
        }
        self.counted = Totals::default();
    }

    fn totals(&mut self) {
        if !self.has_version {
            self.end();
        }
        self.last = Some(std::mem::take(&mut self.counted));
    }

    fn end(&mut self) {
        let Some(last) = self.last.take() else { return };
        let sum = self.ended.get_or_insert_default();
        sum.passed = sum.passed.saturating_add(last.passed);
        sum.failed = sum.failed.saturating_add(last.failed);
        sum.errors = sum.errors.saturating_add(last.errors);
    }

    fn report(mut self) -> Report {
        self.end();
        let expected = self.ended.unwrap_or_default();
        let failed = expected.failed.saturating_add(self.outside);
        // More than the totals say: tests printed those without an error
        if text::count(self.failures.len()) != failed {
            self.failures.retain(|(_, is_explained)| *is_explained);
        }
        let agrees = expected.errors == self.told && text::count(self.failures.len()) == failed;
        let failures = self.failures.into_iter().map(|(failure, _)| failure).collect();
        Report::named(failures, agrees, self.ended.map(|totals| totals.passed))
    }
}

fn is_verdict(line: &str) -> bool {
    ["(pass) ", "✓ ", "(skip) ", "(todo) ", "» ", "(fail) ", "✗ "].iter().any(|mark| line.starts_with(mark))
}

/// `cart > adds [0.52ms]`
fn has_time(line: &str) -> bool {
    line.trim_end().rsplit_once(" [").is_some_and(|(_, time)| time.ends_with("s]"))
}

/// `error: expect(received).toBe(expected)`, `TypeError: no`, or a line of a stack.
fn is_error(line: &str) -> bool {
    let kind = line.split(':').next().unwrap_or_default();
    let is_kind = line.contains(':') && !kind.contains(' ') && (kind == "error" || kind.ends_with("Error"));
    is_kind || line.starts_with("      at ")
}

/// `Ran 2 tests across 1 file. [12.00ms]`
fn is_total(line: &str) -> bool {
    line.strip_prefix("Ran ").is_some_and(|rest| rest.contains(" across ") && rest.contains(" file"))
}

/// `src/a.test.ts:`
fn is_file(line: &str) -> bool {
    line.strip_suffix(':').is_some_and(|path| {
        let end = path.rsplit('.').next().unwrap_or_default();
        !path.contains([' ', ':']) && ["ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs"].contains(&end)
    })
}

fn failure(suite: Option<&str>, rest: &str, block: &[&str]) -> TestFailure {
    let test = rest.trim_end().rsplit_once(" [").filter(|_| has_time(rest)).map_or(rest, |(test, _)| test);
    let at = stack_place(block);
    text::failure(suite, test, block, at)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn what_a_test_prints_is_no_verdict() {
        let printed = "(fail) ghost [0.10ms]\n 3 pass\n 2 fail\nRan 5 tests across 1 file. [1.00ms]\n(pass) prints [0.06ms]\n";
        let real = "error: no\n      at <anonymous> (/slot/a.test.ts:4:60)\n(fail) outer > a\nb [0.09ms]\n\
                    (fail) slow [50.25ms]\n  ^ this test timed out after 50ms.\n\n 1 pass\n 2 fail\nRan 3 tests across 1 file. [9.00ms]\n";
        check(
            parse,
            &format!("bun test v1.4.5 (a7733435)\n\na.test.ts:\n{printed}{real}"),
            expect![[r#"
                passed: Some(1)
                - [a.test.ts] outer > a b @ /slot/a.test.ts:4 | error: no
                - [a.test.ts] slow | -
            "#]],
        );
    }

    #[test]
    fn runs_one_after_another_are_summed() {
        let one = "bun test v1.4.5 (a7733435)\n\na.test.ts:\n(pass) a [0.10ms]\n\n 1 pass\n 0 fail\nRan 1 test across 1 file. [1.00ms]\n";
        check(
            parse,
            &format!("{one}{one}"),
            expect![[r#"
                passed: Some(2)
            "#]],
        );
    }
}
