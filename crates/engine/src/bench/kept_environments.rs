//! Python environments that the set-up made for the base. They are kept, so that the next mission begins with them.
//!
//! The key of an environment: the files that decide it, the programs of this machine, and the path at which commands
//! see the slot, because the scripts contain it. Only the set-up of the base makes one, before a model has written
//! anything. `own_code` checks each time whether it leads into the slot.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use checks::{Level, SetupStep};
use shared::StableHasher;
use workspace::Slot;

use crate::bench::Bench;
use crate::blocking::blocking;

/// Raise it when environments are made in another way.
const VERSION: u32 = 1;
/// The one folder that is kept.
const ENVIRONMENT: &str = ".venv";
/// Ends of paths that a set-up leaves beside its environment and nothing needs.
const NEEDLESS: [&str; 2] = [".egg-info/", "__pycache__/"];
/// The most other files of a step that are remembered; if one is missing, the step runs again.
const MAX_BESIDE: usize = 200;

/// The environment of a step that can be kept.
pub(super) struct Kept {
    folder: String,
    key: String,
}

impl Kept {
    /// `inputs`: a hash of everything that decides the step. Without a sandbox nothing is kept, because a check could
    /// write to it.
    pub fn of(bench: &Bench, slot: &Slot, step: &SetupStep, inputs: u64) -> Option<Kept> {
        let options = bench.run_options(slot);
        if !step.makes.contains(&ENVIRONMENT) || options.sandbox.level().ok()? == Level::None {
            return None;
        }
        let (seen, programs) = (checks::place(&options), checks::toolchain(Path::new("/")));
        let mut key = StableHasher::new();
        (VERSION, inputs, &step.check.run, &step.check.directory, seen, programs).hash(&mut key);
        let folder = Path::new(&step.check.directory).join(ENVIRONMENT).to_str()?.to_string();
        Some(Kept { folder, key: format!("{:016x}", key.finish()) })
    }

    /// Copies it into a slot. Returns whether a kept environment exists and its Python still does.
    pub async fn put(&self, bench: &Bench, slot: &Slot) -> bool {
        let (workspace, slot) = (bench.workspace.clone(), slot.clone());
        let (folder, key) = (self.folder.clone(), self.key.clone());
        blocking(move || match workspace.put_kept_folder(&slot, &folder, &key) {
            Ok(false) => false,
            // The environment links to the machine's Python, which may be gone
            Ok(true) if slot.path.join(&folder).join("bin/python").exists() => true,
            Ok(true) => {
                drop(workspace.remove_slot_file(&slot, &folder));
                false
            }
            Err(error) => {
                tracing::warn!("a kept environment was not used: {error}");
                false
            }
        })
        .await
    }

    /// Keeps the environment that a step has just made in a slot of the base.
    pub async fn keep(&self, bench: &Bench, slot: &Slot) {
        let (workspace, slot) = (bench.workspace.clone(), slot.clone());
        let (folder, key) = (self.folder.clone(), self.key.clone());
        blocking(move || {
            if slot.path.join(&folder).join("bin/python").exists()
                && let Err(error) = workspace.keep_folder(&slot, &folder, &key)
            {
                tracing::warn!("an environment is not kept for the next mission: {error}");
            }
        })
        .await;
    }
}

/// The files in a slot beside its commit and installed packages. If a step adds some, its result is valid only as long
/// as they exist.
pub(super) async fn beside(bench: &Bench, slot: &Slot) -> Vec<PathBuf> {
    let (workspace, slot) = (bench.workspace.clone(), slot.clone());
    blocking(move || {
        let found = workspace.beside_commit(&slot).unwrap_or_default();
        let counts = |name: &&String| {
            let installed = Path::new(name).components().any(|part| part.as_os_str() == ENVIRONMENT);
            !installed && !NEEDLESS.iter().any(|end| name.ends_with(end))
        };
        found.iter().filter(counts).take(MAX_BESIDE).map(|name| slot.path.join(name)).collect()
    })
    .await
}
