//! The Coder: carries out one task in its own slot, from a clean base.
//!
//! It never touches the head: its submission goes to the gates.

use std::sync::Arc;

use mission::{Event, FailureClass, Issue, State, Task, independent};

use crate::bench::slots::Lease;
use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::work::attempt::{Attempt, Base, attempt, begin_in, started};
use crate::steps::work::candidates::race;
use crate::steps::work::work_mailbox::{outcome, with_edits};
use crate::steps::workers::Worker;

/// `model`: 0 is the role's own, otherwise the place among its fallbacks, from 1; `coders`: how many make the attempt.
pub(crate) async fn run(
    context: &Arc<MissionContext>,
    state: &State,
    id: &str,
    model: u32,
    coders: u32,
) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    let begun = match context.permits(coders).await {
        Ok(mut permits) => begin_in(context, task, permits.pop()).await.map(|base| (base, permits)),
        Err(failure) => Err(failure),
    };
    match begun {
        Ok((Base::Ready(mut lease), permits)) => match kept(context, task, &mut lease).await {
            Ok(true) => again(context, task, lease).await,
            Ok(false) if coders > 1 => race::run(context, task, lease, permits, model).await,
            Ok(false) => work(context, task, lease, model).await,
            Err(failure) => failed(task, failure),
        },
        Ok((Base::TestsConflict(reason), _)) => vec![conflicting(task, reason)],
        Err(failure) => failed(task, failure),
    }
}

fn failed(task: &Task, RoleFailure { class, reason }: RoleFailure) -> Vec<Event> {
    let (task, issues) = (task.id.clone(), vec![Issue::new("engine", reason)]);
    vec![Event::AttemptFailed { task, class, issues }]
}

/// Merges the change that wrong tests rejected into the slot; `false` if there is none, or it does not merge with what
/// was integrated meanwhile.
async fn kept(context: &Arc<MissionContext>, task: &Task, lease: &mut Lease) -> Result<bool, RoleFailure> {
    let Some(commit) = &task.tests.kept else { return Ok(false) };
    let host = |e: workspace::Error| RoleFailure::new(FailureClass::Host, e.to_string());
    let base = lease.slot.commit.clone();
    let (workspace, ours, theirs) = (context.bench.workspace.clone(), base.clone(), commit.clone());
    let merged = blocking(move || workspace.merge(&ours, &theirs, "what was rejected")).await;
    if let workspace::Merge::Conflict { .. } = merged.map_err(host)? {
        return Ok(false);
    }
    context.bench.slots.merge_into(lease, &base, commit).await.map_err(host)?;
    Ok(true)
}

/// Submits the kept change again without asking a model.
async fn again(context: &Arc<MissionContext>, task: &Task, lease: Lease) -> Vec<Event> {
    if !started(context, task, &lease).await {
        return Vec::new();
    }
    context.workers.put(&task.id, Worker { lease, conversation: None });
    let summary = "the change that wrong tests had rejected".to_string();
    let (task, unchanged, unplanned) = (task.id.clone(), task.unchanged, task.unplanned.clone());
    vec![Event::WorkAccepted { task, summary, unchanged, unplanned }]
}

/// The event for tests that do not merge: they are written again once, and then dropped.
fn conflicting(task: &Task, reason: String) -> Event {
    independent::found_wrong(task, reason, task.tests.kept.clone())
}

async fn work(context: &Arc<MissionContext>, task: &Task, lease: Lease, model: u32) -> Vec<Event> {
    if !started(context, task, &lease).await {
        return Vec::new();
    }
    let Attempt { conversation, mailbox, result } = attempt(context, task, &lease.slot, model).await;
    if result.is_ok() {
        context.workers.put(&task.id, Worker { lease, conversation });
    }
    with_edits(context, &task.id, outcome(mailbox, result).await)
}
