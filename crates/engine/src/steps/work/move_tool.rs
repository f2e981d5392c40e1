//! `mission_move`: moves or deletes a file of a role's slot, with the same rules as for edits.
//!
//! `work_mailbox` calls it. It checks the scope of both paths as for an edit. It moves no folder and follows no
//! link. The role itself must change the files that name the old path.

use std::sync::Arc;

use mission::mailbox::Relocation;
use mission::{TaskId, path};
use workspace::Slot;

use crate::actor::orchestrator::ScopeAnswer;
use crate::bench::files::kinds::kind;
use crate::blocking::blocking;
use crate::steps::context::MissionContext;
use crate::steps::real_path::inside;

/// `tests_only`: the role writes the tests of the task.
pub(crate) async fn answer(
    context: &Arc<MissionContext>,
    slot: &Slot,
    task: &TaskId,
    tests_only: bool,
    asked: Relocation,
) -> String {
    let Relocation { from, to } = asked;
    let paths: Vec<String> = std::iter::once(from.clone()).chain(to.clone()).collect();
    for path in &paths {
        if let Err(why) = may(context, slot, task, tests_only, path).await {
            return why;
        }
    }
    if slot.path.join(&from).is_dir() {
        return format!("refused: `{from}` is a folder. Name each of its files.");
    }
    for path in &paths {
        match context.desk.orchestrator.scope(task.clone(), path.clone()).await {
            ScopeAnswer::Allowed => {}
            ScopeAnswer::HeldBy(holder) => {
                context.edits().entry(task.clone()).or_default().refused =
                    Some((path.clone(), holder.clone()));
                return format!(
                    "refused: task `{holder}` is changing `{path}` at this moment. Do without it, or submit with status \
                     \"blocked\" and needs_files [\"{path}\"]: this task then goes on after `{holder}`."
                );
            }
            ScopeAnswer::Stopped => return "refused: the mission was stopped.".into(),
        }
    }
    let (workspace, at) = (context.bench.workspace.clone(), slot.clone());
    let (source, target) = (from.clone(), to.clone());
    let done = blocking(move || match &target {
        Some(target) => workspace.move_slot_file(&at, &source, target),
        None => workspace.delete_slot_file(&at, &source),
    });
    if let Err(error) = done.await {
        return format!("refused: {error}");
    }
    let mut edits = context.edits();
    let edits = edits.entry(task.clone()).or_default();
    edits.written.extend(paths);
    edits.refused = None;
    match to {
        Some(to) => format!("moved `{from}` to `{to}`. What names the old path still does: change it, too."),
        None => format!("deleted `{from}`. What names it still does: change it, too."),
    }
}

/// Whether a role may move, delete or create this file, by its path alone. The error is for the model.
async fn may(
    context: &Arc<MissionContext>,
    slot: &Slot,
    task: &TaskId,
    tests_only: bool,
    path: &str,
) -> Result<(), String> {
    let real_path = inside(&slot.path, path)?;
    if real_path != path {
        return Err(format!("refused: a link leads from `{path}` to `{real_path}`. Name the file itself."));
    }
    if let Some(why) = path::forbidden(path) {
        return Err(format!("refused: `{path}`: {why}."));
    }
    if workspace::is_secret_path(path) {
        return Err(format!(
            "refused: `{path}` holds secrets by its name; a mission never touches such files."
        ));
    }
    if tests_only && !kind(path).is_test() {
        return Err(format!(
            "refused: `{path}` is no test file. You write the tests of this task only; another coder writes the rest."
        ));
    }
    let state = context.desk.orchestrator.state().await.ok();
    let tests = state.as_ref().and_then(|state| state.tasks.get(task)?.tests.written.as_ref());
    if tests.is_some_and(|tests| tests.paths.iter().any(|test| test == path)) {
        return Err(format!(
            "refused: `{path}` was written for this task by another coder, and is not yours to change."
        ));
    }
    let (workspace, of, name) = (context.bench.workspace.clone(), slot.clone(), path.to_string());
    if blocking(move || workspace.is_ignored(&of, &name).unwrap_or(false)).await {
        return Err(format!(
            "refused: git ignores `{path}`, so it is in no commit. Work only on files of the project."
        ));
    }
    Ok(())
}
