//! Delivery into the user's working tree: all or nothing, recoverable, and undone on request.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::apply::{
    Found, Outcome, State, TORN, apply, note_written, remove_made_folders, settle, states, written,
};
use crate::error::{DeliveryError, Error, UndoError, whereabouts};
use crate::files::{private_dir, remove_tree};
use crate::names::{object, relative};
use crate::plan::{Delivery, DeliveryEntry};
use crate::workspace::Workspace;

/// A delivery that was made.
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
    /// The user changed some of its files meanwhile: what had been written was taken back, those files were
    /// left alone.
    Back {
        /// Files that are neither as before nor as delivered.
        changed: Vec<String>,
        /// Files that were put back.
        put_back: Vec<String>,
        /// Those of the changed files that may hold part of the delivery, because they were changed after it had
        /// written them.
        torn: Vec<String>,
    },
}

/// An undo that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// Files that are as before the delivery again.
    pub restored: Vec<String>,
    /// Files that are gone again.
    pub removed: Vec<String>,
}

impl Workspace {
    /// Writes a planned delivery into the user's files. Every file must still be as the plan says (or
    /// already as it would be); otherwise nothing is written. A failure in the middle puts everything back.
    /// Neither the user's index nor HEAD is touched.
    pub fn deliver(&self, delivery: &Delivery) -> Result<Delivered, DeliveryError> {
        let delivery = checked(delivery)?;
        let places = self.places(delivery, &[])?;
        match self.bring(delivery, &places, None)? {
            Ok(done) => Ok(Delivered { written: done.written, removed: done.removed }),
            Err(paths) => Err(DeliveryError::Changed { paths }),
        }
    }

    /// Ends a delivery that a crash interrupted: forward when every file is as before or as delivered,
    /// back otherwise. Where that fails, [`DeliveryError::Torn`] names the files that hold what it wrote; it can be tried
    /// again.
    pub fn recover(&self, delivery: &Delivery) -> Result<Recovered, DeliveryError> {
        let delivery = checked(delivery)?;
        let recovered = match self.deliver(delivery) {
            Ok(done) => Ok(Recovered::Forward(done)),
            Err(DeliveryError::Changed { paths }) => self.go_back(delivery, paths),
            Err(error) => Err(error),
        };
        recovered.map_err(|error| self.half_written(delivery, error))
    }

    /// Takes back what a delivery wrote, but for the files that somebody changed.
    fn go_back(&self, delivery: &Delivery, changed: Vec<String>) -> Result<Recovered, DeliveryError> {
        let (found, place) = (states(self, &delivery.entries)?, self.place(delivery));
        let entries = delivery.entries.iter().zip(&found);
        let after = entries.filter(|(_, found)| found.state == State::After).map(|(entry, _)| entry.clone());
        let part = Delivery { entries: after.collect(), ..delivery.clone() };
        let undone = self.take_back(&part, &place).map_err(|error| match error {
            UndoError::Changed { paths } => DeliveryError::Changed { paths },
            UndoError::Failed(error) => error,
        })?;
        remove_made_folders(self.root(), &place);
        let ours = written(&place);
        let torn: Vec<String> = changed.iter().filter(|path| ours.contains(*path)).cloned().collect();
        if place.is_dir() {
            note_written(&place, &torn.iter().cloned().collect())?;
        }
        if !torn.is_empty() {
            // The backup holds what they were before.
            crate::files::write_private(&place.join(TORN), b"")?;
        }
        let mut put_back = undone.restored;
        put_back.extend(undone.removed);
        Ok(Recovered::Back { changed, put_back, torn })
    }

    /// The same error with the files that hold what the delivery wrote, if there are any.
    fn half_written(&self, delivery: &Delivery, error: DeliveryError) -> DeliveryError {
        let place = self.place(delivery);
        let ours = written(&place);
        let mut paths: Vec<String> = match states(self, &delivery.entries) {
            Ok(found) => {
                let half = |(entry, found): &(&DeliveryEntry, &Found)| match found.state {
                    State::Before => false,
                    State::After => true,
                    State::Other => ours.contains(&entry.path),
                };
                let entries = delivery.entries.iter().zip(&found).filter(half);
                entries.map(|(entry, _)| entry.path.clone()).collect()
            }
            // Nobody knows: it may be each of them.
            Err(_) => delivery.entries.iter().map(|entry| entry.path.clone()).collect(),
        };
        let (source, said) = match error {
            DeliveryError::Torn { source, paths: torn, whereabouts } => {
                paths.extend(torn);
                (source, Some(whereabouts))
            }
            other if paths.is_empty() => return other,
            DeliveryError::PutBack { source } | DeliveryError::Failed(source) => (source, None),
            DeliveryError::Changed { paths: changed } => {
                let path = self.root().join(changed.first().map(String::as_str).unwrap_or_default());
                let source = std::io::Error::other("it changed while it was being put back");
                (Error::Io { what: "put back", path, source }, None)
            }
        };
        paths.sort();
        paths.dedup();
        let whereabouts = said.unwrap_or_else(|| whereabouts(&paths, &place.join("backup"), &[]));
        DeliveryError::Torn { source, paths, whereabouts }
    }

    /// Takes a delivery back, when every one of its files is still as delivered (or already as before).
    /// Otherwise names those that are not, and changes nothing.
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

    /// `Err` holds the paths that are neither as before nor as after.
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

    /// Where a delivery is staged and what it replaces is kept.
    fn place(&self, delivery: &Delivery) -> PathBuf {
        let short = |tree: &str| tree.chars().take(16).collect::<String>();
        let name = format!("{}-{}", short(&delivery.from_tree), short(&delivery.to_tree));
        self.area().join("delivery").join(name)
    }

    /// Clears away what deliveries left that were interrupted by a crash: also those of missions that nobody resumes.
    /// Says which files were written by somebody else in that instant and could not be left in their place. To be called
    /// while no other process delivers.
    pub fn settle_deliveries(&self) -> Result<Vec<String>, Error> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(self.area().join("delivery")).into_iter().flatten().flatten() {
            kept.extend(settle(self.root(), &entry.path())?);
        }
        Ok(kept.into_iter().map(|kept| format!("{}: {}", kept.path, kept.file.display())).collect())
    }

    /// Makes that folder and removes those of earlier deliveries, except the ones named and those whose backup somebody
    /// was told of.
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
            if path != place && !keep.contains(&path.as_path()) && !path.join(TORN).exists() {
                remove_tree(&path)?;
            }
        }
        private_dir(&place)?;
        private_dir(&place.join("backup"))?;
        Ok(place)
    }
}

/// A delivery comes from a journal: nothing in it may lead out of the project.
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
