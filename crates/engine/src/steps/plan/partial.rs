//! A plan for the tasks that have not started, beside tasks that have begun. The new part is checked like any plan, and
//! may depend on begun tasks. For changes by the Planner and by the user.

use std::collections::{BTreeMap, BTreeSet};

use mission::mailbox::Plan;
use mission::{Policy, State, TaskId, graph};

/// Ids of tasks that have begun: they stay as they are, and others may depend on them.
pub(crate) fn begun(state: &State) -> BTreeSet<TaskId> {
    let free: BTreeSet<&TaskId> = state.amendable().map(|task| &task.id).collect();
    state.tasks.keys().filter(|id| !free.contains(id)).cloned().collect()
}

/// Checks a plan without the tasks that have begun.
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

/// Removes the begun tasks from the plan; returns which tasks depend on them.
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
