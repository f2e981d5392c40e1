//! Delivery into the user's working tree: all or nothing, recoverable, and undone on request.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::delivery::apply::{
    Outcome, State, TORN, apply, clear_exchanges, is_half_done, note_written, remove_made_folders, states,
    was_done, written,
};
use crate::delivery::plan::{Delivery, DeliveryEntry};
use crate::error::{DeliveryError, Error, KEPT_MEANWHILE, UndoError, whereabouts};
use crate::files::{private_dir, remove_tree};
use crate::names::{object, relative};
use crate::workspace::Workspace;

/// The result of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Files written or replaced.
    pub written: Vec<String>,
    /// Files removed.
    pub removed: Vec<String>,
}

/// What [`Workspace::recover`] found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovered {
    /// The delivery is complete now.
    Forward(Delivered),
    /// The user has changed some of its files: what had been written was undone, and those files were left alone.
    Back {
        /// Files that are neither as before nor as delivered.
        changed: Vec<String>,
        /// Files that were restored.
        put_back: Vec<String>,
        /// Those of the changed files that may hold a part of the delivery, because they were changed after it had written
        /// them.
        torn: Vec<String>,
    },
}

/// The result of an undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// Files that are as before the delivery again.
    pub restored: Vec<String>,
    /// Files that are gone again.
    pub removed: Vec<String>,
}

impl Workspace {
    /// Writes a planned delivery into the user's files. Every file must still be as the plan says (or already as
    /// delivered); otherwise nothing is written. After a failure in the middle everything is restored. It touches neither
    /// the user's index nor HEAD.
    pub fn deliver(&self, delivery: &Delivery) -> Result<Delivered, DeliveryError> {
        let delivery = checked(delivery)?;
        let places = self.places(delivery, &[])?;
        match self.bring(delivery, &places, None)? {
            Ok(done) => Ok(Delivered { written: done.written, removed: done.removed }),
            Err(paths) => Err(DeliveryError::Changed { paths }),
        }
    }

    /// Ends a delivery that a crash interrupted. It goes forward if the delivery had begun and every file is as before or
    /// as delivered, or if it was complete before somebody changed a file; otherwise back. If that fails,
    /// [`DeliveryError::Torn`] names the files that hold what it wrote, and the caller may try again.
    pub fn recover(&self, delivery: &Delivery) -> Result<Recovered, DeliveryError> {
        let delivery = checked(delivery)?;
        self.end(delivery).map_err(|error| self.half_written(delivery, error))
    }

    fn end(&self, delivery: &Delivery) -> Result<Recovered, DeliveryError> {
        let place = self.place(delivery);
        let found = states(self, &delivery.entries)?;
        let before = found.iter().any(|found| found.state == State::Before);
        if was_done(&place) && !before {
            let (written, removed) = delivery.entries.iter().partition::<Vec<_>, _>(|e| e.after.is_some());
            let paths = |entries: Vec<&DeliveryEntry>| entries.iter().map(|e| e.path.clone()).collect();
            return Ok(Recovered::Forward(Delivered { written: paths(written), removed: paths(removed) }));
        }
        // The user may have made other changes since, and the delivery was not checked together with them.
        if written(&place).is_empty() && !found.iter().any(|found| found.state == State::After) {
            return Ok(Recovered::Back { changed: Vec::new(), put_back: Vec::new(), torn: Vec::new() });
        }
        match self.deliver(delivery) {
            Ok(done) => Ok(Recovered::Forward(done)),
            Err(DeliveryError::Changed { paths }) => self.go_back(delivery, paths),
            Err(error) => Err(error),
        }
    }

    /// Undoes what a delivery wrote, except in files that somebody changed.
    fn go_back(&self, delivery: &Delivery, changed: Vec<String>) -> Result<Recovered, DeliveryError> {
        let (found, place) = (states(self, &delivery.entries)?, self.place(delivery));
        let ours = written(&place);
        let mut changed: BTreeSet<String> = changed.into_iter().collect();
        let mut part = delivery.clone();
        part.entries.clear();
        for (entry, found) in delivery.entries.iter().zip(&found) {
            match found.state {
                // If somebody else made the same change, the file is theirs.
                State::After if ours.contains(&entry.path) => part.entries.push(entry.clone()),
                State::Other => drop(changed.insert(entry.path.clone())),
                _ => {}
            }
        }
        // A changed file may be in the way of another: a file that replaced a folder.
        let undone = loop {
            match self.take_back(&part, &place) {
                Ok(undone) => break undone,
                Err(UndoError::Failed(error)) => return Err(error),
                Err(UndoError::Changed { paths }) => {
                    let left = part.entries.len();
                    part.entries.retain(|entry| !paths.contains(&entry.path));
                    changed.extend(paths.iter().cloned());
                    if part.entries.len() == left {
                        return Err(DeliveryError::Changed { paths });
                    }
                }
            }
        };
        remove_made_folders(self.root(), &place);
        let torn: BTreeSet<String> = changed.intersection(&ours).cloned().collect();
        if place.is_dir() {
            note_written(&place, &torn)?;
        }
        if !torn.is_empty() {
            // The backup holds the files as they were before.
            crate::files::write_private(&place.join(TORN), b"")?;
        }
        let mut put_back = undone.restored;
        put_back.extend(undone.removed);
        let changed = changed.into_iter().collect();
        Ok(Recovered::Back { changed, put_back, torn: torn.into_iter().collect() })
    }

    /// The same error with the list of files that hold what the delivery wrote, if there are any.
    fn half_written(&self, delivery: &Delivery, error: DeliveryError) -> DeliveryError {
        let place = self.place(delivery);
        let ours = written(&place);
        let half: Vec<&DeliveryEntry> = match states(self, &delivery.entries) {
            Ok(found) => {
                let entries = delivery.entries.iter().zip(&found);
                let half = entries
                    .filter(|(entry, found)| found.state != State::Before && ours.contains(&entry.path));
                half.map(|(entry, _)| entry).collect()
            }
            Err(_) => delivery.entries.iter().filter(|entry| ours.contains(&entry.path)).collect(),
        };
        let mut paths: Vec<String> = half.into_iter().map(|entry| entry.path.clone()).collect();
        let (source, said) = match error {
            DeliveryError::Torn { source, paths: torn, whereabouts, .. } => {
                paths.extend(torn);
                (source, whereabouts)
            }
            other if paths.is_empty() => return other,
            DeliveryError::PutBack { source } | DeliveryError::Failed(source) => (source, String::new()),
            DeliveryError::Changed { paths: changed } => {
                let path = self.root().join(changed.first().map(String::as_str).unwrap_or_default());
                let source = std::io::Error::other("it changed while it was being put back");
                (Error::Io { what: "put back", path, source }, String::new())
            }
        };
        paths.sort();
        paths.dedup();
        // The backup holds the files from before the delivery, not from before the undo.
        let kept = said.find(KEPT_MEANWHILE).and_then(|at| said.get(at..)).unwrap_or_default();
        let whereabouts = whereabouts(&paths, &place.join("backup"), &[]) + kept;
        drop(crate::files::write_private(&place.join(TORN), b""));
        DeliveryError::Torn { source, paths, whereabouts, failed: true }
    }

    /// Undoes a delivery if each of its files is still as delivered (or already as before). Otherwise it returns the other
    /// files and changes nothing.
    pub fn undo(&self, delivery: &Delivery) -> Result<Undone, UndoError> {
        self.take_back(checked(delivery)?, &self.place(delivery))
    }

    fn take_back(&self, delivery: &Delivery, original: &Path) -> Result<Undone, UndoError> {
        let back = delivery.reversed();
        let places = self.places(&back, &[original])?;
        let kept = original.join("backup");
        match self.bring(&back, &places, Some(&kept)).map_err(UndoError::Failed)? {
            Ok(done) => Ok(Undone { restored: done.written, removed: done.removed }),
            Err(paths) => Err(UndoError::Changed { paths }),
        }
    }

    /// Overwrites files of an earlier delivery, whose backup stays for its undo.
    pub(crate) fn rewrite(&self, delivery: &Delivery, earlier: &Delivery) -> Result<(), UndoError> {
        let delivery = checked(delivery)?;
        let places = self.places(delivery, &[&self.place(earlier)])?;
        match self.bring(delivery, &places, None).map_err(UndoError::Failed)? {
            Ok(_) => Ok(()),
            Err(paths) => Err(UndoError::Changed { paths }),
        }
    }

    /// `Err` holds the paths that are in neither of the two states.
    fn bring(
        &self,
        delivery: &Delivery,
        folder: &Path,
        kept: Option<&Path>,
    ) -> Result<Result<Outcome, Vec<String>>, DeliveryError> {
        let found = states(self, &delivery.entries)?;
        let strange = delivery.entries.iter().zip(&found).filter(|(_, found)| found.state == State::Other);
        let changed: Vec<String> = strange.map(|(entry, _)| entry.path.clone()).collect();
        if !changed.is_empty() {
            return Ok(Err(changed));
        }
        match apply(self, delivery, &found, folder, kept) {
            Ok(done) => Ok(Ok(done)),
            Err(DeliveryError::Changed { paths }) => Ok(Err(paths)),
            Err(error) => Err(error),
        }
    }

    /// The folder for a delivery's staged files and for its backup.
    fn place(&self, delivery: &Delivery) -> PathBuf {
        let short = |tree: &str| tree.chars().take(16).collect::<String>();
        let name = format!("{}-{}", short(&delivery.from_tree), short(&delivery.to_tree));
        self.area().join("delivery").join(name)
    }

    /// Clears up after deliveries that a crash interrupted, also of missions that nobody resumes. Returns files that
    /// somebody else wrote during an exchange and that could not stay in their place. No other process may deliver
    /// meanwhile.
    pub fn settle_deliveries(&self) -> Result<Vec<String>, Error> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(self.area().join("delivery")).into_iter().flatten().flatten() {
            kept.extend(clear_exchanges(self.root(), &entry.path())?);
        }
        Ok(kept.into_iter().map(|kept| format!("{}: {}", kept.path, kept.file.display())).collect())
    }

    /// Creates that folder and removes those of earlier deliveries, except the given ones, those whose backup was named to
    /// the user, and those of unfinished deliveries.
    fn places(&self, delivery: &Delivery, keep: &[&Path]) -> Result<PathBuf, Error> {
        let paths = self.settle_deliveries()?;
        if !paths.is_empty() {
            return Err(Error::Kept { paths });
        }
        let place = self.place(delivery);
        let all = self.area().join("delivery");
        private_dir(&all)?;
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let path = entry.path();
            let needed = path.join(TORN).exists() || is_half_done(&path);
            if path != place && !keep.contains(&path.as_path()) && !needed {
                remove_tree(&path)?;
            }
        }
        private_dir(&place)?;
        private_dir(&place.join("backup"))?;
        Ok(place)
    }
}

/// Checks a delivery that was read from a journal: no path in it may lead out of the project.
fn checked(delivery: &Delivery) -> Result<&Delivery, Error> {
    object(&delivery.from_tree)?;
    object(&delivery.to_tree)?;
    for entry in &delivery.entries {
        relative(&entry.path)?;
        for side in [&entry.before, &entry.after].into_iter().flatten() {
            object(&side.oid)?;
        }
    }
    Ok(delivery)
}
