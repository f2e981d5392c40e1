//! A plan of what has not started, beside tasks that have begun: the part that is checked like any plan, and what it may depend
//! on. For the Planner's changes and the user's own.

use std::collections::{BTreeMap, BTreeSet};

use mission::mailbox::Plan;
use mission::{Policy, State, TaskId, graph};

/// Ids of tasks that have begun: they stay as they are, and others may depend on them.
pub(crate) fn begun(state: &State) -> BTreeSet<TaskId> {
    let free: BTreeSet<&TaskId> = state.amendable().map(|task| &task.id).collect();
    state.tasks.keys().filter(|id| !free.contains(id)).cloned().collect()
}

/// Checks it, leaving out what has begun.
pub(crate) fn check(
    mut plan: Plan,
    policy: &Policy,
    begun: &BTreeSet<TaskId>,
    depth: u32,
) -> Result<graph::Checked, Vec<String>> {
    let on_begun = set_aside(&mut plan, begun);
    let mut checked = graph::check(plan, policy, begun, depth)?;
    for task in &mut checked.plan.tasks {
        task.depends_on.extend(on_begun.get(&task.id).cloned().unwrap_or_default());
    }
    Ok(checked)
}

/// Takes out what has begun, and gives which tasks depend on it.
fn set_aside(plan: &mut Plan, begun: &BTreeSet<TaskId>) -> BTreeMap<TaskId, Vec<TaskId>> {
    plan.tasks.retain(|task| !begun.contains(&task.id));
    let mut on_begun = BTreeMap::new();
    for task in &mut plan.tasks {
        let (taken, others) = std::mem::take(&mut task.depends_on)
            .into_iter()
            .partition::<Vec<TaskId>, _>(|id| begun.contains(id));
        task.depends_on = others;
        on_begun.insert(task.id.clone(), taken);
    }
    on_begun
}
