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

/// The files that tasks under way may write, each with those tasks. A task that waits for what has not started is none of them: nothing
/// could run after it.
pub(crate) fn writers(state: &State) -> BTreeMap<String, Vec<TaskId>> {
    let mut waits: BTreeSet<&TaskId> = state.amendable().map(|task| &task.id).collect();
    let others = || state.tasks.values().filter(|task| !task.phase.is_final());
    loop {
        let next = others()
            .find(|task| !waits.contains(&task.id) && task.depends_on.iter().any(|id| waits.contains(id)));
        match next {
            Some(task) => waits.insert(&task.id),
            None => break,
        };
    }
    let mut writers: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
    for task in others().filter(|task| !waits.contains(&task.id)) {
        for file in &task.scope {
            writers.entry(file.clone()).or_default().push(task.id.clone());
        }
    }
    writers
}

/// Checks the plan without the tasks that have begun. A task that writes what one of the `writers` may write runs after it.
pub(crate) fn check(
    mut plan: Plan,
    policy: &Policy,
    begun: &BTreeSet<TaskId>,
    writers: &BTreeMap<String, Vec<TaskId>>,
    depth: u32,
) -> Result<graph::Checked, Vec<String>> {
    let on_begun = set_aside(&mut plan, begun);
    let mut checked = graph::check(plan, policy, begun, depth)?;
    for task in &mut checked.plan.tasks {
        task.depends_on.extend(on_begun.get(&task.id).cloned().unwrap_or_default());
        for file in &task.files {
            for writer in writers.get(file).into_iter().flatten() {
                if !task.depends_on.contains(writer) {
                    task.depends_on.push(writer.clone());
                    task.runs_after.push(writer.clone());
                    checked.notes.push(format!("`{}` runs after `{writer}`: both write {file}", task.id));
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use mission::Event;
    use serde_json::json;

    use super::*;

    fn state(events: serde_json::Value) -> State {
        let events: Vec<Event> = serde_json::from_value(events).unwrap();
        events.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        })
    }

    #[test]
    fn an_order_behind_a_task_under_way_outlasts_an_edit() {
        let task = |id: &str, files: &[&str]| json!({ "id": id, "title": id, "instructions": id, "files": files, "acceptance": ["done"] });
        let state = state(json!([
            { "event": "mission_started", "mission": "m-aaaaaaaa", "objective": "o", "policy": {}, "at_ms": 1 },
            { "event": "base_taken", "commit": "a", "tree": "a", "changed": [], "left_out": [] },
            { "event": "plan_accepted", "parent": null, "notes": [], "plan": { "tasks": [task("a", &["x.js"]), task("b", &["x.js", "y.js"])] } },
            { "event": "attempt_started", "task": "a", "slot": 1, "base": "a", "at_ms": 2 },
        ]));
        assert_eq!(begun(&state).len(), 1);
        let again: Plan = serde_json::from_value(json!({ "tasks": [task("b", &["x.js", "y.js"])] })).unwrap();
        let checked = check(again, &state.policy, &begun(&state), &writers(&state), 0).unwrap();
        let b = &checked.plan.tasks[0];
        assert_eq!(
            (b.depends_on.as_slice(), b.runs_after.as_slice()),
            (&["a".to_string()][..], &["a".to_string()][..])
        );
        assert_eq!(checked.notes, ["`b` runs after `a`: both write x.js"]);
    }
}
