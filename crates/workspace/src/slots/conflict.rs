//! A merge with conflicts, laid out in a slot for the Fixer.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::merge::{Tried, try_merge};
use crate::names::object;
use crate::slots::Slot;
use crate::workspace::Workspace;

/// A slot whose files hold both sides of a merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictSlot {
    /// The slot, at the head.
    pub slot: Slot,
    /// The files with conflicts; empty when the merge was clean after all.
    pub paths: Vec<String>,
}

impl Workspace {
    /// Sets slot `n` to `head`, merges `commit` into it and leaves conflict markers in the files. When
    /// they are resolved, [`Workspace::commit_slot`] with `head` as the parent records the result.
    pub fn start_conflict(&self, n: u32, head: &str, commit: &str) -> Result<ConflictSlot, Error> {
        let slot = self.slot(n, head)?;
        let Tried { tree, paths, .. } = try_merge(&self.git()?, head, object(commit)?)?;
        self.check_out(&self.slot_git(&slot)?, &tree)?;
        self.publish_index(&slot)?;
        Ok(ConflictSlot { slot, paths })
    }
}
