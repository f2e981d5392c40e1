//! A finding: place, rule, severity, message.
//!
//! Data only: rules create findings, `render` shows them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Likely wrong, or worth a look: shown, never blocks
    Warning,
    /// Certainly wrong in a change: blocks the change
    Error,
}

/// The values that `[guardian.severity]` may set for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Level {
    Off,
    Warning,
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// The kind of problem that a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Code that cannot run
    Broken,
    /// Code that was not written
    Lazy,
    /// Code or tests that pretend
    Dishonest,
    /// Code that opens a way for attackers
    Unsafe,
    /// Files that contradict each other
    Inconsistent,
    /// Code that differs from its neighbours
    Style,
    /// A rule of the user's project
    Project,
}

/// One problem and its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Path as given, `/`-separated, relative to the root of the sources
    pub path: String,
    /// 1-based
    pub line: u32,
    /// 1-based, in characters
    pub column: u32,
    /// The rule's id
    pub rule: String,
    /// The finding's severity
    pub severity: Severity,
    /// What is wrong
    pub message: String,
    /// Why it matters and what to do instead
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A rule file that cannot be used; the other rules still run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("rule file `{file}`{}: {message}\nhint: {hint}", .line.map_or(String::new(), |l| format!(" line {l}")))]
pub struct RuleProblem {
    /// The file's name as given
    pub file: String,
    /// 1-based, if known
    pub line: Option<u32>,
    /// The fault of the file
    pub message: String,
    /// How to fix it
    pub hint: String,
}
