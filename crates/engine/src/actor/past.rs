//! A mission read from its journal: its events and their fold. It is never written to.

use journal::MissionDir;
use mission::{Event, State};

/// A mission as read from its journal.
pub(crate) struct PastMission {
    pub events: Vec<Event>,
    pub state: State,
}

impl PastMission {
    pub fn read(dir: &MissionDir) -> Result<PastMission, String> {
        let read = journal::read::<Event>(&dir.journal_path()).map_err(|e| e.to_string())?;
        let state = State::fold(&read.events);
        Ok(PastMission { events: read.events, state })
    }
}
