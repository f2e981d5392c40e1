//! The slot's `.git` file, kept as it was.
//!
//! In a worktree that file says where git's own settings are, and settings can name programs. A check that rewrote it
//! would choose what the next git command, outside of any sandbox, runs. It keeps this one file and nothing else of a
//! slot; that the check fails is said by `run`.

use std::path::{Path, PathBuf};

/// A longer file is not a worktree's pointer.
const MAX_BYTES: u64 = 4 << 10;

/// What the file said before a check ran.
pub(super) struct Pointer {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Pointer {
    /// Nothing where the slot has no such file (it has a folder, or none).
    pub(super) fn read(root: &Path) -> Option<Pointer> {
        let path = root.join(".git");
        let about = path.symlink_metadata().ok()?;
        let is_pointer = about.is_file() && about.len() <= MAX_BYTES;
        let bytes = if is_pointer { std::fs::read(&path).ok()? } else { return None };
        Some(Pointer { path, bytes })
    }

    /// Puts it back where it has changed. Says what was found, if anything.
    pub(super) fn restore(&self) -> Option<String> {
        let about = self.path.symlink_metadata();
        let same = about.as_ref().is_ok_and(|about| about.is_file() && about.len() <= MAX_BYTES)
            && std::fs::read(&self.path).is_ok_and(|bytes| bytes == self.bytes);
        if same {
            return None;
        }
        let removed = match about {
            Ok(about) if about.is_dir() => std::fs::remove_dir_all(&self.path),
            Ok(_) => std::fs::remove_file(&self.path),
            Err(_) => Ok(()),
        };
        let written = removed.and_then(|()| std::fs::write(&self.path, &self.bytes));
        Some(match written {
            Ok(()) => "the check changed the slot's `.git` file, which was put back".to_owned(),
            Err(error) => format!(
                "the check changed the slot's `.git` file, which could not be put back: {error}.\n\
                 hint: discard this slot"
            ),
        })
    }
}
