//! Tests that another coder writes before a task: when they are due, and what becomes of them.

mod support;

use expect_test::{Expect, expect};
use mission::{CheckSummary, Event, FailureClass, GateVerdict, Issue, Policy, independent};
use support::Mission;

#[track_caller]
fn check(mission: &mut Mission, expected: Expect) {
    expected.assert_eq(&mission.settle());
}

fn with(plan: &str) -> Mission {
    let policy = Policy { independent_tests: true, splits: 0, max_cycles: 1, ..Policy::default() };
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
    let checks = vec![CheckSummary { name, run, verdict: GateVerdict::Pass, detail }];
    mission.tell(Event::BaseChecked { checks });
}

fn begin(mission: &mut Mission, task: &str) {
    mission.tell(Event::TestsStarted { task: task.into(), slot: 1, base: "base".into(), at_ms: 2_000 });
}

fn reject(mission: &mut Mission, task: &str, mending: bool) {
    let issues = vec![Issue::new(independent::SOURCE, "it passes")];
    mission.tell(Event::TestsRejected { task: task.into(), issues, mending });
}

fn accept(mission: &mut Mission, task: &str) {
    let (commit, tree, detail) = (format!("t-{task}"), "t".into(), "red".into());
    let (task, paths) = (task.into(), vec!["test/a.test.js".into()]);
    mission.tell(Event::TestsWritten { task, commit, tree, paths, detail, at_ms: 2_500 });
}

/// An attempt that ends on this test.
fn fail(mission: &mut Mission, task: &str, test: &str) {
    mission.settle();
    mission.start(task);
    for fix in 0..=Policy::default().fixes {
        if fix > 0 {
            // the ladder chooses the repair
            mission.settle();
            mission.fix(task);
        }
        mission.hand_in(task);
        let message = format!("`{test}` fails: {fix} instead of 3");
        let issues = vec![Issue::new(independent::SOURCE, message).at("test/a.test.js", Some(4))];
        mission.tell(Event::AttemptFailed { task: task.into(), class: FailureClass::Test, issues });
    }
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
    mission.land("a");
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
    mission.tell(Event::BaseChecked { checks: vec![] });
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
        recorded: TestsSkipped { task: "a", reason: "2 authors, the last one failed: it passes [independent tests]", tried: true }
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
    // what stands is kept over a crash
    mission.start("a");
    mission.tell(Event::Resumed { at_ms: 9_500, policy: None });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
}

#[test]
fn a_test_that_two_attempts_fail_on_is_looked_at_once() {
    let disputed = || {
        let mut mission = with("a: a.js");
        checked(&mut mission);
        begin(&mut mission, "a");
        accept(&mut mission, "a");
        fail(&mut mission, "a", "adds");
        check(
            &mut mission,
            expect![[r#"
                recorded: a fresh attempt: test: no repair is left; attempt 2 of 2
                work:a:2:0
            "#]],
        );
        fail(&mut mission, "a", "adds");
        check(
            &mut mission,
            expect![[r#"
            dispute:a
        "#]],
        );
        mission
    };
    let (task, reason) = (String::from("a"), String::from("no item asks for it"));
    // lost to a crash, or failed by the host: asked again
    let mut mission = disputed();
    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        dispute:a
    "#]],
    );
    let class = FailureClass::Host;
    mission.tell(Event::JudgeFailed { task: task.clone(), reason: "502".into(), class });
    check(
        &mut mission,
        expect![[r#"
        dispute:a
    "#]],
    );
    assert_eq!(mission.state.tasks["a"].host_failures, 1);

    let mut mission = disputed();
    mission.tell(Event::TestsUpheld { task: task.clone(), reason: reason.clone() });
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 2 attempts, the last one failed (test): test/a.test.js:4: `adds` fails: 2 instead of 3 [independent tests]
        recorded: ended: Failed
    "#]],
    );

    let mut mission = disputed();
    mission.tell(Event::TestsRedrawn { task, reason });
    check(
        &mut mission,
        expect![[r#"
        tests:a:2
    "#]],
    );
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    check(
        &mut mission,
        expect![[r#"
        work:a:3:0
    "#]],
    );
    fail(&mut mission, "a", "adds");
    fail(&mut mission, "a", "adds");
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 4 attempts, the last one failed (test): test/a.test.js:4: `adds` fails: 2 instead of 3 [independent tests]
        recorded: ended: Failed
    "#]],
    );
}

#[test]
fn different_tests_and_other_failures_are_no_dispute() {
    let mut mission = with("a: a.js");
    checked(&mut mission);
    begin(&mut mission, "a");
    accept(&mut mission, "a");
    fail(&mut mission, "a", "adds");
    fail(&mut mission, "a", "subtracts");
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 2 attempts, the last one failed (test): test/a.test.js:4: `subtracts` fails: 2 instead of 3 [independent tests]
        recorded: ended: Failed
    "#]],
    );
}
