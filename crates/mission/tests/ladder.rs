//! What happens when something fails: the ladder, the host, orders between running tasks, a resume.

mod support;

use expect_test::{Expect, expect};
use mission::{Event, FailureClass, Outcome, PauseReason, Policy};
use support::Mission;

fn check(mission: &mut Mission, expected: Expect) {
    expected.assert_eq(&mission.record_policy());
}

fn policy() -> Policy {
    Policy {
        parallel: 2,
        fixes: 1,
        fresh: 1,
        host_failures: 3,
        splits: 0,
        max_cycles: 1,
        ..Policy::default()
    }
}

#[test]
fn the_ladder_fixes_then_begins_afresh_then_abandons_what_depends_on_it() {
    let mut mission = Mission::with(policy(), "a: a\nb: b; a\nc: c; b\nd: d\ne: e; ; g\nf: f; a; g");
    mission.integrate_one("d");
    mission.start("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fix: test: what was found can be named; repair 1 of 1
            work:a:1:1
            work:e:1:0
        "#]],
    );
    mission.fix("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: test: no repair is left; attempt 2 of 2
            work:a:2:0
            work:e:1:0
        "#]],
    );
    mission.start("a");
    mission.fail("a", FailureClass::Malformed);
    check(
        &mut mission,
        expect![[r#"
            recorded: a abandoned: 2 attempts, the last one failed (malformed): wrong [test]
            recorded: b cancelled: it depends on `a`, which was not integrated
            recorded: f cancelled: it depends on `a`, which was not integrated
            recorded: c cancelled: it depends on `b`, which was not integrated
            recorded: e cancelled: it belongs together with `f`, which was not integrated
            review-objective
        "#]],
    );
}

#[test]
fn the_same_change_again_and_again_climbs_past_repairs_and_attempts() {
    let policy = Policy { fixes: 2, splits: 1, max_cycles: 2, ..policy() };
    let mut mission = Mission::with(policy, "a: a");
    let repaired = |mission: &mut Mission, tree: &str| {
        mission.start("a");
        mission.reject("a", "one");
        mission.record_policy();
        mission.fix("a");
        mission.reject("a", tree);
    };
    // A repair that changes nothing is the last one of its attempt
    repaired(&mut mission, "one");
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: test: the repair submitted the same change again; attempt 2 of 2
            work:a:2:0
        "#]],
    );
    // After a third rejection not even a repair is tried
    mission.start("a");
    mission.reject("a", "one");
    check(
        &mut mission,
        expect![[r#"
            recorded: a split: test: every attempt at the whole failed
            plan:a
        "#]],
    );
    // A part that submits the same tree again gets neither attempts nor a split
    mission.plan(Some("a"), "b: b");
    mission.record_policy();
    mission.start("b");
    mission.reject("b", "one");
    let told = mission.record_policy();
    assert!(
        told.starts_with("recorded: b plan again: test: wrong [test]; this was plan 1 of at most 2"),
        "{told}"
    );

    // After a repair that changed something, the next repair may be tried
    let mut mission = Mission::with(Policy { fixes: 2, ..self::policy() }, "a: a");
    repaired(&mut mission, "two");
    assert!(
        mission
            .record_policy()
            .starts_with("recorded: a fix: test: what was found can be named; repair 2 of 2")
    );
}

#[test]
fn what_cannot_be_mended_begins_afresh_at_once() {
    for class in [FailureClass::Malformed, FailureClass::Blocked, FailureClass::Timeout] {
        let mut mission = Mission::with(policy(), "a: a");
        mission.start("a");
        mission.fail("a", class);
        let line = format!(
            "recorded: a fresh attempt: {}: no repair is left; attempt 2 of 2\nwork:a:2:0\n",
            class.name()
        );
        let hinted = line.replace("2 of 2", "2 of 2; its edits missed, so it writes whole files");
        assert_eq!(mission.record_policy(), if class == FailureClass::Malformed { hinted } else { line });
    }
}

#[test]
fn a_task_over_its_own_budget_is_abandoned_at_once() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.fail("a", FailureClass::Budget);
    check(
        &mut mission,
        expect![[r#"
            recorded: a abandoned: 1 attempt, the last one failed (budget): wrong [test]
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
        // Before the task had a slot, and after
        mission.fail("a", FailureClass::Host);
        assert!(mission.record_policy().ends_with("work:a:2:0\n"));
        assert_eq!(mission.state.tasks["a"].attempt, 1);
        mission.start("a");
    }
    mission.fail("a", FailureClass::Host);
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: OpenCode could not continue: `a`: wrong (3 times in a row)
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
    mission.submit("a");
    for _ in 0..2 {
        mission.tell(Event::JudgeFailed {
            task: "a".into(),
            reason: "no answer".into(),
            class: FailureClass::Host,
        });
        assert_eq!(mission.record_policy(), "judge:a:1:0\n");
    }
    mission.tell(Event::JudgeFailed {
        task: "a".into(),
        reason: "no answer".into(),
        class: FailureClass::Host,
    });
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: OpenCode could not continue: `a`: no answer (3 times in a row)
        "#]],
    );
}

#[test]
fn a_merge_that_the_host_fails_is_tried_again_with_what_passed() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.submit("a");
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
            recorded: paused: OpenCode could not continue: `a`:  (3 times in a row)
        "#]],
    );
}

#[test]
fn an_attempt_that_fails_before_it_begins_counts_and_is_not_fixed() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.fail("a", FailureClass::Conflict);
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: conflict: no repair is left; attempt 2 of 2
            work:a:2:0
        "#]],
    );
    mission.fail("a", FailureClass::Conflict);
    check(
        &mut mission,
        expect![[r#"
            recorded: a abandoned: 2 attempts, the last one failed (conflict): wrong [test]
            recorded: ended: Failed
        "#]],
    );
}

#[test]
fn an_order_counts_no_attempt_and_runs_even_if_the_other_is_abandoned() {
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
            recorded: a abandoned: 1 attempt, the last one failed (timeout): wrong [test]
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
            recorded: b fresh attempt: conflict: no repair is left; attempt 2 of 2
            work:b:2:0
        "#]],
    );
    assert!(mission.state.tasks["b"].depends_on.is_empty());
    assert_eq!(mission.state.tasks["b"].failures[0].class, FailureClass::Conflict);
}

#[test]
fn an_order_that_a_group_or_a_split_task_turns_into_a_circle_is_none() {
    // `b2` is integrated together with `b`, and waits for `a`
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
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    mission.order("a", "a");
    assert_eq!(mission.state, before);
}

#[test]
fn a_task_that_is_being_merged_is_not_cancelled() {
    let mut mission = Mission::with(Policy { fresh: 0, ..policy() }, "+c: c");
    mission.plan(Some("c"), "p: p\nq: q");
    mission.start("p");
    mission.submit("p");
    mission.pass("p");
    mission.tell(Event::BatchStarted { tasks: vec!["p".into()], head: "base".into() });
    mission.start("q");
    mission.fail("q", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
            recorded: q abandoned: 1 attempt, the last one failed (timeout): wrong [test]
            recorded: c cancelled: its part `q` was not integrated
            integrate p
        "#]],
    );
    mission.integrate(&["p"]);
    check(
        &mut mission,
        expect![[r#"
            review-objective
        "#]],
    );
}

#[test]
fn resuming_begins_what_was_in_flight_again_without_counting_it() {
    let mut mission = Mission::with(Policy { parallel: 9, ..policy() }, "a: a\nb: b\nc: c\nd: d\ne: e");
    for task in ["a", "b", "c", "d"] {
        mission.start(task);
    }
    mission.submit("b");
    mission.fail("c", FailureClass::Test);
    mission.submit("d");
    mission.pass("d");
    mission.tell(Event::Paused { reason: PauseReason::Stopped("Esc".into()), at_ms: 11_000 });
    check(&mut mission, expect![[""]]);
    mission.tell(Event::Resumed { at_ms: 50_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
            recorded: c fresh attempt: test: no repair is left; attempt 2 of 2
            work:a:1:0
            work:b:1:0
            work:c:2:0
            work:e:1:0
            integrate d
        "#]],
    );
    assert_eq!(mission.state.elapsed_ms(52_000), 12_000);
}

fn deep() -> Policy {
    Policy { fixes: 0, splits: 1, ..policy() }
}

#[test]
fn after_fresh_attempts_come_other_models_then_smaller_tasks() {
    let mut mission = Mission::with(Policy { fallbacks: 2, ..deep() }, "a: a.ts\nb: b.ts; a");
    for _ in 0..3 {
        mission.start("a");
        mission.submit("a");
        mission.fail("a", FailureClass::Test);
        mission.record_policy();
    }
    mission.start("a");
    assert_eq!(mission.state.tasks["a"].model, 2);
    mission.fail("a", FailureClass::Review);
    check(
        &mut mission,
        expect![[r#"
            recorded: a split: review: every attempt at the whole failed
            plan:a
        "#]],
    );
    mission.plan(Some("a"), "a1: a.ts\na2: a2.ts; a1");
    check(
        &mut mission,
        expect![[r#"
        work:a1:1:0
    "#]],
    );
    let told: Vec<&str> = mission.state.tasks["a"].rungs.iter().map(|c| c.rung.name()).collect();
    assert_eq!(told, ["fresh attempt", "other model", "other model", "split"]);
    // A part climbs its own ladder, but is not split again
    for _ in 0..4 {
        mission.start("a1");
        mission.fail("a1", FailureClass::Malformed);
        mission.record_policy();
    }
    check(&mut mission, expect![[""]]);
    assert_eq!(mission.state.outcome, Some(Outcome::Failed));
    assert_eq!(mission.state.tasks["a1"].attempt, 4);
}

#[test]
fn a_task_for_which_there_is_no_smaller_plan_goes_on_as_it_was() {
    let mut mission = Mission::with(deep(), "a: a.ts b.ts");
    mission.start("a");
    mission.fail("a", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
            recorded: a split: timeout: smaller parts may be done in time
            plan:a
        "#]],
    );
    for _ in 0..2 {
        let (class, reason) = (FailureClass::Malformed, "prose".to_string());
        mission.tell(Event::PlanFailed { class, reason, parent: Some("a".into()) });
    }
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: timeout: no repair is left; attempt 2 of 2
            work:a:2:0
        "#]],
    );
}

#[test]
fn a_timeout_of_the_smallest_task_is_a_fresh_attempt_first() {
    let mut mission = Mission::with(deep(), "a: a.ts");
    mission.start("a");
    mission.fail("a", FailureClass::Timeout);
    assert!(mission.record_policy().ends_with("work:a:2:0\n"));
    mission.start("a");
    mission.fail("a", FailureClass::Timeout);
    assert!(mission.record_policy().ends_with("plan:a\n"));
}

#[test]
fn what_is_blocked_is_planned_again_before_another_attempt() {
    let mut mission = Mission::with(deep(), "a: a.ts");
    mission.start("a");
    mission.fail("a", FailureClass::Blocked);
    check(
        &mut mission,
        expect![[r#"
            recorded: a split: blocked: the coder cannot continue with the task as it is
            plan:a
        "#]],
    );
}

#[test]
fn a_failure_counts_though_the_mission_stops_before_the_ladder_is_asked() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    // Its slot is gone, so there is nothing to fix
    check(
        &mut mission,
        expect![[r#"
            recorded: a fresh attempt: test: no repair is left; attempt 2 of 2
            work:a:2:0
        "#]],
    );
}
