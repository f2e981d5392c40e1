//! Removes what this crate keeps on disk.
//!
//! The program's `clean` calls it. It removes only what this crate made: journals and the user's files stay.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::remove_tree;
use crate::slots::place::forget_owner;
use crate::workspace::Workspace;

/// The result of a removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaned {
    /// The number of removed slots.
    pub slots: u32,
    /// Freed bytes, without files that are shared with the user's repository.
    pub bytes: u64,
}

impl Workspace {
    /// Removes slots, the private repository and everything else that this crate keeps for the project, but no journals
    /// and no files of the user. The next use creates it again.
    pub fn clean(&self) -> Result<Cleaned, Error> {
        let usual = self.state().join("slots");
        let elsewhere = Some(self.slots()).filter(|slots| *slots != usual);
        let all = [Some(usual), elsewhere];
        let slots =
            all.iter().flatten().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let slots = u32::try_from(slots.count()).unwrap_or(u32::MAX);
        let bytes = self.size();
        let kept = [self.area(), self.repository(), self.caches(), self.environments()];
        for path in kept.into_iter().chain([self.slots(), self.state().join("slots")]) {
            remove_tree(&path)?;
        }
        forget_owner(&self.slots(), self.state());
        Ok(Cleaned { slots, bytes })
    }

    /// Removes the slots if the project takes more than `limit` bytes. The missions' commits stay in the private
    /// repository, so an unfinished mission can continue and a delivery can be undone. `None`: nothing was removed.
    pub fn trim_slots(&self, limit: u64) -> Result<Option<Cleaned>, Error> {
        let before = self.size();
        if before <= limit {
            return Ok(None);
        }
        let slots: Vec<_> = fs::read_dir(self.slots()).into_iter().flatten().flatten().collect();
        remove_tree(&self.slots())?;
        remove_tree(&self.repository().join("worktrees"))?;
        for entry in fs::read_dir(self.area()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("slot-") {
                remove_tree(&entry.path())?;
            }
        }
        let slots = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        Ok(Some(Cleaned { slots, bytes: before.saturating_sub(self.size()) }))
    }

    /// Removes everything if the project takes more than `limit` bytes; below that, slots and repository stay warm for
    /// the next mission. `None`: nothing was removed.
    pub fn trim(&self, limit: u64) -> Result<Option<Cleaned>, Error> {
        if self.size() > limit { self.clean().map(Some) } else { Ok(None) }
    }

    /// Bytes on disk that this crate takes for this project alone.
    pub fn size(&self) -> u64 {
        [self.slots(), self.area(), self.repository(), self.environments()]
            .iter()
            .map(|path| size(path))
            .sum()
    }
}

fn size(path: &Path) -> u64 {
    use crate::system::MetadataExt;
    let Ok(found) = fs::symlink_metadata(path) else { return 0 };
    if found.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        return entries.map(|entry| size(&entry.path())).sum();
    }
    if found.nlink() > 1 { 0 } else { found.blocks() * 512 }
}
