//! The effects that are running at each point of a mission.

mod support;

use expect_test::{Expect, expect};
use mission::mailbox::BriefFile;
use mission::{Delivery, Effect, Event, FailureClass, Outcome, Phase, Policy, Role, Tokens, decide};
use support::{Mission, brief};

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
fn a_mission_begins_with_base_brief_and_plan() {
    let mut mission = Mission::new(policy());
    check(
        &mut mission,
        expect![[r#"
        base
    "#]],
    );
    let base = Event::BaseTaken { commit: "c".into(), tree: "t".into(), changed: vec![], left_out: vec![] };
    mission.tell(base);
    check(
        &mut mission,
        expect![[r#"
        check-base
        brief
    "#]],
    );
    mission.tell(Event::BriefFailed { class: FailureClass::Malformed, reason: "prose".into() });
    check(
        &mut mission,
        expect![[r#"
        check-base
        brief
    "#]],
    );
    mission.tell(Event::BriefFailed { class: FailureClass::Malformed, reason: "prose".into() });
    // It continues without a brief
    check(
        &mut mission,
        expect![[r#"
        check-base
        plan:
    "#]],
    );
    for _ in 0..2 {
        let reason = "a circle".to_string();
        mission.tell(Event::PlanFailed { class: FailureClass::Malformed, reason, parent: None });
    }
    check(
        &mut mission,
        expect![[r#"
        check-base
        recorded: ended: Failed
    "#]],
    );
}

#[test]
fn nothing_is_decided_before_the_first_event_or_after_the_last() {
    assert!(mission::decide(&mission::State::default(), 0).is_empty());
    let mut mission = Mission::with(policy(), "a: a");
    mission.tell(Event::Ended { outcome: Outcome::Done, at_ms: 1 });
    check(&mut mission, expect![[""]]);
}

#[test]
fn the_longest_remaining_path_starts_first_and_no_more_than_parallel() {
    let mut mission = Mission::with(policy(), "short: a\nother: b\nlong: c\nnext: d; long\nlast: e; next");
    check(
        &mut mission,
        expect![[r#"
        work:long:1:0
        work:short:1:0
    "#]],
    );
    mission.start("long");
    check(
        &mut mission,
        expect![[r#"
        work:long:1:0
        work:short:1:0
    "#]],
    );
    mission.start("short");
    check(
        &mut mission,
        expect![[r#"
        work:long:1:0
        work:short:1:0
    "#]],
    );
    mission.submit("long");
    mission.pass("long");
    check(
        &mut mission,
        expect![[r#"
        work:short:1:0
        work:other:1:0
        integrate long
    "#]],
    );
}

#[test]
fn a_policy_of_nothing_at_once_still_goes_on() {
    let mut mission = Mission::with(Policy { parallel: 0, host_failures: 0, ..policy() }, "a: a\nb: b");
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
}

#[test]
fn what_is_submitted_waits_for_the_base_to_be_checked() {
    let mut mission = Mission::new(policy());
    let base = Event::BaseTaken { commit: "c".into(), tree: "t".into(), changed: vec![], left_out: vec![] };
    mission.tell(base);
    mission.plan(None, "a: a");
    mission.start("a");
    mission.submit("a");
    check(
        &mut mission,
        expect![[r#"
        check-base
    "#]],
    );
    mission.tell(Event::BaseChecked { checks: vec![], setup: vec![], ended_by: None, refused: vec![] });
    check(
        &mut mission,
        expect![[r#"
        judge:a:1:0
    "#]],
    );
}

#[test]
fn a_group_is_built_upon_itself_and_is_integrated_as_a_whole() {
    let mut mission = Mission::with(policy(), "a: a; ; g\nb: b; a; g\nc: c; a");
    mission.start("a");
    mission.submit("a");
    mission.pass("a");
    // `b` continues from the change of `a` and may edit the same file; `c` waits until both are
    // integrated
    check(
        &mut mission,
        expect![[r#"
        work:b:1:0
    "#]],
    );
    assert!(mission.state.holder("a", "b").is_none() && mission.state.holder("a", "c").is_some());
    mission.start("b");
    mission.submit("b");
    mission.pass("b");
    check(
        &mut mission,
        expect![[r#"
        integrate a b
    "#]],
    );
    mission.integrate(&["a", "b"]);
    check(
        &mut mission,
        expect![[r#"
        work:c:1:0
    "#]],
    );
}

#[test]
fn a_group_with_a_compound_task_waits_for_its_parts() {
    let mut mission = Mission::with(policy(), "x: x; ; g\n+c: c; ; g\ny: y; c; g");
    mission.start("x");
    mission.submit("x");
    mission.pass("x");
    check(
        &mut mission,
        expect![[r#"
        plan:c
    "#]],
    );
    mission.plan(Some("c"), "p: p");
    mission.start("p");
    mission.submit("p");
    mission.pass("p");
    check(
        &mut mission,
        expect![[r#"
        work:y:1:0
    "#]],
    );
    mission.start("y");
    mission.submit("y");
    mission.pass("y");
    check(
        &mut mission,
        expect![[r#"
        integrate x y p
    "#]],
    );
    mission.integrate(&["x", "p", "y"]);
    check(
        &mut mission,
        expect![[r#"
            review-objective
        "#]],
    );
}

#[test]
fn a_compound_task_is_planned_when_due_and_is_integrated_with_its_parts() {
    let mut mission = Mission::with(policy(), "a: a\n+c: c; a\nd: d; c");
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.integrate_one("a");
    check(
        &mut mission,
        expect![[r#"
        plan:c
    "#]],
    );
    mission.plan(Some("c"), "p: p\nq: q; p");
    check(
        &mut mission,
        expect![[r#"
        work:p:1:0
    "#]],
    );
    mission.integrate_one("p");
    mission.integrate_one("q");
    assert!(matches!(mission.state.tasks["c"].phase, Phase::Integrated { .. }));
    check(
        &mut mission,
        expect![[r#"
        work:d:1:0
    "#]],
    );
}

#[test]
fn compound_tasks_nest_four_deep_and_land_from_within() {
    let mut mission = Mission::with(policy(), "+p1: a");
    for depth in 1..=3 {
        let (above, id) = (format!("p{depth}"), format!("p{}", depth + 1));
        assert_eq!(mission.record_policy(), format!("plan:{above}\n"));
        let mark = if depth < 3 { "+" } else { "" };
        mission.plan(Some(&above), &format!("{mark}{id}: a"));
    }
    assert_eq!(mission.state.tasks["p4"].depth, 3);
    mission.integrate_one("p4");
    assert!(mission.state.tasks.values().all(|t| matches!(t.phase, Phase::Integrated { .. })));
    // Plans nest four deep, so a task that fails there is not split
    let splits = Policy { splits: 3, fixes: 0, fresh: 0, ..policy() };
    let mut mission = Mission::with(splits, "+p1: a");
    for (above, plan) in [("p1", "+p2: a"), ("p2", "+p3: a"), ("p3", "p4: a")] {
        mission.plan(Some(above), plan);
    }
    mission.start("p4");
    mission.fail("p4", FailureClass::Test);
    assert!(mission.record_policy().starts_with("recorded: p4 abandoned"));
}

#[test]
fn a_compound_task_without_a_plan_is_abandoned() {
    let mut mission = Mission::with(policy(), "+c: c\nd: d; c\ne: e");
    for _ in 0..2 {
        let (class, reason) = (FailureClass::Malformed, "a circle".to_string());
        mission.tell(Event::PlanFailed { class, reason, parent: Some("c".into()) });
    }
    check(
        &mut mission,
        expect![[r#"
            recorded: c abandoned: no plan for it in 2 attempts, the last one failed (malformed): a circle [plan]
            recorded: d cancelled: it depends on `c`, which was not integrated
            work:e:1:0
        "#]],
    );
}

#[test]
fn plans_made_side_by_side_may_choose_the_same_names() {
    let mut mission = Mission::with(Policy { parallel: 9, ..policy() }, "+c: c\n+d: d");
    mission.plan(Some("c"), "tests: t; ; g\ncode: c; tests; g");
    mission.plan(Some("d"), "tests: t2; ; g\nmore: m; tests; g");
    let of = |parent: &str| {
        let parts = mission.state.tasks.values().filter(|t| t.parent.as_deref() == Some(parent));
        parts.map(|t| format!("{} {:?} {:?}", t.id, t.depends_on, t.group)).collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        code {"tests"} Some("c/g")
        tests {} Some("c/g")
        more {"tests-2"} Some("d/g")
        tests-2 {} Some("d/g")"#]]
    .assert_eq(&format!("{}\n{}", of("c"), of("d")));
    assert_eq!(mission.state.notes, ["`tests` is called `tests-2`: the mission has a task of that name"]);
}

#[test]
fn a_plan_that_comes_too_late_changes_nothing() {
    let mut mission = Mission::with(policy(), "+c: c; ; g\nd: d; ; g");
    mission.tell(Event::TaskAbandoned { task: "d".into(), reason: "x".into() });
    mission.record_policy();
    let before = mission.state.clone();
    mission.plan(Some("c"), "p: p");
    mission.plan(None, "q: q");
    assert_eq!(mission.state, before);
}

#[test]
fn tokens_and_money_pause_and_a_higher_limit_goes_on() {
    let limits = Policy { tokens: Some(100), cost_usd: Some(1.0), ..policy() };
    let mut mission = Mission::with(limits.clone(), "a: a");
    let spend = |input, cost_usd| Event::RoleSpent {
        role: Role::Coder,
        task: Some("a".into()),
        tokens: Tokens { input, ..Tokens::default() },
        cost_usd,
        estimated: false,
        requests: 1,
        paged: 0,
    };
    mission.tell(spend(99, 0.5));
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.tell(spend(1, f64::NAN));
    check(
        &mut mission,
        expect![[r#"
        recorded: paused: budget reached: 100 of 100 tokens are used
    "#]],
    );
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        recorded: paused: budget reached: 100 of 100 tokens are used
    "#]],
    );
    let more = Policy { tokens: Some(1_000), ..limits };
    mission.tell(Event::Resumed { at_ms: 7_000, policy: Some(more) });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.tell(spend(1, 0.5));
    check(
        &mut mission,
        expect![[r#"
        recorded: paused: budget reached: $1.00 of $1.00 are spent
    "#]],
    );
}

#[test]
fn what_is_finished_is_delivered_whatever_it_cost() {
    let mut mission = Mission::with(Policy { tokens: Some(1), ..policy() }, "a: a");
    mission.integrate_one("a");
    let tokens = Tokens { output: 5, ..Tokens::default() };
    mission.tell(Event::RoleSpent {
        role: Role::Reviewer,
        task: None,
        tokens,
        cost_usd: 0.0,
        estimated: false,
        requests: 1,
        paged: 0,
    });
    check(
        &mut mission,
        expect![[r#"
            recorded: reviewed: 1 met, 0 not
            deliver
        "#]],
    );
    mission.tell(Event::Delivered {
        files: 1,
        branch: None,
        note: None,
        changed: Default::default(),
        torn: Vec::new(),
    });
    check(
        &mut mission,
        expect![[r#"
        recorded: ended: Done
    "#]],
    );
}

#[test]
fn a_plan_waits_for_approval_where_the_user_wants_it() {
    let mut mission = Mission::with(Policy { approve_plan: true, ..policy() }, "a: a");
    check(
        &mut mission,
        expect![[r#"
        recorded: paused: the plan waits for approval
    "#]],
    );
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
}

#[test]
fn a_mission_that_nobody_paused_ran_until_its_last_event() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.integrate_one("a");
    assert_eq!(mission.state.seen_ms, 4_000);
    mission.tell(Event::Resumed { at_ms: 90_000, policy: None });
    assert_eq!(mission.state.elapsed_ms(91_000), 4_000);
}

#[test]
fn a_delivery_that_failed_halfway_is_ended_before_another_begins() {
    let fails = |torn: &[&str]| {
        let mut mission = Mission::with(policy(), "a: a");
        mission.integrate_one("a");
        mission.record_policy();
        let delivery = serde_json::json!({ "files": 2 });
        let intended = Event::DeliveryIntended { delivery, verified: true, torn: vec!["old".into()] };
        mission.tell(intended);
        let torn = torn.iter().map(|path| path.to_string()).collect();
        mission.tell(Event::DeliveryFailed { reason: "the disk is full".into(), torn });
        mission.record_policy();
        mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
        mission.state.delivery.clone()
    };
    let delivery = serde_json::json!({ "files": 2 });
    let intended = Delivery::Intended { delivery, verified: true, torn: vec!["old".into()] };
    assert_eq!(fails(&["old", "a.ts"]), intended);
    assert_eq!(fails(&[]), Delivery::Pending);
}

#[test]
fn missions_end_as_they_went() {
    let after_delivery = |delivery: Event| {
        let mut mission = Mission::with(policy(), "a: a");
        mission.integrate_one("a");
        mission.record_policy();
        mission.tell(delivery);
        mission.record_policy()
    };
    expect![[r#"
        recorded: ended: Done
    "#]]
    .assert_eq(&after_delivery(Event::Delivered {
        files: 1,
        branch: None,
        note: None,
        changed: Default::default(),
        torn: Vec::new(),
    }));
    expect![[r#"
        recorded: paused: the finished change was not delivered: read-only
    "#]]
    .assert_eq(&after_delivery(Event::DeliveryFailed { reason: "read-only".into(), torn: Vec::new() }));
    let mut mission = Mission::with(Policy { fresh: 0, ..policy() }, "a: a\nb: b");
    mission.integrate_one("a");
    mission.start("b");
    mission.fail("b", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
            recorded: b abandoned: 1 attempt, the last one failed (timeout): wrong [test]
            review-objective
        "#]],
    );
    mission.tell(Event::Delivered {
        files: 1,
        branch: None,
        note: None,
        changed: Default::default(),
        torn: Vec::new(),
    });
    check(
        &mut mission,
        expect![[r#"
        recorded: ended: Incomplete
    "#]],
    );
    let mut mission = Mission::with(Policy { fresh: 0, ..policy() }, "b: b");
    mission.start("b");
    mission.fail("b", FailureClass::Timeout);
    check(
        &mut mission,
        expect![[r#"
            recorded: b abandoned: 1 attempt, the last one failed (timeout): wrong [test]
            recorded: ended: Failed
        "#]],
    );
}

#[test]
fn coders_side_by_side_take_a_slot_each_until_one_of_them_is_chosen() {
    let policy = Policy { parallel: 4, candidates: 3, ..Policy::default() };
    let mut mission = Mission::with(policy, "a: a\nb: b");
    // Only one of the two starts, because each needs three slots
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.start("a");
    assert_eq!(mission.state.slots(), 3);
    check(
        &mut mission,
        expect![[r#"
        work:a:1:0
    "#]],
    );
    mission.submit("a");
    assert_eq!(mission.state.slots(), 1);
    check(
        &mut mission,
        expect![[r#"
        judge:a:1:0
        work:b:1:0
    "#]],
    );
    // Never more Coders than slots
    let policy = Policy { parallel: 2, candidates: 8, ..Policy::default() };
    let mission = Mission::with(policy, "a: a");
    assert_eq!(mission.state.candidates(), 2);
}

#[test]
fn only_a_task_that_the_engine_made_is_without_a_plan() {
    let mission = Mission::with(policy(), "objective: a.js");
    assert!(!mission.state.tasks["objective"].is_without_plan(), "a Planner may call a task so");

    let mut mission = Mission::briefed(policy());
    let files = vec![BriefFile { path: "a.js".into(), why: "it is there".into() }];
    mission.tell(Event::BriefAccepted { brief: mission::mailbox::Brief { files, ..brief() } });
    for _ in 0..2 {
        let (class, reason) = (FailureClass::Malformed, "prose".into());
        mission.tell(Event::PlanFailed { class, reason, parent: None });
    }
    let Some(Effect::Record(event)) = decide(&mission.state, 5).pop() else { panic!("no plan is made") };
    mission.tell(event);
    assert!(mission.state.tasks["objective"].is_without_plan());
}
