//! Files of instructions that a host puts into the system text of every request (`AGENTS.md`, `CLAUDE.md`): a long one is cut to
//! what concerns the session's task, once, so that all requests of a session begin alike.
//!
//! Only files of the slot are cut: what stands in the user's own configuration is theirs.

use std::sync::PoisonError;

use crate::blocking::blocking;
use crate::talk::session::Session;

/// How OpenCode names a file of instructions in a system text.
const HEADER: &str = "Instructions from: ";
/// A file with more bytes is cut to about as many.
const LIMIT: usize = 4_000;
/// The longest file that is looked at, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// The most files of one session.
const MAX_FILES: usize = 50;

/// The system texts of the next request of a session with long files cut; `None` where all stays.
pub(crate) async fn cut(session: &Session, texts: Vec<String>) -> Option<Vec<String>> {
    let paths: Vec<String> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix(HEADER))
        .filter_map(|path| inside(session, path.trim()))
        .take(MAX_FILES)
        .collect();
    if paths.is_empty() {
        return None;
    }
    let state = session.orchestrator.state().await.ok()?;
    let task = session.task.as_ref().and_then(|id| state.tasks.get(id));
    let files: Vec<String> = task.map(|task| task.scope.iter().cloned().collect()).unwrap_or_default();
    let words = match task {
        Some(task) => format!("{} {}", task.title, task.instructions),
        None => state.objective.clone(),
    };
    let (cuts, slot) = (session.instructions.clone(), session.directory.clone());
    blocking(move || {
        let mut cuts = cuts.lock().unwrap_or_else(PoisonError::into_inner);
        for path in paths {
            if cuts.contains_key(&path) || cuts.len() >= MAX_FILES {
                continue;
            }
            let bytes = workspace::read_beneath(&slot, &path, MAX_FILE);
            let text =
                bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| text.len() > LIMIT);
            if let Some(text) = text {
                let short = context::cut_instructions(&path, &text, &files, &words, LIMIT);
                cuts.insert(path, (text.trim().to_string(), short.trim().to_string()));
            }
        }
        let mut changed = false;
        let texts = texts.into_iter().map(|mut text| {
            for (long, short) in cuts.values().filter(|(long, _)| !long.is_empty()) {
                if text.contains(long.as_str()) {
                    text = text.replacen(long.as_str(), short, 1);
                    changed = true;
                }
            }
            text
        });
        let texts: Vec<String> = texts.collect();
        changed.then_some(texts)
    })
    .await
}

/// A path below the slot, as the host names it.
fn inside(session: &Session, path: &str) -> Option<String> {
    let roots = [Some(session.directory.clone()), session.directory.canonicalize().ok()];
    let path = std::path::Path::new(path);
    let below = roots.iter().flatten().find_map(|root| path.strip_prefix(root).ok())?;
    mission::path::normalise(below.to_str()?).ok()
}
