//! Reading the output of test runners: one file a runner, each a pure function
//! of the text, linear in its length.
//!
//! Names count only where they agree with the runner's own summary; a run
//! whose summary is missing or disagrees has no names, which [`crate::compare`]
//! treats as not knowing, never as nothing failing.

mod cargo_test;
mod go_test;
mod jest;
mod mocha;
mod nextest;
mod node_test;
mod pytest;
mod tape;
mod unittest;
mod vitest;

use crate::check::Runner;
use crate::outcome::TestFailure;

/// More failing tests than this are not named one by one.
pub(crate) const MAX_FAILURES: usize = 10_000;
const MAX_NAME: usize = 1_000;
const MAX_DETAIL: usize = 2_000;

/// What a runner's output says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `None` where the names could not be read completely.
    pub failing: Option<Vec<TestFailure>>,
    /// `None` where the runner did not reach its summary.
    pub passed: Option<u32>,
}

/// Reads the output of a runner.
pub fn parse(runner: Runner, text: &str) -> Report {
    match runner {
        Runner::CargoTest => cargo_test::parse(text),
        Runner::Nextest => nextest::parse(text),
        Runner::NodeTest => node_test::parse(text),
        Runner::Vitest => vitest::parse(text),
        Runner::Jest => jest::parse(text),
        Runner::Mocha => mocha::parse(text),
        Runner::Tape => tape::parse(text),
        Runner::Pytest => pytest::parse(text),
        Runner::Unittest => unittest::parse(text),
        Runner::GoTest => go_test::parse(text),
    }
}

/// The report of the one runner whose summary is in the text; nothing where
/// there is none, or more than one.
pub(crate) fn sniff(text: &str) -> Report {
    let mut found = None;
    for runner in ALL {
        let report = parse(runner, text);
        if report.passed.is_some() && found.replace(report).is_some() {
            return Report::default();
        }
    }
    found.unwrap_or_default()
}

const ALL: [Runner; 10] = [
    Runner::CargoTest,
    Runner::Nextest,
    Runner::NodeTest,
    Runner::Vitest,
    Runner::Jest,
    Runner::Mocha,
    Runner::Tape,
    Runner::Pytest,
    Runner::Unittest,
    Runner::GoTest,
];

impl Report {
    /// A report whose names are kept only if there are as many as `failed`.
    fn checked(failing: Vec<TestFailure>, failed: u32, passed: u32) -> Report {
        let agrees = u32::try_from(failing.len()).is_ok_and(|found| found == failed);
        Report::named(failing, agrees, Some(passed))
    }

    /// A report whose names are kept only if they are known to be complete.
    fn named(failing: Vec<TestFailure>, complete: bool, passed: Option<u32>) -> Report {
        let complete = complete && passed.is_some() && failing.len() <= MAX_FAILURES;
        Report { failing: complete.then_some(failing), passed }
    }
}

/// Failures being collected, within bounds.
#[derive(Default)]
struct Failures(Vec<TestFailure>);

impl Failures {
    fn push(&mut self, failure: TestFailure) {
        if self.0.len() <= MAX_FAILURES {
            self.0.push(failure);
        }
    }
}

fn name(text: &str) -> String {
    cut(text.trim(), MAX_NAME).to_owned()
}

/// The text without surrounding blank lines and common indentation, bounded;
/// `None` where nothing is left.
fn detail(lines: &[&str]) -> Option<String> {
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
    let text = cut(text.trim_matches('\n'), MAX_DETAIL);
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// At most `limit` bytes, cut between characters.
fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
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

/// The number in front of a word: `number_before("2 passed, 1 failed", "failed")`.
fn number_before(text: &str, word: &str) -> Option<u32> {
    text.split([',', ';', '|', '(', ')']).find_map(|part| {
        let (number, rest) = part.trim().split_once(' ')?;
        (rest.trim() == word).then(|| number.parse().ok())?
    })
}

#[cfg(test)]
pub(crate) fn render(report: &Report) -> String {
    use std::fmt::Write as _;
    let mut out = format!("passed: {:?}\n", report.passed);
    match &report.failing {
        None => out.push_str("names: unknown\n"),
        Some(failing) => {
            for failure in failing {
                let _ = write!(out, "- [{}] {}", failure.suite.as_deref().unwrap_or(""), failure.name);
                if let Some(file) = &failure.file {
                    let _ = write!(out, " @ {file}:{}", failure.line.unwrap_or(0));
                }
                let first = failure.detail.as_deref().and_then(|d| d.lines().find(|l| !l.trim().is_empty()));
                let _ = writeln!(out, " | {}", first.unwrap_or("-").trim());
            }
        }
    }
    out
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

    #[test]
    fn two_runners_in_one_output_are_not_guessed_at() {
        let cargo = "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n";
        let node = "# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n";
        assert_eq!(sniff(cargo).passed, Some(1));
        assert_eq!(sniff(&format!("{cargo}{node}")), Report::default());
        assert_eq!(sniff("all good"), Report::default());
    }

    const FIXTURES: [&str; 12] = [
        include_str!("../../fixtures/cargo_test.txt"),
        include_str!("../../fixtures/nextest.txt"),
        include_str!("../../fixtures/node_tap.txt"),
        include_str!("../../fixtures/node_spec.txt"),
        include_str!("../../fixtures/vitest.txt"),
        include_str!("../../fixtures/jest.txt"),
        include_str!("../../fixtures/mocha.txt"),
        include_str!("../../fixtures/tape.txt"),
        include_str!("../../fixtures/pytest.txt"),
        include_str!("../../fixtures/unittest.txt"),
        include_str!("../../fixtures/go_test_verbose.txt"),
        include_str!("../../fixtures/go_test.jsonl"),
    ];

    /// Real output, damaged: lines dropped, repeated, cut or from elsewhere.
    #[test]
    fn damaged_output_never_panics_and_never_names_more_than_it_may() {
        let lines: Vec<&str> = FIXTURES.iter().flat_map(|text| text.lines()).collect();
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..300 {
            let mut text = String::new();
            for line in FIXTURES[random(FIXTURES.len())].lines() {
                match random(12) {
                    0 => {}
                    1 => text.push_str(&format!("{line}\n{line}\n")),
                    2 => text.push_str(cut(line, random(line.len() + 1))),
                    3 => text.push_str(&format!("{}\n", lines[random(lines.len())])),
                    _ => text.push_str(&format!("{line}\n")),
                }
            }
            for runner in ALL {
                let report = parse(runner, &text);
                assert!(report.failing.is_none() || report.passed.is_some(), "names without a summary");
                assert!(report.failing.iter().flatten().all(|failure| failure.name.len() <= MAX_NAME));
            }
        }
    }

    /// Every kind of line, in great numbers: what is quadratic would take minutes.
    #[test]
    fn output_of_any_kind_is_read_in_linear_time() {
        let start = std::time::Instant::now();
        for fixture in FIXTURES {
            let mut lines: Vec<&str> = fixture.lines().collect();
            lines.sort_unstable();
            let text: String =
                lines.iter().flat_map(|line| (0..150).map(move |n| format!("{line}{n}\n{line}\n"))).collect();
            for runner in ALL {
                parse(runner, &text);
            }
        }
        for part in [
            "a", "(", ")", "[", " ", "=", "_", ": ", " (", " - ", "::", "not ok ", "● ", "\u{1b}[", "\r",
            "\u{8}", "é",
        ] {
            let text = crate::output::clean(part.repeat(200_000).as_bytes());
            for line in [
                text.clone(),
                format!("not ok 1 {text}"),
                format!("  ● {text}"),
                format!("FAILED {text}"),
                format!("--- FAIL: {text}"),
            ] {
                for runner in ALL {
                    parse(runner, &line);
                }
                crate::diagnostics::errors(&line);
            }
        }
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    }
}
