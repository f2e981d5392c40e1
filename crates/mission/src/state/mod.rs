//! The state of a mission: the fold of its events, with questions about it.
//!
//! Only `apply` changes it; `decide`, the board and the report read it. It is not kept on disk: the journal is.

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
    ChangedFiles, CheckSummary, Estimate, Event, FailureClass, Followed, Gate, GateVerdict, ItemVerdict,
    MissionId, Outcome, PauseReason, Phase, Policy, RefusedCheck, Seat, SetupSummary, Task, TaskId, Usage,
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
        #[serde(default, skip_serializing_if = "ChangedFiles::is_empty")]
        changed: ChangedFiles,
        /// Files of the user that contain part of an interrupted delivery together with the user's own edits. An
        /// undo does not change them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    Failed {
        reason: String,
        /// Files of the user that contain part of the change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
        /// The intended delivery, if it left part of the change in files: it is finished or undone first when the
        /// mission resumes.
        half: Option<Box<Delivery>>,
    },
    Undone {
        files: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
}

impl Delivery {
    /// Files of the user that contain part of an interrupted delivery, because the user wrote to them before it
    /// was undone.
    pub fn torn(&self) -> &[String] {
        match self {
            Delivery::Pending => &[],
            Delivery::Intended { torn, .. }
            | Delivery::Delivered { torn, .. }
            | Delivery::Failed { torn, .. }
            | Delivery::Undone { torn, .. } => torn,
        }
    }

    /// Whether the delivery must still be finished or undone.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Delivery::Intended { .. } | Delivery::Failed { half: Some(_), .. })
    }
}

/// A hunk of a delivered file that was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HunkBack {
    /// Its number, from 1.
    pub hunk: u32,
    /// The content of the file afterwards, in the form of `workspace`.
    pub left: Value,
}

/// The stage of the mission, in one word.
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

/// A failure that is no failed attempt: of OpenCode, or a review without a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    pub class: FailureClass,
    pub what: String,
    /// The number of such failures in a row.
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
    /// The newest time of an event: a mission that crashed ran until then.
    pub seen_ms: u64,

    /// The role that was last asked for the whole mission: Searcher, Planner or a Reviewer of the objective.
    #[serde(default)]
    pub seat: Option<Seat>,

    /// The prompts of sessions at workers of other machines, by worker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at_workers: BTreeMap<String, u64>,

    /// The mission from whose delivered change this one begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Shared<Followed>>,

    pub base: Option<Commit>,
    /// Files with changes of the user's own that the base contains.
    pub base_changed: Vec<String>,
    pub base_left_out: Vec<String>,
    pub base_checks: Option<Vec<CheckSummary>>,
    /// The means that ends processes which commands leave running.
    pub ended_by: Option<String>,
    /// Commands of the project that look like checks and are not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_checks: Vec<RefusedCheck>,
    /// The set-up steps that prepared the project for its checks.
    #[serde(default)]
    pub setup: Vec<SetupSummary>,
    pub brief: Option<Brief>,
    /// The questions of the brief with their answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    pub brief_failures: Vec<String>,
    pub plan_failures: Vec<String>,
    pub host_failures: u32,
    /// Orders that the engine added to plans.
    pub notes: Vec<String>,
    pub acceptance: Vec<String>,
    pub approved: bool,
    /// The plan was changed for a correction after the user had approved it, and the change waits for approval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed_unapproved: bool,
    /// The user's corrections, and how they changed the plan, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<String>,
    #[serde(default)]
    pub heard: Heard,
    /// The number of the current plan of the objective, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// The next plan is due.
    #[serde(default)]
    pub replanning: bool,
    /// What the newest plan is for, from the second cycle on, and the integrated tree when that cycle began.
    #[serde(default)]
    pub asked_for: Vec<ItemVerdict>,
    #[serde(default)]
    pub cycle_tree: Option<String>,
    /// The newest review of the whole, and why later reviews gave no verdict.
    #[serde(default)]
    pub review: Option<ObjectiveReview>,
    #[serde(default)]
    pub review_failures: Vec<String>,
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// What plans need before their tasks may start.
    pub needs: Vec<Needs>,
    pub tasks: Tasks,
    /// The tasks' ids in the order of the plan, for display.
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
    /// The most tasks that ran at the same time.
    pub peak: u32,

    /// What is known about models that failed.
    #[serde(default)]
    pub providers: Providers,
    /// The last failure that was no failed attempt, for the text of a pause.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    pub usage: Usage,
    pub usage_by_role: UsageByRole,
    /// How many repairs succeeded, by the kind of session.
    #[serde(default)]
    pub repairs: RepairsSoFar,
    pub delivery: Delivery,
    /// Files of the delivery that the user undid one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<String>,
    /// Hunks of delivered files that the user undid, in that order, by path.
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

    /// The number of tasks that a worker is busy with.
    pub fn active(&self) -> usize {
        self.tasks.index().busy()
    }

    /// The number of used slots. An attempt of several Coders uses several.
    pub fn slots(&self) -> usize {
        let wide = |t: &&Task| t.phase == Phase::Working && t.fixes == 0;
        let working = self.tasks.index().active().filter_map(|id| self.tasks.get(id)).filter(wide);
        self.active() + working.map(|task| self.slots_of(task).saturating_sub(1) as usize).sum::<usize>()
    }

    /// The number of slots for a fresh attempt at a task. A kept change needs only one, because no Coder makes it.
    pub(crate) fn slots_of(&self, task: &Task) -> u32 {
        if task.tests.kept.is_some() { 1 } else { self.candidates() }
    }

    /// The number of Coders that make one attempt in parallel.
    pub fn candidates(&self) -> u32 {
        self.policy.candidates.clamp(1, self.parallel().max(1))
    }

    /// The most tasks at once that the settings and the provider allow.
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

    /// How long the mission has run, in milliseconds without pauses.
    pub fn elapsed_ms(&self, now_ms: u64) -> u64 {
        if self.paused.is_some() || self.outcome.is_some() {
            self.ran_ms
        } else {
            self.ran_ms.saturating_add(now_ms.saturating_sub(self.running_since_ms))
        }
    }

    /// The running task, other than `task`, that holds `path`. Tasks on which `task` is built do not count.
    pub fn holder(&self, path: &str, task: &str) -> Option<&Task> {
        let asking = self.tasks.get(task);
        let below = |t: &Task| {
            matches!(t.phase, Phase::Passed { .. })
                && asking.is_some_and(|asking| asking.depends_on.contains(&t.id) && asking.shares_group(t))
        };
        self.tasks.values().find(|t| t.id != task && t.scope.contains(path) && t.holds_files() && !below(t))
    }
}
