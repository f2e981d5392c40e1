//! Which files a change may touch. Files that no tool of the role wrote (by-products of checks) are reverted
//! first.

use std::collections::BTreeSet;
use std::sync::Arc;

use mission::{FailureClass, Issue, Task, TaskId};
use workspace::{Change, Slot};

use crate::actor::orchestrator::ScopeAnswer;
use crate::blocking::blocking;
use crate::gates::scope;
use crate::gates::verdict::Finding;
use crate::steps::context::MissionContext;

/// The paths of the change; an error if one does not belong to the task.
pub(crate) async fn claim_paths(
    context: &Arc<MissionContext>,
    task: &Task,
    slot: &Slot,
) -> Result<Vec<String>, Finding> {
    let host = |e: workspace::Error| Finding {
        class: FailureClass::Host,
        issues: vec![Issue::new("workspace", e.to_string())],
    };
    let (workspace, mine) = (context.bench.workspace.clone(), slot.clone());
    let changes = blocking(move || workspace.slot_changes(&mine)).await.map_err(host)?;
    let (mine, foreign) = apart(context, &task.id, &task.scope, changes);
    if !foreign.is_empty() {
        let (workspace, slot) = (context.bench.workspace.clone(), slot.clone());
        blocking(move || workspace.discard(&slot, &foreign)).await.map_err(host)?;
    }
    if mine.is_empty() && !task.unchanged {
        return Err(Finding { class: FailureClass::Scope, issues: vec![scope::nothing()] });
    }
    let mut issues = Vec::new();
    for file in &mine {
        if let Some(issue) = scope::forbidden(file) {
            issues.push(issue);
            continue;
        }
        match context.desk.orchestrator.scope(task.id.clone(), file.clone()).await {
            ScopeAnswer::Allowed => {}
            ScopeAnswer::HeldBy(holder) => issues.push(
                Issue::new("scope", format!("task `{holder}` is changing this file; undo this change"))
                    .at(file.clone(), None),
            ),
            ScopeAnswer::Stopped => {
                return Err(Finding {
                    class: FailureClass::Host,
                    issues: vec![Issue::new("engine", "the mission was stopped")],
                });
            }
        }
    }
    if issues.is_empty() { Ok(mine) } else { Err(Finding { class: FailureClass::Scope, issues }) }
}

/// The changed files that belong to a task; all of them if that is unknown.
pub(crate) async fn changed_by_task(
    context: &MissionContext,
    task: &TaskId,
    changes: Vec<Change>,
) -> Vec<String> {
    let state = context.desk.orchestrator.state().await;
    match state.as_ref().ok().and_then(|state| state.tasks.get(task)) {
        Some(of) => apart(context, task, &of.scope, changes).0,
        None => changes.into_iter().flat_map(Change::paths).collect(),
    }
}

/// Separates the files that the task changed from those that commands left.
fn apart(
    context: &MissionContext,
    task: &TaskId,
    scope: &BTreeSet<String>,
    changes: Vec<Change>,
) -> (Vec<String>, Vec<String>) {
    let written = context.edits().get(task).map(|e| e.written.clone()).unwrap_or_default();
    let by_commands = context.bench.config.roles.coder.bash || context.bench.config.roles.fixer.bash;
    let known = |path: &String| by_commands || written.contains(path) || scope.contains(path);
    changes.into_iter().flat_map(Change::paths).partition(known)
}
