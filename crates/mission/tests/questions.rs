//! Open questions of the objective are asked before the plan, and decided by the user or by defaults.

#![allow(clippy::unwrap_used)] // Helpers of tests too

mod support;

use mission::mailbox::OpenDecision;
use mission::{Effect, Event, Policy, State, decide};
use support::brief;

fn asking(clarify: bool, questions: &[&str]) -> State {
    let mut brief = brief();
    brief.decisions = questions
        .iter()
        .map(|question| OpenDecision {
            question: (*question).into(),
            choices: vec!["JSON".into(), "TOML".into()],
            default: "JSON".into(),
        })
        .collect();
    let mut state = State::default();
    let policy = Policy { clarify, ..Policy::default() };
    let (commit, tree) = ("c".into(), "t".into());
    for event in [
        Event::MissionStarted { mission: "m-00000001".into(), objective: "x".into(), policy, at_ms: 1 },
        Event::BaseTaken { commit, tree, changed: vec![], left_out: vec![] },
        Event::BaseChecked { checks: vec![], setup: vec![], ended_by: None, refused: vec![] },
        Event::BriefAccepted { brief },
    ] {
        state.apply(&event);
    }
    state
}

fn answer(state: &mut State, text: &str) -> Result<(), String> {
    for event in state.answer(text, 5)? {
        state.apply(&event);
    }
    Ok(())
}

fn chosen(state: &State) -> Vec<(&str, bool)> {
    state.decided().map(|d| (d.chosen.as_deref().unwrap_or_default(), d.by_default)).collect()
}

#[test]
fn the_plan_waits_for_the_answers() {
    let mut state = asking(true, &["Which format?", "Which name?"]);
    assert_eq!(decide(&state, 2), [Effect::Clarify]);
    answer(&mut state, "2b").unwrap();
    assert_eq!(decide(&state, 2), [Effect::Clarify], "one is open");
    // Only one question is open now
    answer(&mut state, "A").unwrap();
    assert_eq!(chosen(&state), [("JSON", false), ("TOML", false)]);
    assert_eq!(decide(&state, 2), [Effect::AskPlanner { task: None }]);
    assert!(answer(&mut state, "1a").unwrap_err().contains("no question waits"));
    assert!(state.objective_items().iter().any(|item| item == "the user decided: Which name? TOML"));
}

#[test]
fn an_answer_that_fits_nothing_settles_nothing() {
    let mut state = asking(true, &["Which format?", "Which name?"]);
    for (text, why) in [
        ("", "which choice?"),
        ("b", "names no open question"),
        ("3a", "names no open question"),
        ("1c", "names no choice of question 1; its choices are a to b"),
        ("1a 1b", "answered twice"),
        ("1a 2", "names no choice of question 2"),
        ("99999999999999999999a", "names no open question"),
    ] {
        let said = answer(&mut state, text).unwrap_err();
        assert!(said.contains(why), "{text}: {said}");
    }
    assert!(chosen(&state).is_empty());
}

#[test]
fn defaults_are_taken_for_what_is_open_and_never_over_an_answer() {
    let mut state = asking(true, &["Which format?", "Which name?"]);
    answer(&mut state, "1b").unwrap();
    answer(&mut state, "defaults").unwrap();
    assert_eq!(chosen(&state), [("TOML", false), ("JSON", true)]);
    // A late answer changes nothing
    state.apply(&Event::Answered { question: 2, choice: "TOML".into(), at_ms: 9 });
    state.apply(&Event::Answered { question: 9, choice: "TOML".into(), at_ms: 9 });
    assert_eq!(chosen(&state), [("TOML", false), ("JSON", true)]);
    assert!(
        !state.objective_items().iter().any(|item| item.contains("Which name?")),
        "a default is no word of the user's"
    );
}

#[test]
fn who_wants_no_questions_gets_the_defaults_at_once() {
    let state = asking(false, &["Which format?"]);
    assert_eq!(chosen(&state), [("JSON", true)]);
    assert_eq!(decide(&state, 2), [Effect::AskPlanner { task: None }]);
}

#[test]
fn a_mission_that_continues_where_nobody_answers_takes_the_defaults() {
    let mut state = asking(true, &["Which format?", "Which name?"]);
    answer(&mut state, "1b").unwrap();
    state.apply(&Event::Resumed { at_ms: 5, policy: None });
    assert_eq!(decide(&state, 6), [Effect::Clarify], "somebody still answers");
    let policy = Policy { clarify: false, ..Policy::default() };
    state.apply(&Event::Resumed { at_ms: 7, policy: Some(policy) });
    assert_eq!(chosen(&state), [("TOML", false), ("JSON", true)]);
    assert_eq!(decide(&state, 8), [Effect::AskPlanner { task: None }]);
}
