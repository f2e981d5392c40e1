//! What the project's commands and the user's git filters may read and write: computed from the settings, the slot and
//! the caches of the set-up.
//!
//! The sandbox itself is in `checks::process`. Nothing here may give a command more than its settings allow.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use checks::{ConfinedReach, Network, RunOptions, Sandbox};
use workspace::{Confine, ConfinedPlaces, Slot};

use crate::bench::Bench;

/// Starts the user's git filters in the sandbox in which checks run.
#[derive(Debug)]
pub struct FilterSandbox(pub Sandbox);

impl Confine for FilterSandbox {
    fn spawn(&self, command: &Command, places: &ConfinedPlaces) -> io::Result<Child> {
        let reach =
            ConfinedReach { readable: &places.readable, own: &places.own, writable: &places.writable };
        checks::spawn_confined(command, self.0, reach)
    }
}

impl Bench {
    /// The options of a check's run in a slot.
    pub fn run_options(&self, slot: &Slot) -> RunOptions {
        self.run_options_in(&slot.path, &slot.n.to_string())
    }

    /// The options of a command's run in the folder of a slot; `name` is the name of its temporary folder.
    pub fn run_options_in(&self, folder: &Path, name: &str) -> RunOptions {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let config = &self.config.sandbox;
        let mut readable = config.readable(home.as_deref());
        // A slot's `.git` points there
        readable.push(self.workspace.repository());
        RunOptions {
            sandbox: config.settings(),
            readable,
            writable: config.writable(home.as_deref()),
            fetched: self.downloads.at(folder).into_iter().chain([self.workspace.caches()]).collect(),
            seen_at: Some(self.workspace.root().to_path_buf()),
            bounds: config.bounds(),
            ..RunOptions::new(folder, self.tmp.join(name), &self.marker)
        }
    }

    /// A new temporary folder for one run whose outcome counts. If the last one was removed, its path is used again,
    /// because cargo rebuilds what it read at another path.
    pub fn verdict_tmp(&self) -> PathBuf {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let usual = self.tmp.join("verdict");
        if std::fs::symlink_metadata(&usual).is_err() {
            return usual;
        }
        self.tmp.join(format!("verdict-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The options of package managers and of a set-up that may run code of a mission: they may reach registries, read
    /// the caches of the project, and add to the private ones of their slot.
    pub fn fetch_options(&self, slot: &Slot) -> RunOptions {
        let own = self.downloads.of(slot, &self.tmp);
        self.fetching(slot, own, vec![self.workspace.caches()])
    }

    /// The options of the base's set-up, the only one that fills the caches of the project.
    pub fn base_fetch_options(&self, slot: &Slot) -> RunOptions {
        self.fetching(slot, self.workspace.caches(), Vec::new())
    }

    fn fetching(&self, slot: &Slot, caches: PathBuf, fetched: Vec<PathBuf>) -> RunOptions {
        let options = self.run_options(slot);
        let network = match options.sandbox.network {
            Network::All => Network::All,
            _ => Network::Fetch,
        };
        RunOptions {
            sandbox: Sandbox { network, ..options.sandbox },
            caches: Some(caches),
            fetched,
            // What earlier commands left in their temporary folder decides nothing here
            tmp: self.tmp.join(format!("set-up-{}", slot.n)),
            ..options
        }
    }
}
