//! The last line of a mission's answer, with its result, because a terminal shows it last.
//!
//! `report` and `page` show it. It must agree with the exit status in `exit_note`. `mission` decides what counts as
//! verified.

use mission::{CheckSummary, Outcome, Phase, State, Verified};

use crate::text::{cut, duration};

/// The longest text of a check with its result, in bytes.
const MAX_CHECK: usize = 120;

/// `✓ Done, verified: 7 of 7 tasks · npm test: 214 passed · $0.14 · 2 min 48 s`. `headline`: the result in the report's
/// words. A pause says last what it waits for.
pub(crate) fn verdict_line(state: &State, headline: &str, now_ms: u64) -> String {
    let counted = || state.tasks.values().filter(|task| task.phase != Phase::Split);
    let integrated = counted().filter(|task| matches!(task.phase, Phase::Integrated { .. })).count();
    let tasks = format!("{integrated} of {} tasks", counted().count());
    let spent = format!("${:.2} · {}", state.usage.cost_usd, duration(state.elapsed_ms(now_ms)));
    if let (None, Some(reason)) = (state.outcome, &state.paused) {
        let reason = reason.to_string();
        // Some reasons say themselves how to continue
        let next = match reason.contains("/task resume") {
            true => String::new(),
            false => format!(". `/task resume {}` continues it", state.mission),
        };
        return format!("‖ Paused after {tasks} · {spent}: {reason}{next}");
    }
    let passed = state.head_checks.iter().find(|check| check.vouches());
    let checks = passed.map(|check| format!(" · {}", said(check))).unwrap_or_default();
    let sign = match state.outcome {
        Some(Outcome::Done) if mission::verified(&state.head_checks) == Verified::Yes => "✓",
        Some(Outcome::Done) => "!",
        Some(_) => "✗",
        None => "‖",
    };
    format!("{sign} {}: {tasks}{checks} · {spent}", capital(&headline.replace("**", "")))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A check with its result, on one line.
fn said(check: &CheckSummary) -> String {
    cut(&format!("{}: {}", check.run, check.detail), MAX_CHECK).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use mission::{CheckKind, Event, GateVerdict, PauseReason, Policy};

    use super::*;

    fn state(events: &[Event]) -> State {
        let mut state = State::default();
        state.apply(&Event::MissionStarted {
            mission: "m-00000001".into(),
            objective: "x".into(),
            policy: Policy::default(),
            at_ms: 0,
        });
        for event in events {
            state.apply(event);
        }
        state
    }

    #[test]
    fn a_mission_that_is_done_says_by_which_check() {
        let check = CheckSummary {
            name: "test".into(),
            run: "npm test".into(),
            verdict: GateVerdict::Pass,
            detail: "214 passed".into(),
            kind: Some(CheckKind::Test),
            covers: vec![],
            misses: vec![],
            own: false,
            took_ms: None,
            worker: None,
        };
        let mut done = state(&[Event::Ended { outcome: Outcome::Done, at_ms: 168_000 }]);
        assert_eq!(
            verdict_line(&done, "done, **unverified**", 0),
            "! Done, unverified: 0 of 0 tasks · $0.00 · 2 min 48 s"
        );
        done.head_checks = vec![check];
        let line = verdict_line(&done, "done, verified", 0);
        assert_eq!(line, "✓ Done, verified: 0 of 0 tasks · npm test: 214 passed · $0.00 · 2 min 48 s");
    }

    #[test]
    fn a_pause_says_what_it_waits_for_and_how_it_continues() {
        let reason = PauseReason::Budget("200 of 200 calls are used".into());
        let paused = state(&[Event::Paused { reason, at_ms: 1_000 }]);
        let line = verdict_line(&paused, "paused", 1_000);
        assert_eq!(
            line,
            "‖ Paused after 0 of 0 tasks · $0.00 · 1.0 s: budget reached: 200 of 200 calls are used. `/task resume m-00000001` \
             continues it"
        );
        let reason =
            PauseReason::Consent("the plan adds `x`. `/task resume m-00000001` agrees and continues".into());
        let line = verdict_line(&state(&[Event::Paused { reason, at_ms: 1_000 }]), "paused", 1_000);
        assert!(line.ends_with("adds `x`. `/task resume m-00000001` agrees and continues"), "{line}");
    }
}
