//! Mocha: the numbered list under "n failing", as all of its readable
//! reporters print it.

use super::{Failures, Report, detail, name, place};
use crate::outcome::TestFailure;

pub(super) fn parse(text: &str) -> Report {
    let mut failures = Failures::default();
    let mut failed = 0_u32;
    let mut passed: Option<u32> = None;
    // the number of the list's next item, while in a list
    let mut next_item: Option<u32> = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(count) = total(line, " passing (") {
            passed = Some(passed.unwrap_or(0).saturating_add(count));
            next_item = None;
        } else if let Some(count) =
            line.strip_suffix(" failing").and_then(|count| count.trim().parse::<u32>().ok())
        {
            failed = failed.saturating_add(count);
            next_item = Some(1);
        } else if let Some(number) = next_item
            && let Some(title) = item(line, number)
        {
            next_item = number.checked_add(1);
            let mut titles = vec![title];
            // each level of the title stands two further in
            while let Some(next) = lines.next_if(|next| indent(next) == 5 + 2 * titles.len()) {
                titles.push(next.trim());
                if next.ends_with(':')
                    && lines.peek().is_none_or(|after| indent(after) != 5 + 2 * titles.len())
                {
                    break;
                }
            }
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
        Some(passed) => Report::checked(failures.0, failed, passed),
    }
}

fn total(line: &str, word: &str) -> Option<u32> {
    line.split_once(word)?.0.trim().parse().ok()
}

fn item(line: &str, number: u32) -> Option<&str> {
    line.trim_start().strip_prefix(&format!("{number}) ")).filter(|_| line.starts_with("  "))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn failure(titles: &[&str], block: &[&str]) -> TestFailure {
    let full = titles.join(" ");
    let at = block.iter().filter(|line| !line.contains("node_modules")).find_map(|line| {
        let line = line.trim_start().strip_prefix("at ")?;
        let at = line.rsplit_once('(').map_or(line, |(_, at)| at.trim_end_matches(')'));
        place(at).filter(|(file, _)| !file.starts_with("node:"))
    });
    let message = block.split(|line| line.trim_start().starts_with("at ")).next().unwrap_or_default();
    TestFailure {
        name: name(full.strip_suffix(':').unwrap_or(&full)),
        suite: None,
        detail: detail(message),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
    }
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
            include_str!("../../fixtures/mocha.txt"),
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
            "\n\n  0 passing (1ms)\n\n",
            expect![[r#"
            passed: Some(0)
        "#]],
        );
    }

    #[test]
    fn a_crash_before_the_totals() {
        check(
            "  math\n    1) adds\nTypeError: no\n",
            expect![[r#"
            passed: None
            names: unknown
        "#]],
        );
    }
}
