//! The progress lines that the chat shows while a mission runs: one line for each task's start and result, and each
//! failure once. `log` shows every line of [`progress`].
//!
//! It chooses among the lines of `progress` and writes none of its own.

use mission::{Event, Rung, State};

use crate::actor::progress;

/// The line for an event; `state` is the state before it. `None` if only `log` shows it.
pub(crate) fn told(state: &State, event: &Event) -> Option<String> {
    match event {
        // The failure, the integration or the end has the result.
        Event::GateJudged { .. }
        | Event::TaskPassed { .. }
        | Event::TestsStarted { .. }
        | Event::TestsRejected { .. }
        | Event::AnswerDiscarded { .. }
        | Event::RoleCutOff { .. }
        | Event::ScopeWidened { .. }
        | Event::ProviderSlowed { .. }
        | Event::Delivered { .. }
        | Event::Ended { .. }
        | Event::WorkAccepted { unchanged: false, .. } => None,
        // The last line has the whole reason
        Event::Paused { reason, .. } => {
            let reason = reason.to_string();
            let short = reason.split_once(": ").map_or(reason.as_str(), |(short, _)| short);
            Some(format!("- **paused**: {short}\n"))
        }
        Event::AttemptFailed { task, .. } if is_repeated(state, event) => {
            Some(format!("- `{task}` failed again in the same way\n"))
        }
        Event::PlanFailed { reason, .. } if state.plan_failures.last() == Some(reason) => {
            Some("- planner: no plan again, for the same reason\n".to_string())
        }
        // The line before has the failure.
        Event::RungChosen { task, rung, .. } => Some(match rung {
            Rung::Fix => return None,
            Rung::Fresh { .. } => format!("- `{task}`: a new attempt from a clean base\n"),
            Rung::OtherModel { .. } => format!("- `{task}`: a new attempt by another model\n"),
            Rung::Split => format!("- `{task}`: split into smaller tasks\n"),
            Rung::Replan => format!("- `{task}`: left to the next plan\n"),
        }),
        Event::FixStarted { task, fresh, .. } => {
            let session = if *fresh { ", in a session of its own" } else { "" };
            let fix = state.tasks.get(task).map_or(1, |task| task.fixes.saturating_add(1));
            Some(format!("- `{task}`: being fixed (try {fix} of {}{session})\n", state.policy.fixes.max(fix)))
        }
        _ => progress::line(state, event),
    }
}

/// Whether the task's last failure had the same first finding.
fn is_repeated(state: &State, event: &Event) -> bool {
    let Event::AttemptFailed { task, class, issues } = event else { return false };
    let last = state.tasks.get(task).and_then(|task| task.failures.last());
    last.is_some_and(|last| last.class == *class && last.issues.first() == issues.first())
}

#[cfg(test)]
mod tests {
    use mission::mailbox::{Plan, PlannedTask};
    use mission::{FailureClass, Gate, GateVerdict, Issue, Policy, Role};

    use super::*;

    fn planned() -> State {
        let mut state = State::default();
        state.apply(&Event::MissionStarted {
            mission: "m-00000001".into(),
            objective: "x".into(),
            policy: Policy::default(),
            at_ms: 1,
        });
        let task = PlannedTask { id: "a".into(), title: "Do a".into(), ..PlannedTask::default() };
        let plan = Plan { tasks: vec![task], ..Plan::default() };
        state.apply(&Event::PlanAccepted { plan, notes: vec![], parent: None });
        state
    }

    fn play(state: &mut State, events: Vec<Event>) -> String {
        let mut text = String::new();
        for event in events {
            text.extend(told(state, &event));
            state.apply(&event);
        }
        text
    }

    #[test]
    fn a_plan_that_fails_twice_for_one_reason_names_it_once() {
        let reason = "the tasks wait for each other in a circle".to_string();
        let cut = || Event::RoleCutOff { role: Role::Planner, task: None, reason: reason.clone(), at_ms: 2 };
        let failed =
            || Event::PlanFailed { reason: reason.clone(), class: FailureClass::Malformed, parent: None };
        let mut state = planned();
        let text = play(&mut state, vec![cut(), failed(), cut(), failed()]);
        assert_eq!(text.matches(&reason).count(), 1, "{text}");
        assert_eq!(text.lines().last(), Some("- planner: no plan again, for the same reason"));
    }

    #[test]
    fn a_task_takes_a_line_for_its_start_each_failure_once_and_its_result() {
        let failed = || Event::AttemptFailed {
            task: "a".into(),
            class: FailureClass::Lint,
            issues: vec![Issue::new("src/a.js:12", "`b` is not defined")],
        };
        let fix = || Event::FixStarted {
            task: "a".into(),
            base: "b".into(),
            fresh: false,
            why: String::new(),
            at_ms: 3,
        };
        let submitted = || Event::WorkAccepted {
            task: "a".into(),
            summary: "s".into(),
            unchanged: false,
            unplanned: vec![],
        };
        let rung = || Event::RungChosen { task: "a".into(), rung: Rung::Fix, why: "lint".into() };
        let judged = Event::GateJudged {
            task: Some("a".into()),
            gate: Gate::Guardian,
            verdict: GateVerdict::Fail,
            tree: "t".into(),
            detail: "1 error".into(),
            worker: None,
        };
        let started = Event::AttemptStarted { task: "a".into(), slot: 1, base: "b".into(), at_ms: 2 };
        let mut state = planned();
        let text = play(
            &mut state,
            vec![started, submitted(), judged, failed(), rung(), fix(), submitted(), failed(), rung(), fix()],
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert_eq!(lines[0], "- `a` started");
        assert!(lines[1].contains("src/a.js:12") && lines[1].contains("not defined"), "{text}");
        assert_eq!(lines[2], "- `a`: being fixed (try 1 of 2)");
        assert_eq!(lines[3], "- `a` failed again in the same way");
        assert_eq!(lines[4], "- `a`: being fixed (try 2 of 2)");
    }
}
