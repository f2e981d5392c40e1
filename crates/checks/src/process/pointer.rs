//! Protects the slot's `.git` file from changes.
//!
//! In a worktree, that file names the folder with git's own settings, and settings can name programs. A check that
//! rewrote it could choose what the next git command runs outside of any sandbox. Only this one file of a slot is
//! protected here; `run` makes the check fail.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A longer file is not a worktree's pointer.
const MAX_BYTES: u64 = 4 << 10;

/// The content of the file before a check ran.
pub(super) struct Pointer {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Pointer {
    /// `None` if the slot has no such file (it has a folder, or nothing).
    pub(super) fn read(root: &Path) -> Option<Pointer> {
        let path = root.join(".git");
        let about = path.symlink_metadata().ok()?;
        let is_pointer = about.is_file() && about.len() <= MAX_BYTES;
        let bytes = if is_pointer { std::fs::read(&path).ok()? } else { return None };
        Some(Pointer { path, bytes })
    }

    /// Restores the file if it has changed, and returns what was found instead.
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
        let written = removed.and_then(|()| {
            // A process may put a link here meanwhile, so only a new file is opened
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&self.path)?;
            file.write_all(&self.bytes)
        });
        Some(match written {
            Ok(()) => "the check changed the slot's `.git` file, which was put back".to_owned(),
            Err(error) => format!(
                "the check changed the slot's `.git` file, which could not be put back: {error}.\n\
                 hint: discard this slot"
            ),
        })
    }
}
