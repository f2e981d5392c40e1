//! What happens when something fails: the ladder, the host, orders between running tasks, a resume.

mod support;

use expect_test::{Expect, expect};
use mission::{Event, FailureClass, PauseReason, Policy};
use support::Mission;

fn check(mission: &mut Mission, expected: Expect) {
    expected.assert_eq(&mission.settle());
}

fn policy() -> Policy {
    Policy { parallel: 2, fixes: 1, fresh: 1, host_failures: 3, ..Policy::default() }
}

#[test]
fn the_ladder_fixes_then_begins_afresh_then_gives_up_what_depends_on_it() {
    let mut mission = Mission::with(policy(), "a: a\nb: b; a\nc: c; b\nd: d\ne: e; ; g\nf: f; a; g");
    mission.land("d");
    mission.start("a");
    mission.hand_in("a");
    mission.fail("a", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
        work:a:1:1
        work:e:1:0
    "#]],
    );
    mission.fix("a");
    mission.hand_in("a");
    mission.fail("a", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
        work:a:2:0
        work:e:1:0
    "#]],
    );
    mission.start("a");
    mission.fail("a", FailureClass::Malformed);
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 2 attempts, the last one failed (malformed): wrong [test]
        recorded: b cancelled: it depends on `a`, which did not land
        recorded: f cancelled: it depends on `a`, which did not land
        recorded: c cancelled: it depends on `b`, which did not land
        recorded: e cancelled: it belongs together with `f`, which did not land
        deliver
    "#]],
    );
}

#[test]
fn what_cannot_be_mended_begins_afresh_at_once() {
    for class in [FailureClass::Malformed, FailureClass::Blocked, FailureClass::Timeout] {
        let mut mission = Mission::with(policy(), "a: a");
        mission.start("a");
        mission.fail("a", class);
        assert_eq!(mission.settle(), "work:a:2:0\n", "{class:?}");
    }
}

#[test]
fn a_task_over_its_own_budget_is_given_up_at_once() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.fail("a", FailureClass::Budget);
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 1 attempt, the last one failed (budget): wrong [test]
        recorded: ended: Failed
    "#]],
    );
}

#[test]
fn host_failures_count_no_attempt_and_pause_in_the_end() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.fail("a", FailureClass::Test);
    mission.fix("a");
    mission.fail("a", FailureClass::Timeout);
    for _ in 0..2 {
        // before a slot was there, and after
        mission.fail("a", FailureClass::Host);
        assert_eq!((mission.settle().as_str(), mission.state.tasks["a"].attempt), ("work:a:2:0\n", 1));
        mission.start("a");
    }
    mission.fail("a", FailureClass::Host);
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: OpenCode could not go on: `a`: wrong (3 times in a row)
        "#]],
    );
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        work:a:2:0
    "#]],
    );
}

#[test]
fn a_gate_that_cannot_judge_is_asked_again_and_pauses_in_the_end() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.hand_in("a");
    for _ in 0..2 {
        mission.tell(Event::JudgeFailed {
            task: "a".into(),
            reason: "no answer".into(),
            class: FailureClass::Host,
        });
        assert_eq!(mission.settle(), "judge:a:1:0\n");
    }
    mission.tell(Event::JudgeFailed {
        task: "a".into(),
        reason: "no answer".into(),
        class: FailureClass::Host,
    });
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: OpenCode could not go on: `a`: no answer (3 times in a row)
        "#]],
    );
}

#[test]
fn a_merge_that_the_host_fails_is_tried_again_with_what_passed() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.hand_in("a");
    mission.pass("a");
    let failed = || Event::BatchFailed { tasks: vec!["a".into()], class: FailureClass::Host, issues: vec![] };
    mission.tell(Event::BatchStarted { tasks: vec!["a".into()], head: "base".into() });
    mission.tell(failed());
    check(
        &mut mission,
        expect![[r#"
        integrate a
    "#]],
    );
    mission.tell(failed());
    mission.tell(failed());
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: OpenCode could not go on: `a`:  (3 times in a row)
        "#]],
    );
}

#[test]
fn an_attempt_that_fails_before_it_begins_counts_and_is_not_mended() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.fail("a", FailureClass::Conflict);
    check(
        &mut mission,
        expect![[r#"
        work:a:2:0
    "#]],
    );
    mission.fail("a", FailureClass::Conflict);
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 2 attempts, the last one failed (conflict): wrong [test]
        recorded: ended: Failed
    "#]],
    );
}

#[test]
fn an_order_counts_no_attempt_and_runs_even_if_the_other_is_given_up() {
    let mut mission = Mission::with(Policy { fresh: 0, ..policy() }, "a: a\nb: b\nc: c; b");
    mission.start("a");
    mission.start("b");
    mission.order("b", "a");
    assert_eq!(mission.state.tasks["b"].attempt, 0);
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.fail("a", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
        recorded: a given up: 1 attempt, the last one failed (timeout): wrong [test]
        work:b:1:0
    "#]],
    );
}

#[test]
fn two_that_want_each_others_files_do_not_wait_for_each_other() {
    let mut mission = Mission::with(policy(), "a: a\nb: b");
    mission.start("a");
    mission.start("b");
    mission.order("a", "b");
    mission.order("b", "a");
    check(
        &mut mission,
        expect![[r#"
        work:b:2:0
    "#]],
    );
    assert!(mission.state.tasks["b"].depends_on.is_empty());
    assert_eq!(mission.state.tasks["b"].failures[0].class, FailureClass::Blocked);
}

#[test]
fn an_order_that_a_group_or_a_split_task_turns_into_a_circle_is_none() {
    // `b2` lands together with `b`, and waits for `a`
    let mut mission = Mission::with(policy(), "a: a\nb: b; ; g\nb2: b2; a; g");
    mission.start("a");
    mission.start("b");
    assert!(mission.state.depends("b", "a") && !mission.state.depends("b2", "b"));
    mission.order("a", "b");
    assert!(mission.state.tasks["a"].depends_on.is_empty());
    // `d` waits for `c`, and so for its part
    let mut mission = Mission::with(policy(), "+c: c\nd: d; c");
    mission.plan(Some("c"), "part: p");
    assert!(mission.state.depends("d", "part") && !mission.state.depends("part", "d"));
}

#[test]
fn what_comes_late_from_a_task_that_is_over_changes_nothing() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.tell(Event::TaskCancelled { task: "a".into(), reason: "x".into() });
    let before = mission.state.clone();
    mission.hand_in("a");
    mission.fail("a", FailureClass::Test);
    mission.order("a", "a");
    assert_eq!(mission.state, before);
}

#[test]
fn a_task_that_is_being_merged_is_not_cancelled() {
    let mut mission = Mission::with(Policy { fresh: 0, ..policy() }, "+c: c");
    mission.plan(Some("c"), "p: p\nq: q");
    mission.start("p");
    mission.hand_in("p");
    mission.pass("p");
    mission.tell(Event::BatchStarted { tasks: vec!["p".into()], head: "base".into() });
    mission.start("q");
    mission.fail("q", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
        recorded: q given up: 1 attempt, the last one failed (timeout): wrong [test]
        recorded: c cancelled: its part `q` did not land
        integrate p
    "#]],
    );
    mission.integrate(&["p"]);
    check(
        &mut mission,
        expect![[r#"
        deliver
    "#]],
    );
}

#[test]
fn resuming_begins_what_was_in_flight_anew_without_counting_it() {
    let mut mission = Mission::with(Policy { parallel: 9, ..policy() }, "a: a\nb: b\nc: c\nd: d\ne: e");
    for task in ["a", "b", "c", "d"] {
        mission.start(task);
    }
    mission.hand_in("b");
    mission.fail("c", FailureClass::Test);
    mission.hand_in("d");
    mission.pass("d");
    mission.tell(Event::Paused { reason: PauseReason::Stopped("Esc".into()), at_ms: 11_000 });
    check(&mut mission, expect![[""]]);
    mission.tell(Event::Resumed { at_ms: 50_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
        work:b:1:0
        work:c:1:0
        work:e:1:0
        integrate d
    "#]],
    );
    assert_eq!(mission.state.elapsed_ms(52_000), 12_000);
}
