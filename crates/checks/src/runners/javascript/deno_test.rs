//! `deno test`: the list under `FAILURES`, and the last line.
//!
//! It reads nothing above that list, so failures have a place but no message. Steps of a test are not counted.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, name, number_before, place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "deno" && command.first() == Some("test")
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file { Narrowed::one(filter.text) } else { Narrowed::two("--filter", filter.text) }
}

fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let (mut passed, mut failed) = (None::<u32>, 0_u32);
    let mut in_list = false;
    // The last list before the totals counts: a test may print the heading
    let mut before = 0;
    // What tests print, and the messages of their errors
    let (mut in_output, mut in_errors) = (false, false);
    let all_lists = text.lines().filter(|line| line.trim() == "FAILURES").count();
    let mut lists = 0;
    for line in text.lines() {
        lists += usize::from(line.trim() == "FAILURES");
        match line.trim() {
            "------- output -------" | "------- post-test output -------" => in_output = true,
            "----- output end -----" | "----- post-test output end -----" => in_output = false,
            "ERRORS" if !in_output => in_errors = lists < all_lists,
            "FAILURES" if !in_output => in_errors = false,
            _ => {}
        }
        if in_output || in_errors {
            continue;
        }
        if line.trim() == "FAILURES" {
            in_list = true;
            failures.0.truncate(before);
        } else if let Some((ok, bad)) = total(line) {
            passed = Some(passed.unwrap_or(0).saturating_add(ok));
            failed = failed.saturating_add(bad);
            in_list = false;
            before = failures.0.len();
        } else if let Some(failure) = listed(line).filter(|_| in_list) {
            failures.push(failure);
        }
    }
    match passed {
        None => Report::default(),
        Some(passed) => Report::checked(failures.0, failed, passed),
    }
}

/// `FAILED | 1 passed | 1 failed (12ms)`; steps are in parentheses.
fn total(line: &str) -> Option<(u32, u32)> {
    let counts = line.strip_prefix("FAILED | ").or_else(|| line.strip_prefix("ok | "))?;
    // `1 passed (2 steps) | 0 failed`
    let count = |word| {
        counts.split('|').find_map(|part| number_before(part.split(" (").next().unwrap_or(part).trim(), word))
    };
    Some((count("passed")?, count("failed")?))
}

/// `cart adds => ./a_test.ts:2:6`, `./b_test.ts (uncaught error)`
fn listed(line: &str) -> Option<TestFailure> {
    if let Some(file) = line.strip_suffix(" (uncaught error)") {
        return Some(TestFailure {
            name: "uncaught error".to_owned(),
            suite: Some(name(file)),
            file: Some(file.to_owned()),
            ..TestFailure::default()
        });
    }
    let (test, at) = line.rsplit_once(" => ")?;
    let (file, line) = place(at)?;
    Some(TestFailure {
        name: name(test),
        suite: Some(name(file)),
        detail: None,
        file: Some(file.to_owned()),
        line: Some(line),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::parse::fixtures::check;

    #[test]
    fn what_tests_print_and_errors_say_is_no_summary() {
        let printed = "a ...\n------- output -------\n FAILURES \n\nghost => ./a.ts:1:1\n\nFAILED | 1 passed | 3 failed (1ms)\n\
                       ----- output end -----\na ... ok (73ms)\n";
        let told =
            "\n ERRORS \n\nb => ./a_test.ts:2:6\nerror: Error: no\nFAILED | 0 passed | 1 failed (2ms)\n";
        check(
            parse,
            &format!(
                "{printed}{told}\n FAILURES \n\nb => ./a_test.ts:2:6\n\nFAILED | 1 passed | 1 failed (97ms)\n"
            ),
            expect![[r#"
                passed: Some(1)
                - [./a_test.ts] b @ ./a_test.ts:2 | -
            "#]],
        );
    }
}
