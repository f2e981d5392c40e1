//! Estimates what a mission will take from past missions of the project, before its first task starts.
//!
//! It asks no model and does not delay tasks for long.

use std::sync::Arc;

use mission::estimate::estimate;
use mission::{Event, State};

use crate::steps::context::MissionContext;

/// The most past missions that are used, newest first.
const MISSIONS: usize = 10;

pub(crate) fn run(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    vec![Event::Estimated { estimate: estimate(state, &context.memory.samples(MISSIONS)) }]
}
