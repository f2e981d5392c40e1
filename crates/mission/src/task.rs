//! A task: what was planned, where it stands, what it used and what it failed on. Events change it (`state/apply.rs`).
//!
//! `decide` reads it. It changes by events alone, and decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::mailbox::{PlannedTask, Unplanned};
use crate::{Chosen, FailureClass, IndependentTests, Issue, Role, Rung, TaskId, Usage};

/// Where a task stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Waits for its dependencies, for a worker, or for a fresh attempt.
    #[default]
    Waiting,
    /// Another coder writes its tests, before the task is begun.
    Testing,
    /// A coder or fixer is at work.
    Working,
    /// Submitted; the gates look at it.
    Judging,
    /// An attempt failed, and the ladder has not said yet what is next. `fixable`: its slot still holds the change.
    Failed {
        fixable: bool,
    },
    /// A gate or the merge found something; a fixer is due.
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
    /// A compound task whose own plan stands; done when its tasks are.
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

/// Why an attempt failed, as the next one is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptFailure {
    pub class: FailureClass,
    pub issues: Vec<Issue>,
    pub attempt: u32,
    /// The tree that a gate rejected which asks no model, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// What a task is at when OpenCode fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    Tests,
    Work,
    Repair,
    Judging,
    Integrating,
}

/// Who was asked last, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub role: Role,
    /// The host's session, where it is known.
    pub session: Option<String>,
    pub asked_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub title: String,
    pub instructions: String,
    pub acceptance: Vec<String>,
    pub depends_on: BTreeSet<TaskId>,
    /// Those of `depends_on` that only come first, for a file that both write: the task runs though they are abandoned.
    #[serde(default)]
    pub runs_after: BTreeSet<TaskId>,
    /// Files it may write: those it was planned with and those it was widened by.
    pub scope: BTreeSet<String>,
    /// Those that its plan names.
    #[serde(default)]
    pub planned: BTreeSet<String>,
    /// Changed files that its plan does not name, with the reasons that were last given.
    #[serde(default)]
    pub unplanned: Vec<Unplanned>,
    pub group: Option<String>,
    pub compound: bool,
    pub edits_tests: Option<String>,
    #[serde(default)]
    pub edits_config: Option<String>,
    /// Whether it changes what the program does, where the plan says.
    #[serde(default)]
    pub behaviour: Option<bool>,
    /// The engine made it of the whole objective.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_plan: bool,
    /// Which plan of the objective it came from, from 1.
    #[serde(default)]
    pub cycle: u32,
    /// The compound task that this one came out of.
    pub parent: Option<TaskId>,
    pub depth: u32,
    /// What the user said about it since the mission began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,

    pub phase: Phase,
    /// Attempts begun from a clean base; those lost to a crash, a stop or the host do not count.
    pub attempt: u32,
    /// Of these, the ones that a wrong test was to blame for.
    #[serde(default)]
    pub granted: u32,
    /// Repairs of the current attempt.
    pub fixes: u32,
    /// Whether the newest repair is made in a session of its own; none before the first, and once it has passed.
    #[serde(default)]
    pub fixing: Option<bool>,
    /// Prompts to coder and fixer so far, which number their prompts.
    pub coder_prompts: u32,
    pub fixer_prompts: u32,
    pub reviewer_prompts: u32,
    /// Failures of host or provider in a row, at what failed most often.
    pub host_failures: u32,
    /// The same by what the task was at.
    #[serde(default)]
    pub(crate) host_failed_at: BTreeMap<At, u32>,
    /// Reviews in a row that came to nothing.
    #[serde(default)]
    pub(crate) empty_reviews: u32,
    /// Everything that went wrong, oldest first.
    pub failures: Vec<AttemptFailure>,
    /// The tree that a gate without models rejected last, until the failure is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rejected_tree: Option<String>,
    /// How it was helped, oldest first.
    #[serde(default)]
    pub rungs: Vec<Chosen>,
    /// Where several coders made an attempt: why one of them was chosen, oldest first.
    #[serde(default)]
    pub chosen: Vec<String>,
    /// The model that works on it: 0 the role's own, otherwise the place among its fallbacks, from 1.
    #[serde(default)]
    pub model: u32,
    /// The running attempt is asked to write files whole.
    #[serde(default)]
    pub whole_files: bool,
    /// Times that this task, or one that it came out of, was split because it failed.
    #[serde(default)]
    pub splits: u32,
    /// Whether it is compound because it failed as a whole.
    #[serde(default)]
    pub resplit: bool,
    /// Times that the Planner gave no plan for it.
    #[serde(default)]
    pub plan_failures: u32,
    /// The commit that the current attempt started from.
    pub base: Option<String>,
    /// The commit that last passed the gates, to be fixed if it does not merge.
    pub passed: Option<String>,
    /// What passed it, in words: `npm test (12 tests)`.
    pub verified_by: Vec<String>,
    pub usage: Usage,
    /// When its first attempt began.
    #[serde(default)]
    pub started_ms: Option<u64>,
    /// The role that was last asked for it.
    #[serde(default)]
    pub seat: Option<Seat>,
    pub summary: Option<String>,
    /// Who was asked for it last found that it is so already, and changed nothing.
    #[serde(default)]
    pub unchanged: bool,
    /// Tests that somebody else writes first.
    #[serde(default)]
    pub tests: IndependentTests,
}

impl Task {
    /// Whether the engine made it of the whole objective because the Planner gave no plan: then its files are those of the brief,
    /// and say little of what it needs.
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
            summary: None,
            unchanged: false,
            tests: IndependentTests::default(),
        }
    }

    /// Whether files of its scope are its own before others: it has begun.
    pub(crate) fn holds_files(&self) -> bool {
        let begun = self.attempt > 0 || self.tests.written.is_some();
        self.phase.is_active() || self.phase == Phase::Testing || (self.phase == Phase::Waiting && begun)
    }

    /// Those of some changed files that its plan does not name. Tests that somebody else wrote for it are not its own.
    pub fn outside_the_plan<'f>(&self, changed: &'f [String]) -> Vec<&'f str> {
        let tests =
            |path: &String| self.tests.written.as_ref().is_some_and(|tests| tests.paths.contains(path));
        let outside = |path: &&String| !self.planned.contains(*path) && !tests(path);
        changed.iter().filter(outside).map(String::as_str).collect()
    }

    /// What a Reviewer answers: the acceptance items (`a1`), and one for each file outside the plan (`u1`).
    pub fn review_items(&self) -> Vec<(String, String)> {
        let asked = self.acceptance.iter().enumerate().map(|(i, item)| (format!("a{}", i + 1), item.clone()));
        let outside = self.unplanned.iter().enumerate();
        let outside = outside
            .map(|(i, Unplanned { path, why })| (format!("u{}", i + 1), format!("{path} is needed: {why}")));
        asked.chain(outside).collect()
    }

    /// Takes on what the plan says of the whole, too.
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

    /// What was begun is let go and does not count: it starts again from a clean base.
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

/// What comes out of a task that failed as a whole may change what that task might.
fn edits_tests(planned: &PlannedTask, parent: Option<&Task>) -> Option<String> {
    let inherited = parent.filter(|p| p.resplit).and_then(|p| p.edits_tests.clone());
    planned.edits_tests.clone().or(inherited)
}

/// All that comes out of a task of a group belongs to that group; a group of a plan of its own is another than one of the
/// same name elsewhere.
fn group(planned: &PlannedTask, parent: Option<&Task>) -> Option<String> {
    match parent {
        None => planned.group.clone(),
        Some(parent) => {
            let own = || planned.group.as_ref().map(|group| format!("{}/{group}", parent.id));
            parent.group.clone().or_else(own)
        }
    }
}
