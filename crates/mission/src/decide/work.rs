//! The effect that lets a Coder or a Fixer work on a task. `decide` asks for it when the work is due.
//!
//! Its key contains attempt and repair, so that it stays the same while the work runs. It chooses no rung and
//! counts nothing: `decide/ladder.rs` and `state` do.

use crate::{Effect, Phase, State, Task, WorkKind};

/// The effect names the attempt and the repair that it starts, so that it keeps its key while it runs.
pub(super) fn work(state: &State, task: &Task, kind: WorkKind) -> Effect {
    let (attempt, fix) = match (&task.phase, kind) {
        (Phase::Working, _) => (task.attempt, task.fixes),
        (_, WorkKind::Fresh) => (task.attempt + 1, 0),
        (_, WorkKind::Fix) => (task.attempt, task.fixes + 1),
    };
    let candidates = if kind == WorkKind::Fresh { state.slots_of(task) } else { 1 };
    Effect::Work {
        task: task.id.clone(),
        candidates,
        kind,
        attempt,
        fix,
        host_failures: task.host_failures,
        model: task.model,
    }
}
