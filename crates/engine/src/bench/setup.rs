//! Making a slot ready: what its lockfile names is installed, and again when the lockfile has changed.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use checks::Check;
use workspace::Slot;

use crate::actor::orchestrator::Orchestrator;
use crate::bench::{Bench, slot_text};
use crate::blocking::blocking;
use crate::config::Setup;

/// What each slot was last set up for.
#[derive(Default)]
pub(crate) struct Setups {
    lock_by_slot: Mutex<HashMap<u32, String>>,
    /// `None`: a change is judged without a mission.
    mission: Option<Orchestrator>,
}

impl Setups {
    pub fn new(mission: Option<Orchestrator>) -> Setups {
        Setups { lock_by_slot: Mutex::default(), mission }
    }

    fn is(&self, slot: u32, lock: &str) -> bool {
        let known = self.lock_by_slot.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&slot).is_some_and(|known| known == lock)
    }

    /// The slot is set up again when it is next used.
    pub fn forget(&self, slot: u32) {
        self.lock_by_slot.lock().unwrap_or_else(PoisonError::into_inner).remove(&slot);
    }

    fn set(&self, slot: u32, lock: String) {
        self.lock_by_slot.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, lock);
    }

    /// Installs what the lockfile names, where the slot has not got it yet. The error says which command failed, and how.
    pub async fn prepare(&self, bench: &Bench, slot: &Slot) -> Result<(), String> {
        let lock = match &bench.config.workspace.setup {
            Setup::None => return Ok(()),
            Setup::Commands(commands) => {
                // what they make may lie anywhere, so a slot that was made again needs it again
                let made = std::fs::metadata(&slot.path).map(|found| found.ino()).unwrap_or_default();
                Some(format!("{made}\n{}", commands.join(" && ")))
            }
            Setup::Auto => match lockfile_text(&slot.path) {
                Some(lock) => Some(lock),
                // a manifest alone is enough of a reason where the mission has added to it
                None if self.packages_added().await => text(&slot.path, &MANIFESTS),
                None => None,
            },
        };
        let Some(lock) = lock else { return Ok(()) };
        // what was copied from the user's folder serves as long as the lockfile is the user's
        let copied = bench.config.workspace.setup == Setup::Auto
            && slot.path.join("node_modules").exists()
            && lockfile_text(bench.workspace.root()).as_ref() == Some(&lock);
        if copied || self.is(slot.n, &lock) {
            return Ok(());
        }
        let Some(command) = setup_command(bench, slot).await? else { return Ok(()) };
        let outcome = bench.commands.run(&command, None, &bench.fetch_options(slot), &bench.cancel).await;
        self.set(slot.n, lock);
        if outcome.end.success() { Ok(()) } else { Err(format!("`{}` {}", command.run, outcome.end)) }
    }

    /// Whether the mission has added packages.
    async fn packages_added(&self) -> bool {
        match &self.mission {
            Some(mission) => {
                mission.state().await.is_ok_and(|state| state.needs.iter().any(|needs| needs.added))
            }
            None => false,
        }
    }
}

/// The command, from the manifests of the slot's commit.
async fn setup_command(bench: &Bench, slot: &Slot) -> Result<Option<Check>, String> {
    if let Setup::Commands(commands) = &bench.config.workspace.setup {
        return Ok(Some(Check::configured("setup", &commands.join(" && "), None)));
    }
    let (workspace, slot) = (bench.workspace.clone(), slot.clone());
    blocking(move || {
        let files = workspace.files(&slot.commit).map_err(|error| error.to_string())?;
        Ok(checks::setup(&|path| slot_text(&slot.path, path), &files))
    })
    .await
}

const MANIFESTS: [&str; 2] = ["package.json", "pyproject.toml"];

/// What says which packages belong to the project.
fn lockfile_text(root: &Path) -> Option<String> {
    let names: Vec<&str> = shared::lockfiles::all().chain(["requirements.txt"]).collect();
    text(root, &names)
}

/// Name and text of the first of these files.
fn text(root: &Path, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| slot_text(root, name).map(|text| format!("{name}\n{text}")))
}
