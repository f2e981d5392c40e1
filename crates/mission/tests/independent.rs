//! Tests that another Coder writes before a task: when they are due, and what follows from them.

mod support;

use expect_test::{Expect, expect};
use mission::{CheckSummary, Event, FailureClass, GateVerdict, Issue, Policy, independent};
use support::Mission;

#[track_caller]
fn check(mission: &mut Mission, expected: Expect) {
    expected.assert_eq(&mission.record_policy());
}

fn with(plan: &str) -> Mission {
    mission_of(plan, Policy { independent_tests: true, splits: 0, max_cycles: 1, ..Policy::default() })
}

fn mission_of(plan: &str, policy: Policy) -> Mission {
    let mut mission = Mission::new(policy);
    let (commit, tree) = ("base".into(), "t0".into());
    mission.tell(Event::BaseTaken { commit, tree, changed: vec![], left_out: vec![] });
    mission.tell(Event::BriefAccepted { brief: support::brief() });
    let mut plan = support::plan(plan);
    plan.tasks.iter_mut().for_each(|task| task.behaviour = Some(true));
    mission.tell(Event::PlanAccepted { plan, notes: vec![], parent: None });
    mission.estimated();
    mission
}

fn checked(mission: &mut Mission) {
    let (name, run, detail) = ("test".into(), "npm test".into(), "1 passed".into());
    let checks = vec![CheckSummary {
        name,
        run,
        verdict: GateVerdict::Pass,
        detail,
        kind: None,
        covers: vec![],
        misses: vec![],
        own: false,
        took_ms: None,
        worker: None,
    }];
    mission.tell(Event::BaseChecked { checks, setup: vec![], ended_by: None, refused: vec![] });
}

fn begin(mission: &mut Mission, task: &str) {
    mission.tell(Event::TestsStarted { task: task.into(), slot: 1, base: "base".into(), at_ms: 2_000 });
}

fn reject(mission: &mut Mission, task: &str, to_fix: bool) {
    let issues = vec![Issue::new(independent::SOURCE, "it passes")];
    mission.tell(Event::TestsRejected { task: task.into(), issues, to_fix });
}

fn accept(mission: &mut Mission, task: &str) {
    let (commit, tree, detail) = (format!("t-{task}"), "t".into(), "red".into());
    let (task, paths) = (task.into(), vec!["test/a.test.js".into()]);
    mission.tell(Event::TestsWritten { task, commit, tree, paths, detail, at_ms: 2_500 });
}

#[test]
fn tests_come_first_and_wait_for_the_checks_of_the_base() {
    let mut mission = with("a: a.js");
    check(
        &mut mission,
        expect![[r#"
        check-base
    "#]],
    );
    checked(&mut mission);
    check(
        &mut mission,
        expect![[r#"
        tests:a:1
    "#]],
    );
    begin(&mut mission, "a");
    reject(&mut mission, "a", true);
    check(
        &mut mission,
        expect![[r#"
        tests:a:1
    "#]],
    );
    accept(&mut mission, "a");
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    assert!(mission.state.tasks["a"].scope.contains("test/a.test.js"));
    mission.integrate_one("a");
    check(
        &mut mission,
        expect![[r#"
            recorded: reviewed: 1 met, 0 not
            deliver
        "#]],
    );
}

#[test]
fn a_task_without_behaviour_and_a_project_without_checks_have_none() {
    let mut mission = with("a: a.js");
    mission.tell(Event::BaseChecked { checks: vec![], setup: vec![], ended_by: None, refused: vec![] });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );

    let mut mission = Mission::new(Policy { independent_tests: true, ..Policy::default() });
    let (commit, tree) = ("base".into(), "t0".into());
    mission.tell(Event::BaseTaken { commit, tree, changed: vec![], left_out: vec![] });
    mission.tell(Event::BriefAccepted { brief: support::brief() });
    mission.plan(None, "a: a.js");
    check(
        &mut mission,
        expect![[r#"
        check-base
        work:a:1:0
    "#]],
    );
}

#[test]
fn two_authors_without_tests_and_the_task_goes_on_without() {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    reject(&mut mission, "a", false);
    check(
        &mut mission,
        expect![[r#"
        tests:a:2
    "#]],
    );
    begin(&mut mission, "a");
    reject(&mut mission, "a", false);
    check(
        &mut mission,
        expect![[r#"
        recorded: TestsSkipped { task: "a", reason: "2 authors, the last one failed: it passes [independent tests]", tried: true, kept: None }
        work:a:1:0
    "#]],
    );
}

#[test]
fn an_author_who_is_lost_does_not_count() {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        tests:a:1
    "#]],
    );
    begin(&mut mission, "a");
    mission.fail("a", FailureClass::Host);
    check(
        &mut mission,
        expect![[r#"
        tests:a:1
    "#]],
    );
    assert_eq!(mission.state.tasks["a"].host_failures, 1);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    // Accepted tests survive a crash
    mission.start("a");
    mission.tell(Event::Resumed { at_ms: 9_500, policy: None });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
}

/// A submission of a fresh attempt or a repair that fails on this test alone.
fn fail_once(mission: &mut Mission, task: &str, test: &str, repair: bool) {
    mission.record_policy();
    match repair {
        true => mission.fix(task),
        false => mission.start(task),
    }
    mission.submit(task);
    let message = format!("`{test}` fails: {repair} instead of 3");
    let issues = vec![Issue::new(independent::SOURCE, message).at("test/a.test.js", Some(4))];
    mission.tell(Event::AttemptFailed { task: task.into(), class: FailureClass::Test, issues });
}

fn uphold(mission: &mut Mission) {
    mission.tell(Event::TestsUpheld { task: "a".into(), reason: "a1 asks for it".into() });
}

fn throw_away(mission: &mut Mission) {
    let event = mission.found_wrong("a", true);
    mission.tell(event);
}

/// A mission in which Reviewers look at a test on which a repair failed.
fn disputed() -> Mission {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    fail_once(&mut mission, "a", "adds", false);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fix: test: what was found can be named; repair 1 of 2
            work:a:1:1
        "#]],
    );
    fail_once(&mut mission, "a", "adds", true);
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    mission
}

#[test]
fn a_test_that_a_repair_fails_on_is_looked_at_and_again_when_a_second_attempt_ends_on_it() {
    let mut mission = disputed();
    uphold(&mut mission);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fix: test: what was found can be named; repair 2 of 2
            work:a:1:2
        "#]],
    );
    fail_once(&mut mission, "a", "adds", true);
    // A single attempt is not enough for another review
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: test: no repair is left; attempt 2 of 2
            work:a:2:0
        "#]],
    );
    fail_once(&mut mission, "a", "adds", false);
    fail_once(&mut mission, "a", "adds", true);
    fail_once(&mut mission, "a", "adds", true);
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    uphold(&mut mission);
    check(
        &mut mission,
        expect![[r#"
            recorded: a abandoned: 2 attempts, the last one failed (test): test/a.test.js:4: `adds` fails: true instead of 3 [independent tests]
            recorded: ended: Failed
        "#]],
    );
}

#[test]
fn a_look_that_is_lost_is_taken_again() {
    let mut mission = disputed();
    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    let class = FailureClass::Host;
    mission.tell(Event::JudgeFailed { task: "a".into(), reason: "502".into(), class });
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    assert_eq!(mission.state.tasks["a"].host_failures, 1);
}

#[test]
fn what_a_wrong_test_rejected_is_judged_again_and_a_second_wrong_test_is_dropped() {
    let mut mission = disputed();
    throw_away(&mut mission);
    check(
        &mut mission,
        expect![[r#"
            tests:a:2
        "#]],
    );
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    // A stop on the way loses nothing
    mission.record_policy();
    mission.start("a");
    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    assert_eq!(mission.state.tasks["a"].tests.kept.as_deref(), Some("kept"));
    fail_once(&mut mission, "a", "subtracts", false);
    assert_eq!(mission.state.tasks["a"].tests.kept, None, "it was judged");
    fail_once(&mut mission, "a", "subtracts", true);
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    throw_away(&mut mission);
    check(
        &mut mission,
        expect![[r#"
            work:a:3:0
        "#]],
    );
    let tests = &mission.state.tasks["a"].tests;
    assert_eq!((tests.written.is_some(), tests.redraws), (false, 1));
    assert_eq!(tests.skipped.as_deref(), Some("no item asks for it"));
    assert_eq!(tests.kept.as_deref(), Some("kept"));
    mission.integrate_one("a");
    check(
        &mut mission,
        expect![[r#"
            review-objective
        "#]],
    );
}

#[test]
fn what_is_kept_takes_one_slot_however_many_coders_an_attempt_has() {
    let policy = Policy {
        independent_tests: true,
        candidates: 3,
        parallel: 3,
        splits: 0,
        max_cycles: 1,
        ..Policy::default()
    };
    let mut mission = mission_of("a: a.js", policy);
    checked(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    fail_once(&mut mission, "a", "adds", false);
    fail_once(&mut mission, "a", "adds", true);
    mission.record_policy();
    throw_away(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    let coders = |mission: &Mission| {
        mission::decide(&mission.state, 0).into_iter().find_map(|effect| match effect {
            mission::Effect::Work { candidates, .. } => Some(candidates),
            _ => None,
        })
    };
    assert_eq!(coders(&mission), Some(1));
    mission.start("a");
    assert_eq!((coders(&mission), mission.state.slots()), (Some(1), 1));
    mission.submit("a");
    mission.fail("a", FailureClass::Lint);
    mission.record_policy();
    mission.fix("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Lint);
    mission.record_policy();
    mission.fix("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Lint);
    mission.record_policy();
    assert_eq!(coders(&mission), Some(3), "another attempt is made by all");
}

#[test]
fn a_coder_that_is_blocked_puts_the_tests_before_reviewers_once() {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    mission.record_policy();
    mission.start("a");
    mission.fail("a", FailureClass::Blocked);
    check(
        &mut mission,
        expect![[r#"
            dispute:a
        "#]],
    );
    uphold(&mut mission);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: blocked: no repair is left; attempt 2 of 2
            work:a:2:0
        "#]],
    );
}

#[test]
fn different_tests_and_other_failures_are_no_dispute() {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    for (attempt, last) in [(1, "subtracts"), (2, "divides")] {
        fail_once(&mut mission, "a", "adds", false);
        fail_once(&mut mission, "a", "multiplies", true);
        fail_once(&mut mission, "a", last, true);
        assert_eq!(mission.state.tasks["a"].attempt, attempt);
        assert_eq!(independent::disputed(&mission.state.tasks["a"], false), None);
    }
    check(
        &mut mission,
        expect![[r#"
            recorded: a abandoned: 2 attempts, the last one failed (test): test/a.test.js:4: `divides` fails: true instead of 3 [independent tests]
            recorded: ended: Failed
        "#]],
    );
}
