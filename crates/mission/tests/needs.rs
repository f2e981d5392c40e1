//! What a plan needs before its tasks start: consent, and packages.

mod support;

use mission::mailbox::{Plan, PlannedDependency, parse_plan};
use mission::{Effect, Event, NewDependencies, Outcome, PauseReason, Policy, State, decide};
use serde_json::json;
use support::Mission;

fn policy(dependencies: NewDependencies) -> Policy {
    Policy { dependencies, ..Policy::default() }
}

fn plan() -> Plan {
    let mut plan = support::plan("a: a.js\nb: b.js");
    plan.dependencies = vec![PlannedDependency {
        manager: "npm".into(),
        name: "is-number".into(),
        version: Some("^7".into()),
        resolved: Some("7.0.0".into()),
        why: "tells numbers".into(),
        ..PlannedDependency::default()
    }];
    plan
}

fn planned(policy: Policy, plan: Plan) -> Mission {
    let mut mission = Mission::with(policy, "");
    mission.tell(Event::PlanAccepted { plan, notes: vec![], parent: None });
    mission
}

/// The keys of due effects, and the question of a pause.
fn due(state: &State) -> Vec<String> {
    let words = |effect: Effect| match effect {
        Effect::Record(Event::Paused { reason, .. }) => reason.to_string(),
        Effect::Record(event) => format!("{event:?}"),
        effect => effect.key().map(|key| key.to_string()).unwrap_or_default(),
    };
    decide(state, 5_000).into_iter().map(words).collect()
}

fn added() -> Event {
    Event::PackagesAdded {
        parent: None,
        packages: plan().dependencies,
        files: vec!["package.json".into()],
        commit: "with".into(),
        tree: "t1".into(),
        checks: vec![],
    }
}

#[test]
fn allowed_packages_are_added_before_the_tasks_start() {
    let mut mission = planned(policy(NewDependencies::Allow), plan());
    assert_eq!(due(&mission.state), ["packages:"]);
    mission.tell(added());
    assert_eq!(mission.state.head.as_ref().unwrap().commit, "with");
    assert_eq!(due(&mission.state), ["work:a:1:0", "work:b:1:0"]);
}

#[test]
fn the_user_is_asked_once_and_resuming_agrees() {
    let mut mission = planned(policy(NewDependencies::Ask), plan());
    let [question] = due(&mission.state).try_into().unwrap();
    for part in ["npm `is-number` 7.0.0", "tells numbers", "/task resume m-00000001", "/task tell"] {
        assert!(question.contains(part), "{part}: {question}");
    }
    let reason = PauseReason::Consent(mission.state.question().unwrap());
    mission.tell(Event::Paused { reason, at_ms: 6_000 });
    assert!(due(&mission.state).is_empty());
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert_eq!(due(&mission.state), ["packages:"]);
    // After the registry was offline, the consent is still valid
    let reason = PauseReason::Packages("offline".into());
    mission.tell(Event::Paused { reason, at_ms: 8_000 });
    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    assert_eq!(due(&mission.state), ["packages:"]);
}

#[test]
fn another_stop_is_no_consent() {
    let mut mission = planned(policy(NewDependencies::Ask), plan());
    mission.tell(Event::Paused { reason: PauseReason::Stopped("Esc".into()), at_ms: 6_000 });
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert!(due(&mission.state)[0].contains("your consent is needed"));
}

#[test]
fn refusing_by_the_setting_plans_again() {
    let mut mission = planned(policy(NewDependencies::Ask), plan());
    let reason = PauseReason::Consent(mission.state.question().unwrap());
    mission.tell(Event::Paused { reason, at_ms: 6_000 });
    let denied = Some(policy(NewDependencies::Deny));
    mission.tell(Event::Resumed { at_ms: 7_000, policy: denied });
    assert!(mission.state.tasks.is_empty());
    assert_eq!(due(&mission.state), ["plan:"]);
}

#[test]
fn a_comment_on_the_packages_has_the_plan_made_without_them() {
    let mut mission = planned(policy(NewDependencies::Ask), plan());
    mission.tell(Event::Paused { reason: PauseReason::Consent("packages".into()), at_ms: 2_000 });
    let comment = mission.state.correction("no new packages", 3_000).unwrap();
    mission.tell(comment);
    mission.tell(Event::Resumed { at_ms: 4_000, policy: None });
    assert_eq!(due(&mission.state), ["amend"], "a comment is no agreement");
    assert_eq!(mission.state.droppable_packages().count(), 1, "the Planner is told what it may drop");
    let mut kept = plan();
    kept.tasks.truncate(1);
    let mut dropped = kept.clone();
    dropped.dependencies.clear();
    mission.tell(Event::PlanAmended { plan: kept, notes: vec![], told: 1 });
    assert!(due(&mission.state)[0].contains("is-number"), "a package that is named again is asked for again");
    mission.tell(Event::PlanAmended { plan: dropped, notes: vec![], told: 1 });
    assert_eq!(due(&mission.state), ["work:a:1:0"]);
    assert_eq!(State::fold(&mission.events), mission.state);
}

#[test]
fn packages_that_cannot_be_added_send_the_plan_back_twice_at_most() {
    let mut mission = planned(policy(NewDependencies::Allow), plan());
    let failed = Event::PackagesFailed { parent: None, reason: "they conflict".into() };
    mission.tell(failed.clone());
    assert_eq!(due(&mission.state), ["plan:"]);
    assert_eq!(mission.state.plan_failures, ["they conflict"]);
    mission.tell(Event::PlanAccepted { plan: plan(), notes: vec![], parent: None });
    mission.tell(failed);
    let ended = Effect::Record(Event::Ended { outcome: Outcome::Failed, at_ms: 5_000 });
    assert_eq!(decide(&mission.state, 5_000), [ended]);
}

#[test]
fn a_part_waits_for_the_packages_of_its_own_plan_only() {
    let mut mission = Mission::with(policy(NewDependencies::Ask), "+big: src/*\nother: o.js");
    mission.tell(Event::PlanAccepted { plan: plan(), notes: vec![], parent: Some("big".into()) });
    // No question while there is work to do
    assert_eq!(due(&mission.state), ["work:other:1:0"]);
    mission.integrate_one("other");
    let [question] = due(&mission.state).try_into().unwrap();
    assert!(question.contains("is-number"), "{question}");
    let reason = PauseReason::Consent(question);
    mission.tell(Event::Paused { reason, at_ms: 6_000 });
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert_eq!(due(&mission.state), ["packages:big"]);
    mission.tell(Event::PackagesFailed { parent: Some("big".into()), reason: "no".into() });
    assert_eq!(due(&mission.state), ["plan:big"]);
}

#[test]
fn changed_configuration_needs_consent_whatever_the_setting() {
    let mut with = support::plan("a: tsconfig.json");
    with.tasks[0].edits_config = Some("JSX needs it".into());
    let mut mission = planned(policy(NewDependencies::Allow), with);
    let [question] = due(&mission.state).try_into().unwrap();
    assert!(question.contains("`a` changes scripts or configuration of tools (JSX needs it)"), "{question}");
    mission.tell(Event::Paused { reason: PauseReason::Consent(question), at_ms: 6_000 });
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert_eq!(due(&mission.state), ["work:a:1:0"]);
}

#[test]
fn one_question_serves_approval_and_consent() {
    let policy = Policy { approve_plan: true, ..policy(NewDependencies::Ask) };
    let mut mission = planned(policy, plan());
    let [question] = due(&mission.state).try_into().unwrap();
    assert!(question.contains("is-number"), "{question}");
    mission.tell(Event::Paused { reason: PauseReason::Consent(question), at_ms: 6_000 });
    mission.tell(Event::Resumed { at_ms: 7_000, policy: None });
    assert_eq!(due(&mission.state), ["packages:"]);
}

#[test]
fn what_a_model_says_of_a_package_is_read_and_what_only_the_engine_knows_is_not() {
    let task = json!({ "id": "a", "title": "A", "instructions": "Do.", "files": ["a.js"], "acceptance": ["it is"],
        "editsConfig": " " });
    let package = json!({ "manager": "npm", "name": " jose ", "version": "", "dev": "yes", "features": "x",
        "directory": "./", "why": "JWT", "resolved": "6.6.6" });
    let plan = parse_plan(&json!({ "tasks": [task], "dependencies": package })).unwrap();
    let expected = PlannedDependency {
        manager: "npm".into(),
        name: "jose".into(),
        dev: true,
        features: vec!["x".into()],
        why: "JWT".into(),
        ..PlannedDependency::default()
    };
    assert_eq!(plan.dependencies, [expected]);
    assert_eq!(plan.tasks[0].edits_config, None);
}
