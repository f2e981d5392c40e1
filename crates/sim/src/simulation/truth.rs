//! What is right in a simulated project.
//!
//! A file is made of regions, so that changes of different tasks merge. A line `done <task>` is what a task is there to
//! bring about. A file fails its test when it holds a line `broken <task>`, a conflict's marker, or `needs <file> <word>`
//! where that file has no line `has <word>`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a tree: path to text.
pub(super) type Files = BTreeMap<String, String>;

/// Tests that a simulated project always has; more than it can have files.
pub(super) const TESTS: u32 = 64;

/// The tests that fail.
pub(super) fn failing(files: &Files) -> BTreeSet<String> {
    files.iter().filter(|(_, text)| !sound(text, files)).map(|(path, _)| format!("{path} is sound")).collect()
}

fn sound(text: &str, files: &Files) -> bool {
    text.lines().all(|line| {
        let mut words = line.split(' ');
        match words.next().unwrap_or_default() {
            "broken" => false,
            "needs" => {
                let (file, word) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                let has = format!("has {word}");
                files.get(file).is_some_and(|other| other.lines().any(|line| line == has))
            }
            mark => {
                !(mark.starts_with("<<<<<<<") || mark.starts_with("=======") || mark.starts_with(">>>>>>>"))
            }
        }
    })
}

/// The tasks that are marked as done, with how often in each file.
pub(super) fn done(files: &Files) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut done: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (path, text) in files {
        for task in text.lines().filter_map(|line| line.strip_prefix("done ")) {
            *done.entry(task.to_string()).or_default().entry(path.clone()).or_default() += 1;
        }
    }
    done
}

/// A task's line goes behind the heading of its region; where that is gone, to the end.
pub(super) fn insert(text: &str, region: usize, line: &str) -> String {
    let heading = format!("region {}", region % REGIONS);
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| *line == heading).map_or(lines.len(), |at| at + 1);
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

pub(super) const REGIONS: usize = 8;
/// Lines between two regions, so that changes in both merge.
const BETWEEN: usize = 4;

/// A file as it is before anything was done.
pub(super) fn fresh(name: &str, word: &str) -> String {
    let mut text = format!("file {name}\nhas {word}\n");
    for region in 0..REGIONS {
        text.push_str(&"-\n".repeat(BETWEEN));
        text.push_str(&format!("region {region}\n"));
    }
    text.push_str(&"-\n".repeat(BETWEEN));
    text
}

/// The text files below a folder, hidden ones and links left out.
pub(super) fn read(root: &Path) -> Files {
    let mut files = Files::new();
    walk(root, root, &mut files);
    files
}

fn walk(root: &Path, folder: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, files),
            Ok(kind) if kind.is_file() => {
                let (Ok(name), Ok(text)) = (path.strip_prefix(root), std::fs::read(&path)) else { continue };
                files
                    .insert(name.to_string_lossy().into_owned(), String::from_utf8_lossy(&text).into_owned());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_green_until_something_is_wrong_with_it() {
        let mut files = Files::from([
            ("a.txt".into(), fresh("a", "alpha")),
            ("b.txt".into(), fresh("b", "beta") + "needs a.txt alpha\n"),
        ]);
        assert!(failing(&files).is_empty());
        files.insert("a.txt".into(), fresh("a", "gamma"));
        assert_eq!(failing(&files), BTreeSet::from(["b.txt is sound".to_string()]));
        files.insert("a.txt".into(), insert(&fresh("a", "alpha"), 3, "broken t1"));
        assert_eq!(failing(&files), BTreeSet::from(["a.txt is sound".to_string()]));
    }

    #[test]
    fn marks_are_counted_by_file() {
        let text = insert(&insert(&fresh("a", "alpha"), 1, "done t1"), 1, "done t1");
        let files = Files::from([("a.txt".into(), text)]);
        assert_eq!(done(&files)["t1"]["a.txt"], 2);
    }
}
