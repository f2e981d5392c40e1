//! A cancellation token for each task, so that a role is cut off when its task is over, not only when the
//! mission is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mission::TaskId;
use tokio_util::sync::CancellationToken;

#[derive(Default)]
pub(crate) struct TaskTokens {
    by_task: Mutex<HashMap<TaskId, CancellationToken>>,
}

impl TaskTokens {
    pub fn token(&self, task: &str, mission: &CancellationToken) -> CancellationToken {
        self.lock().entry(task.to_string()).or_insert_with(|| mission.child_token()).clone()
    }

    pub fn cancel(&self, task: &str) {
        if let Some(token) = self.lock().remove(task) {
            token.cancel();
        }
    }

    /// Cancels the work on tasks that no longer exist.
    pub fn keep_only(&self, known: impl Fn(&str) -> bool) {
        self.lock().retain(|id, token| {
            let keep = known(id);
            if !keep {
                token.cancel();
            }
            keep
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, CancellationToken>> {
        self.by_task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
