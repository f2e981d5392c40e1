//! Several Coders make one attempt, each in its own slot. The engine compares their submissions, and one continues.
//!
//! They do not know of each other, and only one submission reaches the Reviewers.

use std::sync::Arc;

use mission::candidates::choose;
use mission::{Candidate, Event, FailureClass, Issue, Task};
use tokio::task::JoinSet;

use crate::bench::slots::{Lease, Permit};
use crate::steps::context::MissionContext;
use crate::steps::work::attempt::{Attempt, attempt, started};
use crate::steps::work::candidates::behaviour::candidate;
use crate::steps::work::work_mailbox::{outcome, with_edits};
use crate::steps::workers::Worker;
use crate::talk::conversation::Conversation;

/// The result of one Coder.
struct Ran {
    candidate: Candidate,
    /// The events of its attempt.
    events: Vec<Event>,
    /// Slot and session, kept if something was submitted.
    kept: Option<(Lease, Option<Conversation>)>,
}

/// `lease`: the first Coder's slot. The others, one for each of `permits`, get slots on the same commit.
pub(crate) async fn run(
    context: &Arc<MissionContext>,
    task: &Task,
    lease: Lease,
    permits: Vec<Permit>,
    model: u32,
) -> Vec<Event> {
    let base = lease.slot.commit.clone();
    if !started(context, task, &lease).await {
        return Vec::new();
    }
    let mut running = JoinSet::new();
    let places = std::iter::once(Place::Leased(lease)).chain(permits.into_iter().map(Place::Due));
    for (nth, place) in places.enumerate() {
        let (context, task, base) = (context.clone(), task.clone(), base.clone());
        running.spawn(async move { (nth, one(&context, &task, place, &base, model).await) });
    }
    let mut ran = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(one) => ran.push(one),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => tracing::warn!("a coder of `{}` was lost: {error}", task.id),
            },
        }
    }
    ran.sort_by_key(|(nth, _)| *nth);
    let mut ran: Vec<Ran> = ran.into_iter().map(|(_, one)| one).collect();
    let compared = |ran: &[Ran]| ran.iter().map(|one| one.candidate.clone()).collect::<Vec<_>>();
    let mut candidates = compared(&ran);
    let mut choice = choose(&candidates);
    if choice.open
        && let Some(lease) = lent(context, &mut ran, choice.chosen, &base).await
    {
        let more = one(context, task, Place::Leased(lease), &base, model).await;
        ran.push(more);
        candidates = compared(&ran);
        choice = choose(&candidates);
    }
    // A candidate that lent its slot is chosen only if the additional one agrees with it; then that one's equal
    // change is taken
    let lent = |at: usize| ran.get(at).is_some_and(|one| one.kept.is_none());
    choice.chosen = choice.chosen.map(|at| if lent(at) { ran.len() - 1 } else { at });
    let chosen = choice.chosen.and_then(|at| u32::try_from(at).ok());
    let told = Event::CandidatesCompared { task: task.id.clone(), candidates, chosen, why: choice.why };
    if context.desk.orchestrator.record(vec![told]).await.is_err() {
        return Vec::new();
    }
    // If there is no submission, the first Coder that failed for another reason than the host
    let host = Some(FailureClass::Host);
    let at = choice.chosen.or_else(|| ran.iter().position(|one| one.candidate.failed != host)).unwrap_or(0);
    if at >= ran.len() {
        return Vec::new();
    }
    let Ran { events, kept, .. } = ran.swap_remove(at);
    if let Some((lease, conversation)) = kept.filter(|_| choice.chosen.is_some()) {
        context.workers.put(&task.id, Worker { lease, conversation });
    }
    with_edits(context, &task.id, events)
}

/// The slot of a candidate that will not continue, for one more Coder.
async fn lent(
    context: &Arc<MissionContext>,
    ran: &mut [Ran],
    chosen: Option<usize>,
    base: &str,
) -> Option<Lease> {
    let passes = |one: &Ran| one.candidate.failed.is_none() && one.candidate.refused_by.is_none();
    let mut others: Vec<usize> = (0..ran.len()).filter(|at| Some(*at) != chosen).collect();
    others.sort_by_key(|at| ran.get(*at).is_some_and(passes));
    let kept = others.into_iter().find_map(|at| ran.get_mut(at)?.kept.take());
    let (mut lease, _) = kept?;
    match context.bench.slots.prepare(lease.slot.n, base).await {
        Ok(slot) => {
            lease.slot = slot;
            Some(lease)
        }
        Err(error) => {
            tracing::warn!("one coder more has no slot: {error}");
            None
        }
    }
}

/// The slot of a Coder.
enum Place {
    Leased(Lease),
    /// A slot must still be prepared at the attempt's base.
    Due(Permit),
}

async fn one(context: &Arc<MissionContext>, task: &Task, place: Place, base: &str, model: u32) -> Ran {
    let lost = |class, reason: String| Ran {
        candidate: Candidate { failed: Some(class), ..Candidate::default() },
        events: vec![Event::AttemptFailed {
            task: task.id.clone(),
            class,
            issues: vec![Issue::new("engine", reason)],
        }],
        kept: None,
    };
    let lease = match place {
        Place::Leased(lease) => lease,
        Place::Due(permit) => match context.bench.slots.lease(permit, base).await {
            Ok(lease) => lease,
            Err(error) => return lost(FailureClass::Host, error.to_string()),
        },
    };
    let Attempt { conversation, mailbox, result } = attempt(context, task, &lease.slot, model).await;
    let events = outcome(mailbox, result).await;
    let slot = lease.slot.n;
    let failed = |class| Candidate { slot, failed: Some(class), ..Candidate::default() };
    let candidate = match (events.as_slice(), context.desk.orchestrator.state().await) {
        ([Event::WorkAccepted { unchanged, .. }], Ok(state)) => {
            let mut task = task.clone();
            task.unchanged = *unchanged;
            candidate(context, &state, &task, &lease.slot).await
        }
        ([Event::AttemptFailed { class, .. }], _) => failed(*class),
        ([Event::TaskOrdered { .. }], _) => failed(FailureClass::Conflict),
        _ => failed(FailureClass::Host),
    };
    Ran { candidate, events, kept: Some((lease, conversation)) }
}
