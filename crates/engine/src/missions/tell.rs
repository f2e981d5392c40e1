//! Corrections and answers of the user: they go to the process that runs the mission, or into the journal of a mission
//! that waits to be resumed.
//!
//! A text is in the journal before any role sees it. The mission's state decides whether a text is valid. It never
//! writes the journal of a running mission, and resumes none.

use std::time::Duration;

use journal::{Journal, control};
use mission::Event;
use tokio::time::{Instant, sleep};

use crate::actor::board_text;
use crate::actor::past::PastMission;
use crate::missions::project::Project;

/// How long a text waits for a mission that is pausing, and how often to look.
const WINDING_UP: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

impl Project {
    /// Waits while the mission that runs is pausing: its process takes no text any more, but still holds the lock.
    pub(crate) async fn settled(&self) {
        let until = Instant::now() + WINDING_UP;
        while Instant::now() < until {
            let Ok(Some(owner)) = self.state.owner() else { return };
            let past = self.state.mission(&owner.mission).ok().and_then(|dir| PastMission::read(&dir).ok());
            if past.is_none_or(|past| past.state.paused.is_none()) {
                return;
            }
            sleep(POLL).await;
        }
    }

    /// Passes a correction on; the error says why it was not accepted.
    pub(crate) fn tell(&self, text: &str, by: &str) -> Result<String, String> {
        let text = self.redactor.redact(text);
        let now_ms = self.world.clock.now_ms();
        let owner = self.state.owner().map_err(|error| error.to_string())?;
        if let Some(owner) = owner {
            let dir = self.state.mission(&owner.mission).map_err(|_| NONE.to_string())?;
            if !dir.exists() {
                return Err(starting(dir.id()));
            }
            let past = PastMission::read(&dir)?;
            past.state.correction(&text, now_ms)?;
            let request = control::Request {
                kind: control::TELL.into(),
                by: by.into(),
                at_ms: now_ms,
                text: Some(text.into_owned()),
            };
            control::post(&dir.control_dir(), &request).map_err(|error| error.to_string())?;
            return Ok(format!(
                "Mission `{}` has your text. Roles get it with their next prompt, and what has not started is \
                 planned again with it.\n",
                owner.mission
            ));
        }
        let unfinished = |past: &PastMission| past.state.outcome.is_none() && !past.state.mission.is_empty();
        let (dir, past) = self.find(None, unfinished).map_err(|_| NONE.to_string())?;
        let event = past.state.correction(&text, now_ms)?;
        let _lock = self.lock(dir.id())?;
        let (mut journal, _) = Journal::<Event>::reopen(&dir.journal_path(), self.redactor.clone())
            .map_err(|error| error.to_string())?;
        journal.append(&event).map_err(|error| error.to_string())?;
        board_text::renew(&dir, now_ms);
        Ok(format!(
            "Mission `{0}` is not running; your text is kept. `/task resume {0}` continues it, and first plans again with it what \
             has not started.\n",
            dir.id()
        ))
    }
}

impl Project {
    /// Passes answers to the questions before the plan on; the error says why they were not accepted.
    pub(crate) fn answer(&self, text: &str, by: &str) -> Result<String, String> {
        let now_ms = self.world.clock.now_ms();
        let owner = self.state.owner().map_err(|error| error.to_string())?;
        if let Some(owner) = owner {
            let dir = self.state.mission(&owner.mission).map_err(|_| NO_QUESTION.to_string())?;
            if !dir.exists() {
                return Err(starting(dir.id()));
            }
            PastMission::read(&dir)?.state.answer(text, now_ms)?;
            let request = control::Request {
                kind: control::ANSWER.into(),
                by: by.into(),
                at_ms: now_ms,
                text: Some(text.into()),
            };
            control::post(&dir.control_dir(), &request).map_err(|error| error.to_string())?;
            return Ok(format!("Mission `{}` has your answer.\n", owner.mission));
        }
        let (dir, past) = self
            .find(None, |past| past.state.outcome.is_none() && past.state.clarification_due())
            .map_err(|_| NO_QUESTION.to_string())?;
        let events = past.state.answer(text, now_ms)?;
        let _lock = self.lock(dir.id())?;
        let (mut journal, _) = Journal::<Event>::reopen(&dir.journal_path(), self.redactor.clone())
            .map_err(|error| error.to_string())?;
        for event in &events {
            journal.append(event).map_err(|error| error.to_string())?;
        }
        board_text::renew(&dir, now_ms);
        Ok(format!(
            "Mission `{0}` is not running; your answer is kept. `/task resume {0}` continues it.\n",
            dir.id()
        ))
    }
}

/// The message for a mission that holds the lock and has no journal yet.
fn starting(id: &str) -> String {
    format!("mission `{id}` is being started; say it again in a moment")
}

const NO_QUESTION: &str = "no mission of this project waits for an answer";

/// The message if no mission can take a text.
pub(crate) const NONE: &str = "no mission runs in this project, and none waits to be resumed";
