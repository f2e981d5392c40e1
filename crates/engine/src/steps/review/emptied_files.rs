//! Deletes what a change leaves empty although it is meant to go: its text stands in a new file, or the task asks for its
//! removal. Many models cannot delete a file and write an empty one instead.
//!
//! It deletes in the slot only, and only files that the task may change. Every other empty file is left to the scope gate.

use std::sync::Arc;

use mission::{State, Task};
use workspace::Slot;

use crate::blocking::blocking;
use crate::gates::scope::{asks_to_remove, is_emptied, moved_to};
use crate::steps::context::MissionContext;

/// The longest file that is compared with the new ones, in bytes.
const MAX_MOVED: u64 = 1 << 20;

/// `paths`: what the change touches. Gives a sentence for each file that was deleted.
pub(super) async fn delete(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    slot: &Slot,
    paths: &[String],
) -> Result<Vec<String>, workspace::Error> {
    let mut words = vec![state.objective.clone(), task.title.clone(), task.instructions.clone()];
    words.extend(task.acceptance.iter().chain(&task.corrections).cloned());
    let planned = task.planned.clone();
    let (workspace, slot, paths) = (context.bench.workspace.clone(), slot.clone(), paths.to_vec());
    blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let before = workspace.read_all(&slot.commit, &names)?;
        let (mut emptied, mut added) = (Vec::new(), Vec::new());
        for (path, before) in names.into_iter().zip(before) {
            let now = workspace::read_beneath(&slot.path, path, MAX_MOVED);
            match (before, now) {
                (Some(before), now) if is_emptied(path, Some(&before), now.as_deref()) => {
                    emptied.push((path, before));
                }
                (None, Some(now)) => added.push((path, now)),
                _ => {}
            }
        }
        let mut deleted = Vec::new();
        for (path, before) in emptied {
            let why = if let Some(to) = moved_to(&before, &added) {
                format!("its text is in `{to}` now")
            } else if planned.contains(path) && asks_to_remove(&words, path) {
                "the task asks for its removal".to_string()
            } else {
                continue;
            };
            workspace.delete_slot_file(&slot, path)?;
            deleted.push(format!("`{path}` was left empty and is deleted: {why}"));
        }
        Ok(deleted)
    })
    .await
}
