//! What the board, `status` and the report show: derived from the state, never the other way round.

use serde::{Deserialize, Serialize};

use crate::usage::UsageByRole;
use crate::{CheckSummary, Estimate, Outcome, Phase, Stage, State, Usage};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub mission: String,
    pub objective: String,
    pub stage: Stage,
    pub outcome: Option<Outcome>,
    /// Why it is paused.
    pub paused: Option<String>,
    pub started_ms: u64,
    /// Running time, pauses left out.
    pub elapsed_ms: u64,
    /// Which plan of the objective is carried out, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// What it is expected to take in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    pub tasks: Vec<BoardTask>,
    pub usage: Usage,
    pub usage_by_role: UsageByRole,
    pub checks: Vec<CheckSummary>,
    pub peak: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardTask {
    pub id: String,
    pub title: String,
    /// `waiting`, `testing`, `working`, `judging`, `fixing`, `passed`, `integrated`, `split`, `given_up`, `cancelled`.
    pub state: String,
    pub attempt: u32,
    pub depends_on: Vec<String>,
    /// Why it was given up or cancelled, or what last went wrong.
    pub detail: Option<String>,
    pub usage: Usage,
}

impl Board {
    pub fn of(state: &State, now_ms: u64) -> Board {
        Board {
            mission: state.mission.clone(),
            objective: state.objective.clone(),
            stage: state.stage(),
            outcome: state.outcome,
            paused: state.paused.as_ref().map(ToString::to_string),
            started_ms: state.started_ms,
            elapsed_ms: state.elapsed_ms(now_ms),
            cycle: state.cycle,
            estimate: state.estimate.clone(),
            tasks: state.order.iter().filter_map(|id| state.tasks.get(id)).map(task).collect(),
            usage: state.usage.clone(),
            usage_by_role: state.usage_by_role.clone(),
            checks: state.head_checks.clone(),
            peak: state.peak,
        }
    }
}

fn task(task: &crate::Task) -> BoardTask {
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
        Phase::GivenUp { .. } => "given_up",
        Phase::Cancelled { .. } => "cancelled",
    };
    let detail = match &task.phase {
        Phase::GivenUp { reason } | Phase::Cancelled { reason } => Some(reason.clone()),
        Phase::Integrated { .. } => None,
        _ => task.failures.last().and_then(|f| f.issues.first()).map(ToString::to_string),
    };
    BoardTask {
        id: task.id.clone(),
        title: task.title.clone(),
        state: name.into(),
        attempt: task.attempt,
        depends_on: task.depends_on.iter().cloned().collect(),
        detail,
        usage: task.usage.clone(),
    }
}
