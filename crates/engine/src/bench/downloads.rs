//! Where set-ups keep what they download.
//!
//! The caches of a project serve all of its missions, so only the set-up of the base writes there: the user's own
//! files, before a model has written anything. Every other set-up may run code of a mission (install scripts, build
//! backends, settings of package managers). It reads these caches and adds to a private place of its slot, which is
//! removed with the mission. `confine` shows both places to commands, `setup` decides when a private place is removed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use workspace::Slot;

/// The private places, by the folder of their slot.
#[derive(Default)]
pub(crate) struct Downloads {
    slots: Mutex<BTreeMap<PathBuf, Private>>,
}

struct Private {
    place: PathBuf,
    /// The commit whose set-up wrote there last.
    commit: String,
}

impl Downloads {
    /// The private place of a slot, for a command that adds to it. `tmp`: the folder of temporary folders.
    pub fn of(&self, slot: &Slot, tmp: &Path) -> PathBuf {
        let mut slots = self.slots();
        let private = slots.entry(slot.path.clone()).or_insert_with(|| {
            let place = tmp.join("downloads").join(slot.n.to_string());
            // A process that was killed may have left one
            workspace::remove_folder(&place);
            Private { place, commit: String::new() }
        });
        private.commit.clone_from(&slot.commit);
        private.place.clone()
    }

    /// The private place of the slot in this folder, if a command has added to it.
    pub fn at(&self, folder: &Path) -> Option<PathBuf> {
        self.slots().get(folder).map(|private| private.place.clone())
    }

    /// The commit whose set-up wrote last to a slot's private place.
    pub fn commit(&self, slot: &Slot) -> Option<String> {
        self.slots().get(&slot.path).map(|private| private.commit.clone())
    }

    /// Forgets the private place of a slot. The caller removes the returned folder.
    pub fn forget(&self, slot: &Slot) -> Option<PathBuf> {
        self.slots().remove(&slot.path).map(|private| private.place)
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Private>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
