//! Maps sessions to roles, so that a tool call reaches the role's own mailbox.
//!
//! A tool call of an unknown session reaches no mailbox.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mission::{Role, TaskId};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::actor::orchestrator::Orchestrator;
use crate::talk::file_turns::FileTurns;
use crate::talk::folding::Folds;
use crate::talk::paging::Paging;
use crate::talk::watch::Watch;

/// The most tool calls that may wait for one role.
const MAILBOX: usize = 16;

/// A call of a mailbox tool that waits for the answer to the model.
#[derive(Debug)]
pub struct ToolCall {
    pub tool: String,
    pub arguments: Value,
    pub reply: oneshot::Sender<String>,
}

/// A session's part of a task, if it does not have the whole task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The task's tests, written before and apart from its implementation.
    Tests,
}

/// Data about a session for the hooks.
#[derive(Clone)]
pub struct Session {
    pub role: Role,
    pub task: Option<TaskId>,
    pub directory: PathBuf,
    /// The commit with which edits are compared.
    pub base: String,
    pub part: Option<Part>,
    pub(crate) orchestrator: Orchestrator,
    pub(crate) calls: mpsc::Sender<ToolCall>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) paging: Arc<Paging>,
    /// Shortens what it is shown of long files.
    pub(crate) folds: Option<Folds>,
    /// Files of instructions, each as the session is shown it; `None` if the mission's base has no such file.
    pub(crate) instructions: Arc<Mutex<HashMap<String, Option<String>>>>,
    /// What its last edit of each file was answered with.
    pub(crate) findings: Arc<Mutex<ToldFindings>>,
}

/// For each file, the findings that a session was told after its last edit, without their lines, which move.
pub(crate) type ToldFindings = HashMap<String, BTreeSet<String>>;

/// The sessions of all working roles.
#[derive(Clone, Default)]
pub struct Sessions {
    open: Arc<Mutex<HashMap<String, Session>>>,
    /// Folders in which a session was opened since the last [`Sessions::take_folders`].
    folders: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// Of each folder in which a command ran or a tool opened files: there are as many as slots.
    turns: Arc<Mutex<HashMap<PathBuf, Arc<FileTurns>>>>,
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

    /// Returns the folders in which sessions were opened since the last call.
    pub(crate) fn take_folders(&self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut *self.folders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps the host's tools and the commands of a folder apart.
    pub(crate) fn turns(&self, folder: &Path) -> Arc<FileTurns> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(folder.to_path_buf()).or_default().clone()
    }

    pub(crate) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
