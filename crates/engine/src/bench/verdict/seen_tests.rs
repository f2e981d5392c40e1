//! Finds tests that passed before the change, still exist, and did not run now: something ends the run early or skips
//! tests. Such a run has no failure, and new tests can hide the smaller number.

use std::collections::HashSet;

use checks::{NewFailure, Outcome, title};
use shared::test_files::is_test;
use workspace::Workspace;

use crate::text::quoted;

/// The most tests that a message names.
const MAX_NAMED: usize = 5;
/// The most files with tests that are read, and their total size.
const MAX_FILES: usize = 2_000;

/// A failure with the missing tests. `keeps_tests`: no task may drop a test; otherwise only tests in files that the
/// mission has not changed must run.
pub(crate) fn missing(
    workspace: &Workspace,
    base: &str,
    tree: &str,
    (before, now): (&Outcome, &Outcome),
    keeps_tests: bool,
) -> Option<NewFailure> {
    let gone = checks::not_seen(before, now)?;
    if gone.is_empty() {
        return None;
    }
    let files = workspace.files(tree).ok()?;
    let changed: HashSet<String> = if keeps_tests {
        HashSet::new()
    } else {
        workspace.changes(base, tree).ok()?.into_iter().map(|change| change.path).collect()
    };
    // Rust tests are in the sources themselves
    let may_hold = |path: &&String| (is_test(path) || path.ends_with(".rs")) && !changed.contains(*path);
    let files: Vec<&str> = files.iter().filter(may_hold).take(MAX_FILES).map(String::as_str).collect();
    let texts: Vec<(&str, String)> = files
        .iter()
        .copied()
        .zip(workspace.read_all(tree, &files).ok()?)
        .filter_map(|(path, text)| Some((path, String::from_utf8(text?).ok()?)))
        .collect();
    let written: Vec<&String> =
        gone.iter().filter(|name| texts.iter().any(|(path, text)| is_written(path, text, name))).collect();
    let (first, count) = (written.first()?, written.len());
    let place = texts.iter().find(|(path, text)| is_written(path, text, first)).map(|(path, _)| *path);
    let mut named: Vec<&String> = written.clone();
    named.dedup();
    let message = format!(
        "{count} tests that passed before the change were not run now, though they are still there: {}{}. Something ends the \
         run early or leaves them out (an exit while a module is loaded, a condition, another collection). Make them run again",
        quoted(named.iter().copied().take(MAX_NAMED)),
        if named.len() > MAX_NAMED { " and others" } else { "" },
    );
    Some(NewFailure { test: None, suite: None, message, file: place.map(str::to_string), line: None })
}

/// Whether a file contains a test of this name. A name that is built at run time is never found.
fn is_written(path: &str, text: &str, name: &str) -> bool {
    // Some runners report only files
    if path == name || path.strip_suffix(name).is_some_and(|above| above.ends_with('/')) {
        return true;
    }
    let title = title(name);
    if title.is_empty() {
        return false;
    }
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    match extension {
        // Documentation tests may disappear with the documented code
        Some("rs") => !name.contains(" (line ") && text.contains(&format!("fn {title}(")),
        Some("go") => {
            let top = title.split('/').next().unwrap_or(title);
            top == title && text.contains(&format!("func {top}("))
        }
        Some("py") => text.contains(&format!("def {title}(")),
        _ => ["'", "\"", "`"].iter().any(|quote| text.contains(&format!("{quote}{title}{quote}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_test_with_a_name_of_its_own_is_found_where_it_is_written() {
        for (path, text, name, expected) in [
            ("a.test.js", "test('adds', f)", "adds", true),
            ("a.test.js", "test('adds', f)", "math > adds", true),
            ("a.test.js", "test(`adds ${n}`, f)", "adds 3", false),
            ("src/lib.rs", "#[test]\nfn adds() {}", "tests::adds", true),
            ("src/lib.rs", "fn adds() {}", "src/lib.rs - adds (line 3)", false),
            ("a_test.go", "func TestA(t *testing.T) {", "TestA", true),
            ("a_test.go", "func TestA(t *testing.T) {", "TestA/sub", false),
            ("tests/test_a.py", "def test_x(self):", "test_x (tests.test_a.T.test_x)", true),
            ("tests/test_a.py", "def test_x(a):", "tests/test_a.py::test_x[1]", false),
            ("web/src/a.test.ts", "", "src/a.test.ts", true),
        ] {
            assert_eq!(is_written(path, text, name), expected, "{path}: {name}");
        }
    }
}
