//! Which effects should be running, from the state alone. Idempotent: the answer stays the same until an event changes
//! the state.

mod cycle;
mod ladder;
mod setup;
mod single_task;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use work::work;

use crate::policy::ROLE_TRIES;
use crate::{
    Effect, Event, FailureClass, Outcome, PauseReason, Phase, State, Task, TaskId, WorkKind, budget,
    independent,
};

/// The mission pauses after this many reviews of a task in a row that gave no verdict.
const REVIEW_TRIES: u32 = 2;

/// The effects that should be running. `now_ms` is only the time of recorded events, in milliseconds since 1970.
pub fn decide(state: &State, now_ms: u64) -> Vec<Effect> {
    if state.mission.is_empty() || state.outcome.is_some() || state.paused.is_some() {
        return Vec::new();
    }
    if let Some(reason) = pause(state) {
        return vec![Effect::Record(Event::Paused { reason, at_ms: now_ms })];
    }
    if state.base.is_none() {
        return vec![Effect::TakeBase];
    }
    let mut effects = Vec::new();
    if state.base_checks.is_none() {
        effects.push(Effect::CheckBase);
    }
    if state.tasks.is_empty() {
        effects.extend(planning(state, now_ms));
    } else if state.tasks.index().open() == 0 && !state.changed_unapproved {
        // The phase of a compound task follows its parts; it needs no work of its own
        effects.push(if cycle::plans(state) {
            Effect::AskPlanner { task: None }
        } else {
            cycle::finish(state, now_ms)
        });
    } else if state.amendment_due() && (estimate_is_due(state) || waits_for_approval(state)) {
        effects.push(Effect::AmendPlan);
    } else if estimate_is_due(state) {
        effects.push(Effect::Estimate);
    } else if let Some(reason) = setup::blocks(state) {
        effects.extend(setup::begun(state));
        if effects.is_empty() {
            effects.push(Effect::Record(Event::Paused { reason, at_ms: now_ms }));
        }
    } else {
        effects.extend(working(state, now_ms));
    }
    effects
}

/// Whether the estimate is missing and no task was begun.
fn estimate_is_due(state: &State) -> bool {
    state.estimate.is_none() && state.is_untouched()
}

fn pause(state: &State) -> Option<PauseReason> {
    let policy = &state.policy;
    let index = state.tasks.index();
    if let Some(reason) = budget::pause(state) {
        return Some(reason);
    }
    let troubled = || index.troubled().filter_map(|id| state.tasks.get(id));
    let worst = troubled().map(|t| t.host_failures).max().unwrap_or_default().max(state.host_failures);
    // The last recorded trouble may be over by now, or be of the other kind
    let words = |host: bool, times: u32| {
        let last =
            state.trouble.as_ref().filter(|t| (t.class == FailureClass::Host) == host && t.times <= times);
        last.map_or_else(
            || format!("{times} failures in a row"),
            |trouble| format!("{} ({} times in a row)", trouble.what, trouble.times),
        )
    };
    if worst >= policy.host_failures.max(1) {
        return Some(PauseReason::Host(words(true, worst)));
    }
    // The engine has asked for each of these reviews more than once
    let empty = troubled().map(|t| t.empty_reviews).max().unwrap_or_default();
    if empty >= REVIEW_TRIES {
        return Some(PauseReason::Review(words(false, empty)));
    }
    if waits_for_approval(state) && !estimate_is_due(state) && !state.amendment_due() {
        return asks(state).or(Some(PauseReason::Approval));
    }
    None
}

/// What the user must agree to before tasks that wait may start.
fn asks(state: &State) -> Option<PauseReason> {
    let changed = state.changed_unapproved.then_some(PauseReason::Approval);
    state.question().map(PauseReason::Consent).or(changed)
}

/// Whether no task may start because the user has not agreed to the plan.
fn waits_for_approval(state: &State) -> bool {
    state.policy.approve_plan && !state.approved && !state.tasks.is_empty()
}

fn planning(state: &State, now_ms: u64) -> Option<Effect> {
    if state.plan_failures.len() >= ROLE_TRIES {
        let ended = Event::Ended { outcome: Outcome::Failed, at_ms: now_ms };
        return Some(Effect::Record(single_task::plan(state).unwrap_or(ended)));
    }
    // Without a brief the Planner gets the engine's own ranking of files
    if state.brief.is_none() && state.brief_failures.len() < ROLE_TRIES {
        return Some(Effect::AskSearcher);
    }
    if state.clarification_due() {
        return Some(Effect::Clarify);
    }
    Some(Effect::AskPlanner { task: None })
}

fn working(state: &State, now_ms: u64) -> Vec<Effect> {
    let index = state.tasks.index();
    let mut effects: Vec<Effect> = verdicts(state).into_iter().map(Effect::Record).collect();
    if !effects.is_empty() {
        // The next effects are decided after these events are recorded
        return effects;
    }
    for task in index.active().filter_map(|id| state.tasks.get(id)) {
        match task.phase {
            Phase::Testing => effects.push(independent::write(task)),
            Phase::ToFix => effects.push(work(state, task, WorkKind::Fix)),
            Phase::Working if task.fixes > 0 => effects.push(work(state, task, WorkKind::Fix)),
            Phase::Working => effects.push(work(state, task, WorkKind::Fresh)),
            Phase::Judging if state.base_checks.is_some() => {
                effects.push(Effect::Judge {
                    task: task.id.clone(),
                    attempt: task.attempt,
                    fix: task.fixes,
                    host_failures: task.host_failures,
                });
            }
            Phase::Failed { fixable } if disputed(state, task, fixable) => {
                let (task, host_failures) = (task.id.clone(), task.host_failures);
                effects.push(Effect::ReviewTests { task, host_failures });
            }
            _ => {}
        }
    }
    let mut free = (state.parallel() as usize).saturating_sub(state.slots());
    // A correction of the user's may change the tasks that have not started
    let amending = state.amendment_due();
    if amending {
        effects.push(Effect::AmendPlan);
    }
    let unsettled = amending || state.changed_unapproved;
    let waits = |task: &Task| state.is_held(task) || (unsettled && state.is_amendable(task));
    let may_start = |id: &TaskId| state.tasks.get(id).filter(|task| !waits(task));
    for task in index.ready_compound().filter_map(|(_, _, id)| may_start(id)) {
        effects.push(Effect::AskPlanner { task: Some(task.id.clone()) });
    }
    let ready = index.ready().filter_map(|(_, _, id)| may_start(id));
    for task in ready.filter(|task| !independent::unknown(state, task)) {
        if free == 0 {
            break;
        }
        let (slots, effect) = match independent::due(state, task) {
            true => (1, independent::write(task)),
            false => (state.slots_of(task) as usize, work(state, task, WorkKind::Fresh)),
        };
        if slots <= free {
            free -= slots;
            effects.push(effect);
        }
    }
    if let (tasks, Some(head)) = (batch_to_integrate(state), &state.head)
        && !tasks.is_empty()
    {
        effects.push(Effect::Integrate { tasks, head: head.commit.clone() });
    }
    effects.extend(state.packages_due().map(|needs| Effect::AddPackages { parent: needs.parent.clone() }));
    // The user is asked only if nothing else is left to do: a question interrupts no work
    if effects.is_empty()
        && state.base_checks.is_some()
        && let Some(reason) = asks(state)
    {
        effects.push(Effect::Record(Event::Paused { reason, at_ms: now_ms }));
    }
    effects
}

/// The tasks that were not integrated, by what fails with them: their group, and their compound task.
struct Lost<'a> {
    groups: BTreeMap<&'a str, &'a TaskId>,
    parts: BTreeMap<&'a TaskId, &'a TaskId>,
}

impl<'a> Lost<'a> {
    fn of(state: &'a State) -> Lost<'a> {
        let mut lost = Lost { groups: BTreeMap::new(), parts: BTreeMap::new() };
        for task in state.tasks.index().lost().filter_map(|id| state.tasks.get(id)) {
            if let Some(group) = &task.group {
                lost.groups.insert(group, &task.id);
            }
            if let Some(parent) = &task.parent {
                lost.parts.insert(parent, &task.id);
            }
        }
        lost
    }
}

/// The events that policy requires for tasks that failed, for tasks whose author of tests brought no tests, and for
/// tasks that depend on others which were not integrated.
fn verdicts(state: &State) -> Vec<Event> {
    let index = state.tasks.index();
    let failed = |id: &&TaskId| state.tasks.get(id).is_some_and(|t| matches!(t.phase, Phase::Failed { .. }));
    let mut due: BTreeSet<&TaskId> = index.active().filter(failed).collect();
    due.extend(index.suspects().chain(index.without_tests()));
    if due.is_empty() {
        return Vec::new();
    }
    let lost = Lost::of(state);
    let due = due.into_iter().filter_map(|id| state.tasks.get(id));
    due.filter_map(|task| verdict(state, &lost, task)).collect()
}

/// The event that policy requires for a task without any work: cancelled, abandoned, or its next rung.
fn verdict(state: &State, lost: &Lost, task: &Task) -> Option<Event> {
    // A running merge ends first; it decides about these tasks and their compound task
    let merged = |other: &TaskId| state.tasks.get(other).is_some_and(|other| task.shares_group(other));
    if task.phase.is_final() || state.batch.contains(&task.id) || state.batch.iter().any(merged) {
        return None;
    }
    let id = &task.id;
    if let Some(reason) = cancelled(state, lost, task) {
        return Some(Event::TaskCancelled { task: id.clone(), reason });
    }
    match task.phase {
        Phase::Failed { fixable } if disputed(state, task, fixable) => None,
        Phase::Failed { fixable } => Some(ladder::next(state, task, fixable)),
        Phase::Waiting => independent::skipped(state, task),
        _ => None,
    }
}

/// Whether Reviewers look at a test before the ladder chooses the next rung.
fn disputed(state: &State, task: &Task, fixable: bool) -> bool {
    independent::disputed(task, ladder::may_fix(state, task, fixable)).is_some()
}

fn cancelled(state: &State, lost: &Lost, task: &Task) -> Option<String> {
    let needed = task.depends_on.difference(&task.runs_after).filter_map(|d| state.tasks.get(d));
    if let Some(dependency) = needed.into_iter().find(|t| t.phase.is_lost()) {
        return Some(format!("it depends on `{}`, which was not integrated", dependency.id));
    }
    if let Some(parent) = task.parent.as_ref().and_then(|p| state.tasks.get(p)).filter(|t| t.phase.is_lost())
    {
        return Some(format!("it is part of `{}`, which was not integrated", parent.id));
    }
    if task.phase == Phase::Split
        && let Some(part) = lost.parts.get(&task.id)
    {
        return Some(format!("its part `{part}` was not integrated"));
    }
    let other = lost.groups.get(task.group.as_deref()?)?;
    Some(format!("it belongs together with `{other}`, which was not integrated"))
}

/// Tasks that passed and may be integrated now. A group comes only as a whole.
fn batch_to_integrate(state: &State) -> Vec<TaskId> {
    let index = state.tasks.index();
    let settled = |id: &TaskId| {
        let phase = state.tasks.get(id).map(|t| &t.phase);
        matches!(phase, Some(Phase::Passed { .. } | Phase::Integrated { .. } | Phase::Split))
    };
    let is_due = |id: &&TaskId| {
        let task = state.tasks.get(id).filter(|t| matches!(t.phase, Phase::Passed { .. }));
        task.is_some_and(|t| t.group.as_deref().is_none_or(|group| index.group(group).iter().all(settled)))
    };
    let mut batch: Vec<TaskId> = index.active().filter(is_due).cloned().collect();
    batch.sort_by_key(|id| index.place(id));
    batch
}
