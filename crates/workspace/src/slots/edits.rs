//! Edits by the engine of the project's files in a slot: replace the bytes, move, delete.
//!
//! Nothing here follows a link or leaves the slot, and a file keeps its mode.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{At, Error};
use crate::files::folder_inside;
use crate::names::relative;
use crate::slots::Slot;
use crate::workspace::Workspace;

/// As in git, everyone may read the files of a commit.
const MODE: u32 = 0o755;

impl Workspace {
    /// Replaces the bytes of a plain file of a slot, in one step.
    pub fn rewrite_slot_file(&self, slot: &Slot, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let file = plain_file(&slot.path, path)?;
        let folder = file.parent().unwrap_or(&slot.path);
        let mode = fs::symlink_metadata(&file).at("look at", &file)?.permissions();
        let mut new = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).at("write", &file)?;
        new.write_all(bytes).at("write", &file)?;
        fs::set_permissions(new.path(), fs::Permissions::from_mode(mode.mode())).at("write", &file)?;
        new.persist(&file).map_err(|error| error.error).at("write", &file)?;
        Ok(())
    }

    /// Moves a plain file of a slot to a free path.
    pub fn move_slot_file(&self, slot: &Slot, from: &str, to: &str) -> Result<(), Error> {
        let file = plain_file(&slot.path, from)?;
        let inside = relative(to)?;
        folder_inside(&slot.path, &inside, MODE)?;
        let target = slot.path.join(inside);
        if fs::symlink_metadata(&target).is_ok() {
            let error = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "something is there");
            return Err(error).at("move to", &target);
        }
        fs::rename(&file, &target).at("move", &file)
    }

    /// Deletes a plain file of a slot.
    pub fn delete_slot_file(&self, slot: &Slot, path: &str) -> Result<(), Error> {
        let file = plain_file(&slot.path, path)?;
        fs::remove_file(&file).at("delete", &file)
    }
}

/// The full path of a plain file to which no link leads.
fn plain_file(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let inside = relative(path)?;
    let mut at = root.to_path_buf();
    let parts: Vec<_> = inside.components().collect();
    for (i, part) in parts.iter().enumerate() {
        at.push(part);
        let found = fs::symlink_metadata(&at).at("look at", &at)?;
        let fits = if i + 1 == parts.len() { found.is_file() } else { found.is_dir() };
        if !fits {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no plain file");
            return Err(error).at("change", &at);
        }
    }
    Ok(at)
}
