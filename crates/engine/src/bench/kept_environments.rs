//! Environments of Python that set-up made for the base: kept, so that the next mission begins with them.
//!
//! One is known by the files that decide it, the programs of this machine, and the path at which commands see the slot, which
//! stands in its scripts. Only set-up of the base makes one, before a model has written anything; whether it leads into the
//! slot is for `own_code` to say each time.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use checks::{Level, SetupStep};
use shared::StableHasher;
use workspace::Slot;

use crate::bench::Bench;
use crate::blocking::blocking;

/// Raise it when what is kept is made in another way.
const VERSION: u32 = 1;
/// The one folder that is kept.
const ENVIRONMENT: &str = ".venv";
/// What a set-up leaves beside its environment and nothing needs: a folder's end.
const NEEDLESS: [&str; 2] = [".egg-info/", "__pycache__/"];
/// Other files that a step has made, so that it is done again where one is gone.
const MAX_BESIDE: usize = 200;

/// The environment of a step, where it makes one that can be kept.
pub(super) struct Kept {
    folder: String,
    key: String,
}

impl Kept {
    /// `inputs`: a hash of what decides the step. Without a sandbox a check could write to what is kept, so nothing is.
    pub fn of(bench: &Bench, slot: &Slot, step: &SetupStep, inputs: u64) -> Option<Kept> {
        let options = bench.fetch_options(slot);
        if !step.makes.contains(&ENVIRONMENT) || options.sandbox.level().ok()? == Level::None {
            return None;
        }
        let (seen, programs) = (checks::place(&options), checks::toolchain(Path::new("/")));
        let mut key = StableHasher::new();
        (VERSION, inputs, &step.check.run, &step.check.directory, seen, programs).hash(&mut key);
        let folder = Path::new(&step.check.directory).join(ENVIRONMENT).to_str()?.to_string();
        Some(Kept { folder, key: format!("{:016x}", key.finish()) })
    }

    /// Puts it into a slot; whether there is one whose Python is still there.
    pub async fn put(&self, bench: &Bench, slot: &Slot) -> bool {
        let (workspace, slot) = (bench.workspace.clone(), slot.clone());
        let (folder, key) = (self.folder.clone(), self.key.clone());
        blocking(move || match workspace.put_kept_folder(&slot, &folder, &key) {
            Ok(false) => false,
            // A link to the Python of the machine, which may be gone
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

    /// Keeps what a step has just made in a slot of the base.
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

/// What is in a slot beside its commit and installed packages: a step that adds to it has built something there, and serves
/// only as long as that stays.
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
