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
    // The counts stand below the last rule; elsewhere a test printed them
    let mut in_totals = false;
    // A process that ended early, whose other tests have no verdict
    let mut died = false;
    let mut lines = text.lines().peekable();
    let mut after_rule = false;
    let mut unnamed = false;
    // The next list entry without a title
    let mut next = 0;
    while let Some(line) = lines.next() {
        let body = line.trim();
        in_totals &= body.is_empty() || body.starts_with(|c: char| c.is_ascii_digit());
        if let Some((file, why)) = left(body) {
            failures.push(failure_of_file(file, why));
            others = others.saturating_add(1);
            died = true;
        } else if let Some(title) = MARKS.iter().find_map(|mark| body.strip_prefix(mark)) {
            told.push(title);
        } else if body == "─" {
            after_rule = true;
            in_totals = true;
        } else if let Some(count) = count_of(body, &FAILED).filter(|_| in_totals) {
            failed = failed.saturating_add(count);
            passed = Some(passed.unwrap_or(0));
        } else if let Some(count) = count_of(body, &["test passed", "tests passed"]).filter(|_| in_totals) {
            passed = Some(passed.unwrap_or(0).saturating_add(count));
        } else if count_of(body, &OTHERS).is_some() && in_totals {
            unnamed = true;
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
    let agrees = !unnamed && text::count(failures.0.len()) == failed.saturating_add(others);
    let passed = passed.or(died.then_some(0));
    Report { partial: died, ..Report::named(failures.0, agrees, passed) }
}

/// Failures that the list names.
const FAILED: [&str; 4] = ["test failed", "tests failed", "hook failed", "hooks failed"];

/// `✘ a.js exited with a non-zero exit code: 3`: a file whose process ended, and how.
fn left(body: &str) -> Option<(&str, &str)> {
    let rest = body.strip_prefix("✘ ").or_else(|| body.strip_prefix("✖ "))?;
    let at =
        [" exited with a non-zero exit code: ", " exited due to "].iter().find_map(|how| rest.find(how))?;
    let (file, why) = rest.split_at_checked(at)?;
    (!file.contains(' ')).then(|| (file, why.trim()))
}

fn failure_of_file(file: &str, why: &str) -> TestFailure {
    text::failure(Some(file), "the file as a whole", &[why], None)
}

/// What an entry of the list begins with.
const MARKS: [&str; 4] = ["✘ [fail]: ", "✖ [fail]: ", "✘ [unexpected pass]: ", "✖ [unexpected pass]: "];

/// The most list entries before the next real one that a test may have printed.
const AHEAD: usize = 100;

/// Failures of a run outside of tests.
const OTHERS: [&str; 6] = [
    "uncaught exception",
    "uncaught exceptions",
    "unhandled rejection",
    "unhandled rejections",
    "test was pending when the process exited",
    "tests were pending when the process exited",
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
