//! Which role speaks in which session: tool calls find their way to the role's own mailbox here.
//!
//! A tool call of a session that is not known here reaches nobody.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mission::{Role, TaskId};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::actor::orchestrator::Orchestrator;
use crate::talk::paging::Paging;
use crate::talk::watch::Watch;

/// Tool calls that may wait for one role.
const MAILBOX: usize = 16;

/// A call of a mailbox tool, waiting for the answer that the model sees.
#[derive(Debug)]
pub struct ToolCall {
    pub tool: String,
    pub arguments: Value,
    pub reply: oneshot::Sender<String>,
}

/// What a session has of a task, where it is not the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its tests, written before and apart from its implementation.
    Tests,
}

/// What the hooks need to know of a session.
#[derive(Clone)]
pub struct Session {
    pub role: Role,
    pub task: Option<TaskId>,
    pub directory: PathBuf,
    /// Commit that edits are compared with.
    pub base: String,
    pub part: Option<Part>,
    pub(crate) orchestrator: Orchestrator,
    pub(crate) calls: mpsc::Sender<ToolCall>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) paging: Arc<Paging>,
}

/// The sessions of all roles at work.
#[derive(Clone, Default)]
pub struct Sessions {
    open: Arc<Mutex<HashMap<String, Session>>>,
    /// Folders in which a session was opened since they were last let go.
    folders: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Sessions {
    pub fn get(&self, id: &str) -> Option<Session> {
        self.lock().get(id).cloned()
    }

    /// Registers a session; its calls arrive at the receiver until [`Sessions::close`].
    pub(crate) fn open(
        &self,
        id: &str,
        session: impl FnOnce(mpsc::Sender<ToolCall>) -> Session,
    ) -> mpsc::Receiver<ToolCall> {
        let (calls, receiver) = mpsc::channel(MAILBOX);
        let session = session(calls);
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(session.directory.clone());
        self.lock().insert(id.to_string(), session);
        receiver
    }

    /// The folders in which sessions were opened, once.
    pub(crate) fn take_folders(&self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut *self.folders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
