use crate::{Event, TaskId};

/// How a Coder or Fixer is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// A coder, from a clean base.
    Fresh,
    /// A fixer, in the session and the slot of the attempt.
    Fix,
}

/// What should be under way. The engine starts those whose [`Effect::key`] is not running yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    TakeBase,
    CheckBase,
    AskSearcher,
    /// `task`: a compound task that is due.
    AskPlanner {
        task: Option<TaskId>,
    },
    /// Another coder writes the task's tests; `draw` counts from 1.
    WriteTests {
        task: TaskId,
        draw: u32,
        host_failures: u32,
    },
    /// A reviewer looks at the test that attempts fail on.
    ReviewTests {
        task: TaskId,
        host_failures: u32,
    },
    /// `attempt` and `fix` count from 1 and 0; `host_failures` says how long to wait before asking again.
    Work {
        task: TaskId,
        /// Coders that make the attempt side by side, each in a slot.
        candidates: u32,
        kind: WorkKind,
        attempt: u32,
        fix: u32,
        host_failures: u32,
        /// Who does it: 0 the role's own model, otherwise the place among its fallbacks, from 1.
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
    /// Packages that a plan needs, before its tasks start; `parent`: the compound task whose plan it is.
    AddPackages {
        parent: Option<TaskId>,
    },
    /// What the mission will take, before its first task starts.
    Estimate,
    /// Whether all that landed meets the objective.
    ReviewObjective {
        cycle: u32,
        host_failures: u32,
    },
    Deliver,
    /// A consequence of policy, to be written down; no work.
    Record(Event),
}

impl Effect {
    /// Names the effect within its mission; `None` for what is carried out on the spot.
    pub fn key(&self) -> Option<String> {
        Some(match self {
            Effect::TakeBase => "base".into(),
            Effect::CheckBase => "check-base".into(),
            Effect::AskSearcher => "brief".into(),
            Effect::AskPlanner { task } => format!("plan:{}", task.as_deref().unwrap_or_default()),
            Effect::WriteTests { task, draw, .. } => format!("tests:{task}:{draw}"),
            Effect::ReviewTests { task, .. } => format!("dispute:{task}"),
            Effect::Work { task, attempt, fix, .. } => format!("work:{task}:{attempt}:{fix}"),
            Effect::Judge { task, attempt, fix, .. } => format!("judge:{task}:{attempt}:{fix}"),
            Effect::Integrate { .. } => "integrate".into(),
            Effect::AddPackages { parent } => format!("packages:{}", parent.as_deref().unwrap_or_default()),
            Effect::Estimate => "estimate".into(),
            Effect::ReviewObjective { .. } => "review-objective".into(),
            Effect::Deliver => "deliver".into(),
            Effect::Record(_) => return None,
        })
    }
}
