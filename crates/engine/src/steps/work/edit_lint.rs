//! Runs the project's own linter on the files that an edit wrote, while the role still works on them.
//!
//! It lints the base's text and the new one with the same command, and shows the role only what is new. The
//! command runs in the sandbox of a check, with a short time limit. If the linter is missing, fails or takes
//! too long, this file must say nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use checks::{Check, Linter, RunOptions};
use serde_json::Value;

use super::edit::written;
use crate::bench::slot_text;
use crate::blocking::blocking;
use crate::steps::context::MissionContext;
use crate::steps::real_path::inside;
use crate::talk::session::Session;

/// A linter that takes longer is not used while a role edits.
const LIMIT: Duration = Duration::from_secs(2);
/// The longest file that is linted, in bytes.
const MAX_FILE: usize = 512 * 1024;
/// The most files of one edit that are linted.
const MAX_FILES: usize = 5;
/// The most findings that are shown.
const MAX_FINDINGS: usize = 10;
/// The longest answer of a linter that is read, in bytes.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// One file to lint, and how.
struct Asked {
    path: String,
    linter: Linter,
    now: String,
    base: String,
}

/// What the project's linters find that an edit introduced; `None` if they find nothing or do not answer in time.
pub(crate) async fn after(
    context: &MissionContext,
    session: &Session,
    tool: &str,
    arguments: &Value,
) -> Option<String> {
    if !session.role.writes() || written(tool, arguments).is_empty() {
        return None;
    }
    let workspace = context.bench.workspace.clone();
    let slot = workspace.slot_at(&session.directory, &session.base)?;
    let slow = context.slow_linters().clone();
    let (tool, arguments) = (tool.to_string(), arguments.clone());
    let (directory, base) = (session.directory.clone(), session.base.clone());
    let asked = blocking(move || {
        let mut asked = Vec::new();
        let files: BTreeSet<String> =
            workspace.files(&base).map(|files| files.into_iter().collect()).unwrap_or_default();
        for given in written(&tool, &arguments).iter().take(MAX_FILES) {
            let Ok(path) = inside(&directory, given) else { continue };
            let Some(now) = slot_text(&directory, &path).filter(|text| text.len() <= MAX_FILE) else {
                continue;
            };
            let before =
                workspace.read(&base, &path).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
            // Only a linter of the base counts, as one that a role adds proves nothing
            let read = |path: &str| String::from_utf8(workspace.read(&base, path).ok().flatten()?).ok();
            let linters = checks::linters(&read, &|path| files.contains(path), &path);
            for linter in linters.into_iter().filter(|linter| !slow.contains(linter.name)) {
                let base = before.clone().unwrap_or_default();
                asked.push(Asked { path: path.clone(), linter, now: now.clone(), base });
            }
        }
        asked
    })
    .await;
    if asked.is_empty() {
        return None;
    }
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let tmp = context.bench.tmp.join(format!("lint-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    let (folder, inputs): (_, Vec<[String; 2]>) =
        (tmp.clone(), asked.iter().map(|one| [one.base.clone(), one.now.clone()]).collect());
    let put = blocking(move || {
        let all = inputs
            .iter()
            .enumerate()
            .flat_map(|(n, texts)| texts.iter().zip(["base", "now"]).map(move |t| (n, t)));
        all.into_iter().try_for_each(|(n, (text, side))| {
            workspace::write_private_file(&folder, &format!("{n}.{side}"), text.as_bytes())
        })
    })
    .await;
    let options = RunOptions { tmp: tmp.clone(), ..context.bench.run_options(&slot) };
    let check = Check::configured("edit-lint", &script(&asked), Some(LIMIT));
    let ended = match put {
        Ok(()) => Some(context.bench.commands.run(&check, None, &options, &context.bench.cancel).await.end),
        Err(_) => None,
    };
    let lines = match ended {
        Some(checks::End::Exited { .. }) => {
            let folder = tmp.clone();
            blocking(move || {
                told(&asked, &|name| {
                    let bytes = workspace::read_beneath(&folder, name, MAX_ANSWER)?;
                    String::from_utf8(bytes).ok()
                })
            })
            .await
        }
        Some(checks::End::TimedOut { .. }) => {
            let folder = tmp.clone();
            let slow = blocking(move || unfinished(&asked, &folder)).await;
            context.slow_linters().extend(slow);
            Vec::new()
        }
        _ => Vec::new(),
    };
    blocking(move || workspace::remove_folder(&tmp)).await;
    (!lines.is_empty()).then(|| {
        format!("\n\nThe project's own linter found in what this edit introduced:\n{}", lines.join("\n"))
    })
}

/// Lints both texts of each file in parallel, because most of a linter's time is its start.
fn script(asked: &[Asked]) -> String {
    let mut script = String::new();
    for (n, one) in asked.iter().enumerate() {
        for side in ["base", "now"] {
            script.push_str(&format!(
                "( {}; : > \"$TMPDIR/{n}.{side}.ended\" ) < \"$TMPDIR/{n}.{side}\" > \"$TMPDIR/{n}.{side}.out\" 2> /dev/null &\n",
                one.linter.line
            ));
        }
    }
    script.push_str("wait\n");
    script
}

/// The linters that did not end on one of the texts.
fn unfinished(asked: &[Asked], folder: &Path) -> Vec<&'static str> {
    let ended = |name: String| folder.join(name).exists();
    let slow = asked
        .iter()
        .enumerate()
        .filter(|(n, _)| !["base", "now"].iter().all(|side| ended(format!("{n}.{side}.ended"))));
    slow.map(|(_, one)| one.linter.name).collect()
}

/// The new findings as lines for the role.
fn told(asked: &[Asked], answer: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (n, one) in asked.iter().enumerate() {
        let read =
            |side: &str| checks::linter_findings(one.linter.name, &answer(&format!("{n}.{side}.out"))?);
        let (Some(before), Some(now)) = (read("base"), read("now")) else { continue };
        let new = checks::new_linter_findings(&before, now);
        lines.extend(new.into_iter().map(|found| {
            format!("{}:{}: {}: {} [{}]", one.path, found.line, one.linter.name, found.message, found.rule)
        }));
    }
    let more = lines.len().saturating_sub(MAX_FINDINGS);
    lines.truncate(MAX_FINDINGS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_base_did_not_have_is_told() {
        let linter = Linter { name: "ruff", line: "ruff".into() };
        let asked = [Asked { path: "a.py".into(), linter, now: String::new(), base: String::new() }];
        let one = r#"{"code":"F401","message":"unused","location":{"row":1}}"#;
        let two = r#"{"code":"F821","message":"undefined","location":{"row":7}}"#;
        let answer = |name: &str| match name {
            "0.base.out" => Some(format!("[{one}]")),
            "0.now.out" => Some(format!("[{one},{two}]")),
            _ => None,
        };
        assert_eq!(told(&asked, &answer), ["a.py:7: ruff: undefined [F821]"]);
        assert!(told(&asked, &|_| Some("ruff: not found".into())).is_empty());
        assert!(script(&asked).ends_with("wait\n"));
    }

    #[test]
    fn only_a_linter_that_did_not_end_is_slow() {
        let one = |name, line: &str| Asked {
            path: "a.py".into(),
            linter: Linter { name, line: line.into() },
            now: String::new(),
            base: String::new(),
        };
        let asked = [one("ruff", "false"), one("eslint", "sleep 9")];
        let folder = tempfile::tempdir().unwrap();
        for name in ["0.base", "0.now", "1.base", "1.now"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let run = |asked: &[Asked]| {
            let mut shell = std::process::Command::new("sh");
            shell.arg("-c").arg(script(asked)).env("TMPDIR", folder.path()).status().unwrap()
        };
        run(&asked[..1]);
        assert_eq!(
            unfinished(&asked[..1], folder.path()),
            Vec::<&str>::new(),
            "also one that fails has ended"
        );
        assert_eq!(unfinished(&asked, folder.path()), ["eslint"]);
    }
}
