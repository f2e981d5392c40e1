//! AVA: the titles below each rule, and the counts at the end.
//!
//! A title that the list does not name is not taken for a test. Where something outside of tests failed, no names are
//! given. AVA's TAP is read by `tap.rs`.

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
    // What failed, as the list tells it: a title, perhaps with the message behind it
    let mut told: Vec<&str> = Vec::new();
    let mut failures = Failures::default();
    let (mut failed, mut passed, mut others) = (0_u32, None::<u32>, 0_u32);
    let mut lines = text.lines().peekable();
    let mut after_rule = false;
    // The next of the list that has had no title
    let mut next = 0;
    while let Some(line) = lines.next() {
        let body = line.trim();
        if let Some(title) = ["✘ [fail]: ", "✖ [fail]: "].iter().find_map(|mark| body.strip_prefix(mark))
        {
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
            // A title is known from the list, and titles come in its order
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

/// Entries of the list that a test may have printed, before the next real one.
const AHEAD: usize = 100;

/// What fails a run and is no test.
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
