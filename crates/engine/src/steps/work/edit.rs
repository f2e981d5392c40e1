//! What a role's file tools may do, and what the role is told immediately: scope before the edit, findings after it.
//!
//! A refusal names the task that holds the file. `mission::path` knows the paths that no edit may touch.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::PoisonError;

use guardian::{Finding, Guardian, Severity};
use mission::path::forbidden;
use serde_json::Value;
use workspace::Workspace;

use crate::actor::orchestrator::ScopeAnswer;
use crate::bench::files::kinds::kind;
use crate::blocking::blocking;
use crate::steps::context::MissionContext;
use crate::steps::instructions;
use crate::steps::real_path::inside;
use crate::talk::paging;
use crate::talk::session::{Part, Session};
use crate::text::cut;

/// The most findings that are appended to a tool's answer.
const MAX_FINDINGS: usize = 10;
/// The most bytes of a finding that was told after the last edit, too.
const MAX_AGAIN: usize = 60;
/// The most files of a session whose findings are remembered.
const MAX_TOLD: usize = 200;
const FOUND: &str =
    "The Guardian found in what this edit introduced (errors must be fixed before the task is submitted):";
const STILL: &str = "The Guardian still finds, as said after the last edit:";
/// The largest file that is linted after an edit, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// The largest file that is read before an edit, in bytes.
const MAX_READ: u64 = 64 * 1024 * 1024;
/// The most files of one patch.
const MAX_PATHS: usize = 50;

/// The files that a call of one of OpenCode's tools writes; empty for tools that write none.
pub(crate) fn written(tool: &str, arguments: &Value) -> Vec<String> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_string);
    match tool {
        "edit" | "write" | "multiedit" => text("filePath").into_iter().collect(),
        "apply_patch" | "patch" => text("patchText").map(|patch| patched(&patch)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn patched(patch: &str) -> Vec<String> {
    // A patch is applied without a space after the colon, too
    const MARKS: [&str; 4] = ["*** Add File:", "*** Update File:", "*** Delete File:", "*** Move to:"];
    let named = |line: &str| {
        MARKS.iter().find_map(|mark| line.trim().strip_prefix(mark)).map(|p| p.trim().to_string())
    };
    patch.lines().filter_map(named).take(MAX_PATHS + 1).collect()
}

/// The file that a read-only tool reads, so that reads outside the slot can be refused.
fn read_path(tool: &str, arguments: &Value) -> Option<String> {
    let name = match tool {
        "read" => "filePath",
        "grep" | "glob" | "list" => "path",
        _ => return None,
    };
    arguments.get(name).and_then(Value::as_str).filter(|p| !p.is_empty()).map(str::to_string)
}

/// What a call reads below a folder, by its real path; `None` if it reads nothing, or the whole folder. The error, for the
/// model, says why it may not: the path leads out, also through a link, or is no file, or holds secrets.
fn read_inside(folder: &Path, tool: &str, arguments: &Value) -> Option<Result<String, String>> {
    let path = read_path(tool, arguments)?;
    if Path::new(&path) == folder || path == "." {
        return None;
    }
    Some(inside(folder, &path).and_then(|inside| {
        let file = folder.join(&inside);
        // A pipe or a device could block OpenCode without end
        if file.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Err(format!("refused: `{inside}` is no file and no folder, so it cannot be read."));
        }
        if tool == "read" && workspace::is_secret_file(folder, &inside) {
            return Err(format!(
                "refused: `{inside}` holds secrets by its name or content; work without reading it."
            ));
        }
        Ok(inside)
    }))
}

/// Why a call may not read what it names.
pub(crate) fn may_not_read(folder: &Path, tool: &str, arguments: &Value) -> Option<String> {
    read_inside(folder, tool, arguments)?.err()
}

/// Whether one of OpenCode's tools opens files by their paths.
pub(crate) fn opens_files(tool: &str) -> bool {
    matches!(
        tool,
        "read" | "grep" | "glob" | "list" | "edit" | "write" | "multiedit" | "apply_patch" | "patch"
    )
}

/// Why a call may not go ahead, in words for the model.
pub(crate) async fn before(
    context: &MissionContext,
    session: &Session,
    tool: &str,
    arguments: &Value,
) -> Option<String> {
    if let Some(read) = read_inside(&session.directory, tool, arguments) {
        let inside = match read {
            Ok(inside) => inside,
            Err(why) => return Some(why),
        };
        // OpenCode also opens the files of instructions of the folders above
        for folder in Path::new(&inside).ancestors().filter_map(Path::to_str) {
            instructions::keep_plain(&context.bench.workspace, &session.directory, &session.base, folder);
        }
        return None;
    }
    let paths = written(tool, arguments);
    if paths.is_empty() {
        return None;
    }
    let Some(task) = session.task.clone().filter(|_| session.role.writes()) else {
        return Some(format!("refused: the {} only reads; nothing was written.", session.role));
    };
    if paging::stands_for_page(arguments) {
        return Some("refused: this line only stands for a text that was paged out; read it with mission_page, and give the text itself.".into());
    }
    if paths.len() > MAX_PATHS {
        return Some(format!("refused: more than {MAX_PATHS} files in one patch; make it smaller."));
    }
    for given in paths {
        let path = match inside(&session.directory, &given) {
            Ok(path) => path,
            Err(why) => return Some(why),
        };
        if let Some(why) = forbidden(&path) {
            return Some(format!("refused: `{path}`: {why}."));
        }
        if workspace::is_secret_path(&path) {
            return Some(format!(
                "refused: `{path}` holds secrets by its name; a mission never writes such files."
            ));
        }
        if let Some(submodule) = submodule_of(context, session, &path).await {
            return Some(format!(
                "refused: `{path}` is in the submodule `{submodule}`, which is a repository of its own, so the change would be \
                 in no commit of the mission. Do without it, or submit with status \"blocked\" and say that `{submodule}` has to \
                 change first."
            ));
        }
        if is_ignored(context, session, &path).await {
            return Some(format!(
                "refused: git ignores `{path}`, so it would be in no commit and the change would fail without it. Write to \
                 a file that git tracks, or change `.gitignore` if the file belongs to the project."
            ));
        }
        if session.part == Some(Part::Tests) && !kind(&path).is_test() {
            return Some(format!(
                "refused: `{path}` is no test file. You write the tests of this task only; another coder writes the rest."
            ));
        }
        let state = session.orchestrator.state().await.ok();
        let tests = state.as_ref().and_then(|s| s.tasks.get(&task)?.tests.written.as_ref());
        if tests.is_some_and(|tests| tests.paths.contains(&path)) {
            return Some(format!(
                "refused: `{path}` was written for this task by another coder, and is not yours to change. Make the code \
                 right; if the test contradicts the task, submit with status \"blocked\" and say why."
            ));
        }
        match session.orchestrator.scope(task.clone(), path.clone()).await {
            ScopeAnswer::Allowed => {
                let mut edits = context.edits();
                let edits = edits.entry(task.clone()).or_default();
                edits.written.insert(path);
                // The role now edits another file
                edits.refused = None;
            }
            ScopeAnswer::HeldBy(holder) => {
                context.edits().entry(task.clone()).or_default().refused =
                    Some((path.clone(), holder.clone()));
                return Some(format!(
                    "refused: task `{holder}` is changing `{path}` at this moment. Do without it, or submit with status \
                     \"blocked\" and needs_files [\"{path}\"]: this task then goes on after `{holder}`."
                ));
            }
            ScopeAnswer::Stopped => return Some("refused: the mission was stopped.".into()),
        }
    }
    None
}

/// Why a host's own tool may not change a file: it would change other bytes, too.
pub(crate) fn spoils(session: &Session, tool: &str, arguments: &Value) -> Option<String> {
    written(tool, arguments).iter().take(MAX_PATHS).find_map(|given| {
        let path = inside(&session.directory, given).ok()?;
        let bytes = workspace::read_beneath(&session.directory, &path, MAX_READ)?;
        String::from_utf8(bytes).is_err().then(|| {
            format!(
                "refused: `{path}` is not in UTF-8, and an edit would change bytes elsewhere in it. Leave it as it is; submit \
                 with status \"blocked\" and say so if the task needs it changed."
            )
        })
    })
}

/// The submodule that contains a path of the role's slot.
async fn submodule_of(context: &MissionContext, session: &Session, path: &str) -> Option<String> {
    let (workspace, base, path) = (context.bench.workspace.clone(), session.base.clone(), path.to_string());
    let found = blocking(move || workspace.submodules_of(&base, &[&path])).await;
    found.unwrap_or_default().pop().flatten()
}

/// Whether git ignores a file of the role's slot.
async fn is_ignored(context: &MissionContext, session: &Session, path: &str) -> bool {
    let workspace = context.bench.workspace.clone();
    let Some(slot) = workspace.slot_at(&session.directory, &session.base) else { return false };
    let path = path.to_string();
    blocking(move || workspace.is_ignored(&slot, &path).unwrap_or(false)).await
}

/// The Guardian's findings in the files that a call wrote; those of the last edit in short, because every answer is sent again
/// with each request.
pub(crate) fn after(
    guardian: &Guardian,
    workspace: &Workspace,
    session: &Session,
    tool: &str,
    arguments: &Value,
) -> Option<String> {
    let mut answer = Found::default();
    let mut told = session.findings.lock().unwrap_or_else(PoisonError::into_inner);
    for given in written(tool, arguments).iter().take(MAX_PATHS) {
        let Ok(path) = inside(&session.directory, given) else { continue };
        let bytes = workspace::read_beneath(&session.directory, &path, MAX_FILE);
        let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let base = workspace
            .read(&session.base, &path)
            .ok()
            .flatten()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let before = told.remove(&path).unwrap_or_default();
        let now = answer.add(&before, &guardian.lint_edit(&path, base.as_deref(), &text));
        if !now.is_empty() && told.len() < MAX_TOLD {
            told.insert(path, now);
        }
    }
    answer.text()
}

/// The findings of one call as lines: new ones, and those that were told before.
#[derive(Default)]
struct Found {
    new: Vec<String>,
    still: Vec<String>,
}

impl Found {
    /// Adds the findings of a file. `before`: what was told of it; returns what is told now.
    fn add(&mut self, before: &BTreeSet<String>, findings: &[Finding]) -> BTreeSet<String> {
        let mut now = BTreeSet::new();
        for Finding { path, line, rule, message, severity, .. } in findings {
            let severity = if *severity == Severity::Error { "error" } else { "warning" };
            let what = format!("{severity}: {message} [{rule}]");
            if before.contains(&what) {
                self.still.push(format!("{path}:{line}: {severity}: {} [{rule}]", cut(message, MAX_AGAIN)));
            } else {
                self.new.push(format!("{path}:{line}: {what}"));
            }
            // What is only counted is not told
            if self.new.len() <= MAX_FINDINGS && self.still.len() <= MAX_FINDINGS {
                now.insert(what);
            }
        }
        now
    }

    fn text(self) -> Option<String> {
        let mut text = String::new();
        for (title, mut lines) in [(FOUND, self.new), (STILL, self.still)] {
            let more = lines.len().saturating_sub(MAX_FINDINGS);
            lines.truncate(MAX_FINDINGS);
            if more > 0 {
                lines.push(format!("and {more} more"));
            }
            if !lines.is_empty() {
                text += &format!("\n\n{title}\n{}", lines.join("\n"));
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finding(line: u32, message: &str) -> Finding {
        Finding {
            path: "a.js".into(),
            line,
            column: 1,
            rule: "syntax".into(),
            severity: Severity::Error,
            message: message.into(),
            note: None,
        }
    }

    #[test]
    fn a_call_reads_only_files_below_its_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("slot");
        std::fs::create_dir_all(folder.join("src")).unwrap();
        std::fs::write(folder.join("src/a.js"), "1\n").unwrap();
        std::fs::write(folder.join(".env"), "TOKEN=1\n").unwrap();
        std::os::unix::fs::symlink("/etc", folder.join("etc")).unwrap();
        let why = |tool: &str, name: &str, path: &str| may_not_read(&folder, tool, &json!({ name: path }));
        for (tool, name) in [("read", "filePath"), ("grep", "path"), ("glob", "path"), ("list", "path")] {
            for path in ["src", ".", "src/a.js", "src/new.js", folder.to_str().unwrap()] {
                assert_eq!(why(tool, name, path), None, "{tool} {path}");
            }
            for path in ["/", "/etc", "..", "../slot2", "etc", "etc/passwd", "/dev/null"] {
                assert!(why(tool, name, path).is_some(), "{tool} {path}");
            }
        }
        assert!(why("read", "filePath", ".env").is_some_and(|why| why.contains("secrets")));
    }

    #[test]
    fn a_finding_that_stays_is_told_once_in_full() {
        let long = "a brace is never closed ".repeat(6);
        let told = |before: &BTreeSet<String>, findings: &[Finding]| {
            let mut found = Found::default();
            let now = found.add(before, findings);
            (now, found.text().unwrap_or_default())
        };
        let (known, first) = told(&BTreeSet::new(), &[finding(3, &long)]);
        assert_eq!(first, format!("\n\n{FOUND}\na.js:3: error: {long} [syntax]"));
        // Its line moves with what is written above it
        let (known, second) = told(&known, &[finding(9, &long), finding(4, "other")]);
        assert!(
            second.starts_with(&format!("\n\n{FOUND}\na.js:4: error: other [syntax]\n\n{STILL}\na.js:9: "))
        );
        assert!(second.len() < first.len() + STILL.len() + 60 && !second.contains(&long), "{second}");
        let (none, quiet) = told(&known, &[]);
        assert_eq!((none.len(), &*quiet), (0, ""));
        assert!(told(&none, &[finding(9, &long)]).1.contains(&long), "it went and came back");
        let many: Vec<Finding> = (0..15).map(|n| finding(n, &format!("number {n}"))).collect();
        let (known, text) = told(&BTreeSet::new(), &many);
        assert!(known.len() == 10 && text.ends_with("\nand 5 more"), "{text}");
    }

    #[test]
    fn a_patch_names_every_file_it_touches() {
        let patch = "*** Begin Patch\n*** Update File: a.ts\n*** Move to: b.ts\n@@\n-x\n+y\n*** Delete File: c.ts\n*** End Patch";
        assert_eq!(written("apply_patch", &json!({ "patchText": patch })), ["a.ts", "b.ts", "c.ts"]);
        let close = patch.replace("File: ", "File:").replace("to: ", "to:\t");
        assert_eq!(written("apply_patch", &json!({ "patchText": close })), ["a.ts", "b.ts", "c.ts"]);
        assert_eq!(written("write", &json!({ "filePath": "a.ts", "content": "" })), ["a.ts"]);
        assert!(written("read", &json!({ "filePath": "a.ts" })).is_empty());
    }
}
