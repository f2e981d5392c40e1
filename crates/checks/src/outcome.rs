//! The result of a run.
//!
//! `process` creates it, `runners` and `parse` add the content of the output, `compare` derives the verdict. Plain data: it
//! decides nothing.

use serde::{Deserialize, Serialize};

use crate::check::{Check, CheckPurpose};
use crate::output::shorten;
use crate::parse::seen::seen;
use crate::parse::{Reading, read};
use crate::process::Level;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// It ran to its end.
    Exited { code: i32 },
    /// A signal that we did not send ended it.
    Signalled { signal: i32 },
    /// It was stopped at its time limit.
    TimedOut { after_ms: u64 },
    /// A program that the command needs is not installed.
    NotFound { program: String },
    /// It was stopped because the caller asked for it.
    Cancelled,
    /// It used more of this machine than it may.
    Limit { what: String },
    /// It changed files that no check may change; they were restored.
    Tampered { what: String },
    /// It was never started.
    CouldNotStart { why: String },
    /// It was never started, because the changed files break the installation of its packages.
    SetupBroken { what: String },
}

impl End {
    /// Whether the command ran to its end with exit status 0.
    pub fn success(&self) -> bool {
        matches!(self, End::Exited { code: 0 })
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exited { code: 0 } => write!(f, "passed"),
            End::Exited { code } => write!(f, "ended with exit status {code}"),
            End::Signalled { signal } => write!(f, "was ended by signal {signal}"),
            End::TimedOut { after_ms } => {
                write!(f, "was stopped at its time limit of {:.1} s", *after_ms as f64 / 1000.0)
            }
            End::NotFound { program } => write!(f, "needs `{program}`, which is not installed here"),
            End::Cancelled => write!(f, "was cancelled"),
            End::Limit { what } => write!(f, "was stopped: {what}"),
            End::Tampered { what } => write!(f, "is not to be believed: {what}"),
            End::CouldNotStart { why } => write!(f, "could not start: {why}"),
            End::SetupBroken { what } => {
                write!(f, "could not start, because set-up fails with this change: {what}")
            }
        }
    }
}

/// One failing test, as its runner names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFailure {
    /// The test's full name; fits [`crate::run`]'s `filter` if the runner has filters.
    pub name: String,
    /// Distinguishes tests with the same name: test binary, package, file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The runner's message, at most a few KB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The file as the runner names it, absolute or relative to the check's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// The outcome of one run of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub end: End,
    /// The tests that failed. `None`: their names could not be read, which does not mean that none failed.
    pub failing: Option<Vec<TestFailure>>,
    /// How many tests (for Go: packages or tests) passed. `None`: no summary of
    /// a test runner was found.
    pub passed: Option<u32>,
    /// Stdout and stderr in the order of writing, without escape sequences; only head and tail if they were longer than the
    /// limit.
    pub output: String,
    pub duration_ms: u64,
    /// How the command was confined.
    #[serde(default)]
    pub sandbox: Level,
    /// Whether some of its processes may still live: its slot must not be used again.
    #[serde(default)]
    pub survivors: bool,
    /// Whether the runner wrote more output than was read for names.
    #[serde(default)]
    pub truncated: bool,
    /// Whether the check counts tests (a known runner, or kind test).
    #[serde(default)]
    pub counts_tests: bool,
    /// Whether some tests did not run, or have no readable verdict: then tests outside of `failing` may fail too.
    #[serde(default)]
    pub partial: bool,
    /// The names of the tests that passed, if the runner lists all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Vec<String>>,
}

impl Outcome {
    /// A summary for a model or a person, in about `limit` bytes at most: how the run ended, each failing test with its
    /// message, and the end of the output if no test has a name.
    pub fn describe(&self, check: &str, limit: usize) -> String {
        let mut text = format!("check `{check}` {}", self.end);
        if let Some(passed) = self.passed {
            let failed = self.failing.as_ref().map_or("some".to_owned(), |failing| failing.len().to_string());
            text.push_str(&format!(": {passed} passed, {failed} failed"));
        }
        text.push('\n');
        let failing = self.failing.as_deref().unwrap_or_default();
        let each = (limit / failing.len().max(1)).max(200);
        for (at, failure) in failing.iter().enumerate() {
            if text.len() > limit {
                text.push_str(&format!("\n… and {} more failing tests\n", failing.len() - at));
                break;
            }
            text.push_str(&format!("\nFAILED {}", failure.name));
            if let Some(suite) = &failure.suite {
                text.push_str(&format!(" [{suite}]"));
            }
            if let Some(file) = &failure.file {
                text.push_str(&format!(" at {file}"));
                text.push_str(&failure.line.map(|line| format!(":{line}")).unwrap_or_default());
            }
            text.push('\n');
            for line in shorten(failure.detail.as_deref().unwrap_or_default(), each).lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        let explained = failing.iter().any(|failure| failure.detail.is_some());
        if !self.end.success() && !explained && !self.output.trim().is_empty() {
            text.push('\n');
            text.push_str(&shorten(&self.output, limit));
        }
        text
    }

    /// The outcome of a command that never ran, with the reason.
    pub fn not_started(why: impl Into<String>) -> Outcome {
        Outcome {
            end: End::CouldNotStart { why: why.into() },
            failing: None,
            passed: None,
            output: String::new(),
            duration_ms: 0,
            sandbox: Level::None,
            survivors: false,
            truncated: false,
            counts_tests: false,
            partial: false,
            seen: None,
        }
    }

    /// For a run without new failures: the failures that the base has as well.
    pub fn still_failing(&self) -> Option<String> {
        match self.failing.as_deref().unwrap_or_default().len() {
            0 if self.end.success() => None,
            0 => Some(format!("it {}, as before", self.end)),
            1 => Some("1 failed before and still fails".to_owned()),
            some => Some(format!("{some} failed before and still fail")),
        }
    }

    /// The outcome of a check with this end and this output.
    pub fn of_output(check: &Check, end: End, text: &str) -> Outcome {
        let Reading { report, .. } = reading(check, &end, text);
        Outcome {
            counts_tests: check.runner.is_some() || report.passed.is_some(),
            partial: report.partial || report.stopped,
            failing: report.failing,
            passed: report.passed,
            seen: report.passed.and_then(|passed| seen(text, passed)),
            output: text.to_owned(),
            ..Outcome { end, ..Outcome::not_started("") }
        }
    }
}

/// Reads a check's output; the reading is empty if it is not a test check.
pub fn reading(check: &Check, end: &End, text: &str) -> Reading {
    if check.runner.is_none() && check.kind != CheckPurpose::Test {
        return Reading::default();
    }
    read(check.script.as_deref().unwrap_or(&check.run), check.runner, end, text)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn failing_tests_are_told_with_their_messages() {
        let failure = TestFailure {
            name: "adds".to_owned(),
            suite: Some("a.test.js".to_owned()),
            detail: Some("expected 2\ngot 3".to_owned()),
            file: Some("a.test.js".to_owned()),
            line: Some(4),
        };
        let outcome = Outcome {
            end: End::Exited { code: 1 },
            failing: Some(vec![failure]),
            passed: Some(5),
            output: "long".to_owned(),
            ..Outcome::not_started("")
        };
        expect![[r#"
            check `test` ended with exit status 1: 5 passed, 1 failed

            FAILED adds [a.test.js] at a.test.js:4
              expected 2
              got 3
        "#]]
        .assert_eq(&outcome.describe("test", 1000));
    }

    #[test]
    fn what_fails_as_before_is_told() {
        let with = |code, names: usize| Outcome {
            end: End::Exited { code },
            failing: Some(vec![TestFailure::default(); names]),
            ..Outcome::not_started("")
        };
        assert_eq!(with(0, 0).still_failing(), None);
        assert_eq!(with(1, 2).still_failing().as_deref(), Some("2 failed before and still fail"));
        assert_eq!(with(1, 1).still_failing().as_deref(), Some("1 failed before and still fails"));
        assert_eq!(with(3, 0).still_failing().as_deref(), Some("it ended with exit status 3, as before"));
    }

    #[test]
    fn output_speaks_where_no_test_has_a_name() {
        let outcome = Outcome {
            end: End::Exited { code: 2 },
            output: "a.c:1: error\n".to_owned(),
            ..Outcome::not_started("")
        };
        expect![[r#"
            check `build` ended with exit status 2

            a.c:1: error
        "#]]
        .assert_eq(&outcome.describe("build", 1000));
    }

    #[test]
    fn a_thousand_failures_stay_within_bounds() {
        let failure = |n| TestFailure {
            name: format!("test {n}"),
            detail: Some("x".repeat(1000)),
            ..TestFailure::default()
        };
        let outcome = Outcome { failing: Some((0..1000).map(failure).collect()), ..Outcome::not_started("") };
        let text = outcome.describe("test", 4000);
        assert!(text.len() < 6000 && text.contains("more failing tests"), "{}", text.len());
    }
}
