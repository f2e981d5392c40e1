//! `bun test`: the `(fail)` lines below each file's name, and the totals.
//!
//! Scripts that `bun run` starts are not Bun's tests and do not belong here. An error outside of tests is a
//! failure of its file.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, Failures, count_of, stack_place};
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

fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let (mut passed, mut failed, mut errors) = (None::<u32>, 0_u32, 0_u32);
    let (mut ok, mut bad, mut wrong) = (0_u32, 0_u32, 0_u32);
    let (mut outside, mut told, mut ran) = (0_u32, 0_u32, false);
    let mut suite: Option<&str> = None;
    let mut block: Vec<&str> = Vec::new();
    // A long run prints its failures again at the end
    let mut repeating = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("(fail) ").or_else(|| line.strip_prefix("✗ ")) {
            if !repeating {
                ran = true;
                failures.push(failure(suite, rest, &block));
            }
            block.clear();
        } else if ["(pass) ", "✓ ", "(skip) ", "(todo) ", "» "].iter().any(|mark| line.starts_with(mark)) {
            ran = true;
            block.clear();
        } else if is_file(line) {
            suite = Some(line.trim_end_matches(':'));
            ran = false;
            block.clear();
        } else if line == "# Unhandled error between tests" {
            if !repeating {
                // A file that cannot be loaded is among the failures too
                outside = outside.saturating_add(u32::from(ran));
                told = told.saturating_add(1);
                failures.push(failure(suite, "unhandled error between tests", &[]));
            }
            block.clear();
        } else if count_of(line.trim_end_matches(':'), &["test failed", "tests failed"]).is_some() {
            repeating = true;
        } else if let Some(count) = count_of(line, &["pass"]) {
            ok = count;
        } else if let Some(count) = count_of(line, &["fail"]) {
            bad = count;
        } else if let Some(count) = count_of(line, &["error", "errors"]) {
            wrong = count;
        } else if is_total(line) {
            passed = Some(passed.unwrap_or(0).saturating_add(ok));
            failed = failed.saturating_add(bad);
            errors = errors.saturating_add(wrong);
            (ok, bad, wrong, repeating, suite) = (0, 0, 0, false, None);
        } else if block.len() < 200 {
            block.push(line);
        }
    }
    let found = text::count(failures.0.len());
    let agrees = errors == told && found == failed.saturating_add(outside);
    Report::named(failures.0, agrees, passed)
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

/// `cart > adds [0.52ms]`
fn failure(suite: Option<&str>, rest: &str, block: &[&str]) -> TestFailure {
    let test = match rest.trim_end().rsplit_once(" [") {
        Some((test, time)) if time.ends_with("s]") => test,
        _ => rest,
    };
    let at = stack_place(block);
    text::failure(suite, test, block, at)
}
