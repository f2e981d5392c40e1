//! What roles start with: ranked files, the task's files, the lines that findings name.

use std::fmt::Write;
use std::sync::Arc;

use mission::{Issue, Task};
use workspace::Slot;

use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::roles::cut;

/// The share of the budget that the Searcher starts with; it reads on by itself.
const SEARCH_SHARE: usize = 4;
/// Lines shown on either side of a line that a finding names.
const AROUND: usize = 4;
/// Places shown to a fixer.
const MAX_PLACES: usize = 12;
/// The longest line shown, in bytes.
const MAX_LINE: usize = 300;

/// The files that matter most for the objective, without asking a model.
pub(crate) async fn ranking(context: &Arc<MissionContext>, slot: &Slot, objective: &str) -> String {
    let (context, slot, objective) = (context.clone(), slot.clone(), objective.to_string());
    blocking(move || {
        let budget = context.config.context.budget / SEARCH_SHARE;
        index(&context, &slot)
            .map_or_else(|why| why, |index| context::brief_input(&index, &objective, budget))
    })
    .await
}

/// The task's files as they are in its slot, and what surrounds them, within the budget.
pub(crate) async fn task(context: &Arc<MissionContext>, slot: &Slot, task: &Task) -> String {
    let (context, slot, task) = (context.clone(), slot.clone(), task.clone());
    blocking(move || {
        let files: Vec<String> = task.scope.iter().cloned().collect();
        let words = format!("{} {}", task.title, task.instructions);
        match index(&context, &slot) {
            Ok(index) => {
                context::task_context(&slot.path, &index, &files, &words, context.config.context.budget)
            }
            Err(why) => why,
        }
    })
    .await
}

fn index(context: &MissionContext, slot: &Slot) -> Result<Arc<context::Index>, String> {
    if let Some(index) = context.index.get(&slot.commit) {
        return Ok(index);
    }
    let files = context
        .workspace
        .files(&slot.commit)
        .map_err(|error| format!("(the files could not be listed: {error})"))?;
    Ok(context.index.build(&slot.commit, &slot.path, &files))
}

/// The lines that findings name, with a few around them.
pub(crate) async fn named_lines(slot: &Slot, issues: &[Issue]) -> String {
    let (root, issues) = (slot.path.clone(), issues.to_vec());
    blocking(move || {
        let mut text = String::new();
        for issue in issues.iter().take(MAX_PLACES) {
            let (Some(path), Some(line)) = (&issue.path, issue.line) else { continue };
            let Ok(path) = mission::path::normalise(path) else { continue };
            let inside = root
                .join(&path)
                .canonicalize()
                .ok()
                .filter(|p| root.canonicalize().is_ok_and(|r| p.starts_with(r)));
            let Some(source) = inside.and_then(|file| std::fs::read_to_string(file).ok()) else { continue };
            let line = line as usize;
            let first = line.saturating_sub(AROUND).max(1);
            let _ = writeln!(text, "{path}:");
            for (i, shown) in source.lines().enumerate().skip(first - 1).take(2 * AROUND + 1) {
                let mark = if i + 1 == line { ">" } else { " " };
                let _ = writeln!(text, "{mark}{:5} {}", i + 1, cut(shown, MAX_LINE));
            }
        }
        text
    })
    .await
}

/// The newest index, so that a later one parses only what changed.
#[derive(Default)]
pub(crate) struct KeptIndex {
    newest: std::sync::Mutex<Option<(String, Arc<context::Index>)>>,
}

impl KeptIndex {
    fn get(&self, commit: &str) -> Option<Arc<context::Index>> {
        let newest = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        newest.as_ref().filter(|(of, _)| of == commit).map(|(_, index)| index.clone())
    }

    fn build(&self, commit: &str, root: &std::path::Path, files: &[String]) -> Arc<context::Index> {
        let before = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let index = Arc::new(match before {
            Some((_, before)) => before.rebuild(root, files),
            None => context::Index::build(root, files),
        });
        *self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((commit.to_string(), index.clone()));
        index
    }
}
