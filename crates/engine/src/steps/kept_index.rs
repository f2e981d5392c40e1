//! The newest index of the project's files, so that a later one parses only what changed.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The newest index, so that a later one parses only what changed.
#[derive(Default)]
pub(crate) struct KeptIndex {
    newest: Mutex<Option<(String, Arc<context::Index>)>>,
}

impl KeptIndex {
    pub fn get(&self, commit: &str) -> Option<Arc<context::Index>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().filter(|(of, _)| of == commit).map(|(_, index)| index.clone())
    }

    pub fn build(&self, commit: &str, root: &Path, files: &[String]) -> Arc<context::Index> {
        let before = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let index = Arc::new(match before {
            Some((_, before)) => before.rebuild(root, files),
            None => context::Index::build(root, files),
        });
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((commit.to_string(), index.clone()));
        index
    }
}
