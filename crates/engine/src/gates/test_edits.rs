//! What a change may do to existing tests. A plan's reason to change tests does not allow fewer or weaker tests: the
//! reason has to name each removed or weakened test.

use std::collections::BTreeSet;

use guardian::{Finding, Severity};
use mission::Task;

/// Rules about tests whose findings a plan may justify.
const ABOUT_TESTS: [&str; 2] = ["test-removed", "test-weakened"];
/// Names of tests that are shorter may be ordinary words.
const SHORTEST: usize = 4;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum TestEdits {
    /// Existing tests must stay as they are.
    #[default]
    No,
    /// They may change, for these reasons; a test that a reason names may be removed or weakened.
    Because(Vec<String>),
    /// The tests are the user's own.
    Any,
}

impl TestEdits {
    pub fn of<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> TestEdits {
        TestEdits::from_reasons(tasks.into_iter().filter_map(|task| task.edits_tests.clone()).collect())
    }

    pub fn from_reasons(reasons: Vec<String>) -> TestEdits {
        if reasons.is_empty() { TestEdits::No } else { TestEdits::Because(reasons) }
    }

    /// Whether the Reviewer judges a finding, so that it is not an error. `gone`: files that the change removes.
    pub fn allows(&self, finding: &Finding, gone: &BTreeSet<String>) -> bool {
        if !ABOUT_TESTS.contains(&finding.rule.as_str()) {
            return false;
        }
        match self {
            TestEdits::No => false,
            TestEdits::Any => true,
            TestEdits::Because(_) if finding.severity != Severity::Error => true,
            TestEdits::Because(reasons) => {
                let file = gone.contains(&finding.path).then_some(finding.path.as_str());
                let names: Vec<&str> = file.into_iter().chain(test_name(&finding.message)).collect();
                reasons.iter().any(|reason| names.iter().any(|name| names_it(reason, name)))
            }
        }
    }
}

/// The name of the test in a message, ``… test `group > name` …``: the last part.
fn test_name(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("test `")?;
    let (full, _) = rest.rsplit_once('`').and_then(|_| rest.split_once('`'))?;
    let name = full.rsplit(" > ").next().unwrap_or(full);
    let name = name.rsplit('.').next().filter(|last| !name.contains(' ') && !last.is_empty()).unwrap_or(name);
    (name.len() >= SHORTEST).then_some(name)
}

/// Whether a text contains this name as a word.
fn names_it(text: &str, name: &str) -> bool {
    let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_' || c == '/' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part_of_a_word) && !after.is_some_and(part_of_a_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity, message: &str) -> Finding {
        Finding {
            path: "test/a.test.js".into(),
            line: 1,
            column: 1,
            rule: "test-removed".into(),
            severity,
            message: message.into(),
            note: None,
        }
    }

    #[test]
    fn a_reason_to_change_tests_is_none_to_have_fewer() {
        let because = |reason: &str| TestEdits::Because(vec![reason.to_string()]);
        let removed = finding(Severity::Error, "test `sums > adds texts` was removed");
        let none = BTreeSet::new();
        for (edits, expected) in [
            (TestEdits::No, false),
            (TestEdits::Any, true),
            (because("test/a.test.js expects the old text"), false),
            (because("`adds texts` goes with the old syntax"), true),
            (because("it adds textsizes"), false),
        ] {
            assert_eq!(edits.allows(&removed, &none), expected, "{edits:?}");
        }
        let changed = finding(Severity::Warning, "what an existing test expects was changed");
        assert!(because("another text").allows(&changed, &none));
        assert!(!TestEdits::No.allows(&changed, &none));
    }

    #[test]
    fn a_file_that_is_named_may_go_as_a_whole() {
        let removed = finding(Severity::Error, "test `adds texts` was removed");
        let named = TestEdits::Because(vec!["test/a.test.js goes with the old parser".into()]);
        assert!(!named.allows(&removed, &BTreeSet::new()), "it is there, with one test less");
        assert!(named.allows(&removed, &["test/a.test.js".to_string()].into()));
    }

    #[test]
    fn the_name_of_a_test_is_the_last_part_of_what_it_is_called() {
        for (message, expected) in [
            ("test `TestA.test_adds` was removed", Some("test_adds")),
            (
                "in test `sums > adds e.g. texts`, `t.equal(a, 1)` was weakened to `t.ok(a)`",
                Some("adds e.g. texts"),
            ),
            ("test `a` was removed", None),
            ("the test file `test/a.js` was removed", None),
        ] {
            assert_eq!(test_name(message), expected, "{message}");
        }
    }
}
