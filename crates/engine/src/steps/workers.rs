//! The Coder of each running attempt: its slot and its session, kept from submission to verdict so that a repair can
//! continue in the same conversation.
//!
//! It starts and stops no role.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mission::TaskId;

use crate::bench::slots::Lease;
use crate::talk::conversation::Conversation;

pub(crate) struct Worker {
    pub lease: Lease,
    /// `None` after the host has lost it.
    pub conversation: Option<Conversation>,
}

#[derive(Default)]
pub(crate) struct Workers {
    by_task: Mutex<HashMap<TaskId, Worker>>,
}

impl Workers {
    pub fn put(&self, task: &str, worker: Worker) {
        self.lock().insert(task.to_string(), worker);
    }

    pub fn take(&self, task: &str) -> Option<Worker> {
        self.lock().remove(task)
    }

    pub fn tasks(&self) -> Vec<TaskId> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Worker>> {
        self.by_task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
