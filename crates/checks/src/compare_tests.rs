//! Tests of `compare`: verdicts from an outcome on the base and one now.
//!
//! Outcomes are made by hand and nothing runs here. `parse` and `process` test how an output becomes an
//! outcome.

use super::*;

fn outcome(code: i32) -> Outcome {
    Outcome {
        end: End::Exited { code },
        failing: None,
        passed: None,
        output: "some output\n".to_owned(),
        duration_ms: 1500,
        sandbox: crate::Level::Basic,
        survivors: false,
        truncated: false,
        counts_tests: false,
        partial: false,
        seen: None,
    }
}

fn tests(code: i32, passed: u32, failing: &[&str]) -> Outcome {
    let failing = failing
        .iter()
        .map(|name| TestFailure {
            name: (*name).to_owned(),
            detail: Some(format!("{name} broke")),
            ..TestFailure::default()
        })
        .collect();
    Outcome { failing: Some(failing), passed: Some(passed), counts_tests: true, ..outcome(code) }
}

fn no_summary(code: i32) -> Outcome {
    Outcome { counts_tests: true, ..outcome(code) }
}

fn ended(end: End) -> Outcome {
    Outcome { end, ..no_summary(0) }
}

/// `pass`, `fail a, b` (an empty name is the command as a whole), or `? why`.
fn told(base: Option<&Outcome>, now: &Outcome) -> String {
    match compare(base, now) {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Fail { findings } => {
            let names: Vec<_> = findings.iter().map(|f| f.test.as_deref().unwrap_or("(command)")).collect();
            format!("fail {}", names.join(", "))
        }
        Verdict::NoEvidence { why } => format!("? {why}"),
    }
}

#[test]
fn only_failures_that_the_base_did_not_have_count() {
    let red = tests(1, 5, &["old"]);
    assert_eq!(told(Some(&red), &tests(1, 5, &["old"])), "pass");
    assert_eq!(told(Some(&red), &tests(0, 6, &[])), "pass");
    assert_eq!(told(Some(&red), &tests(1, 4, &["old", "new"])), "fail new");
    assert_eq!(told(Some(&red), &tests(1, 4, &["old", "old"])), "fail old");
    assert_eq!(told(Some(&tests(0, 6, &[])), &tests(1, 5, &["a", "b"])), "fail a, b");
    assert_eq!(told(None, &tests(1, 5, &["a"])), "fail a");
}

#[test]
fn a_doc_test_that_moved_is_the_same_test() {
    let base = tests(101, 1, &["src/lib.rs - add (line 3)"]);
    assert_eq!(told(Some(&base), &tests(101, 1, &["src/lib.rs - add (line 9)"])), "pass");
}

#[test]
fn the_same_name_in_another_suite_is_another_test() {
    let mut base = tests(1, 1, &["adds"]);
    let mut now = base.clone();
    for (outcome, suite) in [(&mut base, "a"), (&mut now, "b")] {
        for failure in outcome.failing.iter_mut().flatten() {
            failure.suite = Some(suite.to_owned());
        }
    }
    assert_eq!(told(Some(&base), &now), "fail adds");
}

#[test]
fn a_red_base_without_names_is_no_evidence() {
    let why = told(Some(&outcome(2)), &outcome(1));
    assert!(why.starts_with("? it failed before the change already (exit status 2)"), "{why}");
    assert!(told(Some(&no_summary(1)), &tests(1, 3, &["a"])).starts_with("? it failed before"));
    assert_eq!(told(Some(&outcome(2)), &outcome(0)), "pass");
}

#[test]
fn green_needs_tests_that_ran() {
    let base = tests(0, 3, &[]);
    assert_eq!(told(Some(&base), &tests(0, 0, &[])), "? no test ran");
    assert_eq!(told(Some(&base), &tests(1, 0, &[])), "fail (command)");
    assert_eq!(told(Some(&tests(1, 0, &[])), &tests(1, 0, &[])), "? no test ran");
    assert_eq!(told(None, &tests(5, 0, &[])), "? no test ran");
    assert_eq!(told(Some(&base), &no_summary(0)), "fail (command)", "something ended it early");
    assert!(told(Some(&tests(0, 0, &[])), &no_summary(0)).contains("no test summary"));
    assert_eq!(told(Some(&no_summary(0)), &no_summary(0)), "pass");
    assert_eq!(told(Some(&base), &outcome(0)), "pass");
    assert!(told(Some(&tests(1, 0, &["a"])), &tests(1, 0, &["a"])).starts_with("? every test"));
}

#[test]
fn a_command_that_breaks_before_its_tests_is_a_failure_even_on_a_red_base() {
    assert_eq!(told(Some(&tests(1, 5, &["old"])), &no_summary(101)), "fail (command)");
    assert_eq!(told(Some(&tests(0, 5, &[])), &no_summary(101)), "fail (command)");
    assert_eq!(told(Some(&outcome(0)), &outcome(1)), "fail (command)");
}

#[test]
fn a_check_that_could_not_run_says_why() {
    let base = tests(0, 3, &[]);
    for (end, why) in [
        (
            End::NotFound { program: "jest".to_owned() },
            "? the check needs `jest`, which is not installed here",
        ),
        (End::Cancelled, "? the check was cancelled"),
        (
            End::CouldNotStart { why: "no such folder".to_owned() },
            "? the check could not start: no such folder",
        ),
    ] {
        assert_eq!(told(Some(&base), &ended(end)), why);
    }
}

#[test]
fn a_change_that_breaks_the_set_up_fails_with_its_last_lines() {
    let broken =
        ended(End::SetupBroken { what: "`npm ci` ended with exit status 1: no such version".to_owned() });
    let Verdict::Fail { findings } = compare(Some(&tests(1, 1, &["old"])), &broken) else {
        panic!("it passes")
    };
    assert!(findings[0].message.contains("exit status 1: no such version"), "{findings:?}");
}

#[test]
fn a_check_that_tampers_fails_whatever_the_base_did() {
    let tampered = ended(End::Tampered { what: "it changed .git".to_owned() });
    assert_eq!(told(Some(&tampered), &tampered), "fail (command)");
    assert_eq!(told(Some(&outcome(1)), &tampered), "fail (command)");
}

#[test]
fn a_time_out_is_new_only_where_the_base_came_to_an_end() {
    let slow = ended(End::TimedOut { after_ms: 2000 });
    assert_eq!(told(Some(&tests(0, 3, &[])), &slow), "fail (command)");
    assert!(told(Some(&slow), &slow).contains("before the change it was stopped at its time limit of 2.0 s"));
    assert!(told(None, &slow).starts_with("? the check was stopped"));
    assert_eq!(told(Some(&slow), &tests(0, 3, &[])), "pass");
    assert_eq!(
        told(Some(&slow), &tests(1, 3, &["a"])),
        "? before the change it was stopped at its time limit of 2.0 s"
    );
}

#[test]
fn output_that_was_cut_is_not_compared_by_name() {
    let cut = Outcome { truncated: true, ..tests(1, 3, &["a"]) };
    assert!(told(Some(&tests(1, 3, &["a"])), &cut).starts_with("? it wrote more"));
    assert_eq!(told(Some(&tests(0, 4, &[])), &cut), "fail a");
}

#[test]
fn a_finding_quotes_the_runner() {
    let Verdict::Fail { findings } = compare(Some(&outcome(0)), &outcome(3)) else { panic!("no failure") };
    assert_eq!(findings[0].message, "the check ended with exit status 3\nsome output");
}

#[test]
fn a_compiler_that_names_places_gives_a_finding_for_each() {
    let output = "a.go:3:2: undefined: x\nb.go:7:1: missing return\n".to_owned();
    let Verdict::Fail { findings } = compare(Some(&outcome(0)), &Outcome { output, ..outcome(1) }) else {
        panic!("no failure")
    };
    let places: Vec<_> = findings.iter().map(|f| (f.file.as_deref(), f.line, f.message.as_str())).collect();
    assert_eq!(places, [(Some("a.go"), Some(3), "undefined: x"), (Some("b.go"), Some(7), "missing return")]);
}
