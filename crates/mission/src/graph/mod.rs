//! The task graph: whether a plan is valid, in which order its tasks run, how wide it gets. It checks the Planner's
//! plans and the user's edits. Pure: lengths of files are arguments. A plan is accepted as a whole, or every problem is
//! named at once. It adds edges to a plan and removes no task.

mod order;
mod problem_text;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::{FxBuildHasher, FxHashSet};

use problem_text::{bounded, short};

use crate::mailbox::{Plan, PlannedTask, Problems};
use crate::{Policy, TaskId, is_task_id, path};

pub use shape::{remaining_path, widest};

/// A valid plan, with what the engine corrected in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub plan: Plan,
    /// What the engine changed, in words: edges it added.
    pub notes: Vec<String>,
}

/// Checks a plan. `taken`: the ids that the mission has already; `depth`: how deep the plan is nested.
pub fn check(
    mut plan: Plan,
    policy: &Policy,
    taken: &BTreeSet<TaskId>,
    depth: u32,
) -> Result<Checked, Problems> {
    let mut problems = Vec::new();
    if plan.tasks.is_empty() {
        return Err(vec!["the plan has no task: name at least one".into()]);
    }
    if plan.tasks.len() > policy.max_tasks as usize {
        return Err(vec![format!(
            "the plan has {} tasks; at most {} are accepted: join small ones, or mark a large one `compound` so that it gets \
             a plan of its own when it is due",
            plan.tasks.len(),
            policy.max_tasks
        )]);
    }
    tasks(&mut plan, policy, taken, depth, &mut problems);
    if !problems.is_empty() {
        return Err(bounded(problems));
    }
    let notes = order::order_tasks(&mut plan).map_err(bounded)?;
    Ok(Checked { plan, notes })
}

/// Problems for tasks whose files have more lines than one Coder may get. `lines` gives the length of a file that
/// exists. A task of a single file is no problem, because one file cannot be split.
pub fn too_large(plan: &Plan, policy: &Policy, lines: impl Fn(&str) -> Option<u32>) -> Problems {
    let most = u64::from(policy.max_lines);
    let task = |task: &PlannedTask| {
        let known: Vec<u32> = task.files.iter().filter_map(|file| lines(file)).filter(|n| *n > 0).collect();
        let all: u64 = known.iter().copied().map(u64::from).sum();
        (!task.compound && known.len() > 1 && all > most).then(|| {
            format!(
                "task `{}` is too large: {} of its files hold {all} lines now; at most {most} for one coder: split it by files \
                 into about {}, or mark it `compound`",
                short(&task.id),
                known.len(),
                all.div_ceil(most.max(1)).min(known.len() as u64).max(2)
            )
        })
    };
    bounded(plan.tasks.iter().filter_map(task).collect())
}

fn ids(plan: &Plan, taken: &BTreeSet<TaskId>, problems: &mut Problems) {
    let mut seen: FxHashSet<&str> = FxHashSet::with_capacity_and_hasher(plan.tasks.len(), FxBuildHasher);
    for (i, task) in plan.tasks.iter().enumerate() {
        let id = task.id.as_str();
        if !is_task_id(id) {
            problems.push(format!("`tasks[{i}].id` is `{}`; ids are [a-z0-9][a-z0-9_-]{{0,31}}", short(id)));
        } else if taken.contains(id) {
            problems
                .push(format!("`tasks[{i}].id`: the mission has a task `{id}` already; choose another id"));
        } else if !seen.insert(id) {
            problems.push(format!("`tasks[{i}].id`: `{id}` is used twice; ids are unique"));
        }
    }
}

fn tasks(plan: &mut Plan, policy: &Policy, taken: &BTreeSet<TaskId>, depth: u32, problems: &mut Problems) {
    ids(plan, taken, problems);
    for task in &mut plan.tasks {
        let id = || short(&task.id);
        if task.instructions.trim().is_empty() {
            problems.push(format!("task `{}` has no `instructions`", id()));
        }
        if task.acceptance.iter().all(|a| a.trim().is_empty()) {
            problems.push(format!("task `{}` has no `acceptance`: say how one sees that it is done", id()));
        }
        task.acceptance.retain(|a| !a.trim().is_empty());
        if task.files.is_empty() {
            problems.push(format!("task `{}` names no `files`", id()));
        }
        if task.compound && depth + 1 >= policy.max_depth {
            problems.push(format!(
                "task `{}` is compound, but plans nest at most {} deep: name its tasks here instead",
                id(),
                policy.max_depth
            ));
        }
        if !task.compound && task.files.len() > policy.max_files as usize {
            problems.push(format!(
                "task `{}` is too large ({} files; at most {}): split it, or mark it `compound`",
                id(),
                task.files.len(),
                policy.max_files
            ));
        }
        let mut files = Vec::with_capacity(task.files.len());
        for file in std::mem::take(&mut task.files) {
            match path::into_normal(file) {
                Err(why) => problems.push(format!("task `{}`, `files`: {why}", id())),
                Ok(path) => match path::forbidden(&path) {
                    Some(why) => problems.push(format!("task `{}`, `files`: `{path}`: {why}", id())),
                    None if !task.compound && path::is_glob(&path) => problems.push(format!(
                        "task `{}`, `files`: `{path}` is a pattern; name files, or mark the task `compound`",
                        id()
                    )),
                    None => files.push(path),
                },
            }
        }
        files.sort_unstable();
        files.dedup();
        task.files = files;
        // Only the engine sets this, not a plan
        task.runs_after.clear();
    }
}
