//! Which files a change may touch. What a role's tools never wrote (a check's by-products) is put back first.

use std::sync::Arc;

use mission::{FailureClass, Issue, Task, path};
use workspace::Slot;

use super::Finding;
use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::orchestrator::ScopeAnswer;

/// The paths of the change, all of them the task's own.
pub(super) async fn settle(
    context: &Arc<MissionContext>,
    task: &Task,
    slot: &Slot,
) -> Result<Vec<String>, Finding> {
    let host = |e: workspace::Error| Finding {
        class: FailureClass::Host,
        issues: vec![Issue::new("workspace", e.to_string())],
    };
    let written = context.edits().get(&task.id).map(|e| e.written.clone()).unwrap_or_default();
    let (workspace, mine) = (context.workspace.clone(), slot.clone());
    let changes = blocking(move || workspace.slot_changes(&mine)).await.map_err(host)?;
    let by_commands = context.config.roles.coder.bash || context.config.roles.fixer.bash;
    let known = |path: &String| by_commands || written.contains(path) || task.scope.contains(path);
    let (mine, foreign): (Vec<String>, Vec<String>) = changes.into_iter().flat_map(touched).partition(known);
    if !foreign.is_empty() {
        let (workspace, slot) = (context.workspace.clone(), slot.clone());
        blocking(move || workspace.discard(&slot, &foreign)).await.map_err(host)?;
    }
    if mine.is_empty() && !task.unchanged {
        return Err(Finding { class: FailureClass::Scope, issues: vec![nothing()] });
    }
    let mut issues = Vec::new();
    for file in &mine {
        if let Some(issue) = forbidden(file) {
            issues.push(issue);
            continue;
        }
        match context.orchestrator.scope(task.id.clone(), file.clone()).await {
            ScopeAnswer::Allowed => {}
            ScopeAnswer::HeldBy(holder) => issues.push(
                Issue::new("scope", format!("task `{holder}` is changing this file; take this change back"))
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

pub(super) fn nothing() -> Issue {
    Issue::new("scope", "nothing differs from the base: the change is missing")
}

/// What is held against a change of a file that no task may touch.
pub(super) fn forbidden(file: &str) -> Option<Issue> {
    let why = path::forbidden(file)?;
    Some(Issue::new("scope", format!("{why}; take this change back")).at(file, None))
}

/// A rename touches both names.
pub(super) fn touched(change: workspace::Change) -> Vec<String> {
    match change.kind {
        workspace::ChangeKind::Renamed { from } => vec![change.path, from],
        _ => vec![change.path],
    }
}
