//! The reason that a plan gives for a release that changes tests.
//!
//! `gates` and `uplift::steps` use it in place of a Planner's words; no model is asked. It must not excuse a mutant
//! that is about tests: callers leave it out there. It says nothing about the configuration of checks.

use std::sync::LazyLock;

use engine::for_benches::Lint;
use guardian::Severity;

use crate::mutants::{correct, edits_tests};
use crate::projects::Change;

static LINT: LazyLock<Lint> = LazyLock::new(Lint::default);

/// Why the plan allows the release to change tests; `None` if it changes no existing test. It names the tests that the
/// release removes or weakens, as a plan has to.
pub fn reason_to_edit_tests(change: &Change) -> Option<String> {
    if !edits_tests(change) {
        return None;
    }
    let mut reason = String::from("the release changes what these tests expect");
    for finding in LINT.judge_files(&change.base, &correct(change), None).findings {
        let about_tests = matches!(finding.rule.as_str(), "test-removed" | "test-weakened");
        if about_tests && finding.severity == Severity::Error {
            reason.push_str(&format!("; {} in {}", finding.message, finding.path));
        }
    }
    Some(reason)
}
