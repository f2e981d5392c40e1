//! The files that roles start with: ranked files, the task's files, the lines that findings name.
//!
//! It asks no role. It reads files only beneath the slot's root, and cuts them to the budget.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use context::MAX_PAST_COMMITS;
use mission::{Issue, Task};
use workspace::{Change, Slot};

use crate::bench::slot_text;
use crate::blocking::blocking;
use crate::config::{ContextConfig, SliceMode};
use crate::steps::context::MissionContext;
use crate::steps::embeddings;
use crate::steps::kept_index::{Wanted, past_commits};
use crate::talk::folding::Folds;
use crate::text::cut;

/// The Searcher starts with this part (one in so many) of the budget; it reads more itself.
const SEARCH_SHARE: usize = 4;
/// Lines shown on either side of a line that a finding names.
const AROUND: usize = 4;
/// The most places that a Fixer is shown.
const MAX_PLACES: usize = 12;
/// The most lines shown of each side of a conflict, and the most bytes of all of them.
const MAX_SIDE: usize = 30;
const MAX_SIDES: usize = 16_000;
/// The longest line shown, in bytes.
const MAX_LINE: usize = 300;

/// The files that matter most for the objective. No model is asked but one for embeddings, if the user named one.
pub(crate) async fn ranking(context: &Arc<MissionContext>, slot: &Slot, objective: &str) -> String {
    let (of, slot) = (context.clone(), slot.clone());
    let index = match blocking(move || index(&of, &slot)).await {
        Ok(index) => embeddings::heard(context, index, objective).await,
        Err(why) => return why,
    };
    let (objective, budget) = (objective.to_string(), context.bench.config.context.budget / SEARCH_SHARE);
    blocking(move || context::brief_input(&index, &objective, budget)).await
}

/// How long files are shown to a role that looks for what an objective needs; `None` where files are shown whole.
pub(crate) async fn folds(context: &Arc<MissionContext>, slot: &Slot, words: &str) -> Option<Folds> {
    if context.bench.config.context.slices != SliceMode::Auto {
        return None;
    }
    let (context, slot, words) = (context.clone(), slot.clone(), Arc::from(words));
    blocking(move || Some(Folds { root: slot.path.clone(), index: index(&context, &slot).ok()?, words }))
        .await
}

/// The task's files in its slot, with related code, within the budget.
pub(crate) async fn task(context: &Arc<MissionContext>, slot: &Slot, task: &Task) -> String {
    let (context, slot, task) = (context.clone(), slot.clone(), task.clone());
    blocking(move || {
        let files: Vec<String> = task.scope.iter().cloned().collect();
        let words = format!("{} {}", task.title, task.instructions);
        let ContextConfig { budget, slices, .. } = context.bench.config.context;
        // A Coder who writes whole files must see whole files
        let slices = slices == SliceMode::Auto && !task.whole_files;
        match index(&context, &slot) {
            Ok(index) => context::task_context(&slot.path, &index, &files, &words, budget, slices),
            Err(why) => why,
        }
    })
    .await
}

/// The numbers of lines of the existing files that a plan's tasks write.
pub(crate) async fn lines(
    context: &Arc<MissionContext>,
    slot: &Slot,
    plan: &mission::mailbox::Plan,
) -> BTreeMap<String, u32> {
    let (context, slot) = (context.clone(), slot.clone());
    let files: Vec<String> = plan.tasks.iter().flat_map(|task| task.files.iter().cloned()).collect();
    blocking(move || {
        // Without an index no file counts as too large
        let Ok(index) = index(&context, &slot) else { return BTreeMap::new() };
        files
            .into_iter()
            .filter_map(|file| Some((index.lines(&file)?, file)))
            .map(|(n, file)| (file, n))
            .collect()
    })
    .await
}

fn index(context: &MissionContext, slot: &Slot) -> Result<Arc<context::Index>, String> {
    if let Some(index) = context.index.get(&slot.commit) {
        return Ok(index);
    }
    let files = context
        .bench
        .workspace
        .files(&slot.commit)
        .map_err(|error| format!("(the files could not be listed: {error})"))?;
    let past = || context.bench.workspace.history(&slot.commit, MAX_PAST_COMMITS).map(past_commits);
    // Without the history the ranking still works.
    let changes = |from: &str| {
        let changes = context.bench.workspace.changes(from, &slot.commit).ok()?;
        Some(changes.into_iter().flat_map(Change::paths).collect::<BTreeSet<String>>())
    };
    let state = &context.project;
    let wanted = Wanted { commit: &slot.commit, root: &slot.path, files: &files, state, changes: &changes };
    Ok(context.index.build(&wanted, || past().unwrap_or_default()))
}

/// The lines that findings name, with a few around them.
pub(crate) async fn named_lines(slot: &Slot, issues: &[Issue]) -> String {
    let (root, issues) = (slot.path.clone(), issues.to_vec());
    blocking(move || {
        let mut text = String::new();
        for issue in issues.iter().take(MAX_PLACES) {
            let (Some(path), Some(line)) = (&issue.path, issue.line) else { continue };
            let Some((path, source)) = source(&root, path) else { continue };
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

/// Both sides of conflicts, from the files that findings name without a line.
pub(crate) async fn both_sides(slot: &Slot, issues: &[Issue]) -> String {
    let (root, issues) = (slot.path.clone(), issues.to_vec());
    blocking(move || conflicts(&root, &issues)).await
}

fn conflicts(root: &Path, issues: &[Issue]) -> String {
    let (mut text, mut places) = (String::new(), 0);
    for path in issues.iter().filter(|issue| issue.line.is_none()).filter_map(|issue| issue.path.as_ref()) {
        let Some((path, source)) = source(root, path) else { continue };
        let mut shown = None;
        for (i, line) in source.lines().enumerate() {
            if shown.is_none() && line.starts_with("<<<<<<< ") {
                if places == MAX_PLACES || text.len() > MAX_SIDES {
                    text.push_str("and more\n");
                    return text;
                }
                places += 1;
                let _ = writeln!(text, "{path}:");
                shown = Some(0);
            }
            let Some(lines) = shown else { continue };
            let (middle, last) = (line == "=======", line.starts_with(">>>>>>> "));
            if middle || last || lines < MAX_SIDE {
                let _ = writeln!(text, " {:5} {}", i + 1, cut(line, MAX_LINE));
            } else if lines == MAX_SIDE {
                text.push_str("       …\n");
            }
            shown = (!last).then_some(if middle { 0 } else { lines + 1 });
        }
    }
    text
}

/// The path and the text of a file that a finding names; `None` if it is not in the folder.
fn source(root: &Path, path: &str) -> Option<(String, String)> {
    let path = mission::path::normalise(path).ok()?;
    let text = slot_text(root, &path)?;
    Some((path, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_conflict_are_shown_and_nothing_outside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("slot");
        std::fs::create_dir(&root).unwrap();
        let text = "one\n<<<<<<< 1a2b\nours = 1\n=======\ntheirs = 2\n>>>>>>> 3c4d\nlast\n";
        std::fs::write(root.join("a.js"), text).unwrap();
        std::fs::write(folder.path().join("b.js"), text).unwrap();
        std::os::unix::fs::symlink("../b.js", root.join("link.js")).unwrap();
        // What ran there may name anything: a pipe would be waited for, and this file has no end
        let piped = std::process::Command::new("mkfifo").arg(root.join("pipe.js")).status().unwrap();
        assert!(piped.success());
        std::fs::File::create(root.join("endless.js")).unwrap().set_len(1 << 40).unwrap();
        let issue = |path: &str| Issue::new("merge", "they do not merge").at(path, None);
        let names = ["a.js", "../b.js", "link.js", "absent.js", "pipe.js", "endless.js"];
        let issues = names.map(issue);
        let shown = "a.js:\n     2 <<<<<<< 1a2b\n     3 ours = 1\n     4 =======\n     5 theirs = 2\n     6 >>>>>>> 3c4d\n";
        assert_eq!(conflicts(&root, &issues), shown);
        let long = format!("<<<<<<< a\n{}=======\ntheirs\n>>>>>>> b\n", "ours\n".repeat(500)).repeat(50);
        std::fs::write(root.join("a.js"), long).unwrap();
        let shown = conflicts(&root, &issues);
        assert_eq!(
            (shown.matches("<<<<<<<").count(), shown.matches("theirs").count()),
            (MAX_PLACES, MAX_PLACES)
        );
        assert!(shown.ends_with("and more\n"));
        assert!(shown.len() < 20_000, "{}", shown.len());
    }
}
