//! What became of a run.

use serde::{Deserialize, Serialize};

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
    /// A program that the command needs is not there.
    NotFound { program: String },
    /// It was stopped because the caller asked for it.
    Cancelled,
    /// It was never started.
    CouldNotStart { why: String },
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
            End::CouldNotStart { why } => write!(f, "could not start: {why}"),
        }
    }
}

/// One failing test, as its runner names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFailure {
    /// The test's full name; fits [`crate::run`]'s `filter` where the runner has filters.
    pub name: String,
    /// What keeps tests of the same name apart: test binary, package, file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The runner's message, at most a few KB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The file as the runner names it, relative to where the check ran or absolute.
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
    /// The tests that failed. `None`: their names could not be read, which is
    /// not the same as none failing.
    pub failing: Option<Vec<TestFailure>>,
    /// How many tests (for Go: packages or tests) passed. `None`: no summary of
    /// a test runner was found.
    pub passed: Option<u32>,
    /// stdout and stderr in the order written: head and tail where it was
    /// longer than the limit, without escape sequences.
    pub output: String,
    pub duration_ms: u64,
    /// Whether writing was confined to the slot, its temporary folder and the
    /// tool caches.
    pub sandboxed: bool,
    /// Whether the runner wrote more than could be read for names.
    #[serde(default)]
    pub truncated: bool,
    /// Whether the check is one that counts tests (a known runner, or kind test).
    #[serde(default)]
    pub counts_tests: bool,
}

impl Outcome {
    /// An outcome of a command that never ran.
    pub(crate) fn not_started(why: impl Into<String>) -> Outcome {
        Outcome {
            end: End::CouldNotStart { why: why.into() },
            failing: None,
            passed: None,
            output: String::new(),
            duration_ms: 0,
            sandboxed: false,
            truncated: false,
            counts_tests: false,
        }
    }
}
