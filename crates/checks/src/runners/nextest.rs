//! `cargo nextest run`: the summary and the list below it.
//!
//! Only lines below the last summary are verdicts; the lines above it contain the messages. It shares the narrowing to
//! a file with `cargo_test.rs`, but none of the reading.

use std::collections::BTreeMap;

use super::{Command, Filter, Language, Narrowed, Row, cargo_test};
use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{Failures, detail, name, number_before};

pub(super) const ROW: Row = Row { language: Language::Rust, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    match command.program {
        "cargo" => command.first() == Some("nextest") && !command.has("--no-run") && !command.has("list"),
        "cargo-nextest" => true,
        _ => false,
    }
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    match (filter.is_file, filter.text.strip_suffix(".rs")) {
        (true, Some(path)) => Narrowed::BeforeDashes(cargo_test::target_of(path)),
        _ => Narrowed::BeforeDashes(vec![filter.text.to_owned()]),
    }
}

fn parse(text: &str) -> Report {
    let lines: Vec<&str> = text.lines().collect();
    let summary =
        lines.iter().rposition(|line| line.trim_start().starts_with("Summary [") && line.contains(" run: "));
    let Some(at) = summary else { return Report::default() };
    let counts = lines.get(at).and_then(|line| line.split_once(" run: ")).map_or("", |(_, rest)| rest);
    // In `2 passed (1 slow, 1 flaky), 1 failed`, the numbers in parentheses are already counted
    let counts = without_parentheses(counts);
    let count = |word| number_before(&counts, word).unwrap_or(0);
    let failed = count("failed") + count("timed out") + count("exec failed");

    let outputs = Outputs::read(lines.get(..at).unwrap_or_default());
    let mut failures = Failures::default();
    for (status, suite, test) in lines.iter().skip(at + 1).filter_map(|line| status_line(line)) {
        if !is_pass(status) {
            failures.push(TestFailure {
                name: name(test),
                suite: Some(name(suite)),
                detail: outputs.0.get(&(suite, test)).and_then(|block| message(block)),
                ..TestFailure::default()
            });
        }
    }
    // In `3/5 tests run`, the run stopped before the others
    let stopped = lines.get(at).is_some_and(|line| {
        let ran = line.split_once(']').and_then(|(_, rest)| rest.split_whitespace().next());
        ran.is_some_and(|ran| ran.contains('/'))
    });
    Report { stopped, ..Report::checked(failures.0, failed, count("passed")) }
}

fn is_pass(status: &str) -> bool {
    // A `FLAKY 2/3` test failed first and passed later; `TRY 2 FAIL` did not pass
    status.split(' ').any(|word| ["PASS", "SLOW", "FLAKY", "LEAK", "SKIP"].contains(&word))
}

/// `    FAIL [   0.013s] (1/5) demo::it adds` → status, binary, test.
fn status_line(line: &str) -> Option<(&str, &str, &str)> {
    let (status, rest) = line.trim().split_once('[')?;
    let status = status.trim();
    let is_word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-/ ".contains(&b);
    if status.is_empty() || !status.bytes().all(is_word) {
        return None;
    }
    let rest = rest.split_once(']')?.1.trim_start();
    let rest = match rest.strip_prefix('(') {
        Some(counter) => counter.split_once(')')?.1.trim_start(),
        None => rest,
    };
    let (suite, test) = rest.split_once(' ')?;
    Some((status, suite, test.trim()))
}

/// The output of each failing test: from its status line to the next one.
struct Outputs<'a>(BTreeMap<(&'a str, &'a str), &'a [&'a str]>);

impl<'a> Outputs<'a> {
    fn read(lines: &'a [&'a str]) -> Outputs<'a> {
        let marks: Vec<_> =
            lines.iter().enumerate().filter_map(|(at, line)| Some((at, status_line(line)?))).collect();
        let mut all = BTreeMap::new();
        for (n, (at, (status, suite, test))) in marks.iter().enumerate() {
            let end = marks.get(n + 1).map_or(lines.len(), |(next, _)| *next).min(at + 200);
            if !is_pass(status) {
                all.insert((*suite, *test), lines.get(at + 1..end).unwrap_or_default());
            }
        }
        Outputs(all)
    }
}

fn message(block: &[&str]) -> Option<String> {
    // The message is on stderr; libtest's lines on stdout only repeat the name
    let stderr = block.iter().position(|line| line.trim_start().starts_with("stderr ──"));
    let block = stderr.and_then(|at| block.get(at + 1..)).unwrap_or(block);
    let block = block.strip_prefix(&["  stdout ───"]).unwrap_or(block);
    let block = block.split(|line| line.trim() == "stack backtrace:").next().unwrap_or_default();
    detail(block)
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
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
            include_str!("../../fixtures/nextest/usual.txt"),
            expect![[r#"
                passed: Some(1)
                - [demo] tests::panics | running 1 test
                - [demo] tests::result | Error: "bad"
                - [demo::it] adds | thread 'adds' (15122) panicked at tests/it.rs:1:21:
                - [demo] tests::adds | thread 'tests::adds' (15116) panicked at src/lib.rs:7:25:
            "#]],
        );
    }

    #[test]
    fn signals_time_outs_and_retries_are_named() {
        check(
            parse,
            "     Summary [   1.2s] 5/6 tests run: 2 passed (1 flaky), 2 failed, 1 timed out, 0 skipped\n   \
             FLAKY 2/3 [ 0.1s] demo a\n  SIGABRT [ 0.1s] demo b\n  TRY 3 FAIL [ 0.1s] (3/6) demo::it c d\n  \
             TIMEOUT [ 1.0s] demo e\nerror: test run failed\n",
            expect![[r#"
                passed: Some(2) (stopped)
                - [demo] b | -
                - [demo::it] c d | -
                - [demo] e | -
            "#]],
        );
    }

    #[test]
    fn nothing_to_run() {
        check(
            parse,
            "     Summary [   0.000s] 0 tests run: 0 passed, 3 skipped\nerror: no tests to run\n",
            expect![[r#"
                passed: Some(0)
            "#]],
        );
        check(
            parse,
            "error: could not compile `demo`\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
