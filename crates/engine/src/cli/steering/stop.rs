//! `stop [id]`: asks the process that runs a mission to stop it.
//!
//! It leaves a request and waits until the mission has stopped; it never ends a process.

use std::time::{Duration, Instant};

use journal::control;
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::named_mission::NamedMission;
use super::super::place::Place;
use crate::missions::history::after_the_end;

/// How long to wait until the mission has stopped: it first ends the work of its roles.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);

pub(crate) async fn run(args: &NamedMission, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let wanted = args.id.as_deref().map(|id| place.mission(Some(id))).transpose()?;
    let Some(owner) = place.owner()? else {
        return Err(CommandFailure::Problem("no mission runs in this project".into()));
    };
    let id = owner.mission.clone();
    if let Some(dir) = wanted.filter(|dir| dir.id() != id) {
        return Err(CommandFailure::Problem(format!("mission {} does not run; {id} does", dir.id())));
    }
    let dir = place.state.mission(&id).map_err(CommandFailure::problem)?;
    if place.past(&dir).is_ok_and(|past| past.state.outcome.is_some()) {
        return Err(CommandFailure::Problem(after_the_end(&id, owner.pid)));
    }
    let request = control::Request {
        kind: control::STOP.into(),
        by: "opencode-orchestrator stop".into(),
        at_ms: place.now_ms(),
        text: None,
    };
    control::post(&dir.control_dir(), &request).map_err(CommandFailure::problem)?;
    let until = Instant::now() + PATIENCE;
    let mut stopped = false;
    while !stopped && Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        stopped = place.owner()?.is_none_or(|now| now.mission != id);
    }
    if args.json {
        return CommandAnswer::json(&json!({ "mission": id, "pid": owner.pid, "stopped": stopped }));
    }
    let how = if stopped {
        "is stopped".to_string()
    } else {
        format!("was asked to stop and is ending what it does (process {})", owner.pid)
    };
    Ok(CommandAnswer::done(format!("mission {id} {how}; `/task resume {id}` in OpenCode continues it\n")))
}
