//! Vitest: the ` FAIL ` lines of its report, and the totals.

use super::{Failures, Report, detail, name, number_before, place};
use crate::outcome::TestFailure;

pub(super) fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let (mut tests, mut failed) = (0_u32, 0_u32);
    let mut passed: Option<u32> = None;
    let mut in_suites = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let body = line.trim();
        if body.starts_with("⎯⎯") {
            in_suites = body.contains(" Failed Suites ");
        } else if let Some(test) = line.strip_prefix(" FAIL ") {
            let mut block = Vec::new();
            // tests that failed in the same way share one message
            let ends = |next: &&str| !next.starts_with("⎯⎯") && !next.starts_with(" FAIL ");
            while let Some(next) = lines.next_if(ends) {
                if block.len() < 200 {
                    block.push(next);
                }
            }
            tests += u32::from(!in_suites);
            failures.push(failure(test.trim(), &block));
        } else if let Some(counts) = body.strip_prefix("Tests  ") {
            // `2 failed | 2 passed (4)`, `no tests`
            let counts = counts.rsplit_once(" (").map_or(counts, |(counts, _)| counts);
            failed = failed.saturating_add(number_before(counts, "failed").unwrap_or(0));
            let ok = number_before(counts, "passed").unwrap_or(0);
            passed = Some(passed.unwrap_or(0).saturating_add(ok));
        } else if body.starts_with("No test files found, exiting with code ") {
            passed = Some(passed.unwrap_or(0));
        } else if let Some(count) = body
            .strip_prefix("Errors  ")
            .and_then(|counts| number_before(counts, "error").or_else(|| number_before(counts, "errors")))
        {
            for _ in 0..count.min(100) {
                failures.push(TestFailure { name: "unhandled error".to_owned(), ..TestFailure::default() });
            }
        }
    }
    Report::named(failures.0, tests == failed, passed)
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
    TestFailure {
        name: name(test),
        suite: Some(name(suite)),
        detail: detail(block),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
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
            include_str!("../../fixtures/vitest.txt"),
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
        check(
            " Test Files  1 passed (1)\n      Tests  1 passed (1)\n     Errors  1 error\n",
            expect![[r#"
            passed: Some(1)
            - [] unhandled error | -
        "#]],
        );
    }

    #[test]
    fn nothing_found() {
        check(
            "\nNo test files found, exiting with code 1\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            " Test Files  1 failed (1)\n      Tests  no tests\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
    }
}
