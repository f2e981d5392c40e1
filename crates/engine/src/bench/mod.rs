//! The bench on which a change is made and checked: the private repository, its slots, the project's commands and their
//! results on a tree.
//!
//! Gates and steps use it. It knows no gate and no role.

pub(crate) mod check_words;
pub(crate) mod confine;
pub(crate) mod dependencies;
pub(crate) mod discovery;
pub(crate) mod dispatch;
mod downloads;
pub(crate) mod files;
pub(crate) mod formatting;
mod ignored_files;
mod kept_environments;
pub(crate) mod known_outcomes;
mod local_links;
mod own_checks;
mod own_code;
pub(crate) mod project_checks;
pub(crate) mod setup;
pub(crate) mod slots;
pub(crate) mod verdict;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use workspace::{ChangeKind, Commit, Slot, Workspace};

pub(crate) use crate::bench::downloads::Downloads;
use crate::bench::slots::Slots;
use crate::blocking::blocking;
use crate::config::Config;
use crate::host::Host;
use crate::world::Commands;

pub(crate) struct Bench {
    pub host: Arc<dyn Host>,
    pub workspace: Workspace,
    pub slots: Slots,
    pub config: Arc<Config>,
    pub commands: Arc<dyn Commands>,
    pub cancel: CancellationToken,
    /// The folder of temporary folders, one for each slot.
    pub tmp: PathBuf,
    pub downloads: Downloads,
    /// The mission's id: it marks the processes of its commands and names its kept commits.
    pub marker: String,
}

impl Bench {
    /// Commits the content of a slot on top of the slot's base, and keeps the commit under `name` as long as the
    /// mission is kept.
    pub async fn commit_and_pin(
        &self,
        slot: &Slot,
        message: String,
        name: String,
    ) -> Result<Commit, workspace::Error> {
        let (workspace, slot, mission) = (self.workspace.clone(), slot.clone(), self.marker.clone());
        blocking(move || {
            let commit = workspace.commit_slot(&slot, &slot.commit, &message)?;
            workspace.pin(&mission, &name, &commit.id)?;
            Ok(commit)
        })
        .await
    }
}

/// The paths of all files in a slot: those of its commit, with its changes applied.
pub(crate) fn slot_files(workspace: &Workspace, slot: &Slot) -> Result<Vec<String>, workspace::Error> {
    let mut files: BTreeSet<String> = workspace.files(&slot.commit)?.into_iter().collect();
    for change in workspace.slot_changes(slot)? {
        match change.kind {
            ChangeKind::Deleted => drop(files.remove(&change.path)),
            ChangeKind::Renamed { from } => {
                files.remove(&from);
                files.insert(change.path);
            }
            _ => drop(files.insert(change.path)),
        }
    }
    Ok(files.into_iter().collect())
}

/// The longest file of a slot that the engine reads whole, in bytes.
const MAX_TEXT: u64 = 8 * 1024 * 1024;

/// The text of a regular file of a slot; `None` if it does not exist, is reached over a link, is too long, or is not
/// UTF-8.
pub(crate) fn slot_text(root: &Path, path: &str) -> Option<String> {
    String::from_utf8(workspace::read_beneath(root, path, MAX_TEXT)?).ok()
}
