//! Jest: the `●` blocks under each `FAIL` line, and the totals.

use super::{Failures, Report, detail, name, number_before, place};
use crate::outcome::TestFailure;

const SUITE_FAILED: &str = "Test suite failed to run";

pub(super) fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let (mut tests, mut suites) = (0_u32, 0_u32);
    let (mut failed_tests, mut failed_suites) = (0_u32, 0_u32);
    let mut passed: Option<u32> = None;
    let mut suite: Option<&str> = None;
    // the failures of a long run are repeated at its end
    let mut repeating = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(file) = line.strip_prefix("FAIL ") {
            suite = Some(without_time(file));
            suites += u32::from(!repeating);
        } else if line.starts_with("PASS ") {
            suite = None;
        } else if line == "Summary of all failing tests" {
            repeating = true;
        } else if let Some(counts) = line.strip_prefix("Test Suites: ") {
            repeating = false;
            suite = None;
            failed_suites = failed_suites.saturating_add(number_before(counts, "failed").unwrap_or(0));
        } else if let Some(counts) = line.strip_prefix("Tests: ") {
            failed_tests = failed_tests.saturating_add(number_before(counts, "failed").unwrap_or(0));
            let ok = number_before(counts, "passed").unwrap_or(0);
            passed = Some(passed.unwrap_or(0).saturating_add(ok));
        } else if line.starts_with("No tests found, exiting with code ") {
            passed = Some(passed.unwrap_or(0));
        } else if let (Some(test), Some(suite), false) = (line.strip_prefix("  ● "), suite, repeating) {
            let mut block = Vec::new();
            while let Some(next) = lines.next_if(|next| next.is_empty() || next.starts_with("    ")) {
                if block.len() < 200 {
                    block.push(next);
                }
            }
            tests += u32::from(test != SUITE_FAILED);
            failures.push(failure(suite, test, &block));
        }
    }
    let agrees = tests == failed_tests && suites == failed_suites;
    Report::named(failures.0, agrees, passed)
}

fn failure(suite: &str, test: &str, block: &[&str]) -> TestFailure {
    let at = block.iter().filter(|line| !line.contains("node_modules")).find_map(|line| {
        let line = line.trim_start().strip_prefix("at ")?;
        place(line.rsplit_once('(').map_or(line, |(_, at)| at.trim_end_matches(')')))
    });
    TestFailure {
        name: name(test),
        suite: Some(name(suite)),
        detail: detail(block),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
    }
}

/// `./a.test.js (5.2 s)` → `./a.test.js`
fn without_time(file: &str) -> &str {
    match file.rsplit_once(" (") {
        Some((path, time)) if time.ends_with("s)") => path,
        _ => file,
    }
    .trim()
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
            include_str!("../../fixtures/jest.txt"),
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
            &format!("{block}Summary of all failing tests\n{block}\n{totals}"),
            expect![[r#"
            passed: Some(40)
            - [a.test.js] adds | no
        "#]],
        );
    }

    #[test]
    fn nothing_found_and_nothing_said() {
        check(
            "No tests found, exiting with code 1\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
        check(
            "FAIL a.test.js\n  ● adds\n\n    no\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
