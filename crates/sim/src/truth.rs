//! Decides what is right in a simulated project.
//!
//! A file consists of regions, so that changes of different tasks merge. A task has to add the line `done <task>`. A
//! file fails its test if it contains a line `broken <task>`, a conflict marker, or a line `needs <file> <word>` while
//! that file has no line `has <word>`.
//!
//! Authors of tests write Python tests that ask for a line of a file, so that the engine recognizes them as tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a tree: path to text.
pub(super) type Files = BTreeMap<String, String>;

/// The number of tests of every simulated project; more than it can have files.
pub(super) const TESTS: u32 = 64;

/// The tests that fail.
pub(super) fn failing(files: &Files) -> BTreeSet<String> {
    let unsound =
        files.iter().filter(|(_, text)| !sound(text, files)).map(|(path, _)| format!("{path} is sound"));
    unsound.chain(cases(files, "").into_iter().filter(|(_, holds)| !holds).map(|(case, _)| case)).collect()
}

/// A test file with a case for each pair of a file and the line that it must contain.
pub(super) fn test_file(wanted: &[(String, String)]) -> String {
    let mut text = String::from("import pathlib\n");
    for (n, (file, line)) in wanted.iter().enumerate() {
        text.push_str(&format!(
            "\n\ndef test_{n}():\n    assert \"{line}\" in pathlib.Path(\"{file}\").read_text().splitlines()\n"
        ));
    }
    text
}

/// The cases of test files whose path begins with `path`, and whether each passes.
pub(super) fn cases(files: &Files, path: &str) -> BTreeMap<String, bool> {
    let mut cases = BTreeMap::new();
    let tests = files.iter().filter(|(name, _)| name.ends_with(".py") && name.starts_with(path));
    for (name, text) in tests {
        for (n, line) in text.lines().filter(|line| line.starts_with("    assert ")).enumerate() {
            let words: Vec<&str> = line.split('"').collect();
            let (wanted, file) =
                (words.get(1).copied().unwrap_or_default(), words.get(3).copied().unwrap_or_default());
            let holds = files.get(file).is_some_and(|text| text.lines().any(|line| line == wanted));
            cases.insert(format!("{name}::test_{n}"), holds);
        }
    }
    cases
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

/// The tasks that are marked as done, with the number of marks in each file.
pub(super) fn done(files: &Files) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut done: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (path, text) in files {
        for task in text.lines().filter_map(|line| line.strip_prefix("done ")) {
            *done.entry(task.to_string()).or_default().entry(path.clone()).or_default() += 1;
        }
    }
    done
}

/// Inserts a task's line after the heading of its region, or at the end if there is no heading.
pub(super) fn insert(text: &str, region: usize, line: &str) -> String {
    let heading = format!("region {}", region % REGIONS);
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| *line == heading).map_or(lines.len(), |at| at + 1);
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

pub(super) const REGIONS: usize = 8;
/// The number of lines between two regions, so that changes in both merge.
const BETWEEN: usize = 4;

/// A file before the mission.
pub(super) fn fresh(name: &str, word: &str) -> String {
    let mut text = format!("file {name}\nhas {word}\n");
    for region in 0..REGIONS {
        text.push_str(&"-\n".repeat(BETWEEN));
        text.push_str(&format!("region {region}\n"));
    }
    text.push_str(&"-\n".repeat(BETWEEN));
    text
}

/// The text files below a folder, without hidden files and links.
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
            ("a.dat".into(), fresh("a", "alpha")),
            ("b.dat".into(), fresh("b", "beta") + "needs a.dat alpha\n"),
        ]);
        assert!(failing(&files).is_empty());
        files.insert("a.dat".into(), fresh("a", "gamma"));
        assert_eq!(failing(&files), BTreeSet::from(["b.dat is sound".to_string()]));
        files.insert("a.dat".into(), insert(&fresh("a", "alpha"), 3, "broken t1"));
        assert_eq!(failing(&files), BTreeSet::from(["a.dat is sound".to_string()]));
    }

    #[test]
    fn a_test_wants_lines_of_files() {
        let wanted = [("a.dat".to_string(), "done t1".to_string())];
        let mut files = Files::from([
            ("a.dat".into(), fresh("a", "alpha")),
            ("tests/test_t1.py".into(), test_file(&wanted)),
        ]);
        assert_eq!(failing(&files), BTreeSet::from(["tests/test_t1.py::test_0".to_string()]));
        files.insert("a.dat".into(), insert(&fresh("a", "alpha"), 1, "done t1"));
        assert!(failing(&files).is_empty());
        assert_eq!(cases(&files, "tests/test_t1.py").len(), 1);
    }

    #[test]
    fn marks_are_counted_by_file() {
        let text = insert(&insert(&fresh("a", "alpha"), 1, "done t1"), 1, "done t1");
        let files = Files::from([("a.dat".into(), text)]);
        assert_eq!(done(&files)["t1"]["a.dat"], 2);
    }
}
