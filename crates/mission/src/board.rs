//! What the board, `status` and the report show. It is computed from the state and never read back into it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cost::usage::UsageByRole;
use crate::{
    CheckSummary, Delivery, Estimate, Outcome, Phase, Role, Seat, Stage, State, TaskId, Usage, verified,
};

/// The most tasks that the board names as next.
const NEXT: usize = 3;

/// The board of a state. It borrows from the state, because it is written often and a large mission has thousands of
/// tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board<'a, T = BoardTask<'a>> {
    pub mission: Cow<'a, str>,
    pub objective: Cow<'a, str>,
    pub stage: Stage,
    pub outcome: Option<Outcome>,
    /// How far tests verify a mission that is done: `yes`, `in_part` or `no`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Cow<'a, str>>,
    /// Whether the user has taken the whole change back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
    /// Why it is paused.
    pub paused: Option<String>,
    pub started_ms: u64,
    /// Running time in milliseconds, without pauses.
    pub elapsed_ms: u64,
    /// The number of the current plan of the objective, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// What the whole mission is expected to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Cow<'a, Estimate>>,
    pub tasks: Vec<T>,
    /// Questions that wait for the user's answer before the plan; a question's place in the list is its number.
    #[serde(default, skip_serializing_if = "<[crate::Decision]>::is_empty")]
    pub questions: Cow<'a, [crate::Decision]>,
    /// The first few tasks that may begin as soon as a slot is free.
    #[serde(default)]
    pub next: Vec<Cow<'a, str>>,
    /// The role at work for the whole mission, while no task is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Cow<'a, Seat>>,
    #[serde(default)]
    pub budget: BoardBudget,
    pub usage: Cow<'a, Usage>,
    pub usage_by_role: Cow<'a, UsageByRole>,
    pub checks: Cow<'a, [CheckSummary]>,
    pub peak: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardTask<'a> {
    pub id: Cow<'a, str>,
    pub title: Cow<'a, str>,
    /// `waiting`, `testing`, `working`, `judging`, `fixing`, `passed`, `integrated`, `split`, `given_up`, `cancelled`.
    pub state: Cow<'a, str>,
    pub attempt: u32,
    pub depends_on: Cow<'a, BTreeSet<TaskId>>,
    /// Why the task was abandoned or cancelled, or what last went wrong.
    pub detail: Option<Cow<'a, str>>,
    /// The role that last worked on the task, and its session in the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Cow<'a, str>>,
    /// When its first attempt began, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<u64>,
    /// When a role was last asked to work on the task, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_ms: Option<u64>,
    /// The worker of another machine that last ran its checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Cow<'a, str>>,
    /// The worker of another machine at which the role works, or last worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_at: Option<Cow<'a, str>>,
    pub usage: Cow<'a, Usage>,
}

/// The limits that are shown beside the mission's usage; `None`: no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoardBudget {
    pub calls: Option<u64>,
    pub requests: Option<u64>,
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    pub wall_ms: Option<u64>,
}

impl Board<'_> {
    pub fn of(state: &State, now_ms: u64) -> Board<'_> {
        let tasks = state.order.iter().filter_map(|id| state.tasks.get(id)).map(BoardTask::of).collect();
        Board::with_tasks(state, now_ms, tasks)
    }
}

impl<T> Board<'_, T> {
    /// `tasks`: the tasks of the state in the order of the plan, in any form that is written as a [`BoardTask`] is.
    pub fn with_tasks(state: &State, now_ms: u64, tasks: Vec<T>) -> Board<'_, T> {
        Board {
            mission: Cow::Borrowed(&state.mission),
            objective: Cow::Borrowed(&state.objective),
            stage: state.stage(),
            outcome: state.outcome,
            verified: (state.outcome == Some(Outcome::Done))
                .then(|| verified(&state.head_checks).word().into()),
            undone: matches!(state.delivery, Delivery::Undone { .. }),
            paused: state.paused.as_ref().map(ToString::to_string),
            started_ms: state.started_ms,
            elapsed_ms: state.elapsed_ms(now_ms),
            cycle: state.cycle,
            estimate: state.estimate.as_ref().map(Cow::Borrowed),
            tasks,
            questions: if state.clarification_due() {
                Cow::Borrowed(&state.decisions)
            } else {
                Cow::default()
            },
            next: next(state),
            seat: state.seat.as_ref().filter(|_| state.active() == 0).map(Cow::Borrowed),
            budget: BoardBudget {
                calls: state.policy.calls,
                requests: state.policy.requests,
                tokens: state.policy.tokens,
                cost_usd: state.policy.cost_usd,
                wall_ms: state.policy.wall_ms,
            },
            usage: Cow::Borrowed(&state.usage),
            usage_by_role: Cow::Borrowed(&state.usage_by_role),
            checks: Cow::Borrowed(&state.head_checks),
            peak: state.peak,
        }
    }
}

/// Tasks whose dependencies are all integrated, in the order of the plan.
fn next(state: &State) -> Vec<Cow<'_, str>> {
    let integrated =
        |id: &TaskId| state.tasks.get(id).is_some_and(|t| matches!(t.phase, Phase::Integrated { .. }));
    state
        .order
        .iter()
        .filter_map(|id| state.tasks.get(id))
        .filter(|task| task.phase == Phase::Waiting && task.depends_on.iter().all(integrated))
        .take(NEXT)
        .map(|task| Cow::Borrowed(task.id.as_str()))
        .collect()
}

impl BoardTask<'_> {
    pub fn of(task: &crate::Task) -> BoardTask<'_> {
        let name = match task.phase {
            Phase::Waiting => "waiting",
            Phase::Testing => "testing",
            Phase::Working if task.fixes > 0 => "fixing",
            Phase::Working => "working",
            Phase::Judging | Phase::Failed { .. } => "judging",
            Phase::ToFix => "fixing",
            Phase::Passed { .. } => "passed",
            Phase::Integrated { .. } => "integrated",
            Phase::Split => "split",
            Phase::Abandoned { .. } => "given_up",
            Phase::Cancelled { .. } => "cancelled",
        };
        let detail = match &task.phase {
            Phase::Abandoned { reason } | Phase::Cancelled { reason } => Some(Cow::Borrowed(reason.as_str())),
            Phase::Integrated { .. } => None,
            _ => task.failures.last().and_then(|f| f.issues.first()).map(|issue| issue.to_string().into()),
        };
        BoardTask {
            id: Cow::Borrowed(&task.id),
            title: Cow::Borrowed(&task.title),
            state: name.into(),
            attempt: task.attempt,
            depends_on: Cow::Borrowed(&task.depends_on),
            detail,
            role: task.seat.as_ref().map(|seat| seat.role),
            session: task.seat.as_ref().and_then(|seat| seat.session.as_deref()).map(Cow::Borrowed),
            started_ms: task.started_ms,
            last_activity_ms: task.seat.as_ref().map(|seat| seat.asked_ms),
            worker: task.worker.as_deref().map(Cow::Borrowed),
            role_at: task.seat.as_ref().and_then(|seat| seat.worker.as_deref()).map(Cow::Borrowed),
            usage: Cow::Borrowed(&task.usage),
        }
    }
}
