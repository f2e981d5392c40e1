//! Where a mission's facts go: the journal, the board, and the answer that the user sees.

use std::path::PathBuf;
use std::sync::Arc;

use journal::{Journal, Redactor};
use mission::{Board, Event, State};

use crate::host::Host;
use crate::world::Observer;

pub(crate) struct Record {
    pub journal: Journal<Event>,
    pub board: PathBuf,
    pub redactor: Redactor,
    pub host: Arc<dyn Host>,
    pub observer: Option<Arc<dyn Observer>>,
}

impl Record {
    /// Writes an event down. Gives it as it was written, without secrets: that is what counts.
    pub fn append(&mut self, event: &Event) -> Result<Event, String> {
        let event = self.redactor.redact_value(event).map_err(|e| e.to_string())?;
        self.journal.append(&event).map_err(|e| e.to_string())?;
        Ok(event)
    }

    /// The board is derived; where it cannot be written the mission goes on.
    pub fn board(&self, state: &State, now_ms: u64) {
        if let Some(observer) = &self.observer {
            observer.changed(state);
        }
        match serde_json::to_vec_pretty(&Board::of(state, now_ms)) {
            Ok(bytes) => {
                if let Err(error) = journal::write_atomic(&self.board, &bytes) {
                    tracing::warn!("the board could not be written: {error}");
                }
            }
            Err(error) => tracing::warn!("the board could not be written: {error}"),
        }
    }

    pub fn say(&self, text: &str) {
        self.host.say(&self.redactor.redact(text));
    }
}
