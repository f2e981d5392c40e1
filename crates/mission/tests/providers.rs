//! Providers that fail, and tasks that cost too much, seen from the state machine.

mod support;

use mission::provider::Fault;
use mission::{Event, FailureClass, PauseReason, Policy, Role, Tokens, decide, permit};
use support::Mission;

fn policy() -> Policy {
    Policy { parallel: 4, ..Policy::default() }
}

fn asked(mission: &mut Mission, model: &str) {
    mission.tell(Event::RoleAsked {
        role: Role::Coder,
        task: Some("a".into()),
        attempt: 1,
        at_ms: 2_000,
        draw: 1,
        model: Some(model.into()),
        session: None,
        worker: None,
    });
}

fn failed(mission: &mut Mission, fault: Fault, at_ms: u64) {
    broke_off(mission, fault, at_ms, false);
}

fn broke_off(mission: &mut Mission, fault: Fault, at_ms: u64, worked: bool) {
    mission.tell(Event::ProviderFailed {
        model: "a/x".into(),
        fault,
        reason: "503".into(),
        role: Role::Coder,
        task: Some("a".into()),
        wait_ms: 2_000,
        at_ms,
        worked,
    });
}

#[test]
fn a_prompt_that_nobody_answered_is_no_attempt_and_costs_no_call() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    for at_ms in 0..20 {
        asked(&mut mission, "a/x");
        failed(&mut mission, Fault::Outage, at_ms);
    }
    let task = &mission.state.tasks["a"];
    assert_eq!((task.attempt, task.failures.len(), task.usage.calls), (1, 0, 0));
    assert_eq!(mission.state.usage.calls, 0);
    assert_eq!(mission.state.usage_by_role[&Role::Coder].calls, 0);
    assert_eq!(mission.record_policy(), "work:a:1:0\n", "it is still under way");
}

#[test]
fn a_prompt_that_broke_off_after_work_counts() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    for at_ms in 0..20 {
        asked(&mut mission, "a/x");
        broke_off(&mut mission, Fault::Outage, at_ms, true);
    }
    let task = &mission.state.tasks["a"];
    assert_eq!((task.attempt, task.failures.len(), task.usage.calls), (1, 0, 20));
    assert_eq!((mission.state.usage.calls, mission.state.usage_by_role[&Role::Coder].calls), (20, 20));
}

#[test]
fn a_rate_limit_halves_the_tasks_at_once_and_answers_raise_them_again() {
    let mut mission = Mission::with(policy(), "a: a\nb: b\nc: c\nd: d");
    assert_eq!(mission.record_policy().lines().count(), 4);
    failed(&mut mission, Fault::RateLimit, 2_000);
    assert_eq!(mission.record_policy().lines().count(), 2);
    let slowed = Event::ProviderSlowed { model: "a/x".into(), reason: "429".into(), at_ms: 60_000 };
    mission.tell(slowed);
    assert_eq!(mission.record_policy().lines().count(), 1);
    for _ in 0..20 {
        mission.tell(Event::ProviderAnswered { model: "a/x".into(), at_ms: 61_000 });
    }
    assert_eq!(mission.record_policy().lines().count(), 4);
}

#[test]
fn a_resumed_mission_knows_of_no_failures() {
    let mut mission = Mission::with(policy(), "a: a");
    failed(&mut mission, Fault::Refused, 2_000);
    assert!(mission.state.providers.is_news("a/x"));
    mission.tell(Event::Resumed { at_ms: 3_000, policy: None });
    assert!(!mission.state.providers.is_news("a/x"));
}

#[test]
fn a_reviewer_that_hands_in_nothing_is_not_called_a_provider_that_does_not_answer() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.submit("a");
    let nothing = || Event::JudgeFailed {
        task: "a".into(),
        reason: "the reviewer ended twice without submitting a result".into(),
        class: FailureClass::Malformed,
    };
    mission.tell(nothing());
    assert_eq!(mission.record_policy(), "judge:a:1:0\n");
    mission.tell(nothing());
    mission.record_policy();
    let reason = mission.state.paused.clone().unwrap();
    assert!(matches!(reason, PauseReason::Review(_)), "{reason:?}");
    let words = reason.to_string();
    assert!(words.contains("without submitting") && !words.contains("provider"), "{words}");
}

#[test]
fn a_failure_of_the_host_and_an_empty_review_are_not_counted_together() {
    let mut mission = Mission::with(policy(), "a: a");
    mission.start("a");
    mission.submit("a");
    let failed = |class| Event::JudgeFailed { task: "a".into(), reason: "why".into(), class };
    mission.tell(failed(FailureClass::Host));
    mission.tell(failed(FailureClass::Malformed));
    assert_eq!(mission.record_policy(), "judge:a:1:0\n", "each happened once");
    for _ in 0..3 {
        mission.tell(failed(FailureClass::Host));
    }
    assert_eq!(mission.record_policy(), "judge:a:1:0\n");
    mission.tell(failed(FailureClass::Host));
    mission.record_policy();
    let words = mission.state.paused.clone().unwrap().to_string();
    assert_eq!(words, "OpenCode could not continue: `a`: why (5 times in a row)");
}

#[test]
fn repairs_that_opencode_cannot_make_pause_though_the_work_before_is_accepted() {
    let mut mission = Mission::with(Policy { fixes: 2, ..policy() }, "a: a");
    for round in 0..5 {
        assert_eq!(mission.record_policy(), "work:a:1:0\n", "round {round}");
        mission.start("a");
        mission.submit("a");
        mission.fail("a", FailureClass::Test);
        assert!(mission.record_policy().ends_with("work:a:1:1\n"), "round {round}");
        mission.fix("a");
        mission.fail("a", FailureClass::Host);
    }
    mission.record_policy();
    let reason = mission.state.paused.clone();
    assert!(matches!(reason, Some(PauseReason::Host(_))), "{reason:?}");
}

#[test]
fn a_host_that_fails_is_named_with_what_it_said() {
    let mut mission = Mission::with(policy(), "a: a");
    for _ in 0..5 {
        mission.start("a");
        mission.fail("a", FailureClass::Host);
    }
    mission.record_policy();
    let words = mission.state.paused.clone().unwrap().to_string();
    assert_eq!(words, "OpenCode could not continue: `a`: wrong (5 times in a row)");
}

#[test]
fn a_task_has_limits_of_its_own() {
    let limits = Policy { task_tokens: Some(100), task_cost_usd: Some(0.5), ..policy() };
    let mut mission = Mission::with(limits, "a: a\nb: b");
    let mut spend = |task: &str, input, cost_usd| {
        let tokens = Tokens { input, ..Tokens::default() };
        let (role, task) = (Role::Coder, Some(task.to_string()));
        mission.tell(Event::RoleSpent {
            role,
            task,
            tokens,
            cost_usd,
            estimated: false,
            requests: 1,
            paged: 0,
        });
        let over = |task: &str| match permit::spend(&mission.state, Role::Coder, Some(&task.to_string())) {
            Err(permit::Refusal::TaskBudget(what)) => Some(what),
            _ => None,
        };
        (over("a"), over("b"))
    };
    assert_eq!(spend("a", 99, 0.1), (None, None));
    assert_eq!(spend("a", 1, 0.1), (Some("100 of 100 tokens of this task are used".into()), None));
    let (_, b) = spend("b", 1, 0.5);
    assert_eq!(b.unwrap(), "$0.5000 of $0.5000 of this task are spent");
}

#[test]
fn journals_from_before_are_read() {
    for line in [
        r#"{"event":"role_asked","role":"coder","task":"a","attempt":1,"at_ms":5}"#,
        r#"{"event":"role_spent","role":"coder","task":null,"tokens":{"input":1,"output":2,"cache_read":0,"cache_write":0},"cost_usd":0.1}"#,
        r#"{"event":"judge_failed","task":"a","reason":"502"}"#,
        r#"{"event":"paused","reason":{"kind":"host","detail":"5 failures in a row"},"at_ms":5}"#,
    ] {
        let event: Event = serde_json::from_str(line).unwrap();
        assert!(decide(&mission::State::fold([&event]), 0).is_empty());
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
