//! What a finding is: place, rule, severity, message.
//!
//! Data only: rules make them, `render` shows them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Likely wrong, or worth a look: shown, blocks nothing
    Warning,
    /// Certainly wrong in a change: blocks it
    Error,
}

/// What `[guardian.severity]` may set a rule to.
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

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Code that cannot run
    Broken,
    /// Code that was not written
    Lazy,
    /// Code or tests that pretend
    Dishonest,
    /// Code that lets an attacker in
    Unsafe,
    /// Files that do not fit each other
    Inconsistent,
    /// Code unlike its neighbours
    Style,
    /// A rule of the project
    Project,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Path as it was given, `/`-separated, relative to the root of the sources
    pub path: String,
    /// 1-based
    pub line: u32,
    /// 1-based, in characters
    pub column: u32,
    /// The rule's id
    pub rule: String,
    /// How bad it is
    pub severity: Severity,
    /// What is wrong
    pub message: String,
    /// Why it matters and what to do instead
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A rule file that could not be used; the other rules still run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("rule file `{file}`{}: {message}\nhint: {hint}", .line.map_or(String::new(), |l| format!(" line {l}")))]
pub struct RuleProblem {
    /// The file's name as it was given
    pub file: String,
    /// 1-based, where known
    pub line: Option<u32>,
    /// What is wrong with it
    pub message: String,
    /// What to do
    pub hint: String,
}
