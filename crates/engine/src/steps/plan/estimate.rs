//! Estimates what a mission will take from past missions of the project, before its first task starts.
//!
//! It asks no model and does not delay tasks for long.

use std::sync::Arc;

use mission::estimate::{Sample, estimate};
use mission::{Event, State};

use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::steps::context::MissionContext;

/// The most past missions that are read, newest first, and the largest journal that is read, in bytes.
const MISSIONS: usize = 10;
const MAX_JOURNAL: u64 = 16 * 1024 * 1024;

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let (project, own) = (context.project.clone(), context.desk.mission.clone());
    // Unreadable missions are left out: an estimate must not stop a mission
    let past = blocking(move || {
        let missions = project.list_missions().unwrap_or_default();
        let others = missions.into_iter().filter(|dir| dir.id() != own).take(MISSIONS);
        let small = others.filter(|dir| {
            std::fs::metadata(dir.journal_path()).is_ok_and(|journal| journal.len() <= MAX_JOURNAL)
        });
        let past = small.filter_map(|dir| PastMission::read(&dir).ok());
        past.filter_map(|past| Sample::of(&past.state)).collect::<Vec<_>>()
    })
    .await;
    vec![Event::Estimated { estimate: estimate(state, &past) }]
}
