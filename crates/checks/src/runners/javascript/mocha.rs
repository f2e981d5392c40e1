//! Mocha: the numbered list under "n failing", which all its readable reporters print.
//!
//! It does not read the marks of reporters above that list. `parse::json` reads JSON, `tap.rs` TAP.

use crate::outcome::TestFailure;
use crate::parse::Report;
use crate::parse::json;
use crate::parse::text::{self, Failures, indent, stack_place};
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row = Row { language: Language::JavaScript, starts, narrow, parse, is_format: false };

fn starts(command: &Command<'_>) -> bool {
    ["mocha", "_mocha", "electron-mocha", "ts-mocha"].contains(&command.program)
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file { Narrowed::one(filter.text) } else { Narrowed::two("--fgrep", filter.text) }
}

fn parse(text: &str) -> Report {
    if let Some(report) = json::mocha(text) {
        return report;
    }
    let mut failures = Failures::default();
    let mut failed = 0_u32;
    let mut passed: Option<u32> = None;
    // The number of the next list item, inside of a list
    let mut next_item: Option<u32> = None;
    // "n failing" stands below "n passing" and "n pending"; elsewhere a test printed it
    let mut in_totals = false;
    let mut is_printed = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let follows = in_totals;
        is_printed |= !follows && line.ends_with(" failing");
        in_totals &= is_pending_or_blank(line);
        if let Some(count) = passing(line) {
            passed = Some(passed.unwrap_or(0).saturating_add(count));
            in_totals = true;
            next_item = None;
        } else if let Some(count) = line
            .strip_suffix(" failing")
            .filter(|_| follows)
            .and_then(|count| count.trim().parse::<u32>().ok())
        {
            failed = failed.saturating_add(count);
            next_item = Some(1);
        } else if let Some(number) = next_item
            && let Some(title) = item(line, number)
            && (title.ends_with(':') || lines.peek().is_some_and(|next| goes_on(next)))
        {
            next_item = number.checked_add(1);
            let titles = titles(title, &mut lines);
            let mut block = Vec::new();
            while let Some(next) = lines.next_if(|next| next_item.is_none_or(|n| item(next, n).is_none())) {
                if block.len() < 200 {
                    block.push(next);
                }
            }
            failures.push(failure(&titles, &block));
        }
    }
    match passed {
        None => Report::default(),
        // Both sums may be printed ones, above a report in another format
        Some(_) if is_printed && failures.0.is_empty() => Report::default(),
        Some(passed) => Report::checked(failures.0, failed, passed),
    }
}

/// Whether a line continues an item's title: its next level, or a name with a line break.
fn goes_on(line: &str) -> bool {
    indent(line) == 7 || (indent(line) == 0 && !line.is_empty())
}

/// The parts of a title: each level is indented by two more, and the last ends with a colon.
fn titles<'a>(first: &'a str, lines: &mut std::iter::Peekable<std::str::Lines<'a>>) -> Vec<&'a str> {
    let mut titles = vec![first];
    while let Some(next) = lines.next_if(|next| indent(next) == 5 + 2 * titles.len()) {
        titles.push(next.trim());
        if next.ends_with(':') && lines.peek().is_none_or(|after| indent(after) != 5 + 2 * titles.len()) {
            break;
        }
    }
    titles
}

fn is_pending_or_blank(line: &str) -> bool {
    line.trim().is_empty()
        || line.strip_suffix(" pending").is_some_and(|count| count.trim().parse::<u32>().is_ok())
}

/// `  2 passing (31ms)`; `None` for lines of other programs.
fn passing(line: &str) -> Option<u32> {
    let (count, time) = line.trim_end().split_once(" passing (")?;
    let time = time.strip_suffix(')')?;
    let is_time = time.starts_with(|c: char| c.is_ascii_digit()) && time.ends_with(['s', 'm', 'h']);
    is_time.then(|| count.trim().parse().ok())?
}

fn item(line: &str, number: u32) -> Option<&str> {
    line.strip_prefix("  ")?.trim_start().strip_prefix(&format!("{number}) "))
}

fn failure(titles: &[&str], block: &[&str]) -> TestFailure {
    let full = titles.join(" ");
    let at = stack_place(block);
    let message = block.split(|line| line.trim_start().starts_with("at ")).next().unwrap_or_default();
    text::failure(None, full.strip_suffix(':').unwrap_or(&full), message, at)
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
            include_str!("../../../fixtures/mocha/usual.txt"),
            expect![[r#"
            passed: Some(1)
            - [] top level @ a.js:9 | TypeError: top
            - [] math async fails @ a.js:6 | Error: boom
            - [] math add adds two @ a.js:3 | AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
            - [] hooks "before all" hook for "x" @ a.js:8 | Error: no db
        "#]],
        );
    }

    #[test]
    fn nothing_ran() {
        check(
            parse,
            "\n\n  0 passing (1ms)\n\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
    }

    #[test]
    fn a_crash_before_the_totals() {
        check(
            parse,
            "  math\n    1) adds\nTypeError: no\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }

    #[test]
    fn a_numbered_list_in_a_message_is_no_failure() {
        check(
            parse,
            "  0 passing (1ms)\n  2 failing\n\n  1) a:\n     Error: expected\n  2) two\n  3) three\n\n  2) b\n       c:\n     Error: x\n",
            expect![[r#"
                passed: Some(0)
                - [] a | Error: expected
                - [] b c | Error: x
            "#]],
        );
    }

    #[test]
    fn a_printed_sum_is_none() {
        check(
            parse,
            "  3 failing\n  1) fake\n       one:\n\n  1 passing (5ms)\n  2 pending\n  1 failing\n\n  1) cart\n       adds:\n     Error: no\n",
            expect![[r#"
                passed: Some(1)
                - [] cart adds | Error: no
            "#]],
        );
    }
}
