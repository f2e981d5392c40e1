//! What a syntax problem is. Found by `problems` and by the files of the languages.
//!
//! Data only. Whether a problem fails a change is for the Guardian to say.

use serde::{Deserialize, Serialize};

/// No more problems than this are reported for a file: the first ones matter, the others follow.
pub const MAX_PROBLEMS: usize = 20;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Something that does not belong there
    Unexpected,
    /// Something that is not there
    Missing,
    /// The file was not parsed (too long, or too much work): no statement about the code
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

/// A problem before its place is told in lines: byte offset, kind, message.
pub(crate) type Found = (usize, ProblemKind, String);
