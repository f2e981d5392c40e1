//! Looking at missions from their journals.

use std::sync::Arc;

use journal::{Journal, control};
use mission::{Board, Delivery, Event, State};
use workspace::{DeliveryError, UndoError};

use crate::actor::estimate_text::estimate_text;
use crate::actor::past::PastMission;
use crate::bench::confine::FilterSandbox;
use crate::missions::project::Project;
use crate::missions::report;
use crate::text::{duration, quoted};

/// Missions that `status` lists.
const LISTED: usize = 10;

impl Project {
    pub async fn status(&self, id: Option<&str>) -> String {
        let missions = match id {
            Some(id) => self.state.mission(id).map(|m| vec![m]),
            None => self.state.list_missions(),
        };
        let missions = match missions {
            Ok(missions) => missions,
            Err(error) => return format!("{error}\n"),
        };
        let owner = self.state.owner().ok().flatten();
        let (mut text, mut waits) = (String::new(), None);
        for dir in missions.iter().take(LISTED) {
            match PastMission::read(dir) {
                Ok(past) => {
                    let runs = owner.as_ref().filter(|o| o.mission == dir.id());
                    text.push_str(&line(&past.state, runs.map(|o| o.pid), self.world.clock.now_ms()));
                    if owner.is_none() && waits.is_none() {
                        waits = crate::missions::offer::waits(&past.state);
                    }
                    if id.is_some() || runs.is_some() {
                        text.push_str(&tasks(&past.state, self.world.clock.now_ms()));
                    }
                }
                Err(why) => text.push_str(&format!("- `{}`: {why}\n", dir.id())),
            }
        }
        if let Some(waits) = waits {
            text.push_str(&format!("\n{waits}\n"));
        }
        if text.is_empty() { "No mission has run in this project yet.\n".into() } else { text }
    }

    pub async fn report(&self, id: Option<&str>) -> String {
        match self.find(id, |_| true) {
            Ok((_, past)) => report::markdown(&past.state, self.world.clock.now_ms()),
            Err(why) => format!("No report: {why}.\n"),
        }
    }

    /// Asks the process that runs a mission, whichever it is, to stop.
    pub async fn stop(&self, id: Option<&str>, by: &str) -> String {
        let owner = match self.state.owner() {
            Ok(Some(owner)) => owner,
            Ok(None) => return "No mission runs in this project.\n".into(),
            Err(error) => return format!("{error}\n"),
        };
        if id.is_some_and(|id| id != owner.mission) {
            return format!("Mission `{}` does not run; `{}` does.\n", id.unwrap_or_default(), owner.mission);
        }
        let request =
            control::Request { kind: control::STOP.into(), by: by.into(), at_ms: self.world.clock.now_ms() };
        let posted =
            self.state.mission(&owner.mission).and_then(|dir| control::post(&dir.control_dir(), &request));
        match posted {
            Ok(()) => format!(
                "Mission `{}` (process {}) was asked to stop; `/task resume {}` continues it.\n",
                owner.mission, owner.pid, owner.mission
            ),
            Err(error) => format!("{error}\n"),
        }
    }

    /// Takes a delivery back, if every file is still as it was delivered.
    pub async fn undo(&self, id: Option<&str>) -> String {
        let delivered =
            |past: &PastMission| matches!(past.state.delivery, Delivery::Delivered { branch: None, .. });
        let (dir, past) = match self.find(id, delivered) {
            Ok(found) => found,
            Err(why) => return format!("Nothing was undone: {why}.\n"),
        };
        if !delivered(&past) {
            return format!("Nothing was undone: {}.\n", undelivered(&past.state, dir.id()));
        }
        let intended = past.events.iter().rev().find_map(|event| match event {
            Event::DeliveryIntended { delivery, .. } => Some(delivery.clone()),
            _ => None,
        });
        let intended =
            intended.and_then(|delivery| serde_json::from_value::<workspace::Delivery>(delivery).ok());
        let Some(delivery) = intended else {
            return format!(
                "Nothing was undone: the journal of `{}` does not say what was delivered.\n",
                dir.id()
            );
        };
        // A mission that runs may be writing the same files
        let _lock = match self.lock(dir.id()) {
            Ok(lock) => lock,
            Err(why) => return format!("Nothing was undone: {why}\n"),
        };
        let (root, state, redactor) =
            (self.root.clone(), self.state.path().to_path_buf(), self.redactor.clone());
        let journal = dir.journal_path();
        let undone = crate::blocking::blocking(move || {
            let workspace = workspace::Workspace::open(&root, &state)
                .map_err(|error| format!("Nothing was undone: {error}\n"))?;
            workspace.confine_filters(Arc::new(FilterSandbox(checks::Sandbox::default())));
            let undone = workspace.undo(&delivery).map_err(|error| match &error {
                UndoError::Failed(DeliveryError::Torn { .. }) => {
                    format!("Not everything was undone: {error}\nhint: `/task undo` continues it\n")
                }
                _ => format!("Nothing was undone: {error}\n"),
            })?;
            let files = (undone.restored.len() + undone.removed.len()) as u32;
            let noted = Journal::<Event>::reopen(&journal, redactor)
                .and_then(|(mut journal, _)| journal.append(&Event::Undone { files }));
            let but = noted.err().map(|error| format!("The mission's journal does not say so: {error}\n"));
            Ok::<_, String>((undone, but.unwrap_or_default()))
        })
        .await;
        match undone {
            Ok((undone, noted)) => {
                let but = |path: &String| {
                    format!(
                        "- `{path}` still holds part of the change: an interrupted delivery had written it when you last \
                         wrote to it; look at it with `git diff`\n"
                    )
                };
                format!(
                    "Mission `{}` is undone: {} restored, {} removed.\n{noted}{}",
                    dir.id(),
                    undone.restored.len(),
                    undone.removed.len(),
                    past.state.delivery.torn().iter().map(but).collect::<String>()
                )
            }
            Err(why) => why,
        }
    }
}

/// Why there is nothing to undo.
fn undelivered(state: &State, id: &str) -> String {
    match &state.delivery {
        Delivery::Intended { .. } => {
            format!("the delivery of mission `{id}` was interrupted; `/task resume {id}` ends it first")
        }
        Delivery::Failed { torn, .. } if !torn.is_empty() => format!(
            "the delivery of mission `{id}` failed and left part of it in {}; `/task resume {id}` ends it first",
            quoted(torn.iter())
        ),
        Delivery::Delivered { branch: Some(branch), torn, .. } if !torn.is_empty() => format!(
            "the change of mission `{id}` is on branch `{branch}`; only {} holds part of it, where you wrote to it since",
            quoted(torn.iter())
        ),
        _ => format!("mission `{id}` has not written into the working tree"),
    }
}

fn line(state: &State, pid: Option<u32>, now_ms: u64) -> String {
    let board = Board::of(state, now_ms);
    let integrated = board.tasks.iter().filter(|t| t.state == "integrated").count();
    let stage = match (pid, state.outcome, &board.paused) {
        (_, Some(outcome), _) => format!("{outcome:?}").to_lowercase(),
        (_, None, Some(why)) => format!("paused: {why}"),
        (Some(pid), None, None) => format!("{:?} (process {pid})", board.stage).to_lowercase(),
        (None, None, None) => "interrupted; `/task resume` goes on".into(),
    };
    format!(
        "- `{}` {stage}; {integrated} of {} tasks integrated; {} calls, {} tokens, ${:.4}, {}: {}\n",
        board.mission,
        board.tasks.len(),
        board.usage.calls,
        board.usage.tokens.total(),
        board.usage.cost_usd,
        duration(board.elapsed_ms),
        crate::text::cut(&board.objective.replace('\n', " "), 100)
    )
}

fn tasks(state: &State, now_ms: u64) -> String {
    let board = Board::of(state, now_ms);
    let expected = board.estimate.as_ref();
    let expected = expected.map(|said| format!("  - expected in all: {}\n", estimate_text(said)));
    let lines = board.tasks.iter().map(|task| {
        let why = task
            .detail
            .as_ref()
            .map(|d| format!(": {}", crate::text::cut(&d.replace('\n', " "), 160)))
            .unwrap_or_default();
        format!("  - `{}` {}{why}\n", task.id, task.state)
    });
    expected.into_iter().chain(lines).collect()
}
