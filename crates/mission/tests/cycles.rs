//! The end of a cycle: the review of the whole, the plan for what is missing, and when to stop.

mod support;

use expect_test::{Expect, expect};
use mission::mailbox::{Plan, PlannedDependency};
use mission::{Event, FailureClass, Outcome, Policy, Role, Stage, Tokens, TrackRecord};
use support::Mission;

fn check(mission: &mut Mission, expected: Expect) {
    expected.assert_eq(&mission.record_policy());
}

fn policy() -> Policy {
    Policy {
        parallel: 4,
        fixes: 0,
        fresh: 0,
        host_failures: 3,
        splits: 0,
        max_cycles: 3,
        ..Policy::default()
    }
}

/// A plan with its own acceptance items, beside those of its tasks.
fn planned(text: &str, items: &[&str]) -> Mission {
    let mut mission = Mission::briefed(policy());
    let acceptance = items.iter().map(|item| item.to_string()).collect();
    mission.tell(Event::PlanAccepted {
        plan: Plan { acceptance, ..support::plan(text) },
        notes: vec![],
        parent: None,
    });
    mission.estimated();
    mission
}

fn integrate_tree(mission: &mut Mission, task: &str, tree: &str) {
    mission.start(task);
    mission.submit(task);
    mission.pass(task);
    mission.tell(Event::Integrated {
        tasks: vec![task.into()],
        commit: format!("head-{tree}"),
        tree: tree.into(),
        checks: vec![],
        at_ms: 4_000,
    });
}

/// A single task that is integrated after a gate rejected it and it was fixed.
fn integrated_when_fixed() -> Mission {
    let mut mission = planned("a: a", &["it is done"]);
    mission.start("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    mission.fix("a");
    mission.submit("a");
    mission.pass("a");
    mission.integrate(&["a"]);
    mission
}

fn delivered(mission: &mut Mission) -> Option<Outcome> {
    mission.tell(Event::Delivered {
        files: 1,
        branch: None,
        note: None,
        changed: Default::default(),
        torn: Vec::new(),
    });
    mission.record_policy();
    mission.state.outcome
}

#[test]
fn the_estimate_comes_before_the_first_task_and_before_the_question_whether_to_begin() {
    let mut mission = Mission::briefed(Policy { approve_plan: true, ..policy() });
    let plan = support::plan("a: a\nb: b");
    mission.tell(Event::PlanAccepted { plan, notes: vec![], parent: None });
    check(
        &mut mission,
        expect![[r#"
            estimate
        "#]],
    );
    mission.estimated();
    check(
        &mut mission,
        expect![[r#"
            recorded: paused: the plan waits for approval
        "#]],
    );
}

/// A journal from before estimates existed, resumed in the middle.
#[test]
fn what_has_begun_is_not_estimated_any_more() {
    let mut mission = planned("a: a\nb: b", &[]);
    mission.start("a");
    mission.state.estimate = None;
    check(
        &mut mission,
        expect![[r#"
            work:a:1:0
            work:b:1:0
        "#]],
    );
}

#[test]
fn a_mission_of_one_task_is_reviewed_once() {
    let mut mission = planned("a: a", &["it is done", "callers use it"]);
    assert_eq!(mission.state.tasks["a"].acceptance, ["it is done", "callers use it"], "judged at once");
    mission.integrate_one("a");
    check(
        &mut mission,
        expect![[r#"
            recorded: reviewed: 2 met, 0 not
            deliver
        "#]],
    );
    assert_eq!(delivered(&mut mission), Some(Outcome::Done));
}

#[test]
fn a_mission_of_one_task_in_which_something_was_rejected_is_reviewed_as_a_whole() {
    let mut mission = integrated_when_fixed();
    assert_eq!(mission.record_policy(), "review-objective\n");
    mission.review(&[]);
    assert_eq!(delivered(&mut mission), Some(Outcome::Done));
}

#[test]
fn of_one_task_its_reviewers_verdict_counts_where_the_review_of_the_whole_fails() {
    let mut mission = integrated_when_fixed();
    for _ in 0..2 {
        assert_eq!(mission.record_policy(), "review-objective\n");
        mission.tell(Event::ObjectiveReviewFailed { class: FailureClass::Malformed, reason: "prose".into() });
    }
    check(
        &mut mission,
        expect![[r#"
            recorded: reviewed: 1 met, 0 not
            deliver
        "#]],
    );
    assert_eq!(delivered(&mut mission), Some(Outcome::Done));
}

#[test]
fn what_nothing_was_changed_for_is_not_counted_as_integrated() {
    let mission = answered();
    let integrated = mission.state.tasks.values().filter(|t| !t.unchanged).count();
    assert!(mission.state.tasks.values().any(|t| t.unchanged));
    assert_eq!(mission.state.track_record().integrated, integrated);
}

#[test]
fn another_tree_than_the_one_that_was_reviewed_is_reviewed() {
    let mut mission = planned("a: a", &[]);
    integrate_tree(&mut mission, "a", "merged");
    assert_eq!(mission.record_policy(), "review-objective\n");
    assert_eq!(mission.state.stage(), Stage::Reviewing);
}

#[test]
fn what_is_not_met_is_the_next_plan_and_its_tasks_do_it() {
    let mut mission = planned("a: a\nb: b", &["a is there", "b is used"]);
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    assert_eq!(mission.record_policy(), "review-objective\n");
    mission.review(&["b is used"]);
    check(
        &mut mission,
        expect![[r#"
            recorded: cycle 2 for b is used (seen)
            plan:
        "#]],
    );
    assert_eq!(mission.state.stage(), Stage::Planning);
    mission.plan(None, "a: c; ; g\nd: d; a; g");
    // The new plan gets its own ids and groups
    assert!(
        mission.state.tasks["a-2"].group.as_deref() == Some("2/g") && mission.state.tasks["a-2"].cycle == 2
    );
    check(
        &mut mission,
        expect![[r#"
            work:a-2:1:0
        "#]],
    );
    for task in ["a-2", "d"] {
        mission.start(task);
        mission.submit(task);
        mission.pass(task);
    }
    mission.tell(Event::Integrated {
        tasks: vec!["a-2".into(), "d".into()],
        commit: "head-3".into(),
        tree: "t3".into(),
        checks: vec![],
        at_ms: 5_000,
    });
    assert_eq!(mission.record_policy(), "review-objective\n");
    assert_eq!(mission.state.objective_items(), ["a is there", "b is used"]);
    mission.review(&[]);
    assert_eq!(mission.record_policy(), "deliver\n");
    assert_eq!(delivered(&mut mission), Some(Outcome::Done));
}

#[test]
fn a_cycle_that_brings_nothing_is_the_last_one() {
    let mut mission = planned("a: a", &["x", "y"]);
    integrate_tree(&mut mission, "a", "t1");
    mission.record_policy();
    mission.review(&["x", "y"]);
    mission.record_policy();
    mission.plan(None, "b: b");
    integrate_tree(&mut mission, "b", "t2");
    mission.record_policy();
    // Something was integrated, but every missing item is still missing
    mission.review(&["x", "y"]);
    check(
        &mut mission,
        expect![[r#"
            deliver
        "#]],
    );
    assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete));
    let missing: Vec<_> = mission.state.missing().into_iter().map(|m| m.item).collect();
    assert_eq!(missing, ["x", "y"]);
}

/// A Coder answers that an item which a review misses is already met, and changes nothing.
fn answered() -> Mission {
    let mut mission = planned("a: a\nb: b", &["x", "y"]);
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    mission.record_policy();
    mission.review(&["y"]);
    mission.record_policy();
    mission.plan(None, "c: b");
    mission.start("c");
    mission.submit_unchanged("c");
    mission.pass("c");
    mission.tell(Event::Integrated {
        tasks: vec!["c".into()],
        commit: "head-t2".into(),
        tree: "t2".into(),
        checks: vec![],
        at_ms: 4_000,
    });
    mission
}

#[test]
fn what_is_said_to_hold_already_is_reviewed_once_more_on_the_same_tree() {
    let mut mission = answered();
    assert_eq!(mission.record_policy(), "review-objective\n");
    mission.review(&[]);
    assert_eq!(mission.record_policy(), "deliver\n");
    assert_eq!(delivered(&mut mission), Some(Outcome::Done));
}

#[test]
fn what_reviewers_miss_again_on_the_same_tree_is_no_progress() {
    let mut mission = answered();
    mission.record_policy();
    mission.review(&["y"]);
    assert_eq!(mission.record_policy(), "deliver\n", "a third plan would be for the same");
    assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete));
}

#[test]
fn every_submission_that_was_rejected_is_counted_and_the_hosts_failures_are_not() {
    let mut mission = Mission::with(Policy { fixes: 2, ..policy() }, "a: a");
    mission.start("a");
    mission.fail("a", FailureClass::Host);
    mission.start("a");
    mission.submit("a");
    mission.fail("a", FailureClass::Test);
    mission.fix("a");
    mission.fail("a", FailureClass::Review);
    assert_eq!(mission.state.track_record(), TrackRecord { rejected: 2, integrated: 0 });
}

#[test]
fn a_cycle_that_brings_something_is_followed_by_another_up_to_the_limit() {
    let mut mission = planned("a: a\nz: z", &["x", "y", "z"]);
    integrate_tree(&mut mission, "a", "t0");
    integrate_tree(&mut mission, "z", "t1");
    for (cycle, unmet) in [(1, &["x", "y", "z"][..]), (2, &["y", "z"]), (3, &["z"])] {
        assert_eq!(mission.record_policy(), "review-objective\n");
        mission.review(unmet);
        let due = mission.record_policy();
        if cycle == 3 {
            assert_eq!(due, "deliver\n", "three plans are enough");
            break;
        }
        assert!(due.ends_with("plan:\n"), "{due}");
        let id = format!("n{cycle}");
        mission.plan(None, &format!("{id}: {id}"));
        integrate_tree(&mut mission, &id, &format!("t{}", cycle + 1));
    }
    assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete));
}

#[test]
fn what_was_lost_is_planned_again_and_asked_for_at_the_end() {
    let mut mission = planned("a: a\nb: b\nc: c; b", &["all of it"]);
    integrate_tree(&mut mission, "a", "t1");
    mission.start("b");
    mission.fail("b", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
            recorded: b plan again: test: wrong [test]; this was plan 1 of at most 3
            recorded: c cancelled: it depends on `b`, which was not integrated
            review-objective
        "#]],
    );
    mission.review(&[]);
    // A review that does not object does not make a lost task integrated
    check(
        &mut mission,
        expect![[r#"
            recorded: cycle 2 for it is done (task `b` (a task) was not integrated: left to the next plan: test: wrong [test]; this was plan 1 of at most 3)
            plan:
        "#]],
    );
    mission.plan(None, "d: d");
    integrate_tree(&mut mission, "d", "t2");
    mission.record_policy();
    assert_eq!(mission.state.objective_items(), ["all of it", "it is done"]);
    mission.review(&[]);
    mission.record_policy();
    assert_eq!(delivered(&mut mission), Some(Outcome::Done), "another task did it");
}

#[test]
fn the_last_plan_abandons_what_it_cannot_do() {
    let mut mission = planned("a: a", &[]);
    mission.start("a");
    mission.fail("a", FailureClass::Test);
    // Nothing was integrated, but the plan may be at fault
    assert!(mission.record_policy().ends_with("plan:\n"));
    mission.plan(None, "b: b");
    mission.start("b");
    mission.fail("b", FailureClass::Test);
    check(
        &mut mission,
        expect![[r#"
            recorded: b plan again: test: wrong [test]; this was plan 2 of at most 3
            recorded: ended: Failed
        "#]],
    );
}

#[test]
fn a_conflict_in_the_same_files_is_left_to_another_plan_at_once() {
    let mut mission = Mission::with(Policy { fixes: 0, fresh: 5, ..policy() }, "a: a\nb: b");
    let conflict = |mission: &mut Mission| {
        mission.start("a");
        let issue = mission::Issue::new("merge", "both").at("src/a.js", None);
        let (task, class) = ("a".to_string(), FailureClass::Conflict);
        mission.tell(Event::AttemptFailed { task, class, issues: vec![issue] });
        mission.record_policy()
    };
    assert!(conflict(&mut mission).starts_with("recorded: a fresh attempt"));
    assert!(conflict(&mut mission).starts_with("recorded: a plan again: conflict"));
}

#[test]
fn without_a_second_plan_what_is_integrated_is_delivered() {
    let mut mission = planned("a: a\nb: b", &["x"]);
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    mission.record_policy();
    mission.review(&["x"]);
    mission.record_policy();
    for _ in 0..2 {
        let (class, reason) = (FailureClass::Malformed, "a circle".to_string());
        mission.tell(Event::PlanFailed { class, reason, parent: None });
    }
    assert_eq!(mission.record_policy(), "deliver\n");
    assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete));
}

#[test]
fn a_review_that_cannot_be_made_keeps_nothing_back_and_is_told() {
    let mut mission = planned("a: a\nb: b", &[]);
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    let failed = |class| Event::ObjectiveReviewFailed { class, reason: "prose".into() };
    mission.tell(failed(FailureClass::Host));
    assert_eq!(mission.record_policy(), "review-objective\n");
    for _ in 0..2 {
        mission.tell(failed(FailureClass::Malformed));
    }
    assert_eq!(mission.record_policy(), "deliver\n");
    assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete), "nobody has seen the whole");
    let mut down = planned("a: a\nb: b", &[]);
    integrate_tree(&mut down, "a", "t1");
    integrate_tree(&mut down, "b", "t2");
    for _ in 0..3 {
        down.tell(failed(FailureClass::Host));
    }
    assert_eq!(
        down.record_policy(),
        "recorded: paused: OpenCode could not continue: prose (3 times in a row)\n"
    );
    down.tell(Event::Resumed { at_ms: 9_000, policy: None });
    assert_eq!(down.record_policy(), "review-objective\n");
}

#[test]
fn a_budget_that_is_reached_ends_cycles_and_keeps_nothing_back() {
    for policy in [Policy { calls: Some(1), ..policy() }, Policy { tokens: Some(10), ..policy() }] {
        let mut mission = planned("a: a\nb: b", &["x"]);
        integrate_tree(&mut mission, "a", "t1");
        integrate_tree(&mut mission, "b", "t2");
        let (role, task) = (Role::Reviewer, None);
        let tokens = Tokens { output: 20, ..Tokens::default() };
        mission.tell(Event::RoleAsked {
            role,
            task: task.clone(),
            attempt: 1,
            at_ms: 5_000,
            draw: 1,
            model: None,
            session: None,
            worker: None,
        });
        mission.tell(Event::RoleSpent {
            role,
            task,
            tokens,
            cost_usd: 0.0,
            estimated: false,
            requests: 1,
            paged: 0,
        });
        mission.tell(Event::Resumed { at_ms: 5_500, policy: Some(policy) });
        assert_eq!(mission.record_policy(), "deliver\n", "it is not reviewed");
        mission.review(&["x"]);
        assert_eq!(mission.record_policy(), "deliver\n", "and no plan is made for what is missing");
        assert_eq!(delivered(&mut mission), Some(Outcome::Incomplete));
    }
}

#[test]
fn what_is_being_delivered_is_ended_before_more_is_planned() {
    let mut mission = planned("a: a\nb: b", &["x"]);
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    mission.record_policy();
    mission.review(&["x"]);
    assert!(mission.record_policy().contains("plan"), "the next cycle has begun");
    let tokens = Tokens { output: 20, ..Tokens::default() };
    mission.tell(Event::RoleSpent {
        role: Role::Reviewer,
        task: None,
        tokens,
        cost_usd: 0.0,
        estimated: false,
        requests: 1,
        paged: 0,
    });
    mission.tell(Event::Resumed { at_ms: 5_500, policy: Some(Policy { tokens: Some(10), ..policy() }) });
    assert_eq!(mission.record_policy(), "deliver\n", "its plan is not paid for");
    let delivery = serde_json::json!({ "files": 1 });
    mission.tell(Event::DeliveryIntended { delivery, verified: true, torn: Vec::new() });
    mission.tell(Event::Resumed { at_ms: 6_000, policy: Some(policy()) });
    assert_eq!(
        mission.record_policy(),
        "deliver\n",
        "there is a budget now, and a delivery that was interrupted"
    );
}

/// A later plan has its own needs.
#[test]
fn packages_of_a_later_plan_are_added_and_dropped_by_themselves() {
    let package = |name: &str| PlannedDependency {
        manager: "npm".into(),
        name: name.into(),
        why: "it is needed".into(),
        ..PlannedDependency::default()
    };
    let with = |text: &str, name: &str| Event::PlanAccepted {
        plan: Plan { dependencies: vec![package(name)], ..support::plan(text) },
        notes: vec![],
        parent: None,
    };
    let added = |name: &str, tree: &str| Event::PackagesAdded {
        parent: None,
        packages: vec![package(name)],
        files: vec![],
        commit: format!("with-{name}"),
        tree: tree.into(),
        checks: vec![],
    };
    let mut mission = Mission::briefed(Policy { dependencies: mission::NewDependencies::Allow, ..policy() });
    mission.tell(with("a: a\nb: b", "first"));
    mission.estimated();
    assert_eq!(mission.record_policy(), "packages:\n");
    mission.tell(added("first", "t0"));
    integrate_tree(&mut mission, "a", "t1");
    integrate_tree(&mut mission, "b", "t2");
    mission.record_policy();
    let item = mission.state.objective_items().remove(0);
    mission.review(&[&item]);
    mission.record_policy();
    mission.tell(with("c: c", "second"));
    assert_eq!(mission.record_policy(), "packages:\n");
    mission.tell(Event::PackagesFailed { parent: None, reason: "they conflict".into() });
    assert_eq!(mission.record_policy(), "plan:\n", "only the newest plan is made again");
    assert_eq!(mission.state.tasks.len(), 2);
    mission.tell(with("c: c", "third"));
    mission.tell(added("third", "t3"));
    assert_eq!(mission.record_policy(), "work:c:1:0\n");
    let names: Vec<_> =
        mission.state.needs.iter().flat_map(|n| &n.packages).map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["first", "third"]);
}
