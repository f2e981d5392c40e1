//! Putting single files of a slot back.
//!
//! Only what a slot's commit holds comes back; nothing is taken from another slot.

use std::collections::HashSet;
use std::fs;

use crate::error::Error;
use crate::files::remove_tree;
use crate::names::{is_host_path, relative};
use crate::slots::Slot;
use crate::workspace::Workspace;

impl Workspace {
    /// Brings these files of a slot back to what they are in its commit; those that are not in it are
    /// removed. OpenCode's configuration in the slot is left alone.
    pub fn discard(&self, slot: &Slot, paths: &[String]) -> Result<(), Error> {
        let committed: HashSet<String> = self.files(&slot.commit)?.into_iter().collect();
        let git = self.slot_git(slot)?;
        let mut args: Vec<&str> = vec!["checkout", "--force", "--no-recurse-submodules", &slot.commit, "--"];
        let fixed = args.len();
        for path in paths.iter().filter(|path| !is_host_path(path)) {
            let inside = relative(path)?;
            if committed.contains(path) {
                args.push(path);
                continue;
            }
            // Below a link there is nothing of the slot's to remove.
            let mut above = inside.ancestors().skip(1);
            if above
                .all(|folder| fs::symlink_metadata(slot.path.join(folder)).is_ok_and(|found| found.is_dir()))
            {
                remove_tree(&slot.path.join(inside))?;
            }
        }
        if args.len() > fixed {
            git.ok("put files of a slot back", &args, None)?;
        }
        Ok(())
    }
}
