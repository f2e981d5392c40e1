//! The base of a mission: the user's current files, and the results of the project's checks on
//! them.
//!
//! The user's repository is only read.

use std::sync::Arc;

use checks::describe_end;
use mission::{Event, PauseReason, State};

use crate::blocking::blocking;
use crate::steps::context::MissionContext;

/// The user's files as one commit of the private repository.
pub(crate) async fn take(context: &Arc<MissionContext>) -> Vec<Event> {
    let (workspace, id) = (context.bench.workspace.clone(), context.desk.mission.clone());
    match blocking(move || workspace.take_base(&id)).await {
        Ok(base) => vec![Event::BaseTaken {
            commit: base.commit,
            tree: base.tree,
            changed: base.changed,
            left_out: base.left_out.iter().map(|left| format!("{} ({:?})", left.path, left.why)).collect(),
        }],
        Err(error) => {
            let reason = PauseReason::Project(error.to_string());
            vec![Event::Paused { reason, at_ms: context.desk.clock.now_ms() }]
        }
    }
}

/// Runs the project's checks on the base, so that a task is blamed only for what it breaks.
pub(crate) async fn check(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let base = state.base.as_ref().map(|b| b.commit.clone()).unwrap_or_default();
    match context.gates.checks.base(&base).await {
        Ok(checks) => {
            let level = context.bench.config.sandbox.settings().level().ok();
            let ended_by = level.filter(|_| !checks.is_empty()).map(|level| describe_end(level).to_owned());
            let (setup, refused) = (context.gates.checks.setup(), context.gates.checks.refused());
            vec![Event::BaseChecked { checks, setup, ended_by, refused }]
        }
        Err(why) => {
            // Without evidence the mission continues, and its change is delivered as unverified
            tracing::warn!("the base could not be checked: {why}");
            context.bench.host.progress(&format!("- the base could not be checked: {why}\n"));
            vec![Event::BaseChecked {
                checks: Vec::new(),
                setup: context.gates.checks.setup(),
                ended_by: None,
                refused: Vec::new(),
            }]
        }
    }
}
