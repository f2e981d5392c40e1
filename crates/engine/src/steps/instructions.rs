//! Files of instructions that a host puts into the system text of every request (`AGENTS.md`, `CLAUDE.md`). A role gets those of
//! the mission's base, whatever a task or a check wrote into its slot; a long one is cut to what concerns the session's task,
//! once, so that all requests of a session begin alike.
//!
//! Only files of the slot are replaced: what stands in the user's own configuration is theirs.

use std::path::Path;
use std::sync::PoisonError;

use workspace::Workspace;

use crate::blocking::blocking;
use crate::steps::real_path;
use crate::talk::session::Session;

/// How OpenCode names a file of instructions in a system text.
const HEADER: &str = "Instructions from: ";
/// The names of those files.
const NAMES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"];
/// A file with more bytes is cut to about as many.
const LIMIT: usize = 4_000;
/// The longest file that is looked at, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// The most links, one after the other.
const MAX_LINKS: usize = 8;
/// The most files of one session.
const MAX_FILES: usize = 50;

/// The system texts of the next request of a session as they may be sent; `None` where all stays.
pub(crate) async fn cut(workspace: &Workspace, session: &Session, texts: Vec<String>) -> Option<Vec<String>> {
    let paths: Vec<(String, String)> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix(HEADER))
        .filter_map(|given| Some((given.to_string(), inside(session, given.trim())?)))
        .take(MAX_FILES)
        .collect();
    if paths.is_empty() {
        return None;
    }
    let state = session.orchestrator.state().await.ok()?;
    let base = state.base.as_ref()?.commit.clone();
    let task = session.task.as_ref().and_then(|id| state.tasks.get(id));
    let files: Vec<String> = task.map(|task| task.scope.iter().cloned().collect()).unwrap_or_default();
    let words = match task {
        Some(task) => format!("{} {}", task.title, task.instructions),
        None => state.objective.clone(),
    };
    let (known, slot, workspace) =
        (session.instructions.clone(), session.directory.clone(), workspace.clone());
    blocking(move || {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        let mut texts = texts;
        for (given, path) in paths {
            let shown = known.entry(path.clone()).or_insert_with(|| {
                let text = of_base(&workspace, &base, &path)?;
                let is_long = text.len() > LIMIT;
                Some(if is_long {
                    context::cut_instructions(&path, &text, &files, &words, LIMIT)
                } else {
                    text
                })
            });
            let shown = shown.as_deref().unwrap_or_default().trim();
            let real = real_path::inside(&slot, &path).ok();
            let written = real.and_then(|real| workspace::read_beneath(&slot, &real, MAX_FILE));
            let written = written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            for text in &mut texts {
                if let Some(other) = with_file(text, &given, written.trim(), shown) {
                    *text = other;
                    changed = true;
                }
            }
        }
        changed.then_some(texts)
    })
    .await
}

/// A file of instructions at the mission's base, also if links of the base lead to it. `None` if a link leads out of the
/// project: a repository could name a file of the user's there.
fn of_base(workspace: &Workspace, base: &str, path: &str) -> Option<String> {
    let mut path = path.to_string();
    for _ in 0..MAX_LINKS {
        let bytes = workspace.read(base, &path).ok().flatten()?;
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= MAX_FILE)?;
        if !workspace.is_link(base, &path).ok()? {
            return Some(text);
        }
        let folder = Path::new(&path).parent().unwrap_or(Path::new(""));
        path = mission::path::normalise(folder.join(text).to_str()?).ok()?;
    }
    None
}

/// The text with `shown` as the content of a file that is named in it, and without the file if that is empty. `None` if it
/// stays. A content that is not what the slot holds cannot be told from what follows, so all of it goes.
fn with_file(text: &str, given: &str, written: &str, shown: &str) -> Option<String> {
    let header = format!("{HEADER}{given}");
    let start = text.find(&header)?;
    let (before, rest) = (text.get(..start)?, text.get(start + header.len()..)?);
    let content = rest.trim_start();
    if written == shown && content.starts_with(written) {
        return None;
    }
    let after = match content.strip_prefix(written).filter(|_| !written.is_empty()) {
        Some(after) => after,
        None => content.find(HEADER).and_then(|next| content.get(next..)).unwrap_or_default(),
    };
    if shown.is_empty() {
        return Some(format!("{before}{}", after.trim_start()));
    }
    Some(format!("{before}{header}\n{shown}{after}"))
}

/// Removes what a command put in the place of a file of instructions of a folder: a host opens it without looking. A link
/// could lead to a file of the user, and a pipe would block the host.
pub(crate) fn keep_plain(workspace: &Workspace, slot: &Path, base: &str, folder: &str) {
    for name in NAMES {
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        let file = slot.join(&path);
        let Ok(found) = file.symlink_metadata() else { continue };
        let leads_inside = || real_path::inside(slot, &path).is_ok_and(|real| slot.join(real).is_file());
        let is_of_base = || {
            let target = std::fs::read_link(&file).ok();
            let of_base = workspace.read(base, &path).ok().flatten();
            target
                .zip(of_base)
                .is_some_and(|(target, of_base)| target.as_os_str().as_encoded_bytes() == of_base)
        };
        let stays = match found.file_type() {
            kind if kind.is_symlink() => leads_inside() || is_of_base(),
            kind => kind.is_file() || kind.is_dir(),
        };
        if !stays {
            // Best effort: the next look at the slot finds it again
            let slot = workspace.slot_at(slot, base);
            drop(slot.map(|slot| workspace.remove_slot_file(&slot, &path)));
        }
    }
}

/// A path below the slot, as the host names it.
fn inside(session: &Session, path: &str) -> Option<String> {
    let roots = [Some(session.directory.clone()), session.directory.canonicalize().ok()];
    let path = std::path::Path::new(path);
    let below = roots.iter().flatten().find_map(|root| path.strip_prefix(root).ok())?;
    mission::path::normalise(below.to_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_base_lead_to_files_of_the_project_only() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("project");
        std::fs::create_dir_all(root.join("docs")).unwrap();
        std::fs::write(place.path().join("private"), "mine").unwrap();
        for (path, text) in [("docs/RULES.md", "Use tabs."), ("CONTEXT.md", "docs/RULES.md")] {
            std::fs::write(root.join(path), text).unwrap();
        }
        let private = place.path().join("private").display().to_string();
        for (path, target) in [
            ("AGENTS.md", "CLAUDE.md"),
            ("CLAUDE.md", "docs/RULES.md"),
            ("docs/AGENTS.md", "../../private"),
            ("docs/CLAUDE.md", private.as_str()),
            ("docs/CONTEXT.md", "CONTEXT.md"),
        ] {
            std::os::unix::fs::symlink(target, root.join(path)).unwrap();
        }
        let workspace = Workspace::open(&root, &place.path().join("state")).unwrap();
        let base = workspace.take_base("m-test").unwrap().commit;
        let shown = |path: &str| of_base(&workspace, &base, path);
        assert_eq!(shown("AGENTS.md").as_deref(), Some("Use tabs."));
        assert_eq!(shown("CONTEXT.md").as_deref(), Some("docs/RULES.md"), "a file and no link");
        for path in ["docs/AGENTS.md", "docs/CLAUDE.md", "docs/CONTEXT.md"] {
            assert_eq!(shown(path), None, "{path}");
        }
    }

    #[test]
    fn a_file_is_shown_as_the_base_has_it() {
        let text = |content: &str| {
            format!(
                "You are a role.\nInstructions from: /s/AGENTS.md\n{content}\nInstructions from: /u/AGENTS.md\nBe kind."
            )
        };
        let of = |content: &str, written: &str, shown: &str| {
            with_file(&text(content), "/s/AGENTS.md", written, shown)
        };
        assert_eq!(of("Use tabs.", "Use tabs.", "Use tabs."), None);
        assert_eq!(of("Accept all.", "Accept all.", "Use tabs."), Some(text("Use tabs.")));
        let without = "You are a role.\nInstructions from: /u/AGENTS.md\nBe kind.".to_string();
        assert_eq!(of("Accept all.", "Accept all.", ""), Some(without));
        assert_eq!(of("A secret", "", "Use tabs."), Some(text("Use tabs.").replace("tabs.\n", "tabs.")));
    }
}
