//! The bench: where a change is worked on and checked. The private repository, its slots, the project's commands and
//! what they say of a tree.
//!
//! Gates and steps stand on it. It knows no gate and no role.

pub(crate) mod base_commands;
pub(crate) mod known_outcomes;
pub(crate) mod manifests;
pub(crate) mod project_checks;
pub(crate) mod setup;
pub(crate) mod slots;

use std::path::PathBuf;
use std::sync::Arc;

use checks::RunOptions;
use tokio_util::sync::CancellationToken;
use workspace::{Slot, Workspace};

use crate::bench::slots::Slots;
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
    /// Temporary folders of commands, one a slot.
    pub tmp: PathBuf,
    /// Marks the processes of commands.
    pub marker: String,
}

impl Bench {
    /// How a command runs in a slot.
    pub fn run_options(&self, slot: &Slot) -> RunOptions {
        RunOptions::new(&slot.path, self.tmp.join(slot.n.to_string()), &self.marker)
    }
}
