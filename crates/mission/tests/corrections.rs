//! The user's corrections of a running mission, and what follows from them.

#![allow(clippy::unwrap_used)] // Helpers of tests too

mod support;

use mission::mailbox::{Plan, PlannedTask};
use mission::{
    Effect, Event, FailureClass, MAX_CORRECTIONS, NewDependencies, PauseReason, Phase, Policy, State, decide,
};
use support::{Mission, plan};

fn due(state: &State) -> Vec<String> {
    let key = |effect: Effect| match effect {
        Effect::Record(Event::Paused { reason, .. }) => format!("paused: {reason}"),
        Effect::Record(event) => format!("{event:?}"),
        effect => effect.key().map(|key| key.to_string()).unwrap_or_default(),
    };
    decide(state, 5_000).into_iter().map(key).collect()
}

fn say(mission: &mut Mission, text: &str) {
    let event = mission.state.correction(text, 3_000).unwrap();
    mission.tell(event);
}

fn amended(mission: &mut Mission, plan: Plan) {
    let told = mission.state.corrections.len() as u32;
    mission.tell(Event::PlanAmended { plan, notes: vec![], told });
}

fn policy() -> Policy {
    Policy { parallel: 1, dependencies: NewDependencies::Allow, ..Policy::default() }
}

#[test]
fn what_has_not_started_is_planned_again_and_what_runs_is_told() {
    let mut mission = Mission::with(policy(), "a: a.js\nb: b.js\nc: c.js; b");
    mission.start("a");
    say(&mut mission, "No c, and call b `bee`");
    assert_eq!(mission.state.tasks["a"].corrections, ["No c, and call b `bee`"]);
    assert_eq!(due(&mission.state), ["work:a:1:0", "amend"], "b waits for the Planner");
    amended(&mut mission, plan("bee: bee.js"));
    assert_eq!(mission.state.amendments, ["added `bee`; dropped `b`, `c`"]);
    assert_eq!(mission.state.order.iter().collect::<Vec<_>>(), ["a", "bee"]);
    assert_eq!(mission.state.tasks["bee"].corrections.len(), 1, "its coder hears the user's own words");
    assert_eq!(due(&mission.state), ["work:a:1:0"]);
    assert_eq!(State::fold(&mission.events), mission.state, "a replay says the same");
}

#[test]
fn nothing_starts_under_the_old_plan_while_the_planner_is_asked() {
    let mut mission = Mission::with(policy(), "a: a.js\nb: b.js");
    say(&mut mission, "b: write it in TypeScript");
    assert_eq!(due(&mission.state), ["amend"]);
    let kept = |class| Event::PlanKept { class, reason: "prose".into(), told: 1 };
    mission.tell(kept(FailureClass::Malformed));
    assert_eq!(due(&mission.state), ["amend"], "asked once more");
    mission.tell(kept(FailureClass::Malformed));
    assert_eq!(due(&mission.state), ["work:a:1:0"], "then the plan stays, and the coder is told");
    assert_eq!(mission.state.tasks["b"].corrections, ["write it in TypeScript"]);
    assert!(mission.state.tasks["a"].corrections.is_empty(), "the text named one task");
}

#[test]
fn a_task_that_began_meanwhile_is_not_replaced() {
    let mut mission = Mission::with(policy(), "a: a.js\nb: b.js; a");
    say(&mut mission, "otherwise");
    mission.start("a");
    amended(&mut mission, plan("a: other.js\nb: bee.js; a"));
    let tasks = &mission.state.tasks;
    assert!(tasks["a"].scope.contains("a.js") && tasks["a"].phase == Phase::Working);
    assert!(tasks["b"].scope.contains("bee.js") && tasks["b"].depends_on.contains("a"));
    assert_eq!(mission.state.amendments, ["changed `b`"]);
}

#[test]
fn parts_that_come_late_are_not_those_of_a_task_that_has_none_any_more() {
    let mut large = plan("a: a.js");
    large.tasks[0].compound = true;
    let mut mission = Mission::briefed(policy());
    mission.tell(Event::PlanAccepted { plan: large, notes: vec![], parent: None });
    say(&mut mission, "one file is enough");
    amended(&mut mission, plan("a: a.js"));
    mission.plan(Some("a"), "part: part.js");
    assert_eq!(mission.state.order.iter().collect::<Vec<_>>(), ["a"], "it was planned before the correction");
}

#[test]
fn an_unapproved_plan_is_changed_and_shown_again() {
    let policy = Policy { approve_plan: true, ..policy() };
    let mut mission = Mission::with(policy, "a: a.js\nb: b.js");
    assert_eq!(due(&mission.state), ["paused: the plan waits for approval"]);
    mission.tell(Event::Paused { reason: PauseReason::Approval, at_ms: 2_000 });
    say(&mut mission, "one task is enough");
    mission.tell(Event::Resumed { at_ms: 4_000, policy: None });
    assert_eq!(due(&mission.state), ["amend"], "a comment is no agreement");
    amended(&mut mission, plan("a: a.js b.js"));
    assert_eq!(due(&mission.state), ["paused: the plan waits for approval"]);
    mission.tell(Event::Paused { reason: PauseReason::Approval, at_ms: 5_000 });
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    assert_eq!(due(&mission.state), ["work:a:1:0"]);
}

#[test]
fn a_changed_plan_is_approved_like_the_first_and_interrupts_no_work() {
    let ask = Policy { approve_plan: true, ..policy() };
    let mut mission = Mission::with(ask, "a: a.js\nb: b.js\nc: c.js; b");
    mission.tell(Event::Paused { reason: PauseReason::Approval, at_ms: 2_000 });
    mission.tell(Event::Resumed { at_ms: 3_000, policy: None });
    mission.start("a");
    say(&mut mission, "b: write it in TypeScript");
    amended(&mut mission, plan("b: b.ts\nc: c.js; b"));
    assert_eq!(due(&mission.state), ["work:a:1:0"], "what runs goes on");
    mission.integrate_one("a");
    assert_eq!(due(&mission.state), ["paused: the plan waits for approval"], "b and c wait");
    mission.tell(Event::Paused { reason: PauseReason::Stopped("you".into()), at_ms: 5_000 });
    mission.tell(Event::Resumed { at_ms: 6_000, policy: None });
    assert_eq!(due(&mission.state), ["paused: the plan waits for approval"], "a stop is no question");
    mission.tell(Event::Paused { reason: PauseReason::Approval, at_ms: 7_000 });
    mission.tell(Event::Resumed { at_ms: 8_000, policy: None });
    assert_eq!(due(&mission.state), ["work:b:1:0"]);
    assert_eq!(State::fold(&mission.events), mission.state, "a replay says the same");
}

#[test]
fn a_plan_that_stays_as_it_is_needs_no_second_approval_and_one_that_ends_early_does() {
    let begun = |text: &str| {
        let ask = Policy { approve_plan: true, ..policy() };
        let mut mission = Mission::with(ask, text);
        mission.tell(Event::Paused { reason: PauseReason::Approval, at_ms: 2_000 });
        mission.tell(Event::Resumed { at_ms: 3_000, policy: None });
        mission.start("a");
        say(&mut mission, "keep it short");
        mission
    };
    let mut same = begun("a: a.js\nb: b.js");
    amended(&mut same, plan("b: b.js"));
    same.integrate_one("a");
    assert_eq!(due(&same.state), ["work:b:1:0"]);
    let mut fewer = begun("a: a.js\nb: b.js");
    amended(&mut fewer, Plan::default());
    fewer.integrate_one("a");
    assert_eq!(due(&fewer.state), ["paused: the plan waits for approval"], "nothing is left to do");
}

#[test]
fn the_whole_is_reviewed_by_what_was_said_last() {
    let mut mission = Mission::with(policy(), "a: a.js");
    mission.integrate_one("a");
    mission.review(&[]);
    assert!(mission.state.is_reviewed());
    say(&mut mission, "with a changelog entry");
    assert!(!mission.state.is_reviewed(), "the reviewers were not told");
    assert_eq!(due(&mission.state), ["review-objective"]);
    let item = mission.state.objective_items().pop().unwrap();
    assert!(item.ends_with(": with a changelog entry"), "{item}");
    mission.review(&[&item]);
    assert!(due(&mission.state)[0].starts_with("CycleStarted"), "what is missing is planned");
}

#[test]
fn what_cannot_be_taken_in_is_refused_with_the_reason() {
    let mut mission = Mission::with(policy(), "a: a.js");
    let why = |mission: &Mission, text: &str| mission.state.correction(text, 1).unwrap_err();
    assert!(why(&mission, " ").contains("the text is empty"));
    assert!(why(&mission, &"x".repeat(3_000)).contains("3000 bytes"));
    for n in 0..MAX_CORRECTIONS {
        say(&mut mission, &format!("thing {n}"));
    }
    assert!(why(&mission, "one more").contains("has 20 corrections"));
    let delivery = serde_json::json!({});
    mission.tell(Event::DeliveryIntended { delivery, verified: true, torn: vec![] });
    assert!(
        why(&Mission { state: mission.state.clone(), events: vec![] }, "late").contains("20 corrections")
    );
}

#[test]
fn a_plan_that_the_user_edits_stands_as_they_wrote_it_and_is_estimated_again() {
    let approve = Policy { approve_plan: true, ..policy() };
    let mut mission = Mission::with(approve, "a: a.js\nb: b.js; a");
    mission.record_policy();
    assert!(matches!(mission.state.paused, Some(PauseReason::Approval)));
    mission.tell(Event::PlanEdited { plan: plan("a: a.js\nc: c.js"), notes: vec![], at_ms: 6_000 });
    assert_eq!(mission.state.amendments, ["added `c`; dropped `b`"]);
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert!(mission.state.approved, "who edits it and goes on agrees");
    assert_eq!(due(&mission.state), ["estimate"]);
    assert_eq!(State::fold(&mission.events), mission.state, "a replay says the same");
}

#[test]
fn an_edit_of_any_part_of_a_task_is_a_change() {
    let mission = Mission::with(policy(), "a: a.js\nb: b.js");
    let edited = |change: &dyn Fn(&mut PlannedTask)| {
        let mut plan = plan("a: a.js\nb: b.js");
        change(&mut plan.tasks[1]);
        mission.state.amendment(&plan).changed
    };
    assert!(edited(&|_| {}).is_empty());
    assert_eq!(edited(&|task| task.group = Some("g".into())), ["b"]);
    assert_eq!(edited(&|task| task.compound = true), ["b"]);
    assert_eq!(edited(&|task| task.behaviour = Some(true)), ["b"]);
    assert_eq!(edited(&|task| task.edits_tests = Some("b.test.js".into())), ["b"]);
    assert_eq!(edited(&|task| task.edits_config = Some("a script".into())), ["b"]);
}

#[test]
fn a_group_of_a_later_plan_that_is_named_as_before_is_no_change() {
    let mut mission = Mission::with(policy(), "a: a.js");
    mission.tell(Event::CycleStarted { cycle: 2, missing: vec![], at_ms: 3_000 });
    mission.plan(None, "b: b.js;; g\nc: c.js;; g");
    assert_eq!(mission.state.tasks["b"].group.as_deref(), Some("2/g"));
    assert!(mission.state.amendment(&plan("b: b.js;; g\nc: c.js;; g")).changed.is_empty());
    assert_eq!(mission.state.amendment(&plan("b: b.js;; h\nc: c.js;; g")).changed, ["b"]);
}

#[test]
fn an_estimate_stays_where_none_would_be_made_again() {
    let mut mission = Mission::with(policy(), "a: a.js\nb: b.js");
    mission.start("a");
    mission.tell(Event::PlanEdited { plan: plan("b: other.js"), notes: vec![], at_ms: 6_000 });
    assert_eq!(mission.state.amendments, ["changed `b`"]);
    assert!(mission.state.estimate.is_some(), "a has begun");
}
