//! The newest index of the project's files, so that a later one parses only what changed.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The newest index, so that a later one parses only what changed.
#[derive(Default)]
pub(crate) struct KeptIndex {
    newest: Mutex<Option<(String, Arc<context::Index>)>>,
    /// What the project's past commits say; what a mission itself commits is no past yet
    past: OnceLock<Vec<context::PastCommit>>,
}

impl KeptIndex {
    pub fn get(&self, commit: &str) -> Option<Arc<context::Index>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().filter(|(of, _)| of == commit).map(|(_, index)| index.clone())
    }

    /// `past` reads the history, newest first; it is asked once.
    pub fn build(
        &self,
        commit: &str,
        root: &Path,
        files: &[String],
        past: impl FnOnce() -> Vec<context::PastCommit>,
    ) -> Arc<context::Index> {
        let before = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let index = match before {
            Some((_, before)) => before.rebuild(root, files),
            None => context::Index::build(root, files),
        };
        let index = Arc::new(index.with_history(self.past.get_or_init(past)));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((commit.to_string(), index.clone()));
        index
    }
}

/// The project's past, in the words of the index.
pub(crate) fn past_commits(commits: Vec<workspace::PastCommit>) -> Vec<context::PastCommit> {
    commits
        .into_iter()
        .map(|commit| context::PastCommit { message: commit.message, paths: commit.paths })
        .collect()
}
