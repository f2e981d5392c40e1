//! The worker's end of a session: passes calls of its host's hooks to the owner, and brings the files of its copy of the
//! slot up to date with each answer.
//!
//! It answers nothing itself. If the owner does not answer, the call fails, and the session ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use queue::{End, Queue};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use crate::bench::dispatch::bay::fetch;
use crate::bench::slots::Slots;
use crate::far::hooks::HookCall;
use crate::far::message::{Answered, FromWorker, Step, ToOwner};
use crate::far::paths::Paths;
use crate::far::{LONGEST, trees};

/// The slot of a place.
pub(crate) const SLOT: u32 = 1;
/// What is said to a model if its owner is gone.
const OVER: &str = "refused: this role's part of the mission is over; end your turn.";

/// One session that this worker has.
pub(crate) struct Relay {
    pub id: String,
    pub worker: String,
    pub queue: Queue,
    pub workspace: Workspace,
    pub slots: Slots,
    pub folder: PathBuf,
    pub paths: Paths,
    /// One change of the copy at a time.
    pub changing: AsyncMutex<()>,
    /// The session is over.
    pub over: CancellationToken,
    /// What the host saw, in its order.
    pub seen: mpsc::Sender<String>,
}

impl Relay {
    /// Passes a call to the owner; the error is for the model.
    pub async fn call(&self, call: HookCall) -> Result<Value, String> {
        let call = serde_json::from_value(self.paths.value_out(json!(call)));
        let call = call.map_err(|error| format!("refused: the call cannot be sent: {error}"))?;
        let asked = self.ask(ToOwner::Hook { call });
        let answer = tokio::select! {
            biased;
            () = self.over.cancelled() => return Err(OVER.into()),
            answer = asked => answer,
        };
        let answered = answer
            .and_then(|answer| serde_json::from_value::<Answered>(answer).map_err(|error| error.to_string()));
        let Answered { value, step } = match answered {
            Ok(answered) => answered,
            Err(error) => {
                tracing::warn!("{error}");
                self.over.cancel();
                return Err(OVER.into());
            }
        };
        if let Some(step) = step
            && let Err(error) = self.go(&step).await
        {
            tracing::warn!("{error}");
            self.over.cancel();
            return Err(OVER.into());
        }
        Ok(self.paths.value_here(value))
    }

    pub async fn ask(&self, said: ToOwner) -> Result<Value, String> {
        let body = json!(FromWorker { worker: self.worker.clone(), said });
        self.queue.question(&self.id, End::Owner, body, LONGEST).await.map_err(|error| error.to_string())
    }

    pub async fn tell(&self, said: ToOwner) {
        let body = json!(FromWorker { worker: self.worker.clone(), said });
        if let Err(error) = self.queue.tell(&self.id, End::Owner, body).await {
            tracing::debug!("{error}");
        }
    }

    /// Makes the copy equal to the owner's slot.
    pub async fn go(&self, step: &Step) -> Result<(), String> {
        let _one = self.changing.lock().await;
        fetch(&self.workspace, &self.queue, &trees::pack_name(Some(&step.from), &step.to), &step.to).await?;
        let slot = self.slots.prepare(SLOT, &step.to.commit).await;
        slot.map(drop).map_err(|error| error.to_string())
    }

    /// Takes in what the host saw, as JSON.
    pub fn observe(&self, observation: &str) {
        // If the line is that slow, the owner does without
        drop(self.seen.try_send(self.paths.out(observation)));
    }
}

/// The sessions that this process has for others, by the host's names.
#[derive(Clone, Default)]
pub(crate) struct Relays {
    by_session: Arc<Mutex<HashMap<String, Arc<Relay>>>>,
    /// The worker is to end.
    pub leaving: CancellationToken,
}

impl Relays {
    pub fn get(&self, session: &str) -> Option<Arc<Relay>> {
        self.lock().get(session).cloned()
    }

    pub fn put(&self, session: &str, relay: Arc<Relay>) {
        self.lock().insert(session.to_string(), relay);
    }

    pub fn remove(&self, session: &str) {
        self.lock().remove(session);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Relay>>> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
