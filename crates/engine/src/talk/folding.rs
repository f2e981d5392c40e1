//! Folds a long file that a role reads whole: it shows the lines that fit the question, and the first line of
//! each other symbol. `paging` keeps the folded text in the place of the whole one; `context` folds.
//!
//! It must serve only a role that searches and changes nothing. A role that edits or judges a file has to see
//! what it asked for.

use std::path::PathBuf;
use std::sync::Arc;

use context::{Index, folded_file};

/// An answer of `read` that is shorter than this, in bytes, stays as it is.
pub(super) const LONG: usize = 12_000;
/// The length of a folded file, in bytes.
const FOLDED: usize = 8_000;

/// How a session's files are folded.
#[derive(Clone)]
pub(crate) struct Folds {
    pub root: PathBuf,
    pub index: Arc<Index>,
    /// What the role looks for.
    pub words: Arc<str>,
}

impl Folds {
    /// The folded text of a file; `None` if the file stays as it is.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        let folded = folded_file(&self.root, &self.index, path, &self.words, FOLDED)?;
        Some(format!(
            "[{path} in part: the lines that fit the objective, and the first line of each other symbol; `read` with `offset` and `limit` shows any others]\n{folded}"
        ))
    }
}
