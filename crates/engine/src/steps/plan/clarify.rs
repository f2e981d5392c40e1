//! Waits for the user's answers to the questions of the brief. The answers arrive as events from elsewhere. If none
//! comes in time, the defaults are taken, so that a mission never waits forever.

use std::sync::Arc;
use std::time::Duration;

use mission::{ANSWER_MINUTES, Event};

use crate::steps::context::MissionContext;

/// How long the Planner waits, and how often to look for answers.
const WAIT: Duration = Duration::from_secs(ANSWER_MINUTES * 60);
const LOOK: Duration = Duration::from_millis(250);

pub(crate) async fn run(context: &Arc<MissionContext>) -> Vec<Event> {
    let mut waited = Duration::ZERO;
    while waited < WAIT {
        match context.desk.orchestrator.state().await {
            Ok(state) if state.clarification_due() => {}
            _ => return Vec::new(),
        }
        tokio::select! {
            biased;
            () = context.bench.cancel.cancelled() => return Vec::new(),
            () = tokio::time::sleep(LOOK) => waited += LOOK,
        }
    }
    let reason = format!("nobody answered within {ANSWER_MINUTES} min");
    vec![Event::DefaultsTaken { reason, at_ms: context.desk.clock.now_ms() }]
}
