//! A failed set-up: running work ends, nothing else starts, and a resume tries it again.

mod support;

use mission::{CheckKind, CheckSummary, Event, GateVerdict, PauseReason, Policy, SetupSummary};
use support::Mission;

fn base_checked(needed_by: &[&str], failed: bool) -> Event {
    let checks = vec![CheckSummary {
        name: "test".into(),
        run: "npm test".into(),
        verdict: GateVerdict::NoEvidence,
        detail: "red before the mission".into(),
        kind: Some(CheckKind::Test),
        covers: vec![],
        misses: vec![],
        own: false,
        took_ms: None,
        worker: None,
    }];
    let step = SetupSummary {
        run: "npm ci".into(),
        directory: "api".into(),
        why: "api/package-lock.json".into(),
        took_ms: 1,
        failed: failed.then(|| "ended with exit status 1: ENOTFOUND".into()),
        warm: false,
        left_out: Vec::new(),
        needed_by: needed_by.iter().map(|run| run.to_string()).collect(),
    };
    Event::BaseChecked { checks, setup: vec![step], ended_by: None, refused: vec![] }
}

/// A mission with a plan, and a base that was not checked yet.
fn planned(policy: Policy) -> Mission {
    let mut mission = Mission::new(policy);
    let base =
        Event::BaseTaken { commit: "base".into(), tree: "t0".into(), changed: vec![], left_out: vec![] };
    mission.tell(base);
    mission.tell(Event::BriefAccepted { brief: support::brief() });
    mission.plan(None, "a: a.js\nb: b.js");
    mission
}

#[test]
fn what_was_begun_ends_and_then_the_mission_waits() {
    let mut mission = planned(Policy { parallel: 1, ..Policy::default() });
    mission.start("a");
    mission.tell(base_checked(&["npm test"], true));
    let working = mission.record_policy();
    assert!(working.contains("work:a") && !working.contains("paused"), "{working}");
    mission.submit("a");
    let waiting = mission.record_policy();
    assert!(waiting.contains("paused") && !waiting.contains("judge"), "{waiting}");
    let Some(PauseReason::Setup(words)) = mission.state.paused.clone() else { panic!("{waiting}") };
    let told =
        ["`npm ci` in api", "needed by `npm test`", "ENOTFOUND", "/task resume m-00000001", "no_evidence"];
    for part in told {
        assert!(words.contains(part), "{words}");
    }

    mission.tell(Event::Resumed { at_ms: 9_000, policy: None });
    assert!(mission.record_policy().contains("check-base"), "the set-up is tried again");
    mission.tell(base_checked(&[], false));
    let goes_on = mission.record_policy();
    assert!(goes_on.contains("work:") && !goes_on.contains("paused"), "{goes_on}");
}

#[test]
fn it_goes_on_where_no_check_needs_it_or_the_user_wants_that() {
    for (policy, needed_by) in [
        (Policy::default(), &[][..]),
        (Policy { pause_on_setup: false, ..Policy::default() }, &["npm test"][..]),
    ] {
        let mut mission = planned(policy);
        mission.tell(base_checked(needed_by, true));
        let effects = mission.record_policy();
        assert!(effects.contains("work:") && !effects.contains("paused"), "{effects}");
    }
}
