//! Waits for the user's answers to what the brief leaves open. The answers come as events from elsewhere; where none comes in
//! time, the defaults are taken, so that a mission never waits without end.

use std::sync::Arc;
use std::time::Duration;

use mission::{ANSWER_MINUTES, Event};

use crate::steps::context::MissionContext;

/// How long the plan waits, and how often is looked for answers.
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
