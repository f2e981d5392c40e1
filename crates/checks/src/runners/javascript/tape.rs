//! Tape: flat TAP, in which a comment names the test and each line is an assertion.
//!
//! Other rows read nested TAP and Node's own. Tape has no way to select one test, so a check cannot be narrowed to
//! one.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, Failures, detail, name, place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "tape"
}

/// Tape runs files, and cannot select a test.
fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file { Narrowed::one(filter.text) } else { Narrowed::No }
}

fn parse(text: &str) -> Report {
    // Node's own runner prints TAP too, with more totals
    if text.lines().any(|line| line.starts_with("# cancelled ")) {
        return Report::default();
    }
    let mut failures = Failures::default();
    let (mut failed, mut passed) = (0_u32, None::<u32>);
    let mut good = 0_u32;
    let mut test: Option<&str> = None;
    let mut totals = false;
    let mut last = 0_u32;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("TAP version ") {
            last = 0;
        }
        // Results are counted: one out of turn is a test's own words
        let number = number_of(line);
        if number.is_some_and(|number| number != last.saturating_add(1)) {
            continue;
        }
        last = number.unwrap_or(last);
        if let Some(comment) = line.strip_prefix("# ") {
            match comment.split_once(' ').and_then(|(word, n)| Some((word, n.trim().parse::<u32>().ok()?))) {
                Some(("tests", _)) => totals = true,
                Some(("pass", n)) if totals => passed = Some(passed.unwrap_or(0).saturating_add(n)),
                Some(("fail", n)) if totals => failed = failed.saturating_add(n),
                _ => {
                    test = Some(comment);
                    totals = false;
                }
            }
        } else if line.starts_with("ok ") {
            good = good.saturating_add(1);
        } else if let Some(result) = line.strip_prefix("not ok ") {
            let mut facts = Vec::new();
            if lines.next_if(|next| next.trim() == "---").is_some() {
                while let Some(fact) = lines.next_if(|next| next.trim() != "...") {
                    if facts.len() < 100 {
                        facts.push(fact);
                    }
                }
            }
            if !result.ends_with("# TODO") && !result.contains(" # TODO ") && !result.contains(" # SKIP") {
                failures.push(failure(test, result, &facts));
            }
        }
    }
    // An exception in a test ends the process: the totals and the tests after it are missing
    if let Some(thrown) = test.filter(|_| !totals).and_then(|test| crash(test, text)) {
        failures.push(thrown);
        return Report { failing: Some(failures.0), passed: Some(good), partial: true, stopped: true };
    }
    match passed {
        None => Report::default(),
        Some(passed) => Report::checked(failures.0, failed, passed),
    }
}

/// The number of a result's line: `not ok 3 adds`.
fn number_of(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("not ").unwrap_or(line).strip_prefix("ok ")?;
    rest.split(' ').next()?.parse().ok()
}

/// Node's message about an uncaught error, at the end of the output.
fn crash(test: &str, text: &str) -> Option<TestFailure> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.iter().rposition(|line| line.starts_with("Node.js v"))?;
    let said = lines.get(..end)?;
    let begin = said.iter().rposition(|line| line.starts_with("# ")).map_or(0, |at| at + 1);
    let said = said.get(begin..)?;
    let stack = said.iter().position(|line| line.starts_with("    at "))?;
    let error = said.get(..stack)?.iter().rev().find(|line| !line.trim().is_empty())?;
    Some(TestFailure {
        name: name(error),
        suite: Some(name(test)),
        detail: detail(said),
        file: None,
        line: None,
    })
}

fn failure(test: Option<&str>, result: &str, facts: &[&str]) -> TestFailure {
    // The number counts the assertions before, so it does not identify this one
    let assertion = result.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    let at = facts
        .iter()
        .find_map(|fact| fact.trim().strip_prefix("at: "))
        .and_then(|at| place(at.rsplit_once('(').map_or(at, |(_, at)| at.trim_end_matches(')'))));
    let message = facts.split(|fact| fact.trim_start().starts_with("stack:")).next().unwrap_or_default();
    text::failure(test, assertion, message, at)
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
            include_str!("../../../fixtures/tape/usual.txt"),
            expect![[r#"
            passed: Some(3)
            - [adds two] sum @ /slot/t.js:2 | operator: equal
            - [throws] should not throw @ /slot/t.js:4 | operator: throws
        "#]],
        );
    }

    #[test]
    fn all_passed_and_stopped_early() {
        check(
            parse,
            "TAP version 13\n# a\nok 1 x\n\n1..1\n# tests 1\n# pass  1\n\n# ok\n",
            expect![[r#"
            passed: Some(1)
        "#]],
        );
        check(
            parse,
            "TAP version 13\n# a\nok 1 x\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn an_error_that_nothing_catches_is_the_failure_of_the_test_that_ran() {
        check(
            parse,
            "TAP version 13\n# adds\nok 1 sum\n# divides\n/x/a.js:3\n  throw new Error('zero')\n  ^\n\nError: zero\n    at div (/x/a.js:3:9)\n\nNode.js v22.1.0\n",
            expect![[r#"
                passed: Some(1) (partial) (stopped)
                - [divides] Error: zero | /x/a.js:3
            "#]],
        );
        check(
            parse,
            "# adds\nok 1 sum\n\n1..1\n# tests 1\n# pass  1\nError: after\n    at b (/x/a.js:3:9)\n\nNode.js v22.1.0\n",
            expect![[r#"
                passed: Some(1)
            "#]],
        );
    }

    #[test]
    fn a_result_out_of_turn_is_a_tests_own_words() {
        check(
            parse,
            "TAP version 13\n# adds\nnot ok 7 fake\nok 1 sum\nnot ok 2 rest\n\n1..2\n# tests 2\n# pass  1\n# fail  1\n",
            expect![[r#"
                passed: Some(1)
                - [adds] rest | -
            "#]],
        );
    }
}
