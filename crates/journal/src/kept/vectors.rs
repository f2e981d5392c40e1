//! The kept vectors of an embedding model: one file beside the index, always replaced as a whole. It is a cache and may
//! be lost.
//!
//! It does not know what the bytes mean, and takes no lock.

use crate::{Error, StateDir, write_atomic};
use std::path::PathBuf;

use super::index::{bytes_of, remove};

impl StateDir {
    /// The path of the file.
    pub fn vectors_path(&self) -> PathBuf {
        self.path().join("vectors.bin")
    }

    /// The kept bytes; `None` if there are none, they cannot be read, or there are more than `limit`.
    pub fn kept_vectors(&self, limit: usize) -> Option<Vec<u8>> {
        bytes_of(&self.vectors_path(), limit)
    }

    /// Writes the bytes; the folder must exist.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_vectors(&self, bytes: &[u8]) -> Result<(), Error> {
        write_atomic(&self.vectors_path(), bytes)
    }

    /// The size of the index and the vectors on disk, in bytes.
    pub fn index_bytes(&self) -> u64 {
        let size = |path: PathBuf| path.symlink_metadata().map_or(0, |found| found.len());
        size(self.index_path()) + size(self.vectors_path())
    }

    /// Removes the index and the vectors; the next mission or search makes them again.
    ///
    /// # Errors
    /// If a file exists and cannot be removed.
    pub fn forget_index(&self) -> Result<(), Error> {
        remove(&self.index_path(), "remove the index")?;
        remove(&self.vectors_path(), "remove the vectors of embeddings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_and_removed_with_the_index() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        assert_eq!((state.kept_vectors(10), state.index_bytes()), (None, 0));
        state.keep_vectors(&[1, 2, 3]).unwrap();
        state.keep_index(&[4, 5]).unwrap();
        assert_eq!((state.kept_vectors(3), state.kept_vectors(2)), (Some(vec![1, 2, 3]), None));
        assert_eq!(state.index_bytes(), 5);
        state.forget_index().unwrap();
        assert!(!state.vectors_path().exists() && !state.index_path().exists());
        state.forget_index().unwrap();
    }
}
