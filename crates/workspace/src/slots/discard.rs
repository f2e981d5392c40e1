//! Resets single files of a slot.
//!
//! Files come only from the slot's commit, never from another slot.

use std::collections::HashSet;
use std::fs;

use crate::error::Error;
use crate::files::remove_tree;
use crate::names::{is_host_path, relative};
use crate::slots::Slot;
use crate::workspace::Workspace;

impl Workspace {
    /// Resets these files of a slot to its commit; files that are not in the commit are removed.
    /// OpenCode's configuration in the slot is left alone.
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
            // Below a link nothing belongs to the slot, so nothing is removed there.
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
