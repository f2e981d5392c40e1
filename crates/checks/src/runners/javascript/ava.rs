//! AVA: the titles below each rule, and the counts at the end.
//!
//! A title counts as a test only if the list names it. If something outside of tests failed, there are no names.
//! `tap.rs` reads AVA's TAP.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::text::{self, Failures, count_of, place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    command.program == "ava"
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file {
        Narrowed::one(filter.text)
    } else {
        Narrowed::Append(vec![format!("--match={}", filter.text)])
    }
}

fn parse(text: &str) -> Report {
    // Failures as listed: a title, perhaps followed by the message
    let mut told: Vec<&str> = Vec::new();
    let mut failures = Failures::default();
    let (mut failed, mut passed, mut others) = (0_u32, None::<u32>, 0_u32);
    let mut lines = text.lines().peekable();
    let mut after_rule = false;
    // The next list entry without a title
    let mut next = 0;
    while let Some(line) = lines.next() {
        let body = line.trim();
        if let Some(title) = MARKS.iter().find_map(|mark| body.strip_prefix(mark)) {
            told.push(title);
        } else if body == "─" {
            after_rule = true;
        } else if let Some(count) = count_of(body, &["test failed", "tests failed"]) {
            failed = failed.saturating_add(count);
            passed = Some(passed.unwrap_or(0));
        } else if let Some(count) = count_of(body, &["test passed", "tests passed"]) {
            passed = Some(passed.unwrap_or(0).saturating_add(count));
        } else if count_of(body, &OTHERS).is_some() {
            others += 1;
        } else if let Some(title) = line.strip_prefix("  ").filter(|title| after_rule && !title.starts_with(' '))
            && lines.peek().is_none_or(|next| next.trim().is_empty())
            // A title must be in the list, and titles follow its order
            && let Some(at) = told.iter().skip(next).take(AHEAD).position(|told| is_same(told, title))
        {
            next += at + 1;
            let mut block = Vec::new();
            let mut blank = 0;
            while let Some(next) = lines.next_if(|next| blank < 3 && next.trim() != "─") {
                blank = if next.trim().is_empty() { blank + 1 } else { 0 };
                if block.len() < 100 {
                    block.push(next);
                }
            }
            failures.push(failure(title, &block));
        }
    }
    let agrees = others == 0 && u32::try_from(failures.0.len()).is_ok_and(|found| found == failed);
    Report::named(failures.0, agrees, passed)
}

/// What an entry of the list begins with.
const MARKS: [&str; 4] = ["✘ [fail]: ", "✖ [fail]: ", "✘ [unexpected pass]: ", "✖ [unexpected pass]: "];

/// The most list entries before the next real one that a test may have printed.
const AHEAD: usize = 100;

/// Failures of a run outside of tests.
const OTHERS: [&str; 8] = [
    "uncaught exception",
    "uncaught exceptions",
    "unhandled rejection",
    "unhandled rejections",
    "test was pending when the process exited",
    "tests were pending when the process exited",
    "test remaining in",
    "tests remaining in",
];

fn is_same(told: &str, title: &str) -> bool {
    told.strip_prefix(title).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn failure(title: &str, block: &[&str]) -> TestFailure {
    let at = block
        .iter()
        .map(|line| line.trim())
        .find_map(|line| place(line).filter(|(file, _)| !file.contains(' ')));
    text::failure(None, title, block, at)
}
