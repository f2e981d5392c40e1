//! Long files that a role reads whole, shown folded: the lines that fit the question, and the first line of each other
//! symbol. `paging` keeps the folded text in the place of the whole one; `context` folds.
//!
//! Only for a role that looks for places and changes nothing: who edits a file, or judges it, sees what it asked for.

use std::path::PathBuf;
use std::sync::Arc;

use context::{Index, folded_file};

/// A shorter answer of `read` stays as it is, in bytes.
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
    /// The text in place of a whole file; `None` if it stays as it is.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        let folded = folded_file(&self.root, &self.index, path, &self.words, FOLDED)?;
        Some(format!(
            "[{path} in part: the lines that fit the objective, and the first line of each other symbol; `read` with `offset` and `limit` shows any others]\n{folded}"
        ))
    }
}
