//! A set-up that failed: the checks that need it give no evidence, so nothing is judged and no work begins until it
//! works. Work that a Coder has begun ends first, because a pause would lose it.

use super::work::work;
use crate::{Effect, PauseReason, Phase, SetupSummary, State, Task, WorkKind, independent};

/// Why no work may begin.
pub(super) fn blocks(state: &State) -> Option<PauseReason> {
    if !state.policy.pause_on_setup || state.base_checks.is_none() {
        return None;
    }
    let failures = state.setup.iter().filter(|step| step.blocks()).filter_map(SetupSummary::failure);
    let failures: Vec<String> = failures.collect();
    (!failures.is_empty()).then(|| PauseReason::setup(&failures.join("; "), &state.mission))
}

/// The effects of work that was begun before the failure was known.
pub(super) fn begun(state: &State) -> Vec<Effect> {
    let active = state.tasks.index().active().filter_map(|id| state.tasks.get(id));
    let effect = |task: &Task| match task.phase {
        Phase::Testing => Some(independent::write(task)),
        Phase::Working if task.fixes > 0 => Some(work(state, task, WorkKind::Fix)),
        Phase::Working => Some(work(state, task, WorkKind::Fresh)),
        _ => None,
    };
    active.filter_map(effect).collect()
}
