//! The changed files of a delivery as lines of the report, each with its numbers of added and removed lines.

use std::fmt::Write;

use mission::{ChangedFile, ChangedFiles, FileChange};

use crate::text::{count, quoted};

/// The most files that the report lists: `review` shows all.
const MAX_LISTED: usize = 20;

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
