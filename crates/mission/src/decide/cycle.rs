//! The end of a cycle: Reviewers review the objective as a whole, what is missing becomes the next plan, and the
//! integrated work is delivered.
//!
//! It judges nothing itself: `state/objective.rs` says what is met, and the Reviewers' votes are events.

use crate::policy::ROLE_TRIES;
use crate::state::Delivery;
use crate::{Effect, Event, Gate, GateVerdict, ItemVerdict, Outcome, PauseReason, Phase, State, budget};

/// Whether the next plan is made now: it is due, the Planner has not failed at it, and no budget forbids it. A delivery
/// that has begun ends first.
pub(super) fn plans(state: &State) -> bool {
    !matches!(state.delivery, Delivery::Intended { .. })
        && state.replanning
        && state.plan_failures.len() < ROLE_TRIES
        && budget::reached(state).is_none()
}

/// The next effect once every task is over.
pub(super) fn finish(state: &State, now_ms: u64) -> Effect {
    let ended = |outcome| Effect::Record(Event::Ended { outcome, at_ms: now_ms });
    match &state.delivery {
        Delivery::Pending => {}
        Delivery::Intended { .. } => return Effect::Deliver,
        // The work is kept: resuming delivers it again
        Delivery::Failed { reason, .. } => {
            let reason = PauseReason::Delivery(reason.clone());
            return Effect::Record(Event::Paused { reason, at_ms: now_ms });
        }
        Delivery::Delivered { .. } | Delivery::Undone { .. } => {
            return ended(if state.is_met() { Outcome::Done } else { Outcome::Incomplete });
        }
    }
    if let Some(effect) = review(state) {
        return effect;
    }
    if let Some(missing) = next(state) {
        let cycle = state.cycle.saturating_add(1);
        return Effect::Record(Event::CycleStarted { cycle, missing, at_ms: now_ms });
    }
    if state.integrated_tree.is_none() {
        return ended(Outcome::Failed);
    }
    Effect::Deliver
}

/// The review of the integrated tree, unless it was reviewed already or no Reviewer can be asked.
fn review(state: &State) -> Option<Effect> {
    let tree = state.integrated_tree.as_ref()?;
    if state.is_reviewed() {
        return None;
    }
    let nobody_can = state.review_failures.len() >= ROLE_TRIES || budget::reached(state).is_some();
    if (state.track_record().rejected == 0 || nobody_can)
        && let Some(event) = remembered(state, tree)
    {
        return Some(Effect::Record(event));
    }
    // The next plan is still due: its work is reviewed together with the rest
    if state.replanning || nobody_can {
        return None;
    }
    Some(Effect::ReviewObjective { cycle: state.cycle, host_failures: state.host_failures })
}

/// In a mission of one task, its Reviewer has judged the same tree by the same acceptance items. That review counts for
/// the whole and is not paid for again. If something was rejected before, it counts only if no Reviewer can be asked.
fn remembered(state: &State, tree: &str) -> Option<Event> {
    let mut tasks = state.tasks.values();
    let (Some(task), None) = (tasks.next(), tasks.next()) else { return None };
    let items = state.objective_items();
    if !matches!(task.phase, Phase::Integrated { .. })
        || !items.iter().all(|item| task.acceptance.contains(item))
    {
        return None;
    }
    let approved = state.verdicts.iter().rev().find(|v| {
        v.gate == Gate::Review
            && v.verdict == GateVerdict::Pass
            && v.tree == tree
            && v.task.as_ref() == Some(&task.id)
    })?;
    let evidence = format!("the review of `{}` on this very tree: {}", task.id, approved.detail);
    let met = items.into_iter().map(|item| ItemVerdict { item, evidence: evidence.clone() }).collect();
    Some(Event::ObjectiveReviewed { cycle: state.cycle, met, unmet: Vec::new(), tree: tree.to_string() })
}

/// What the next plan is for; `None` if nothing is missing, or if another cycle is not allowed or useless.
fn next(state: &State) -> Option<Vec<ItemVerdict>> {
    if state.replanning || state.cycle >= state.policy.max_cycles || budget::reached(state).is_some() {
        return None;
    }
    let missing = state.missing();
    (!missing.is_empty() && moved(state, &missing)).then_some(missing)
}

/// Whether the cycle made progress: it integrated something, and at least one item that it was asked for is no longer
/// missing. In the first cycle it is enough that something was integrated or a task was left to another plan.
fn moved(state: &State, missing: &[ItemVerdict]) -> bool {
    if state.cycle <= 1 {
        return state.integrated_tree.is_some() || state.tasks.values().any(|t| t.is_left_to_plan());
    }
    let is_missing = |asked: &ItemVerdict| missing.iter().any(|verdict| verdict.item == asked.item);
    state.integrated_tree != state.cycle_tree && !state.asked_for.iter().all(is_missing)
}
