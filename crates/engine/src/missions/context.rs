//! What all actors of one mission share.

use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal::{MissionDir, Redactor, StateDir};
use mission::{FailureClass, MissionId, Role, TaskId};

use crate::actor::orchestrator::Orchestrator;
use crate::bench::grounds::Grounds;
use crate::bench::slots::{Lease, Permit};
use crate::clock::Clock;
use crate::failure::RoleFailure;
use crate::host::Models;
use crate::steps::plan::reading::KeptIndex;
use crate::steps::work::workers::Workers;
use crate::talk::session::Sessions;

/// The first wait after a failure of host or provider; it doubles with each in a row.
const BACKOFF: Duration = Duration::from_secs(2);
const MAX_BACKOFF: Duration = Duration::from_secs(120);

pub(crate) struct MissionContext {
    /// What its gates stand on.
    pub grounds: Grounds,
    pub id: MissionId,
    /// What the host knows of the models that may be asked.
    pub models: Models,
    pub dir: MissionDir,
    /// Where the missions of this project are kept.
    pub project: StateDir,
    /// The session in which the user asked; sessions of roles are its children.
    pub parent: Option<String>,
    pub sessions: Sessions,
    pub orchestrator: Orchestrator,
    pub workers: Workers,
    pub redactor: Redactor,
    pub clock: Arc<dyn Clock>,
    /// Held by whoever writes the mission's head.
    pub head: tokio::sync::Mutex<()>,
    pub edits: Mutex<HashMap<TaskId, Edits>>,
    pub index: KeptIndex,
}

impl Deref for MissionContext {
    type Target = Grounds;

    fn deref(&self) -> &Grounds {
        &self.grounds
    }
}

/// What the tools of a task's session wrote in its running attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    pub written: BTreeSet<String>,
    /// The last edit that was refused because another task holds the file.
    pub refused: Option<(String, TaskId)>,
}

impl MissionContext {
    /// Waits for a free slot, no longer than the mission runs.
    pub async fn permit(&self) -> Result<Permit, RoleFailure> {
        self.unless_stopped(self.slots.permit()).await
    }

    /// Waits for free slots, as many at once as several coders of one attempt need, no longer than the mission runs.
    pub async fn permits(&self, wanted: u32) -> Result<Vec<Permit>, RoleFailure> {
        self.unless_stopped(self.slots.permits(wanted)).await
    }

    async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Result<T, RoleFailure> {
        tokio::select! {
            biased;
            () = self.orchestrator.cancelled().cancelled() => {
                Err(RoleFailure::new(FailureClass::Host, "the mission was stopped"))
            }
            permits = wait => Ok(permits),
        }
    }

    /// A free slot at `commit`.
    pub async fn slot(&self, commit: &str) -> Result<Lease, RoleFailure> {
        let permit = self.permit().await?;
        self.slots
            .lease(permit, commit)
            .await
            .map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))
    }

    pub fn timeout(&self, role: Role) -> Duration {
        self.config.roles.get(role.name()).map_or(Duration::from_secs(600), |r| r.timeout)
    }

    /// Whether the user gave a role a shell. A repair that goes on in its coder's session has what the coder has.
    pub fn may_run_commands(&self, role: Role) -> bool {
        role.writes() && self.config.roles.get(role.name()).is_some_and(|settings| settings.bash)
    }

    /// Waits before the host is asked again, the longer the more often it failed in a row.
    pub async fn wait_for_host(&self, failures: u32) {
        if failures == 0 {
            return;
        }
        let wait = BACKOFF.saturating_mul(1 << (failures - 1).min(10)).min(MAX_BACKOFF);
        tokio::select! {
            biased;
            () = self.orchestrator.cancelled().cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    pub fn edits(&self) -> MutexGuard<'_, HashMap<TaskId, Edits>> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn forget_edits(&self, task: &str) {
        self.edits().remove(task);
    }

    pub fn refused_edit(&self, task: &str) -> Option<(String, TaskId)> {
        self.edits().get(task).and_then(|e| e.refused.clone())
    }
}
