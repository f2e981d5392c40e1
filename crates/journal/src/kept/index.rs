//! The kept index of a project's files: one file in its state folder, always replaced as a whole. It is a cache
//! and may be lost.
//!
//! It does not know what an index holds: the reader checks the bytes (`steps/kept_index.rs` in `engine`). It takes
//! no lock.

use crate::{Error, StateDir, write_atomic};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

impl StateDir {
    /// The path of the index file.
    pub fn index_path(&self) -> PathBuf {
        self.path().join("index.bin")
    }

    /// The bytes of the kept index; `None` if there is none, it cannot be read, or it has more than `limit` bytes.
    pub fn kept_index(&self, limit: usize) -> Option<Vec<u8>> {
        bytes_of(&self.index_path(), limit)
    }

    /// Writes the index; the folder must exist. If several processes write, the last one wins, and its file is
    /// whole.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_index(&self, bytes: &[u8]) -> Result<(), Error> {
        write_atomic(&self.index_path(), bytes)
    }
}

/// The bytes of a file; `None` if it cannot be read, or has more than `limit` bytes.
pub(super) fn bytes_of(path: &Path, limit: usize) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    if length > limit as u64 {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    file.take(limit as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
}

/// Removes a file that may be missing.
pub(super) fn remove(path: &Path, action: &'static str) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(action, path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_writers_leave_one_whole_file_and_nothing_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        assert_eq!(state.kept_index(100), None);
        let before = std::fs::read_dir(state.path()).unwrap().count();
        std::thread::scope(|scope| {
            for byte in 0..4_u8 {
                let state = &state;
                scope.spawn(move || {
                    for _ in 0..10 {
                        state.keep_index(&[byte; 5_000]).unwrap();
                        let read = state.kept_index(5_000).unwrap();
                        assert!(read.len() == 5_000 && read.iter().all(|own| *own == read[0]));
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), before + 1);
        assert_eq!(state.kept_index(4_999), None, "too long to be read");
    }
}
