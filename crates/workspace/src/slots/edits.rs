//! Edits by the engine of the project's files in a slot: replace the bytes, move, delete.
//!
//! Nothing here follows a link or leaves the slot, and a file keeps its mode.

use crate::error::{At, Error};
use crate::files::writing::{move_beneath, remove_file_beneath, rewrite_beneath};
use crate::names::relative;
use crate::slots::Slot;
use crate::workspace::Workspace;

impl Workspace {
    /// Replaces the bytes of a plain file of a slot, in one step.
    pub fn rewrite_slot_file(&self, slot: &Slot, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let file = slot.path.join(relative(path)?);
        rewrite_beneath(&slot.path, path, bytes).at("write", &file)
    }

    /// Moves a plain file of a slot to a free path.
    pub fn move_slot_file(&self, slot: &Slot, from: &str, to: &str) -> Result<(), Error> {
        let (file, target) = (slot.path.join(relative(from)?), slot.path.join(relative(to)?));
        match move_beneath(&slot.path, from, to) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(error).at("move to", &target)
            }
            moved => moved.at("move", &file),
        }
    }

    /// Deletes a plain file of a slot.
    pub fn delete_slot_file(&self, slot: &Slot, path: &str) -> Result<(), Error> {
        let file = slot.path.join(relative(path)?);
        remove_file_beneath(&slot.path, path).at("delete", &file)
    }
}
