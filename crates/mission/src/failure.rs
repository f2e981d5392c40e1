//! What went wrong with an attempt: its class, by which the ladder chooses the next rung, and each problem with its
//! place.
//!
//! Gates and roles make them, events contain them, prompts and the report show them. `decide` says what follows.
//! Journals contain the names of the classes, so names stay.

use serde::{Deserialize, Serialize};

/// Why an attempt failed; the ladder differs by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Nothing usable was submitted.
    Malformed,
    /// The change touches files outside the task's scope.
    Scope,
    /// The Guardian found an error, or a file does not parse.
    Lint,
    Build,
    Test,
    Review,
    /// The change does not merge with what was integrated meanwhile.
    Conflict,
    /// The role says that it cannot continue.
    Blocked,
    /// OpenCode or the provider failed: no attempt was made.
    Host,
    Timeout,
    /// The task's own budget is used up.
    Budget,
}

impl FailureClass {
    /// Whether the same session can fix it from the findings alone.
    pub fn is_fixable(self) -> bool {
        use FailureClass::*;
        matches!(self, Scope | Lint | Build | Test | Review | Conflict)
    }

    pub fn name(self) -> &'static str {
        use FailureClass::*;
        match self {
            Malformed => "malformed",
            Scope => "scope",
            Lint => "lint",
            Build => "build",
            Test => "test",
            Review => "review",
            Conflict => "conflict",
            Blocked => "blocked",
            Host => "host",
            Timeout => "timeout",
            Budget => "budget",
        }
    }
}

/// One problem with its place. A Fixer gets nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// The gate or rule that reports it.
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub message: String,
}

impl Issue {
    pub fn new(source: impl Into<String>, message: impl Into<String>) -> Issue {
        Issue { source: source.into(), path: None, line: None, message: message.into() }
    }

    pub fn at(mut self, path: impl Into<String>, line: Option<u32>) -> Issue {
        self.path = Some(path.into());
        self.line = line;
        self
    }
}

impl std::fmt::Display for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => write!(f, "{path}:{line}: ")?,
            (Some(path), None) => write!(f, "{path}: ")?,
            _ => {}
        }
        write!(f, "{} [{}]", self.message, self.source)
    }
}
