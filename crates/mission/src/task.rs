//! A task: its plan, its phase, what it used and why it failed. Events change it (`state/apply.rs`).
//!
//! `decide` reads it. Only events change it, and it decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::mailbox::{PlannedTask, Unplanned};
use crate::{Chosen, FailureClass, IndependentTests, Issue, Role, Rung, TaskId, Usage};

/// The phase of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Waits for its dependencies, for a worker, or for a fresh attempt.
    #[default]
    Waiting,
    /// Another Coder writes its tests before the task is begun.
    Testing,
    /// A Coder or Fixer is at work.
    Working,
    /// Submitted; the gates look at it.
    Judging,
    /// An attempt failed, and the ladder has not said yet what is next. `fixable`: its slot still holds the change.
    Failed {
        fixable: bool,
    },
    /// A gate or the merge found a problem; a Fixer is due.
    ToFix,
    /// Passed every gate; waits for integration.
    Passed {
        commit: String,
        tree: String,
    },
    /// On the mission's head.
    Integrated {
        commit: String,
    },
    /// A compound task that has its own plan; it is done when its parts are.
    Split,
    Abandoned {
        reason: String,
    },
    Cancelled {
        reason: String,
    },
}

impl Phase {
    /// Whether nothing more happens to the task.
    pub fn is_final(&self) -> bool {
        matches!(self, Phase::Integrated { .. } | Phase::Abandoned { .. } | Phase::Cancelled { .. })
    }

    /// Whether the task is over without being integrated.
    pub fn is_lost(&self) -> bool {
        matches!(self, Phase::Abandoned { .. } | Phase::Cancelled { .. })
    }

    /// Whether the task holds a worker's slot.
    pub fn is_active(&self) -> bool {
        matches!(
            self,
            Phase::Working | Phase::Judging | Phase::Failed { .. } | Phase::ToFix | Phase::Passed { .. }
        )
    }
}

/// Why an attempt failed; the next attempt is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptFailure {
    pub class: FailureClass,
    pub issues: Vec<Issue>,
    pub attempt: u32,
    /// The tree that a gate without models rejected, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// The stage of a task when OpenCode fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    Tests,
    Work,
    Repair,
    Judging,
    Integrating,
}

/// The role that was asked last, its session and the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub role: Role,
    /// The host's session, if known.
    pub session: Option<String>,
    /// The worker of another machine that has the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    pub asked_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub title: String,
    pub instructions: String,
    pub acceptance: Vec<String>,
    pub depends_on: BTreeSet<TaskId>,
    /// The part of `depends_on` that must only come first, because both write the same file. If such a task is
    /// abandoned, this one still runs.
    #[serde(default)]
    pub runs_after: BTreeSet<TaskId>,
    /// Files that it may write: the planned ones and those that were added later.
    pub scope: BTreeSet<String>,
    /// Files that its plan names.
    #[serde(default)]
    pub planned: BTreeSet<String>,
    /// Changed files that its plan does not name, with the role's latest reasons.
    #[serde(default)]
    pub unplanned: Vec<Unplanned>,
    pub group: Option<String>,
    pub compound: bool,
    pub edits_tests: Option<String>,
    #[serde(default)]
    pub edits_config: Option<String>,
    /// Whether it changes what the program does; `None` if the plan does not say.
    #[serde(default)]
    pub behaviour: Option<bool>,
    /// The engine made the task from the whole objective, because the Planner gave no plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_plan: bool,
    /// The number of the plan of the objective that it comes from, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// The compound task of which this task is a part.
    pub parent: Option<TaskId>,
    pub depth: u32,
    /// The user's corrections that concern it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,

    pub phase: Phase,
    /// Attempts begun from a clean base; those lost to a crash, a stop or the host do not count.
    pub attempt: u32,
    /// Attempts among these that failed because of a wrong test.
    #[serde(default)]
    pub granted: u32,
    /// Repairs of the current attempt.
    pub fixes: u32,
    /// Whether the newest repair is made in a new session; `None` before the first repair and after the task has
    /// passed.
    #[serde(default)]
    pub fixing: Option<bool>,
    /// The numbers of prompts to Coder and Fixer so far; new prompts continue the count.
    pub coder_prompts: u32,
    pub fixer_prompts: u32,
    pub reviewer_prompts: u32,
    /// Failures of host or provider in a row, at the stage that failed most often.
    pub host_failures: u32,
    /// The same by stage.
    #[serde(default)]
    pub(crate) host_failed_at: BTreeMap<At, u32>,
    /// Reviews in a row without a verdict.
    #[serde(default)]
    pub(crate) empty_reviews: u32,
    /// Everything that went wrong, oldest first.
    pub failures: Vec<AttemptFailure>,
    /// The tree that a gate without models rejected last, until the failure is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rejected_tree: Option<String>,
    /// The rungs that were chosen, oldest first.
    #[serde(default)]
    pub rungs: Vec<Chosen>,
    /// If several Coders made an attempt: why one of them was chosen, oldest first.
    #[serde(default)]
    pub chosen: Vec<String>,
    /// The model that works on it: 0 is the role's own, otherwise the place among its fallbacks, from 1.
    #[serde(default)]
    pub model: u32,
    /// The running attempt is asked to write whole files.
    #[serde(default)]
    pub whole_files: bool,
    /// How often this task, or a task of which it is a part, was split because it failed.
    #[serde(default)]
    pub splits: u32,
    /// Whether it is compound because it failed as a whole.
    #[serde(default)]
    pub resplit: bool,
    /// How often the Planner gave no plan for it.
    #[serde(default)]
    pub plan_failures: u32,
    /// The commit that the current attempt started from.
    pub base: Option<String>,
    /// The commit that last passed the gates; a Fixer repairs it if it does not merge.
    pub passed: Option<String>,
    /// The checks that it passed, in words: `npm test (12 tests)`.
    pub verified_by: Vec<String>,
    pub usage: Usage,
    /// When its first attempt began.
    #[serde(default)]
    pub started_ms: Option<u64>,
    /// The role that was last asked for it.
    #[serde(default)]
    pub seat: Option<Seat>,
    /// The worker of another machine that last ran its checks.
    #[serde(default)]
    pub worker: Option<String>,
    pub summary: Option<String>,
    /// The last Coder found that the task is already met, and changed nothing.
    #[serde(default)]
    pub unchanged: bool,
    /// Tests that another Coder writes first.
    #[serde(default)]
    pub tests: IndependentTests,
}

impl Task {
    /// Whether the engine made the task from the whole objective because the Planner gave no plan. Its files are then
    /// those of the brief, and it may need others.
    pub fn is_without_plan(&self) -> bool {
        self.without_plan
    }

    pub(crate) fn new(planned: &PlannedTask, parent: Option<&Task>) -> Task {
        Task {
            id: planned.id.clone(),
            title: planned.title.clone(),
            instructions: planned.instructions.clone(),
            acceptance: planned.acceptance.clone(),
            depends_on: planned.depends_on.iter().cloned().collect(),
            runs_after: planned.runs_after.iter().cloned().collect(),
            scope: planned.files.iter().cloned().collect(),
            planned: planned.files.iter().cloned().collect(),
            unplanned: Vec::new(),
            group: group(planned, parent),
            compound: planned.compound,
            edits_tests: edits_tests(planned, parent),
            edits_config: planned.edits_config.clone(),
            behaviour: planned.behaviour,
            without_plan: planned.without_plan,
            cycle: 0,
            parent: parent.map(|p| p.id.clone()),
            depth: parent.map_or(0, |p| p.depth + 1),
            corrections: Vec::new(),
            phase: Phase::Waiting,
            attempt: 0,
            granted: 0,
            fixes: 0,
            fixing: None,
            coder_prompts: 0,
            fixer_prompts: 0,
            reviewer_prompts: 0,
            host_failures: 0,
            host_failed_at: BTreeMap::new(),
            empty_reviews: 0,
            failures: Vec::new(),
            rejected_tree: None,
            rungs: Vec::new(),
            chosen: Vec::new(),
            model: 0,
            whole_files: false,
            splits: parent.map_or(0, |p| p.splits),
            resplit: false,
            plan_failures: 0,
            base: None,
            passed: None,
            verified_by: Vec::new(),
            usage: Usage::default(),
            started_ms: None,
            seat: None,
            worker: None,
            summary: None,
            unchanged: false,
            tests: IndependentTests::default(),
        }
    }

    /// Whether it holds the files of its scope against other tasks: it has begun.
    pub(crate) fn holds_files(&self) -> bool {
        let begun = self.attempt > 0 || self.tests.written.is_some();
        self.phase.is_active() || self.phase == Phase::Testing || (self.phase == Phase::Waiting && begun)
    }

    /// The files among `changed` that its plan does not name. Tests that another Coder wrote for it are left out.
    pub fn outside_the_plan<'f>(&self, changed: &'f [String]) -> Vec<&'f str> {
        let tests =
            |path: &String| self.tests.written.as_ref().is_some_and(|tests| tests.paths.contains(path));
        let outside = |path: &&String| !self.planned.contains(*path) && !tests(path);
        changed.iter().filter(outside).map(String::as_str).collect()
    }

    /// The items that a Reviewer answers: the acceptance items (`a1`), and one for each file outside the plan (`u1`).
    pub fn review_items(&self) -> Vec<(String, String)> {
        let asked = self.acceptance.iter().enumerate().map(|(i, item)| (format!("a{}", i + 1), item.clone()));
        let outside = self.unplanned.iter().enumerate();
        let outside = outside
            .map(|(i, Unplanned { path, why })| (format!("u{}", i + 1), format!("{path} is needed: {why}")));
        asked.chain(outside).collect()
    }

    /// Adds the plan's acceptance items to its own.
    pub(crate) fn promise(&mut self, items: &[String]) {
        for item in items {
            if !item.trim().is_empty() && !self.acceptance.contains(item) {
                self.acceptance.push(item.clone());
            }
        }
    }

    /// Whether it was left to the plan of the next cycle.
    pub(crate) fn is_left_to_plan(&self) -> bool {
        self.phase.is_lost() && self.rungs.last().is_some_and(|chosen| chosen.rung == Rung::Replan)
    }

    /// Whether the two are integrated together.
    pub(crate) fn shares_group(&self, other: &Task) -> bool {
        self.group.is_some() && self.group == other.group
    }

    /// Drops the running work without counting it; the task starts again from a clean base.
    pub(crate) fn again(&mut self) {
        if self.phase.is_active() {
            self.attempt = self.attempt.saturating_sub(1);
        }
        if self.phase == Phase::Testing {
            self.tests.draws = self.tests.draws.saturating_sub(1);
        }
        self.fixes = 0;
        self.phase = Phase::Waiting;
    }
}

/// Whether a part may edit tests: the parts of a task that failed as a whole may change what that task could.
fn edits_tests(planned: &PlannedTask, parent: Option<&Task>) -> Option<String> {
    let inherited = parent.filter(|p| p.resplit).and_then(|p| p.edits_tests.clone());
    planned.edits_tests.clone().or(inherited)
}

/// The group of a planned task. Parts of a task in a group belong to that group. A group in a plan of a compound task
/// differs from groups of the same name elsewhere.
fn group(planned: &PlannedTask, parent: Option<&Task>) -> Option<String> {
    match parent {
        None => planned.group.clone(),
        Some(parent) => {
            let own = || planned.group.as_ref().map(|group| format!("{}/{group}", parent.id));
            parent.group.clone().or_else(own)
        }
    }
}
