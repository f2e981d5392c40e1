//! Putting single files of a slot back.

use crate::error::Error;
use crate::files::{folder_inside, remove_tree};
use crate::names::relative;
use crate::slots::Slot;
use crate::workspace::Workspace;

impl Workspace {
    /// Brings these files of a slot back to what they are in its commit; those that are not in it are removed.
    pub fn discard(&self, slot: &Slot, paths: &[String]) -> Result<(), Error> {
        let committed = self.files(&slot.commit)?;
        let mut known: Vec<&str> = Vec::new();
        for path in paths {
            let inside = relative(path)?;
            if committed.binary_search(path).is_ok() || committed.contains(path) {
                known.push(path);
            } else {
                folder_inside(&slot.path, &inside, 0o700)?;
                remove_tree(&slot.path.join(inside))?;
            }
        }
        if !known.is_empty() {
            let mut args = vec!["checkout", "--force", slot.commit.as_str(), "--"];
            args.extend(known);
            self.slot_git(slot)?.ok("put files of a slot back", &args, None)?;
        }
        Ok(())
    }
}
