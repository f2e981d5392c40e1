//! The tools with which a role changes files: the engine reads, edits and writes them itself, inside the role's slot.
//! OpenCode's own tools of the same names follow a path at the moment of writing, so a link that changed after the
//! check could lead outside. `Engine::change_file` calls it, first without writing, so that the user can be asked.
//! `edit` decides what a call may touch, and which findings the role is told afterwards.

mod bytes;
mod patch;
mod replace;

use std::path::Path;

use serde_json::{Value, json};

use super::edit;
use crate::blocking::blocking;
use crate::gates::scope::is_emptied;
use crate::steps::context::{EditForms, MissionContext};
use crate::steps::real_path::inside;
use crate::talk::session::Session;
use crate::text::cut;
use bytes::Text;
use patch::Part;

/// The largest file that is edited, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// The longest difference that is shown, in bytes.
const MAX_DIFF: usize = 64 * 1024;
/// The time limit for comparing two texts for display.
const COMPARING: std::time::Duration = std::time::Duration::from_millis(300);

/// The tools as a list of `{ name, description, schema }`.
pub fn definitions() -> Vec<Value> {
    let tool = |name: &str, description: &str, properties: Value, required: &[&str]| {
        json!({ "name": name, "description": description, "schema": {
            "type": "object", "properties": properties, "required": required, "additionalProperties": false } })
    };
    let path = json!({ "type": "string", "minLength": 1, "description": "The file's path" });
    let text = |description: &str| json!({ "type": "string", "description": description });
    vec![
        tool(
            "edit",
            "Replaces text in a file. `oldString` must stand in the file exactly once, as the read tool shows it but without the \
             line numbers before each line; take enough lines around it, or set `replaceAll`. With an empty `oldString` a new \
             file is written.",
            json!({ "filePath": path, "oldString": text("The text to replace"), "newString": text("What takes its place"),
                    "replaceAll": { "type": "boolean", "description": "Replace every occurrence (default false)" } }),
            &["filePath", "oldString", "newString"],
        ),
        tool(
            "write",
            "Writes a whole file. Use it for new files; change existing ones with the edit tool.",
            json!({ "filePath": path, "content": text("The whole content") }),
            &["filePath", "content"],
        ),
        tool(
            "apply_patch",
            "Changes files by a patch between the lines `*** Begin Patch` and `*** End Patch`. Each file begins with \
             `*** Add File: path` (then lines that begin with +), `*** Delete File: path`, or `*** Update File: path`, which \
             `*** Move to: path` may follow, and then hunks: `@@ a line above`, and lines that begin with a space, - or +.",
            json!({ "patchText": { "type": "string", "minLength": 1, "description": "The whole patch" } }),
            &["patchText"],
        ),
    ]
}

/// The beginning of a refusal that is about the file, not about the arguments.
const REFUSED: &str = "refused: ";
/// And one that names a file that is not there.
const NO_FILE: &str = "File ";

/// One file before and after a call.
struct Change {
    path: String,
    before: Option<Vec<u8>>,
    /// `None`: the file is removed.
    after: Option<Vec<u8>>,
}

/// Carries out a call, or without `write` only describes it: `{ title, output, metadata, patterns, diff }`. The error
/// is for the model.
pub(crate) async fn run(
    context: &MissionContext,
    session: &Session,
    tool: &str,
    arguments: &Value,
    write: bool,
) -> Result<Value, String> {
    // Two calls of one answer may change the same file.
    let _one_by_one = if write { Some(context.writing.lock().await) } else { None };
    // The host may have skipped the hook that checks this
    if write && let Some(refusal) = edit::before(context, session, tool, arguments).await {
        return Err(refusal);
    }
    let form = tool.to_string();
    let (slot, tool, arguments) = (session.directory.clone(), tool.to_string(), arguments.clone());
    let work = move || {
        let changes = changes(&slot, &tool, &arguments)?;
        if write {
            for change in &changes {
                put(&slot, change)?;
            }
        }
        Ok(said(&slot, &tool, &changes))
    };
    let done: Result<Value, String> = blocking(work).await;
    if let Some(task) = session.task.clone().filter(|_| write || done.is_err()) {
        let why = done.as_ref().err().filter(|why| why.starts_with(REFUSED)).cloned();
        let mut edits = context.edits();
        let edits = edits.entry(task).or_default();
        count(&mut edits.count, &form, &done);
        edits.unwritten = why;
    }
    done
}

/// Counts how a file was written. What was refused for its path or its bytes says nothing of how a model edits, and a new file is
/// written whole by every model.
fn count(count: &mut EditForms, tool: &str, done: &Result<Value, String>) {
    let one_more = |n: &mut u32| *n = n.saturating_add(1);
    match (tool, done) {
        ("write", Ok(said)) if said["metadata"]["exists"] == true => one_more(&mut count.whole),
        ("write", _) => {}
        (_, Ok(said)) if said["metadata"]["exists"] == true => one_more(&mut count.edits),
        (_, Err(why)) if !why.starts_with(REFUSED) && !why.starts_with(NO_FILE) => {
            one_more(&mut count.edits);
            one_more(&mut count.missed);
        }
        _ => {}
    }
}

fn put(slot: &Path, change: &Change) -> Result<(), String> {
    let done = match &change.after {
        Some(bytes) => workspace::write_beneath(slot, &change.path, bytes),
        None => workspace::remove_beneath(slot, &change.path),
    };
    done.map_err(|error| format!("refused: `{}` could not be written: {error}.", change.path))
}

/// The answer for the model, and the diff for the user.
fn said(slot: &Path, tool: &str, changes: &[Change]) -> Value {
    let mut diff = String::new();
    let mut files = Vec::new();
    for change in changes {
        let text = |bytes: &Option<Vec<u8>>| {
            let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
            bytes::unix(&text).into_owned()
        };
        let (before, after) = (text(&change.before), text(&change.after));
        let mut config = similar::TextDiff::configure();
        let compared = config.timeout(COMPARING).diff_lines(&before, &after);
        let count = |tag| compared.iter_all_changes().filter(|line| line.tag() == tag).count();
        let (added, removed) = (count(similar::ChangeTag::Insert), count(similar::ChangeTag::Delete));
        let patch = compared.unified_diff().header(&change.path, &change.path).to_string();
        diff.push_str(&patch);
        let full = slot.join(&change.path).to_string_lossy().into_owned();
        files.push(
            json!({ "file": full, "patch": cut(&patch, MAX_DIFF), "additions": added, "deletions": removed }),
        );
    }
    let diff = cut(&diff, MAX_DIFF);
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let empty = changes
        .iter()
        .find(|change| is_emptied(&change.path, change.before.as_deref(), change.after.as_deref()))
        .map(|change| {
            format!(" `{}` is empty now. To delete it, call `mission_move` with only `from`.", change.path)
        })
        .unwrap_or_default();
    let output = match tool {
        "edit" => format!("Edit applied successfully.{empty}"),
        "write" => format!("Wrote file successfully.{empty}"),
        _ => {
            let line = |change: &Change| {
                let mark = match (&change.before, &change.after) {
                    (None, _) => "A",
                    (_, None) => "D",
                    _ => "M",
                };
                format!("{mark} {}", change.path)
            };
            let lines: Vec<String> = changes.iter().map(line).collect();
            format!("Success. Updated the following files:\n{}", lines.join("\n"))
        }
    };
    let title = paths.join(", ");
    let metadata = json!({ "diff": diff, "filediff": files.first(), "diagnostics": {}, "filepath": title,
        "exists": changes.iter().all(|change| change.before.is_some()) });
    json!({ "title": title, "output": output, "metadata": metadata, "patterns": paths, "diff": diff })
}

/// The changes of a call, by file.
fn changes(slot: &Path, tool: &str, arguments: &Value) -> Result<Vec<Change>, String> {
    let text = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("`{name}` is missing: it must be a text."))
    };
    match tool {
        "edit" => {
            let (given, old, new) = (text("filePath")?, text("oldString")?, text("newString")?);
            let all = matches!(arguments.get("replaceAll"), Some(Value::Bool(true)))
                || arguments.get("replaceAll").and_then(Value::as_str) == Some("true");
            let path = inside(slot, given)?;
            let before = read(slot, &path)?;
            let after = match &before {
                None if old.is_empty() => new.as_bytes().to_vec(),
                None => return Err(format!("{NO_FILE}{given} not found")),
                Some(bytes) => edited(&path, bytes, old, new, all)?,
            };
            Ok(vec![Change { path, before, after: Some(after) }])
        }
        "write" => {
            let (given, content) = (text("filePath")?, text("content")?);
            let path = inside(slot, given)?;
            let before = read(slot, &path)?;
            let after = match &before {
                None => content.as_bytes().to_vec(),
                Some(bytes) => whole(&path, bytes, content)?,
            };
            Ok(vec![Change { path, before, after: Some(after) }])
        }
        _ => patched(slot, text("patchText")?),
    }
}

fn patched(slot: &Path, patch: &str) -> Result<Vec<Change>, String> {
    let mut changes: Vec<Change> = Vec::new();
    for part in patch::parse(patch)? {
        let (Part::Add { path: given, .. } | Part::Delete { path: given } | Part::Update { path: given, .. }) =
            &part;
        let path = inside(slot, given)?;
        // A file may be changed by several parts
        let earlier = changes.iter().position(|change| change.path == path);
        let before = match earlier.and_then(|at| changes.get(at)) {
            Some(change) => change.after.clone(),
            None => read(slot, &path)?,
        };
        let missing =
            || format!("apply_patch verification failed: Error: Failed to read file to update: {given}");
        let mut set = |path: String, before: Option<Vec<u8>>, after: Option<Vec<u8>>| match changes
            .iter_mut()
            .find(|change| change.path == path)
        {
            Some(change) => change.after = after,
            None => changes.push(Change { path, before, after }),
        };
        match &part {
            Part::Add { text, .. } => {
                let after = match &before {
                    Some(bytes) => whole(&path, bytes, text)?,
                    None => text.as_bytes().to_vec(),
                };
                set(path, before, Some(after));
            }
            Part::Delete { .. } => {
                let before = before.ok_or_else(missing)?;
                set(path, Some(before), None);
            }
            Part::Update { to, hunks, .. } => {
                let before = before.ok_or_else(missing)?;
                let text = Text::read(&before).map_err(|why| refused(&path, &why))?;
                let new = patch::apply(&path, &text.view(), hunks)?;
                let after = checked(&path, &text, &new)?;
                match to {
                    None => set(path, Some(before), Some(after)),
                    Some(to) => {
                        let to = inside(slot, to)?;
                        let there = read(slot, &to)?;
                        set(path, Some(before), None);
                        set(to, there, Some(after));
                    }
                }
            }
        }
    }
    Ok(changes)
}

fn edited(path: &str, bytes: &[u8], old: &str, new: &str, all: bool) -> Result<Vec<u8>, String> {
    let text = Text::read(bytes).map_err(|why| refused(path, &why))?;
    let (old, new) = (bytes::unix(old), bytes::unix(new));
    if text.is_foreign() && old.contains('\u{fffd}') {
        return Err(refused(
            path,
            "it is not in UTF-8, and oldString holds a character that stands for bytes which cannot be shown; choose lines without \
             such characters",
        ));
    }
    let replaced = replace::replace(&text.view(), &old, &new, all)?;
    checked(path, &text, &replaced)
}

/// The bytes of an edited text; an error if the new part cannot be written in the file's encoding.
fn checked(path: &str, text: &Text, new: &str) -> Result<Vec<u8>, String> {
    if text.is_foreign() {
        let view = text.view();
        let strange = |text: &str| text.chars().filter(|c| !c.is_ascii() && !bytes::is_foreign(*c)).count();
        if new.contains('\u{fffd}') || strange(new) > strange(&view) {
            return Err(refused(path, "it is not in UTF-8, so only plain ASCII text can be added to it"));
        }
    }
    Ok(text.with(new))
}

/// The bytes if a model writes a whole existing file.
fn whole(path: &str, before: &[u8], content: &str) -> Result<Vec<u8>, String> {
    if before.is_empty() {
        return Ok(content.as_bytes().to_vec());
    }
    let text = Text::read(before).map_err(|why| refused(path, &why))?;
    if text.is_foreign() {
        return Err(refused(
            path,
            "it is not in UTF-8, and writing it as a whole would change bytes that were not to be changed; use the edit tool for \
             the lines that change",
        ));
    }
    Ok(text.with(content))
}

fn refused(path: &str, why: &str) -> String {
    format!("{REFUSED}`{path}` was left as it is: {why}.")
}

/// The bytes of a file; `None` if it does not exist, and an error if it is not a regular file.
fn read(slot: &Path, path: &str) -> Result<Option<Vec<u8>>, String> {
    let found = workspace::read_beneath(slot, path, MAX_FILE);
    if found.is_none() && slot.join(path).symlink_metadata().is_ok() {
        return Err(refused(path, "it is no plain file, or too large to be edited"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(slot: &Path, tool: &str, arguments: Value) -> Result<Vec<u8>, String> {
        let changes = changes(slot, tool, &arguments)?;
        changes.iter().try_for_each(|change| put(slot, change))?;
        Ok(changes.into_iter().next_back().and_then(|change| change.after).unwrap_or_default())
    }

    #[test]
    fn an_edit_changes_its_lines_and_no_other_byte() {
        let slot = tempfile::tempdir().unwrap();
        let at = |name: &str, bytes: &[u8]| std::fs::write(slot.path().join(name), bytes).unwrap();
        let edit = |name: &str, old: &str, new: &str| {
            call(slot.path(), "edit", json!({ "filePath": name, "oldString": old, "newString": new }))
        };
        at("latin1", b"# caf\xe9\r\nx = 1\r\n");
        assert_eq!(edit("latin1", "x = 1\n", "x = 2\ny = 3\n").unwrap(), b"# caf\xe9\r\nx = 2\r\ny = 3\r\n");
        assert_eq!(std::fs::read(slot.path().join("latin1")).unwrap(), b"# caf\xe9\r\nx = 2\r\ny = 3\r\n");
        for (old, new, says) in
            [("# caf\u{fffd}", "# tea", "cannot be shown"), ("x = 2", "x = \"\u{e9}\"", "plain ASCII")]
        {
            let why = edit("latin1", old, new).unwrap_err();
            assert!(why.starts_with("refused: `latin1`") && why.contains(says), "{why}");
        }
        let write = json!({ "filePath": "latin1", "content": "x = 1\n" });
        assert!(call(slot.path(), "write", write).unwrap_err().contains("not in UTF-8"));
        at("sjis", b"a = '\x95\x5c'\n");
        assert!(edit("sjis", "\\'", "x'").unwrap_err().contains("begins behind a byte"));
        at("utf16", b"\xff\xfea\0");
        assert!(edit("utf16", "a", "b").unwrap_err().contains("UTF-16"));
        at("crlf", b"\xef\xbb\xbfa\r\nb\r\n");
        let write = json!({ "filePath": "crlf", "content": "a\nc\n" });
        assert_eq!(call(slot.path(), "write", write).unwrap(), b"\xef\xbb\xbfa\r\nc\r\n");
        let patch = "*** Begin Patch\n*** Update File: crlf\n@@\n a\n-c\n+d\n*** End Patch";
        assert_eq!(
            call(slot.path(), "apply_patch", json!({ "patchText": patch })).unwrap(),
            b"\xef\xbb\xbfa\r\nd\r\n"
        );
    }

    #[test]
    fn a_call_makes_moves_and_removes_files_inside_the_slot_only() {
        let slot = tempfile::tempdir().unwrap();
        let new = json!({ "filePath": slot.path().join("a/b.js"), "content": "one\n" });
        assert_eq!(call(slot.path(), "write", new).unwrap(), b"one\n");
        let patch =
            "*** Begin Patch\n*** Update File: a/b.js\n*** Move to: c.js\n@@\n-one\n+two\n*** End Patch";
        call(slot.path(), "apply_patch", json!({ "patchText": patch })).unwrap();
        assert!(!slot.path().join("a/b.js").exists());
        assert_eq!(std::fs::read_to_string(slot.path().join("c.js")).unwrap(), "two\n");
        let gone = json!({ "patchText": "*** Begin Patch\n*** Delete File: c.js\n*** End Patch" });
        call(slot.path(), "apply_patch", gone).unwrap();
        assert!(!slot.path().join("c.js").exists());
        for path in ["../x", "/etc/x"] {
            assert!(
                call(slot.path(), "write", json!({ "filePath": path, "content": "" })).is_err(),
                "{path}"
            );
        }
        let none = json!({ "filePath": "none", "oldString": "a", "newString": "b" });
        assert_eq!(call(slot.path(), "edit", none), Err("File none not found".into()));
    }

    #[test]
    fn a_role_that_empties_a_file_is_told_how_to_delete_it() {
        let emptied = |after: &[u8]| {
            let (before, after) = (Some(b"a\n".to_vec()), Some(after.to_vec()));
            said(Path::new("/slot"), "write", &[Change { path: "a.js".into(), before, after }])
        };
        assert!(emptied(b"\n")["output"].as_str().unwrap().contains("call `mission_move` with only `from`"));
        assert_eq!(emptied(b"b\n")["output"], "Wrote file successfully.");
    }

    #[test]
    fn the_user_is_shown_what_changes() {
        let changes =
            [Change { path: "a.js".into(), before: Some(b"a\n".to_vec()), after: Some(b"b\n".to_vec()) }];
        let said = said(Path::new("/slot"), "edit", &changes);
        assert!(said["diff"].as_str().unwrap().contains("-a\n+b\n"), "{said}");
        assert_eq!(
            (&said["patterns"][0], &said["metadata"]["filediff"]["additions"]),
            (&"a.js".into(), &1.into())
        );
    }
}
