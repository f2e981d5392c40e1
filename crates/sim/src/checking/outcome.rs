//! What the simulated check finds in a tree, for `commands` and `workers`. The truth decides; faults are added later.

use checks::{End, Outcome, TestFailure};

use crate::truth;

/// The tests of a tree that fail, and how many there are.
pub(super) fn whole(files: &truth::Files) -> (Vec<String>, u32) {
    let cases = truth::cases(files, "").len() as u32;
    (truth::failing(files).into_iter().collect(), truth::TESTS + cases)
}

/// The outcome of the whole check on a tree without any fault.
pub(super) fn of(files: &truth::Files) -> Outcome {
    let (failing, all) = whole(files);
    outcome(End::Exited { code: i32::from(!failing.is_empty()) }, Some((failing, all)))
}

/// `ran`: the tests that failed, and how many ran.
pub(super) fn outcome(end: End, ran: Option<(Vec<String>, u32)>) -> Outcome {
    let all = ran.as_ref().map(|(_, all)| *all).unwrap_or_default();
    let failures = ran.map(|(names, _)| {
        let failure = |name: String| TestFailure {
            file: name.strip_suffix(" is sound").map(str::to_string),
            detail: Some("the file is not sound".into()),
            line: Some(1),
            name,
            ..TestFailure::default()
        };
        names.into_iter().map(failure).collect::<Vec<_>>()
    });
    Outcome {
        end,
        passed: failures.as_ref().map(|failures| all.saturating_sub(failures.len() as u32)),
        failing: failures,
        output: String::new(),
        duration_ms: 0,
        sandbox: checks::Level::Basic,
        survivors: false,
        truncated: false,
        partial: false,
        seen: None,
        counts_tests: true,
    }
}
