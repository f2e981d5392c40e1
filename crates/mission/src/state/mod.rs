//! What a mission's events add up to, and what can be asked of it.
//!
//! `apply` alone changes it; `decide`, the board and the report ask it. Nothing here is kept on disk: the journal is.

mod apply;
mod corrections;
mod decisions;
mod followed;
mod index;
mod ladder;
mod needs;
mod objective;
mod shared;
mod tasks;
mod waits;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use corrections::{Amendment, Correction, Heard, MAX_CORRECTION, MAX_CORRECTIONS};
pub use decisions::{ANSWER_MINUTES, Decision};
pub use objective::ObjectiveReview;
pub use shared::Shared;
pub use tasks::Tasks;

use crate::cost::repair::RepairsSoFar;
use crate::cost::usage::UsageByRole;
use crate::mailbox::Brief;
use crate::provider::Providers;
use crate::{
    CheckSummary, Estimate, Event, FailureClass, Followed, Gate, GateVerdict, ItemVerdict, MissionId,
    Outcome, PauseReason, Phase, Policy, Seat, SetupSummary, Task, TaskId, Usage,
};
pub use needs::Needs;

/// A commit and its tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub commit: String,
    pub tree: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub task: Option<TaskId>,
    pub gate: Gate,
    pub verdict: GateVerdict,
    pub tree: String,
    pub detail: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Delivery {
    #[default]
    Pending,
    Intended {
        delivery: Value,
        verified: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    Delivered {
        files: u32,
        branch: Option<String>,
        note: Option<String>,
        /// Files of the user that hold part of the change beneath what they wrote to them, and will after an undo.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    Failed {
        reason: String,
        /// Files of the user that hold part of the change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
        /// What was intended, where it left part of the change in them: it is ended first when the mission goes on.
        half: Option<Box<Delivery>>,
    },
    Undone {
        files: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
}

impl Delivery {
    /// Files of the user that hold part of the change without what is said of it.
    pub fn torn(&self) -> &[String] {
        match self {
            Delivery::Pending => &[],
            Delivery::Intended { torn, .. }
            | Delivery::Delivered { torn, .. }
            | Delivery::Failed { torn, .. }
            | Delivery::Undone { torn, .. } => torn,
        }
    }

    /// Whether it is still to be ended, forward or back.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Delivery::Intended { .. } | Delivery::Failed { half: Some(_), .. })
    }
}

/// A hunk of a delivered file that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HunkBack {
    /// Its number, from 1.
    pub hunk: u32,
    /// What the file holds then, as `workspace` names it.
    pub left: Value,
}

/// What the mission is at, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Starting,
    Searching,
    Planning,
    Working,
    Reviewing,
    Delivering,
    Paused,
    Ended,
}

/// Something that failed without being an attempt: OpenCode, or a review that came to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    pub class: FailureClass,
    pub what: String,
    /// In a row.
    pub times: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub mission: MissionId,
    pub objective: String,
    pub policy: Policy,
    pub started_ms: u64,
    pub ended_ms: Option<u64>,
    /// When the mission last began to run, and how long it had run before.
    pub running_since_ms: u64,
    pub ran_ms: u64,
    /// The newest time that an event told: where a mission ended that nobody paused.
    pub seen_ms: u64,

    /// Who was last asked for the mission as a whole: a Searcher, a Planner, a Reviewer of the objective.
    #[serde(default)]
    pub seat: Option<Seat>,

    /// The mission whose delivered change it begins from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Shared<Followed>>,

    pub base: Option<Commit>,
    /// The user's own changes that the base contains.
    pub base_changed: Vec<String>,
    pub base_left_out: Vec<String>,
    pub base_checks: Option<Vec<CheckSummary>>,
    /// What ends the processes that commands leave running.
    pub ended_by: Option<String>,
    /// What made the project ready for its checks.
    #[serde(default)]
    pub setup: Vec<SetupSummary>,
    pub brief: Option<Brief>,
    /// What the brief asks, and what was answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    pub brief_failures: Vec<String>,
    pub plan_failures: Vec<String>,
    pub host_failures: u32,
    /// Orders that the engine added to plans.
    pub notes: Vec<String>,
    pub acceptance: Vec<String>,
    pub approved: bool,
    /// What the user said since it began, and what the plan was changed to by it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<String>,
    #[serde(default)]
    pub heard: Heard,
    /// Which plan of the objective is carried out, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// The next plan is due.
    #[serde(default)]
    pub replanning: bool,
    /// What the newest plan is for, from the second cycle on, and what had been integrated when it began.
    #[serde(default)]
    pub asked_for: Vec<ItemVerdict>,
    #[serde(default)]
    pub cycle_tree: Option<String>,
    /// The newest review of the whole, and why reviews came to nothing since.
    #[serde(default)]
    pub review: Option<ObjectiveReview>,
    #[serde(default)]
    pub review_failures: Vec<String>,
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// What plans need before their tasks may start.
    pub needs: Vec<Needs>,
    pub tasks: Tasks,
    /// As planned, for display.
    pub order: Shared<Vec<TaskId>>,

    pub head: Option<Commit>,
    /// The tree of the head when a task was last integrated.
    #[serde(default)]
    pub integrated_tree: Option<String>,
    /// Tasks that the integrator is merging.
    pub batch: BTreeSet<TaskId>,
    /// What the project's checks say of the head.
    pub head_checks: Vec<CheckSummary>,
    pub verdicts: Shared<Vec<Judged>>,
    /// The most tasks that were under way at once.
    pub peak: u32,

    /// What is known of the models that gave trouble.
    #[serde(default)]
    pub providers: Providers,
    /// The last thing that failed without being an attempt, for the words of a pause.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    pub usage: Usage,
    pub usage_by_role: UsageByRole,
    /// What repairs came to, by where they were made.
    #[serde(default)]
    pub repairs: RepairsSoFar,
    pub delivery: Delivery,
    /// Files of the delivery that the user took back one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<String>,
    /// Hunks that they took back of files of it, in their order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hunks_back: BTreeMap<String, Vec<HunkBack>>,
    pub paused: Option<PauseReason>,
    pub outcome: Option<Outcome>,
}

impl State {
    /// Folds a whole journal.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> State {
        let mut state = State::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Tasks that a worker is busy with.
    pub fn active(&self) -> usize {
        self.tasks.index().busy()
    }

    /// Slots that are taken: several by an attempt that several coders make.
    pub fn slots(&self) -> usize {
        let wide = |t: &&Task| t.phase == Phase::Working && t.fixes == 0;
        let working = self.tasks.index().active().filter_map(|id| self.tasks.get(id)).filter(wide);
        self.active() + working.map(|task| self.slots_of(task).saturating_sub(1) as usize).sum::<usize>()
    }

    /// Slots that a fresh attempt at a task takes: one by a change that was kept, which nobody makes.
    pub(crate) fn slots_of(&self, task: &Task) -> u32 {
        if task.tests.kept.is_some() { 1 } else { self.candidates() }
    }

    /// Coders that make one attempt side by side.
    pub fn candidates(&self) -> u32 {
        self.policy.candidates.clamp(1, self.parallel().max(1))
    }

    /// Tasks at once, as the settings and the provider let them.
    pub fn parallel(&self) -> u32 {
        self.providers.parallel(self.policy.parallel)
    }

    pub fn stage(&self) -> Stage {
        if self.outcome.is_some() {
            Stage::Ended
        } else if self.paused.is_some() {
            Stage::Paused
        } else if self.base.is_none() {
            Stage::Starting
        } else if !self.tasks.is_empty() {
            self.later_stage()
        } else if self.brief.is_none() {
            Stage::Searching
        } else {
            Stage::Planning
        }
    }

    /// How long the mission has run, pauses left out.
    pub fn elapsed_ms(&self, now_ms: u64) -> u64 {
        if self.paused.is_some() || self.outcome.is_some() {
            self.ran_ms
        } else {
            self.ran_ms.saturating_add(now_ms.saturating_sub(self.running_since_ms))
        }
    }

    /// The running task, other than `task`, that holds `path`. What `task` is built upon holds nothing against it.
    pub fn holder(&self, path: &str, task: &str) -> Option<&Task> {
        let asking = self.tasks.get(task);
        let below = |t: &Task| {
            matches!(t.phase, Phase::Passed { .. })
                && asking.is_some_and(|asking| asking.depends_on.contains(&t.id) && asking.shares_group(t))
        };
        self.tasks.values().find(|t| t.id != task && t.scope.contains(path) && t.holds_files() && !below(t))
    }
}
