//! The effects that the state machine wants to be running, and the key that names each of them. `decide` makes them.
//!
//! The engine carries them out: it starts each effect whose key is not running. A key must stay the same from the time
//! its effect is due until its result is recorded. The journal holds events, never an effect.

use std::fmt;
use std::str::FromStr;

use crate::{Event, FailureClass, Issue, PauseReason, TaskId};

/// How the work on a task begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// A Coder begins from a clean base.
    Fresh,
    /// A Fixer continues in the slot of the attempt.
    Fix,
}

/// Work that should be running. The engine starts the effects whose [`Effect::key`] is not running yet.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a few at a time, and matched everywhere")]
pub enum Effect {
    TakeBase,
    CheckBase,
    AskSearcher,
    /// Asks the user the open questions of the brief, and waits a limited time for answers.
    Clarify,
    /// `task`: the compound task to split; `None`: the objective.
    AskPlanner {
        task: Option<TaskId>,
    },
    /// The Planner changes the tasks that have not started, as the user said.
    AmendPlan,
    /// Another Coder writes the task's tests; `draw` counts from 1.
    WriteTests {
        task: TaskId,
        draw: u32,
        host_failures: u32,
    },
    /// Reviewers look at the test on which attempts fail.
    ReviewTests {
        task: TaskId,
        host_failures: u32,
    },
    /// `attempt` counts from 1, `fix` from 0; `host_failures` decides how long to wait before the next prompt.
    Work {
        task: TaskId,
        /// The number of Coders that make the attempt in parallel, each in its own slot.
        candidates: u32,
        kind: WorkKind,
        attempt: u32,
        fix: u32,
        host_failures: u32,
        /// The model: 0 is the role's own, otherwise the place among its fallbacks, from 1.
        model: u32,
    },
    Judge {
        task: TaskId,
        attempt: u32,
        fix: u32,
        host_failures: u32,
    },
    Integrate {
        tasks: Vec<TaskId>,
        head: String,
    },
    /// Adds the packages that a plan needs before its tasks start; `parent`: the compound task whose plan it is.
    AddPackages {
        parent: Option<TaskId>,
    },
    /// Estimates what the mission will take, before its first task starts.
    Estimate,
    /// Reviewers judge whether the integrated work meets the objective.
    ReviewObjective {
        cycle: u32,
        host_failures: u32,
    },
    Deliver,
    /// An event that follows from policy and is only recorded; no work.
    Record(Event),
}

impl Effect {
    /// Names the effect within its mission; `None` for effects that are carried out immediately.
    pub fn key(&self) -> Option<EffectKey> {
        Some(match self {
            Effect::TakeBase => EffectKey::Base,
            Effect::CheckBase => EffectKey::CheckBase,
            Effect::AskSearcher => EffectKey::Brief,
            Effect::Clarify => EffectKey::Clarify,
            Effect::AskPlanner { task } => EffectKey::Plan { parent: task.clone() },
            Effect::AmendPlan => EffectKey::Amend,
            Effect::WriteTests { task, draw, .. } => EffectKey::Tests { task: task.clone(), draw: *draw },
            Effect::ReviewTests { task, .. } => EffectKey::Dispute { task: task.clone() },
            Effect::Work { task, attempt, fix, .. } => {
                EffectKey::Work { task: task.clone(), attempt: *attempt, fix: *fix }
            }
            Effect::Judge { task, attempt, fix, .. } => {
                EffectKey::Judge { task: task.clone(), attempt: *attempt, fix: *fix }
            }
            Effect::Integrate { .. } => EffectKey::Integrate,
            Effect::AddPackages { parent } => EffectKey::Packages { parent: parent.clone() },
            Effect::Estimate => EffectKey::Estimate,
            Effect::ReviewObjective { .. } => EffectKey::ReviewObjective,
            Effect::Deliver => EffectKey::Deliver,
            Effect::Record(_) => return None,
        })
    }
}

/// The name of a running effect. Two effects with the same key are the same work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKey {
    Base,
    CheckBase,
    Brief,
    Clarify,
    /// `parent`: the compound task that the plan splits.
    Plan {
        parent: Option<TaskId>,
    },
    Amend,
    Tests {
        task: TaskId,
        draw: u32,
    },
    Dispute {
        task: TaskId,
    },
    Work {
        task: TaskId,
        attempt: u32,
        fix: u32,
    },
    Judge {
        task: TaskId,
        attempt: u32,
        fix: u32,
    },
    Integrate,
    Packages {
        parent: Option<TaskId>,
    },
    Estimate,
    ReviewObjective,
    Deliver,
}

impl EffectKey {
    /// The task whose attempt the effect is part of.
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            EffectKey::Tests { task, .. }
            | EffectKey::Dispute { task }
            | EffectKey::Work { task, .. }
            | EffectKey::Judge { task, .. } => Some(task),
            _ => None,
        }
    }

    /// The event to record if the effect could not be carried out; it decides what is tried next.
    pub fn failed(&self, reason: impl Into<String>, at_ms: u64) -> Event {
        let (class, reason) = (FailureClass::Host, reason.into());
        match self {
            EffectKey::Tests { task, .. }
            | EffectKey::Dispute { task }
            | EffectKey::Work { task, .. }
            | EffectKey::Judge { task, .. } => {
                Event::AttemptFailed { task: task.clone(), class, issues: vec![Issue::new("engine", reason)] }
            }
            EffectKey::Plan { parent } => Event::PlanFailed { class, reason, parent: parent.clone() },
            EffectKey::Amend => Event::PlanKept { class, reason, told: 0 },
            EffectKey::Brief => Event::BriefFailed { class, reason },
            EffectKey::Clarify => Event::DefaultsTaken { reason, at_ms },
            EffectKey::ReviewObjective => Event::ObjectiveReviewFailed { class, reason },
            EffectKey::Base
            | EffectKey::CheckBase
            | EffectKey::Integrate
            | EffectKey::Packages { .. }
            | EffectKey::Estimate
            | EffectKey::Deliver => Event::Paused { reason: PauseReason::Host(reason), at_ms },
        }
    }
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EffectKey::Base => f.write_str("base"),
            EffectKey::CheckBase => f.write_str("check-base"),
            EffectKey::Brief => f.write_str("brief"),
            EffectKey::Clarify => f.write_str("clarify"),
            EffectKey::Plan { parent } => write!(f, "plan:{}", parent.as_deref().unwrap_or_default()),
            EffectKey::Amend => f.write_str("amend"),
            EffectKey::Tests { task, draw } => write!(f, "tests:{task}:{draw}"),
            EffectKey::Dispute { task } => write!(f, "dispute:{task}"),
            EffectKey::Work { task, attempt, fix } => write!(f, "work:{task}:{attempt}:{fix}"),
            EffectKey::Judge { task, attempt, fix } => write!(f, "judge:{task}:{attempt}:{fix}"),
            EffectKey::Integrate => f.write_str("integrate"),
            EffectKey::Packages { parent } => write!(f, "packages:{}", parent.as_deref().unwrap_or_default()),
            EffectKey::Estimate => f.write_str("estimate"),
            EffectKey::ReviewObjective => f.write_str("review-objective"),
            EffectKey::Deliver => f.write_str("deliver"),
        }
    }
}

/// A text that names no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoEffect(pub String);

impl fmt::Display for NoEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` names no effect", self.0)
    }
}

impl std::error::Error for NoEffect {}

impl FromStr for EffectKey {
    type Err = NoEffect;

    fn from_str(text: &str) -> Result<EffectKey, NoEffect> {
        let parts: Vec<&str> = text.split(':').collect();
        let task = |task: &str| Some(task.to_string()).filter(|task| !task.is_empty());
        let number = |number: &str| number.parse::<u32>().ok();
        let key = match parts.as_slice() {
            ["base"] => Some(EffectKey::Base),
            ["check-base"] => Some(EffectKey::CheckBase),
            ["brief"] => Some(EffectKey::Brief),
            ["clarify"] => Some(EffectKey::Clarify),
            ["plan", parent] => Some(EffectKey::Plan { parent: task(parent) }),
            ["amend"] => Some(EffectKey::Amend),
            ["tests", id, draw] => {
                task(id).zip(number(draw)).map(|(task, draw)| EffectKey::Tests { task, draw })
            }
            ["dispute", id] => task(id).map(|task| EffectKey::Dispute { task }),
            ["work", id, attempt, fix] => task(id)
                .zip(number(attempt))
                .zip(number(fix))
                .map(|((task, attempt), fix)| EffectKey::Work { task, attempt, fix }),
            ["judge", id, attempt, fix] => task(id)
                .zip(number(attempt))
                .zip(number(fix))
                .map(|((task, attempt), fix)| EffectKey::Judge { task, attempt, fix }),
            ["integrate"] => Some(EffectKey::Integrate),
            ["packages", parent] => Some(EffectKey::Packages { parent: task(parent) }),
            ["estimate"] => Some(EffectKey::Estimate),
            ["review-objective"] => Some(EffectKey::ReviewObjective),
            ["deliver"] => Some(EffectKey::Deliver),
            _ => None,
        };
        key.ok_or_else(|| NoEffect(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written() {
        for text in [
            "base",
            "check-base",
            "brief",
            "clarify",
            "plan:",
            "plan:big",
            "amend",
            "tests:a:2",
            "dispute:a",
            "work:a:1:0",
            "judge:a:2:1",
            "integrate",
            "packages:",
            "packages:big",
            "estimate",
            "review-objective",
            "deliver",
        ] {
            assert_eq!(text.parse::<EffectKey>().unwrap().to_string(), text);
        }
        for text in ["", "plan", "work:a:1", "work::1:0", "tests:a:x", "delivery", "judge:a:1:0:0"] {
            assert_eq!(text.parse::<EffectKey>(), Err(NoEffect(text.into())));
        }
    }

    #[test]
    fn what_broke_down_is_tried_again_where_the_ladder_knows_how_and_pauses_elsewhere() {
        let failed = |key: &str| key.parse::<EffectKey>().unwrap().failed("x", 7);
        assert!(matches!(failed("work:a:1:0"), Event::AttemptFailed { task, .. } if task == "a"));
        assert!(matches!(failed("plan:big"), Event::PlanFailed { parent: Some(_), .. }));
        assert!(matches!(failed("plan:"), Event::PlanFailed { parent: None, .. }));
        assert!(matches!(failed("brief"), Event::BriefFailed { class: FailureClass::Host, .. }));
        assert!(matches!(failed("integrate"), Event::Paused { at_ms: 7, .. }));
    }
}
