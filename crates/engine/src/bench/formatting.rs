//! Formats changed files with the project's own formatter before the gates judge: layout is not a reason to reject a
//! correct change.
//!
//! It formats only changed files, and only if the project was formatted before: the formatter must leave the base's
//! version of an existing file, or the neighbours of a new file, unchanged. The formatter runs like a check. It only
//! reads a text and prints one, so that it can change nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use checks::{Check, Formatter, RunOptions};
use workspace::{ChangeKind, Slot};

use crate::bench::project_checks::ProjectChecks;
use crate::bench::{Bench, slot_text};
use crate::blocking::blocking;
use crate::text::quoted;

/// The longest file that is formatted, in bytes.
const MAX_FILE: usize = 512 * 1024;
/// The most changed files that are formatted.
const MAX_FILES: usize = 60;
/// How many neighbours of a new file must be formatted.
const NEIGHBOURS: usize = 3;
const FORMATTER_LIMIT: Duration = Duration::from_secs(60);

/// A text, and the formatter that runs on it.
struct Asked {
    formatter: Formatter,
    text: String,
}

/// One way to format one changed file.
struct Wanted {
    path: String,
    formatter: &'static str,
    now: usize,
    /// Texts of the base that the formatter must leave unchanged.
    before: Vec<usize>,
}

#[derive(Default)]
struct Work {
    asked: Vec<Asked>,
    wanted: Vec<Wanted>,
}

/// Formats the changed files of a slot. Returns the files that it changed; files that cannot be formatted stay as they
/// are.
pub(crate) async fn format_changed(bench: &Bench, checks: &ProjectChecks, slot: &Slot) -> Vec<String> {
    let (workspace, of) = (bench.workspace.clone(), slot.clone());
    let work = match blocking(move || collect(&workspace, &of)).await {
        Ok(work) if work.wanted.is_empty() => return Vec::new(),
        Ok(work) => work,
        Err(error) => {
            tracing::warn!("changed files were not formatted: {error}");
            return Vec::new();
        }
    };
    if checks.set_up(slot).await.is_err() {
        // The checks report this themselves; without its packages the formatter is missing
        return Vec::new();
    }
    let tmp = bench.verdict_tmp();
    let (folder, inputs) = (tmp.clone(), work.asked.iter().map(|asked| asked.text.clone()).collect());
    if let Err(error) = blocking(move || put(&folder, inputs)).await {
        workspace::remove_folder(&tmp);
        tracing::warn!("changed files were not formatted: {error}");
        return Vec::new();
    }
    let options = RunOptions { tmp: tmp.clone(), ..bench.run_options(slot) };
    let check = Check::configured("format", &script(&work.asked), Some(FORMATTER_LIMIT));
    bench.commands.run(&check, None, &options, &bench.cancel).await;
    let (workspace, slot) = (bench.workspace.clone(), slot.clone());
    let formatted = blocking(move || {
        let formatted = settle(&workspace, &slot, &work, &|n| answer(&tmp, n));
        workspace::remove_folder(&tmp);
        formatted
    });
    let formatted = formatted.await;
    if !formatted.is_empty() {
        let by: BTreeSet<&str> = formatted.iter().map(|(_, by)| *by).collect();
        let by = by.into_iter().collect::<Vec<_>>().join(", ");
        bench
            .host
            .progress(&format!("- {by}: formatted {}\n", quoted(formatted.iter().map(|(path, _)| path))));
    }
    formatted.into_iter().map(|(path, _)| path).collect()
}

/// The files to format, their formatters, and the texts of the base that show whether the project was formatted.
fn collect(workspace: &workspace::Workspace, slot: &Slot) -> Result<Work, workspace::Error> {
    let changed: Vec<(String, ChangeKind)> = workspace
        .slot_changes(slot)?
        .into_iter()
        .filter(|change| !change.binary && !matches!(change.kind, ChangeKind::Deleted))
        .map(|change| (change.path, change.kind))
        .take(MAX_FILES)
        .collect();
    let mut work = Work::default();
    if changed.is_empty() {
        return Ok(work);
    }
    let files: BTreeSet<String> = workspace.files(&slot.commit)?.into_iter().collect();
    let read = |path: &str| slot_text(&slot.path, path);
    let is_file = |path: &str| files.contains(path) || changed.iter().any(|(new, _)| new == path);
    let mut known: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for (path, kind) in &changed {
        let Some(now) = read(path).filter(|text| text.len() <= MAX_FILE) else { continue };
        let examples = match kind {
            ChangeKind::Renamed { from } => vec![from.as_str()],
            _ if files.contains(path) => vec![path.as_str()],
            _ => neighbours(&files, path),
        };
        let texts = workspace.read_all(&slot.commit, &examples)?;
        for formatter in checks::formatters(&read, &is_file, path) {
            let mut before = Vec::new();
            for (example, text) in examples.iter().zip(&texts) {
                let text = text.as_ref().and_then(|bytes| String::from_utf8(bytes.clone()).ok());
                let Some(text) = text.filter(|text| text.len() <= MAX_FILE) else { continue };
                let of_example = checks::formatters(&read, &is_file, example);
                let Some(of_example) = of_example.into_iter().find(|other| other.name == formatter.name)
                else {
                    continue;
                };
                let at = *known.entry((example.to_string(), formatter.name)).or_insert_with(|| {
                    work.asked.push(Asked { formatter: of_example, text });
                    work.asked.len() - 1
                });
                before.push(at);
            }
            let (name, at) = (formatter.name, work.asked.len());
            work.asked.push(Asked { formatter, text: now.clone() });
            work.wanted.push(Wanted { path: path.clone(), formatter: name, now: at, before });
        }
    }
    Ok(work)
}

/// The files of the same kind that are nearest to a new file.
fn neighbours<'f>(files: &'f BTreeSet<String>, path: &str) -> Vec<&'f str> {
    let extension = |path: &str| path.rsplit_once('.').map(|(_, extension)| extension.to_string());
    let shared = |other: &str| other.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    let depth = |other: &str| other.matches('/').count();
    let mut alike: Vec<&str> =
        files.iter().map(String::as_str).filter(|other| extension(other) == extension(path)).collect();
    alike.sort_by_key(|other| (std::cmp::Reverse(shared(other)), depth(other)));
    alike.truncate(NEIGHBOURS);
    alike
}

/// A script with a command for each text, from `N.in` to `N.out` in the temporary folder. A failing command leaves no
/// output.
fn script(asked: &[Asked]) -> String {
    let line = |(n, asked): (usize, &Asked)| {
        let line = &asked.formatter.line;
        format!(
            "( {line} ) < \"$TMPDIR/{n}.in\" > \"$TMPDIR/{n}.part\" && mv \"$TMPDIR/{n}.part\" \"$TMPDIR/{n}.out\"\n"
        )
    };
    asked.iter().enumerate().map(line).collect()
}

fn put(folder: &Path, inputs: Vec<String>) -> Result<(), workspace::Error> {
    let mut texts = inputs.into_iter().enumerate();
    texts.try_for_each(|(n, text)| workspace::write_private_file(folder, &format!("{n}.in"), text.as_bytes()))
}

fn answer(tmp: &Path, n: usize) -> Option<String> {
    let bytes = workspace::read_beneath(tmp, &format!("{n}.out"), 2 * MAX_FILE as u64)?;
    String::from_utf8(bytes).ok()
}

/// Writes the formatted texts, if the project was formatted so before. Returns path and formatter of each changed file.
fn settle(
    workspace: &workspace::Workspace,
    slot: &Slot,
    work: &Work,
    answer: &dyn Fn(usize) -> Option<String>,
) -> Vec<(String, &'static str)> {
    let text = |n: usize| work.asked.get(n).map(|asked| asked.text.as_str());
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut formatted = Vec::new();
    for wanted in &work.wanted {
        let was_formatted = wanted.before.iter().all(|n| answer(*n).as_deref() == text(*n));
        let Some(after) = answer(wanted.now).filter(|after| was_formatted && !after.is_empty()) else {
            continue;
        };
        // The first that fits is the project's formatter for this file
        if !seen.insert(&wanted.path) || Some(after.as_str()) == text(wanted.now) {
            continue;
        }
        match workspace.rewrite_slot_file(slot, &wanted.path, after.as_bytes()) {
            Ok(()) => formatted.push((wanted.path.clone(), wanted.formatter)),
            Err(error) => tracing::warn!("`{}` was not formatted: {error}", wanted.path),
        }
    }
    formatted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_files_of_the_same_kind_are_a_new_file_s_neighbours() {
        let files =
            ["a.js", "src/b.js", "src/ui/c.js", "src/ui/d.css", "src/e.js", "test/f.js", "src/ui/x/g.js"];
        let files: BTreeSet<String> = files.iter().map(ToString::to_string).collect();
        assert_eq!(neighbours(&files, "src/ui/new.js"), ["src/ui/c.js", "src/ui/x/g.js", "src/b.js"]);
        assert!(neighbours(&files, "new.py").is_empty());
    }
}
