//! Reads missions from their journals.
//!
//! It takes no lock and writes nothing except requests to stop.

use journal::control;
use mission::{Board, State};

use crate::actor::estimate_text::estimate_text;
use crate::actor::past::PastMission;
use crate::missions::project::Project;
use crate::missions::{queue, report};
use crate::text::duration;

/// The most missions that `status` lists.
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
        if id.is_none()
            && let Ok(queue) = self.state.queue()
            && !queue.is_empty()
        {
            text.push_str(&format!(
                "\nIn the queue:\n\n{}",
                queue::shown(&queue, None, self.world.clock.now_ms())
            ));
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

    /// Asks the process that runs a mission to stop, also if it is another process.
    pub async fn stop(&self, id: Option<&str>, by: &str) -> String {
        let owner = match self.state.owner() {
            Ok(Some(owner)) => owner,
            Ok(None) => return "No mission runs in this project.\n".into(),
            Err(error) => return format!("{error}\n"),
        };
        if id.is_some_and(|id| id != owner.mission) {
            return format!("Mission `{}` is not running; `{}` is.\n", id.unwrap_or_default(), owner.mission);
        }
        if self.find(Some(&owner.mission), |_| true).is_ok_and(|(_, past)| past.state.outcome.is_some()) {
            return format!("{}.\n", after_the_end(&owner.mission, owner.pid));
        }
        let request = control::Request {
            kind: control::STOP.into(),
            by: by.into(),
            at_ms: self.world.clock.now_ms(),
            text: None,
        };
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
}

/// A process may hold the project for a mission that has ended, for example for an undo, which no stop reaches.
pub(crate) fn after_the_end(id: &str, pid: u32) -> String {
    format!(
        "mission {id} has ended, so there is nothing to stop; process {pid} still works on its files (an undo, or the end of its \
         report) and will be done in a moment"
    )
}

fn line(state: &State, pid: Option<u32>, now_ms: u64) -> String {
    let board = Board::of(state, now_ms);
    let integrated = board.tasks.iter().filter(|t| t.state == "integrated").count();
    let stage = match (pid, state.outcome, &board.paused) {
        (_, Some(outcome), _) => format!("{outcome:?}").to_lowercase(),
        (_, None, Some(why)) => format!("paused: {why}"),
        (Some(pid), None, None) => format!("{:?} (process {pid})", board.stage).to_lowercase(),
        (None, None, None) => "interrupted; `/task resume` continues it".into(),
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
