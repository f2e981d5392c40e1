//! A wrong result, and the parts of a change from which it is made: the correct answer and the test files. It makes no
//! mutant.

use std::collections::BTreeMap;

use super::kind::MutantKind;
use crate::projects::Change;

/// A wrong result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    pub kind: MutantKind,
    /// The file that is wrong.
    pub path: String,
    /// The new text; `None`: the file was removed.
    pub text: Option<String>,
    /// What is wrong, with its place.
    pub description: String,
    /// Whether it changes tests of the base.
    pub on_base_tests: bool,
}

impl Mutant {
    /// The whole wrong answer: every file that differs from the base, with its text; `None`: removed.
    pub fn answer(&self, change: &Change) -> BTreeMap<String, Option<String>> {
        let mut files = correct(change);
        if self.on_base_tests {
            files.retain(|path, _| !(is_test(change, path) && change.base.contains_key(path)));
        }
        files.insert(self.path.clone(), self.text.clone());
        files.retain(|path, text| change.base.get(path) != text.as_ref());
        files
    }
}

/// The correct answer, in the same form.
pub fn correct(change: &Change) -> BTreeMap<String, Option<String>> {
    change.changed.iter().map(|path| (path.clone(), change.head.get(path).cloned())).collect()
}

/// Whether the correct change edits or removes tests that were there before it.
pub fn edits_tests(change: &Change) -> bool {
    change.changed.iter().any(|path| is_test(change, path) && change.base.contains_key(path))
}

/// Whether a file is a test's.
pub(crate) fn is_test(change: &Change, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    change.is_test(path)
        || path.split('/').rev().skip(1).any(|part| matches!(part, "test" | "tests" | "__tests__"))
        || name.contains(".test.")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "tests"
}
