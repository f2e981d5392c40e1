//! Delivery into the user's working tree: all or nothing, recoverable, and undone on request.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::apply::{Outcome, State, TORN, apply, remove_made_folders, settle, states};
use crate::error::{DeliveryError, Error, UndoError};
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
    /// back otherwise.
    pub fn recover(&self, delivery: &Delivery) -> Result<Recovered, DeliveryError> {
        match self.deliver(delivery) {
            Ok(done) => Ok(Recovered::Forward(done)),
            Err(DeliveryError::Changed { paths }) => {
                let found = states(self, &delivery.entries)?;
                let written = |entry: &&DeliveryEntry| {
                    let at = delivery.entries.iter().position(|other| std::ptr::eq(other, *entry));
                    at.and_then(|at| found.get(at)).is_some_and(|found| found.state == State::After)
                };
                let mut part = delivery.clone();
                part.entries = delivery.entries.iter().filter(written).cloned().collect();
                let undone = match self.take_back(&part, &self.place(delivery)) {
                    Ok(undone) => undone,
                    Err(UndoError::Changed { paths }) => return Err(DeliveryError::Changed { paths }),
                    Err(UndoError::Failed(error)) => return Err(error),
                };
                remove_made_folders(self.root(), &self.place(delivery));
                let mut put_back = undone.restored;
                put_back.extend(undone.removed);
                Ok(Recovered::Back { changed: paths, put_back })
            }
            Err(error) => Err(error),
        }
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
