//! Writes a mission's events to the journal, the board, and the answer that the user sees.
//!
//! Only the orchestrator calls it. An event that cannot be written has not happened and is not shown.

use std::path::PathBuf;
use std::sync::Arc;

use std::time::Duration;

use journal::{Journal, Redactor};
use mission::{Event, State};
use tokio::time::Instant;

use crate::actor::board_text::BoardText;
use crate::host::Host;
use crate::world::Observer;

/// How long the board may be behind the journal, and how much longer for each task: it is always written as a whole.
const BOARD_DELAY: Duration = Duration::from_millis(100);
const BOARD_DELAY_A_TASK: Duration = Duration::from_millis(2);

pub struct Record {
    journal: Journal<Event>,
    board: PathBuf,
    redactor: Redactor,
    host: Arc<dyn Host>,
    observer: Option<Arc<dyn Observer>>,
    /// When the board must be written again, if it is out of date.
    board_due: Option<Instant>,
    text: BoardText,
}

impl Record {
    pub fn new(
        journal: Journal<Event>,
        board: PathBuf,
        redactor: Redactor,
        host: Arc<dyn Host>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Record {
        Record { journal, board, redactor, host, observer, board_due: None, text: BoardText::default() }
    }

    /// Writes an event to the journal. Returns it as written, without secrets: this form must be applied.
    pub fn append(&mut self, event: &Event) -> Result<Event, String> {
        let event = self.redactor.redact_value(event).map_err(|e| e.to_string())?;
        self.journal.append(&event).map_err(|e| e.to_string())?;
        Ok(event)
    }

    /// The state has changed, so the board must be written later. It is not written for each event: in a long mission
    /// that would cost more than the journal.
    pub fn changed(&mut self, state: &State) {
        if let Some(observer) = &self.observer {
            observer.changed(state);
        }
        let tasks = u32::try_from(state.tasks.len()).unwrap_or(u32::MAX);
        let delay = BOARD_DELAY.saturating_add(BOARD_DELAY_A_TASK.saturating_mul(tasks));
        self.board_due.get_or_insert_with(|| Instant::now() + delay);
    }

    /// Waits until the board must be written; never returns if it is up to date.
    pub fn board_is_due(&self) -> impl Future<Output = ()> + use<> {
        let due = self.board_due;
        async move {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Writes the board. It is derived from the journal, so the mission continues if it cannot be written.
    pub fn board(&mut self, state: &State, now_ms: u64) {
        self.board_due = None;
        match self.text.of(state, now_ms) {
            Ok(text) => {
                if let Err(error) = journal::write_atomic(&self.board, text.as_bytes()) {
                    tracing::warn!("the board could not be written: {error}");
                }
            }
            Err(error) => tracing::warn!("the board could not be written: {error}"),
        }
    }

    pub fn say(&self, text: &str) {
        self.host.progress(&self.redactor.redact(text));
    }
}
