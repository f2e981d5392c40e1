//! Compares a run with the run of the same check on the base.
//!
//! The rule: a pass needs evidence, and a failure needs something that did not fail on the base. Every other
//! result is `no_evidence`, with the reason.

use serde::{Deserialize, Serialize};

use crate::diagnostics::{self, Diagnostic};
use crate::names::{self, Matched};
use crate::outcome::{End, Outcome, TestFailure};
use crate::output::shorten;

/// Bytes of output that a finding quotes if no test's name explains it.
const EXCERPT: usize = 4_000;

/// What a check says about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The check ran, it had something to check, and nothing fails that did not fail before.
    Pass,
    /// Something fails that did not fail on the base.
    Fail { findings: Vec<NewFailure> },
    /// The check shows nothing about the change, neither good nor bad.
    NoEvidence { why: String },
}

/// One failure that the base did not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFailure {
    /// The test's name; `None` if the command as a whole failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Its file, package or binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The runner's message, or the end of the output.
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// Compares a run with the run of the same check on the base. `None` for the base means that the base has no such
/// check, so every failure is new; a base that was not run must be run first.
pub fn compare(base: Option<&Outcome>, now: &Outcome) -> Verdict {
    let code = match &now.end {
        End::Exited { code } => *code,
        End::TimedOut { .. } => return timed_out(base, now),
        End::Signalled { .. } | End::Limit { .. } => return crashed(base, now),
        End::Tampered { .. } | End::SetupBroken { .. } => {
            return Verdict::Fail { findings: vec![NewFailure::of_command(now)] };
        }
        End::NotFound { .. } | End::Cancelled | End::CouldNotStart { .. } => {
            return no_evidence(format!("the check {}", now.end));
        }
    };
    if now.truncated && code != 0 && base.is_some_and(|base| !base.end.success()) {
        return no_evidence("it wrote more than can be read for the names of failing tests");
    }
    let zero_tests = now.counts_tests
        && now.passed == Some(0)
        && now.failing.as_ref().is_none_or(|failing| failing.is_empty());
    let newly_red = code != 0 && base.is_some_and(|base| base.end.success());
    if zero_tests && !newly_red {
        return no_evidence("no test ran");
    }
    match (code, &now.failing) {
        (_, Some(failing)) if !failing.is_empty() => by_names(base, now, failing),
        (0, _)
            if now.counts_tests && now.passed.is_none() && !now.truncated && base.is_some_and(ran_green) =>
        {
            let message = format!(
                "before the change {} of its tests passed; now it ends with exit status 0 and reports none: something ends it \
                 early (an exit while a module is loaded, say).\n{}",
                base.and_then(|base| base.passed).unwrap_or_default(),
                shorten(&now.output, EXCERPT)
            );
            Verdict::Fail { findings: vec![NewFailure { message, ..NewFailure::of_command(now) }] }
        }
        // If the base was green without a summary, its reporter prints none, and the exit status decides
        (0, _) if now.counts_tests && now.passed.is_none() && !base.is_some_and(green_without_summary) => {
            no_evidence(
                "it ended with exit status 0, and its output has no test summary to show that tests ran",
            )
        }
        (0, _) => Verdict::Pass,
        _ => by_status(base, now),
    }
}

/// The verdict if the failing tests have names.
fn by_names(base: Option<&Outcome>, now: &Outcome, failing: &[TestFailure]) -> Verdict {
    let known = match base {
        None => Some(&[][..]),
        Some(base) if base.end.success() => Some(base.failing.as_deref().unwrap_or_default()),
        // Tests ran and none failed: the base is red for another reason, so any named failure is new
        Some(base) => base.failing.as_deref().filter(|failing| !failing.is_empty() || base.passed > Some(0)),
    };
    let Some(known) = known else {
        return no_evidence(red_base(base));
    };
    let Matched { new, doubtful } = names::compare(known, failing);
    if !new.is_empty() && base.is_some_and(|base| base.partial && !base.end.success()) {
        return no_evidence(
            "before the change it stopped at a failure, so that tests may have failed that did not run then",
        );
    }
    if !new.is_empty() {
        return Verdict::Fail {
            findings: new.into_iter().map(|test| NewFailure::of_test(test, now)).collect(),
        };
    }
    if now.partial {
        return no_evidence(format!(
            "what fails failed before the change ({} tests), but other tests did not run or have no verdict that \
             can be read",
            failing.len()
        ));
    }
    if let Some(test) = doubtful.first() {
        return no_evidence(format!(
            "`{}` fails, and may be a test that failed before under a name with another time in it",
            test.name
        ));
    }
    if now.passed == Some(0) {
        return no_evidence("every test that ran fails as it failed before the change");
    }
    Verdict::Pass
}

/// The verdict if there is only the exit status.
fn by_status(base: Option<&Outcome>, now: &Outcome) -> Verdict {
    match base {
        None => Verdict::Fail { findings: NewFailure::of_output(now) },
        Some(base) if base.end.success() => Verdict::Fail { findings: NewFailure::of_output(now) },
        Some(base) if build_failure_hides(Some(base), now, 1) => Verdict::Fail {
            findings: vec![NewFailure {
                message: format!(
                    "before the change its tests ran; now the command fails before they do.\n{}",
                    shorten(&now.output, EXCERPT)
                ),
                ..NewFailure::of_command(now)
            }],
        },
        Some(base) if !base.counts_tests && !now.counts_tests => by_diagnostics(base, now),
        Some(base) if none_fails(base) && none_fails(now) => by_reason(base, now),
        Some(_) => no_evidence(red_base(base)),
    }
}

/// Compares the errors of a compiler or a linter one by one.
fn by_diagnostics(base: &Outcome, now: &Outcome) -> Verdict {
    let (before, after) = (diagnostics::read(&base.output), diagnostics::read(&now.output));
    // A tool that stops at the first errors, or a cut output, may hide others
    if !before.complete || before.errors.is_empty() || base.truncated || now.truncated {
        return no_evidence(red_base(Some(base)));
    }
    let new = diagnostics::new(&before.errors, &after.errors);
    if !new.is_empty() {
        return Verdict::Fail { findings: new.into_iter().map(NewFailure::of_place).collect() };
    }
    if after.complete && !after.errors.is_empty() { Verdict::Pass } else { no_evidence(red_base(Some(base))) }
}

/// Tests ran, all of them have a verdict, and none failed.
fn none_fails(outcome: &Outcome) -> bool {
    !outcome.partial && outcome.passed > Some(0) && outcome.failing.as_ref().is_some_and(Vec::is_empty)
}

/// Both runs are red, and no test fails. It passes only if the reason is known and is not about tests.
fn by_reason(base: &Outcome, now: &Outcome) -> Verdict {
    let is_known = |outcome: &Outcome| OTHER_REASONS.iter().any(|reason| outcome.output.contains(reason));
    if base.end == now.end && is_known(base) && is_known(now) {
        return Verdict::Pass;
    }
    no_evidence(
        "all of its tests pass, and it fails all the same, as before the change; why it does is not known",
    )
}

/// Messages of test runners about too low coverage, and of package managers about vulnerabilities.
const OTHER_REASONS: [&str; 6] = [
    "coverage threshold for ",
    "Required test coverage of ",
    "ERROR: Coverage for ",
    "ERROR: Coverage failure",
    "severity vulnerabilit",
    "severity: ",
];

/// Tests ran on the (red) base, but now the command fails before its tests.
fn build_failure_hides(base: Option<&Outcome>, now: &Outcome, code: i32) -> bool {
    code != 0 && !now.truncated && now.passed.is_none() && base.is_some_and(|base| base.passed > Some(0))
}

/// Tests ran on the base, and it was green.
fn ran_green(base: &Outcome) -> bool {
    base.end.success() && base.passed > Some(0)
}

fn green_without_summary(base: &Outcome) -> bool {
    base.end.success() && base.passed.is_none()
}

fn timed_out(base: Option<&Outcome>, now: &Outcome) -> Verdict {
    let hangs = hangs(now);
    match base {
        Some(base) if matches!(base.end, End::Exited { .. }) => {
            let took = base.duration_ms as f64 / 1000.0;
            let message = format!(
                "the check {}{hangs}; before the change it took {took:.1} s\n{}",
                now.end,
                shorten(&now.output, EXCERPT)
            );
            Verdict::Fail { findings: vec![NewFailure { message, ..NewFailure::of_command(now) }] }
        }
        Some(base) => no_evidence(format!("the check {}{hangs}; before the change it {}", now.end, base.end)),
        None => no_evidence(format!("the check {}{hangs}", now.end)),
    }
}

/// What blocks a check that did not end in time: a command whose tests have all passed, or one that waits.
fn hangs(now: &Outcome) -> String {
    match now.passed {
        Some(passed) if passed > 0 && now.failing.as_ref().is_none_or(Vec::is_empty) => format!(
            ", though {passed} of its tests passed and none failed: it does not exit, so something that it started keeps it \
             running (a server, a timer, a watcher)"
        ),
        None if now.output.trim().is_empty() => {
            ", and it printed nothing: it waits for something that a slot has not got (a terminal, a service, the network)".to_owned()
        }
        _ => String::new(),
    }
}

fn crashed(base: Option<&Outcome>, now: &Outcome) -> Verdict {
    match base {
        Some(base) if !base.end.success() => {
            no_evidence(format!("the check {}; before the change it {}", now.end, base.end))
        }
        _ => Verdict::Fail { findings: vec![NewFailure::of_command(now)] },
    }
}

fn red_base(base: Option<&Outcome>) -> String {
    match base {
        Some(Outcome { end: End::Exited { code }, truncated: false, .. }) => format!(
            "it failed before the change already (exit status {code}), and the names of what failed \
             cannot be read, so that new failures cannot be told from old ones"
        ),
        Some(base) if base.truncated => {
            "before the change it wrote more than can be read for the names of failing tests".to_owned()
        }
        Some(base) => format!("before the change it {}", base.end),
        None => "nothing is known of it before the change".to_owned(),
    }
}

fn no_evidence(why: impl Into<String>) -> Verdict {
    Verdict::NoEvidence { why: why.into() }
}

impl NewFailure {
    fn of_test(test: &TestFailure, now: &Outcome) -> NewFailure {
        NewFailure {
            test: Some(test.name.clone()),
            suite: test.suite.clone(),
            message: test.detail.clone().unwrap_or_else(|| shorten(&now.output, EXCERPT / 2)),
            file: test.file.clone(),
            line: test.line,
        }
    }

    /// The places that the output names, or the command as a whole if it names none.
    fn of_output(now: &Outcome) -> Vec<NewFailure> {
        let errors = diagnostics::errors(&now.output);
        if errors.is_empty() {
            return vec![NewFailure::of_command(now)];
        }
        errors.into_iter().map(NewFailure::of_place).collect()
    }

    fn of_place(error: Diagnostic) -> NewFailure {
        NewFailure {
            test: None,
            suite: None,
            message: error.message,
            file: Some(error.file),
            line: Some(error.line),
        }
    }

    fn of_command(now: &Outcome) -> NewFailure {
        let output = shorten(&now.output, EXCERPT);
        let output = match now.output.trim().is_empty() {
            true if matches!(now.end, End::SetupBroken { .. }) => String::new(),
            true => "\n(it printed nothing)".to_owned(),
            false => format!("\n{}", output.trim_end()),
        };
        NewFailure {
            test: None,
            suite: None,
            message: format!("the check {}{output}", now.end),
            file: None,
            line: None,
        }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
