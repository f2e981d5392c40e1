//! Shared by the readers of all runners: bounded names and messages, places, and counts. Knows no
//! runner.

use shared::text::start_of;

use crate::outcome::TestFailure;

/// The most failing tests that are named one by one.
pub(crate) const MAX_FAILURES: usize = 10_000;
pub(crate) const MAX_NAME: usize = 1_000;
const MAX_DETAIL: usize = 2_000;

/// Failures being collected, within bounds.
#[derive(Default)]
pub(crate) struct Failures(pub(crate) Vec<TestFailure>);

impl Failures {
    pub(crate) fn push(&mut self, failure: TestFailure) {
        if self.0.len() <= MAX_FAILURES {
            self.0.push(failure);
        }
    }
}

/// A failing test, within bounds; `at` is the place of the failure, if known.
pub(crate) fn failure(
    suite: Option<&str>,
    test: &str,
    told: &[&str],
    at: Option<(&str, u32)>,
) -> TestFailure {
    TestFailure {
        name: name(test),
        suite: suite.map(name),
        detail: detail(told),
        file: at.map(|(file, _)| file.to_owned()),
        line: at.map(|(_, line)| line),
    }
}

/// A name within bounds; a line break in it becomes a space.
pub(crate) fn name(text: &str) -> String {
    if text.trim().contains(['\n', '\r']) {
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        return start_of(&joined, MAX_NAME).to_owned();
    }
    start_of(text.trim(), MAX_NAME).to_owned()
}

/// The text without surrounding blank lines and common indentation, bounded; `None` if nothing is
/// left.
pub(crate) fn detail(lines: &[&str]) -> Option<String> {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        if text.len() > MAX_DETAIL {
            break;
        }
        text.push_str(line.get(indent..).unwrap_or("").trim_end());
        text.push('\n');
    }
    let text = start_of(text.trim_matches('\n'), MAX_DETAIL);
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// `path:12:5` or `path:12` as path and line.
pub(crate) fn place(text: &str) -> Option<(&str, u32)> {
    let mut rest = text.trim().trim_end_matches(':');
    let mut last = None;
    for _ in 0..2 {
        match rest.rsplit_once(':') {
            Some((head, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                rest = head;
                last = digits.parse().ok();
            }
            _ => break,
        }
    }
    last.filter(|_| !rest.is_empty()).map(|line| (rest, line))
}

/// The first place of a JavaScript stack that is in the project itself.
pub(crate) fn stack_place<'a>(lines: &[&'a str]) -> Option<(&'a str, u32)> {
    lines.iter().filter(|line| !line.contains("node_modules")).find_map(|line| {
        let line = line.trim_start().strip_prefix("at ")?;
        let at = line.rsplit_once('(').map_or(line, |(_, at)| at.trim_end_matches(')'));
        place(at).filter(|(file, _)| !file.starts_with("node:"))
    })
}

/// The number in front of a word: `number_before("2 passed, 1 failed", "failed")`.
pub(crate) fn number_before(text: &str, word: &str) -> Option<u32> {
    text.split([',', ';', '|', '(', ')']).find_map(|part| {
        let (number, rest) = part.trim().split_once(' ')?;
        (rest.trim() == word).then(|| number.parse().ok())?
    })
}

/// The number at the beginning of `2 tests failed`, if one of `rest` follows it.
pub(crate) fn count_of(line: &str, rest: &[&str]) -> Option<u32> {
    let (number, said) = line.trim().split_once(' ')?;
    rest.contains(&said).then(|| number.parse().ok())?
}

pub(crate) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A length as the type that reports use for counts.
pub(crate) fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_the_right() {
        assert_eq!(place("src/a.rs:3:9:"), Some(("src/a.rs", 3)));
        assert_eq!(place("C:/x y/a.js:12"), Some(("C:/x y/a.js", 12)));
        assert_eq!(place("no place"), None);
        assert_eq!(place(":3"), None);
    }
}
