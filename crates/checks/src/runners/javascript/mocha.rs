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
    let lines: Vec<&str> = text.lines().collect();
    let (mut all, mut last) = (Sum::default(), None::<Sum>);
    // "n failing" stands below "n passing" and "n pending"; elsewhere a test printed it
    let (mut in_totals, mut is_printed) = (false, false);
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        at += 1;
        let follows = in_totals;
        is_printed |= !follows && line.ends_with(" failing");
        in_totals &= is_pending_or_blank(line);
        if let Some(passed) = passing(line) {
            in_totals = true;
            // Of a run's sums only the last is its own, unless an earlier one has its whole list
            let before = last.replace(Sum { passed, ..Sum::default() });
            all.add(before.filter(Sum::is_whole));
        } else if let Some(sum) = &mut last {
            let count = line.strip_suffix(" failing").filter(|_| follows);
            let next = count_of(&sum.failures).saturating_add(1);
            let is_item = |line: &str| item(line, next).is_some();
            if let Some(count) = count.and_then(|count| count.trim().parse::<u32>().ok()) {
                sum.failed = count;
            } else if sum.failed > 0
                && let Some(first) = item(line, next)
                && let Some((title, used)) = title(first, lines.get(at..).unwrap_or_default(), &is_item)
            {
                at += used;
                let next_item = count_of(&sum.failures).saturating_add(2);
                let rest = lines.get(at..).unwrap_or_default();
                let ends = |at: usize, line: &str| {
                    item(line, next_item).is_some()
                        || begins_sum(line, rest.get(at + 1..).unwrap_or_default())
                };
                let end = rest.iter().enumerate().position(|(at, line)| ends(at, line)).unwrap_or(rest.len());
                at += end;
                sum.failures.push(failure(&title, rest.get(..end.min(200)).unwrap_or_default()));
            }
        }
    }
    // Both sums may be printed ones, above a report in another format
    let is_read = last.is_some();
    all.add(last);
    if !is_read || (is_printed && all.failures.0.is_empty()) {
        return Report::default();
    }
    Report::checked(all.failures.0, all.failed, all.passed)
}

/// The sums of one run, and its list.
#[derive(Default)]
struct Sum {
    passed: u32,
    failed: u32,
    failures: Failures,
}

impl Sum {
    fn add(&mut self, other: Option<Sum>) {
        let Some(other) = other else { return };
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        for failure in other.failures.0 {
            self.failures.push(failure);
        }
    }

    fn is_whole(&self) -> bool {
        count_of(&self.failures) == self.failed
    }
}

fn count_of(failures: &Failures) -> u32 {
    text::count(failures.0.len())
}

/// Whether the sums of a run begin here: below "n passing" stands "n failing", or the output ends.
fn begins_sum(line: &str, rest: &[&str]) -> bool {
    let says_more = |line: &&&str| !is_pending_or_blank(line);
    passing(line).is_some() && rest.iter().find(says_more).is_none_or(|next| next.ends_with(" failing"))
}

/// The most lines of a title.
const TITLE_LINES: usize = 30;

/// The title that begins with `first`, and its further lines: each level, and each line break in it, is a line. It
/// ends with the colon above the message. `None` if that does not come before the same number again.
fn title(first: &str, rest: &[&str], is_item: &dyn Fn(&str) -> bool) -> Option<(String, usize)> {
    let mut title = first.to_owned();
    for used in 0..TITLE_LINES {
        let next = rest.get(used).copied();
        let is_level = next.is_some_and(|next| indent(next) >= 7);
        if title.ends_with(':') && !is_level && next.is_none_or(|next| next.is_empty() || indent(next) == 5) {
            title.pop();
            return Some((title, used));
        }
        let next = next.filter(|next| passing(next).is_none() && !is_item(next))?.trim();
        if !next.is_empty() {
            title.push(' ');
            title.push_str(next);
        }
    }
    None
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

fn failure(title: &str, block: &[&str]) -> TestFailure {
    let at = stack_place(block);
    let message = block.split(|line| line.trim_start().starts_with("at ")).next().unwrap_or_default();
    text::failure(None, title, message, at)
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
    fn a_title_may_break_and_a_sum_without_its_list_was_printed() {
        check(
            parse,
            "  9 passing (3ms)\n  2 failing\n\n  1) fake\n       one:\n     Error: no\n\n  1 passing (5ms)\n  2 failing\n\n  1) cart\n       adds\n\ntwo\n  lines:\n     Error: no\n      at x (a.js:1:2)\n\n  2) top:\n\n      AssertionError: 1 passing (2ms)\n",
            expect![[r#"
                passed: Some(1)
                - [] cart adds two lines @ a.js:1 | Error: no
                - [] top | AssertionError: 1 passing (2ms)
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
