//! The changed files of a delivery as lines of the report, each with its numbers of added and removed lines; and the
//! protected files among them.

use std::fmt::Write;

use mission::{ChangedFile, ChangedFiles, FileChange, Gate, GateVerdict, Judged, Phase, State, Task};

use crate::gates::protected::CHANGED;
use crate::text::{count, cut, quoted};

/// The most files that the report lists: `review` shows all.
const MAX_LISTED: usize = 20;
/// The longest text in a line or a cell of the report, in bytes.
const MAX_CELL: usize = 300;

/// A list of the files, after a blank line; empty if there is none.
pub(super) fn list(changed: &ChangedFiles) -> String {
    let mut text = String::new();
    for file in changed.files.iter().take(MAX_LISTED) {
        let first = if text.is_empty() { "\n" } else { "" };
        let _ = writeln!(text, "{first}- {}", line(file));
    }
    let more = changed.files.len().saturating_sub(MAX_LISTED) + changed.more as usize;
    if more > 0 {
        let _ = writeln!(text, "- and {}", count(more, "more file"));
    }
    text
}

/// A first warning: the change edits existing tests, or files that configure checks or builds.
pub(super) fn protected(state: &State) -> String {
    let integrated = |task: &&Task| matches!(task.phase, Phase::Integrated { .. });
    let tasks = state.order.iter().filter_map(|id| state.tasks.get(id)).filter(integrated);
    let line = |task: &Task| {
        let is_last = |v: &&Judged| {
            v.gate == Gate::Protected && v.verdict == GateVerdict::Pass && v.task.as_ref() == Some(&task.id)
        };
        let detail = &state.verdicts.iter().rev().find(is_last)?.detail;
        protected_line(&task.id, [task.edits_tests.as_deref(), task.edits_config.as_deref()], detail)
    };
    tasks.filter_map(line).collect()
}

/// `reasons`: why existing tests, and why configuration, may change. `None` if the task changed none of them.
fn protected_line(task: &str, reasons: [Option<&str>; 2], detail: &str) -> Option<String> {
    let what = match reasons {
        [None, None] => return None,
        [Some(_), None] => "Existing tests",
        [None, Some(_)] => "Scripts or configuration",
        [Some(_), Some(_)] => "Existing tests, scripts or configuration",
    };
    let why = reasons.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let changed = detail.starts_with(CHANGED);
    changed.then(|| format!("**{what}**: `{task}` {} ({})\n\n", cell(detail), cell(&why)))
}

pub(super) fn cell(text: &str) -> String {
    cut(text, MAX_CELL).replace('|', "\\|").replace('\n', " ")
}

fn line(file: &ChangedFile) -> String {
    let name = |path: &String| quoted(std::iter::once(path));
    let from = file.from.as_ref().map(|from| format!("{} → ", name(from))).unwrap_or_default();
    let word = match file.change {
        FileChange::New => " new",
        FileChange::Changed => "",
        FileChange::Moved => " moved",
        FileChange::Deleted => " deleted",
    };
    let lines = match (file.lines, file.change) {
        (None, _) => " (no text)".into(),
        // A file that only moved, or only its mode changed
        (Some((0, 0)), _) => String::new(),
        (Some((added, _)), FileChange::New) => format!(" +{added}"),
        (Some((_, removed)), FileChange::Deleted) => format!(" −{removed}"),
        (Some((added, removed)), _) => format!(" +{added} −{removed}"),
    };
    format!("{from}{}{word}{lines}", name(&file.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, change: FileChange, lines: Option<(u64, u64)>) -> ChangedFile {
        let from = (change == FileChange::Moved).then(|| "src/before.rs".to_string());
        ChangedFile { path: path.into(), change, from, lines }
    }

    #[test]
    fn every_kind_of_change_says_how_many_lines() {
        let changed = ChangedFiles::of(vec![
            file("d.png", FileChange::Changed, None),
            file("b.rs", FileChange::Moved, Some((2, 1))),
            file("a.rs", FileChange::New, Some((12, 0))),
            file("c.rs", FileChange::Deleted, Some((0, 9))),
            file("e.rs", FileChange::Changed, Some((3, 1))),
            file("f.sh", FileChange::Changed, Some((0, 0))),
        ]);
        assert_eq!(
            list(&changed),
            "\n- `a.rs` new +12\n- `src/before.rs` → `b.rs` moved +2 −1\n- `c.rs` deleted −9\n- `d.png` (no text)\n- `e.rs` +3 \
             −1\n- `f.sh`\n"
        );
        assert_eq!(list(&ChangedFiles::default()), "");
    }

    #[test]
    fn the_report_names_existing_tests_and_configuration_that_a_plan_let_change() {
        let changed = format!("{CHANGED}: test/a.js");
        let said = |tests, config, detail: &str| protected_line("a", [tests, config], detail);
        for (tests, config, line) in [
            (Some("it rounds"), None, format!("**Existing tests**: `a` {changed} (it rounds)\n\n")),
            (None, Some("asked"), format!("**Scripts or configuration**: `a` {changed} (asked)\n\n")),
            (
                Some("one"),
                Some("two"),
                format!("**Existing tests, scripts or configuration**: `a` {changed} (one; two)\n\n"),
            ),
        ] {
            assert_eq!(said(tests, config, &changed), Some(line));
        }
        assert_eq!(said(Some("it rounds"), None, "no existing test was changed"), None);
        assert_eq!(said(None, None, &changed), None);
    }

    #[test]
    fn a_long_list_is_cut_and_says_how_many_are_left() {
        let files = 0..mission::MAX_CHANGED + 50;
        let changed = ChangedFiles::of(
            files.map(|n| file(&format!("{n:03}.rs"), FileChange::New, Some((1, 0)))).collect(),
        );
        assert_eq!((changed.files.len(), changed.more), (mission::MAX_CHANGED, 50));
        let text = list(&changed);
        assert_eq!(text.trim().lines().count(), MAX_LISTED + 1);
        assert!(text.ends_with("- and 130 more files\n"), "{text}");
    }
}
