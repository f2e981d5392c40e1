//! Defines a syntax problem. `problems` and the files of the languages find them.
//!
//! Data only. The Guardian decides whether a problem fails a change.

use serde::{Deserialize, Serialize};

/// The most problems that are reported for a file: later ones often follow from the first.
pub const MAX_PROBLEMS: usize = 20;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Something at a place where it is not allowed
    Unexpected,
    /// Something that is required is missing
    Missing,
    /// The file was not parsed (too long, or too much work), so nothing is known about the code
    NotChecked,
}

/// A place where a text is not what its language allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxProblem {
    /// 1-based
    pub line: u32,
    /// 1-based, in characters
    pub column: u32,
    /// What was expected or found
    pub message: String,
    /// What kind of problem
    pub kind: ProblemKind,
}

/// A problem with a byte offset instead of a line: offset, kind, message.
pub(crate) type Found = (usize, ProblemKind, String);
