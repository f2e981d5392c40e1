//! The common context of one mission's steps. Only `steps` and `missions` use it: gates and conversations get the parts
//! that they need.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::StateDir;
use mission::memory::Memory;
use mission::{Event, FailureClass, PauseReason, TaskId};

use crate::bench::Bench;
use crate::bench::slots::{Lease, Permit};
use crate::config::SetupFailure;
use crate::failure::RoleFailure;
use crate::gates::verdict::GateContext;
use crate::steps::kept_index::KeptIndex;
use crate::steps::workers::Workers;
use crate::talk::desk::Desk;

/// Bytes that a prompt says of earlier missions.
const MAX_KNOWN: usize = 2_000;

pub(crate) struct MissionContext {
    pub bench: Arc<Bench>,
    pub gates: GateContext,
    pub desk: Arc<Desk>,
    /// The state folder of this project.
    pub project: StateDir,
    pub workers: Workers,
    /// Locked by the step that moves the mission's head.
    pub head: tokio::sync::Mutex<()>,
    pub edits: Mutex<HashMap<TaskId, Edits>>,
    /// Locked while a file of a slot is read, changed and written.
    pub writing: tokio::sync::Mutex<()>,
    pub index: KeptIndex,
    /// The embedding model of the settings failed in this mission: it is not asked again.
    pub no_embeddings: AtomicBool,
    /// Linters that did not answer an edit in time: they are not asked again.
    pub slow_linters: Mutex<BTreeSet<&'static str>>,
    /// What earlier missions learned of the project, as it was when this one began.
    pub memory: Memory,
}

/// What the tools of a task's session wrote in the running attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    pub written: BTreeSet<String>,
    /// The last edit that was refused because another task holds the file.
    pub refused: Option<(String, TaskId)>,
    /// Why the last allowed edit could not be written.
    pub unwritten: Option<String>,
    pub count: EditForms,
}

/// How files were written: edits in place, those of them that missed, and existing files written whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EditForms {
    pub edits: u32,
    pub missed: u32,
    pub whole: u32,
}

impl MissionContext {
    /// Waits for a free slot, at most until the mission stops.
    pub async fn permit(&self) -> Result<Permit, RoleFailure> {
        self.unless_stopped(self.bench.slots.permit()).await
    }

    /// Waits for `wanted` free slots at once, for several Coders of one attempt, at most until the mission stops.
    pub async fn permits(&self, wanted: u32) -> Result<Vec<Permit>, RoleFailure> {
        self.unless_stopped(self.bench.slots.permits(wanted)).await
    }

    async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Result<T, RoleFailure> {
        tokio::select! {
            biased;
            () = self.bench.cancel.cancelled() => {
                Err(RoleFailure::new(FailureClass::Host, "the mission was stopped"))
            }
            permits = wait => Ok(permits),
        }
    }

    /// What a prompt says of earlier missions.
    pub fn known(&self) -> String {
        self.memory.told(MAX_KNOWN)
    }

    /// A free slot at `commit`.
    pub async fn slot(&self, commit: &str) -> Result<Lease, RoleFailure> {
        let permit = self.permit().await?;
        self.bench
            .slots
            .lease(permit, commit)
            .await
            .map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))
    }

    /// The pause that is due if a slot, or the checking slot, could not be set up and no change caused that. The
    /// results of checks there are not evidence, so no task fails because of them.
    pub fn setup_pause(&self, slot: u32) -> Option<Event> {
        if self.bench.config.workspace.setup_failure == SetupFailure::NoEvidence {
            return None;
        }
        let why = self.gates.checks.not_ready(slot)?;
        let reason = PauseReason::setup(&why, &self.desk.mission);
        Some(Event::Paused { reason, at_ms: self.desk.clock.now_ms() })
    }

    pub fn slow_linters(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.slow_linters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn edits(&self) -> MutexGuard<'_, HashMap<TaskId, Edits>> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn forget_edits(&self, task: &str) {
        self.edits().remove(task);
    }

    /// How the task's sessions wrote since this was last asked, as a fact; none where they wrote nothing.
    pub fn take_edit_forms(&self, task: &str) -> Option<Event> {
        let count = self.edits().get_mut(task).map(|edits| std::mem::take(&mut edits.count))?;
        let EditForms { edits, missed, whole } = count;
        (count != EditForms::default()).then(|| Event::EditsMade {
            task: task.to_string(),
            edits,
            missed,
            whole,
        })
    }

    pub fn refused_edit(&self, task: &str) -> Option<(String, TaskId)> {
        self.edits().get(task).and_then(|e| e.refused.clone())
    }

    /// Why an edit could not be written. It is reported together with the role's own reason, which may say less.
    pub fn unwritten_edit(&self, task: &str) -> Option<String> {
        self.edits().get(task).and_then(|e| e.unwritten.clone())
    }
}
