//! The fold of a mission's events. Total: an event that does not fit (an unknown task, say) changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mailbox::{Brief, Plan};
use crate::task::Failure;
use crate::usage::UsageByRole;
use crate::{
    CheckSummary, Event, FailureClass, Gate, GateVerdict, Issue, MissionId, Outcome, PauseReason, Phase,
    Policy, Role, Task, TaskId, Usage,
};

/// Verdicts kept for the report.
const MAX_VERDICTS: usize = 2000;

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
    },
    Delivered {
        files: u32,
        branch: Option<String>,
        note: Option<String>,
    },
    Failed {
        reason: String,
    },
    Undone {
        files: u32,
    },
}

/// What the mission is at, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Starting,
    Searching,
    Planning,
    Working,
    Delivering,
    Paused,
    Ended,
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

    pub base: Option<Commit>,
    /// The user's own changes that the base contains.
    pub base_changed: Vec<String>,
    pub base_left_out: Vec<String>,
    pub base_checks: Option<Vec<CheckSummary>>,
    pub brief: Option<Brief>,
    pub brief_failures: Vec<String>,
    pub plan_failures: Vec<String>,
    pub host_failures: u32,
    /// Orders that the engine added to plans.
    pub notes: Vec<String>,
    pub acceptance: Vec<String>,
    pub approved: bool,
    pub tasks: BTreeMap<TaskId, Task>,
    /// As planned, for display.
    pub order: Vec<TaskId>,

    pub head: Option<Commit>,
    /// What the project's checks say of the head.
    pub head_checks: Vec<CheckSummary>,
    pub verdicts: Vec<Judged>,
    /// The most tasks that were under way at once.
    pub peak: u32,

    pub usage: Usage,
    pub usage_by_role: UsageByRole,
    pub delivery: Delivery,
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

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MissionStarted { mission, objective, policy, at_ms } => {
                self.mission.clone_from(mission);
                self.objective.clone_from(objective);
                self.policy = policy.clone();
                self.started_ms = *at_ms;
                self.running_since_ms = *at_ms;
            }
            Event::BaseTaken { commit, tree, changed, left_out } => {
                let base = Commit { commit: commit.clone(), tree: tree.clone() };
                self.base = Some(base.clone());
                self.head = Some(base);
                self.base_changed.clone_from(changed);
                self.base_left_out.clone_from(left_out);
            }
            Event::BaseChecked { checks } => {
                self.base_checks = Some(checks.clone());
                self.head_checks.clone_from(checks);
            }
            Event::RoleAsked { role, task, .. } => self.asked(*role, task.as_ref()),
            Event::RoleSpent { role, task, tokens, cost_usd } => {
                self.usage.spend(tokens, *cost_usd);
                self.usage_by_role.entry(*role).or_default().spend(tokens, *cost_usd);
                if let Some(task) = task.as_ref().and_then(|id| self.tasks.get_mut(id)) {
                    task.usage.spend(tokens, *cost_usd);
                }
            }
            Event::BriefAccepted { brief } => {
                self.brief = Some(brief.clone());
                self.host_failures = 0;
            }
            Event::BriefFailed { class: FailureClass::Host, .. } => self.host_failures += 1,
            Event::BriefFailed { reason, .. } => self.brief_failures.push(reason.clone()),
            Event::PlanAccepted { plan, notes, parent } => self.planned(plan, notes, parent.as_ref()),
            Event::PlanFailed { class: FailureClass::Host, .. } => self.host_failures += 1,
            Event::PlanFailed { reason, parent, class } => match parent
                .as_ref()
                .and_then(|id| self.tasks.get_mut(id))
            {
                Some(task) => {
                    let issue = Issue::new("plan", reason.clone());
                    task.failures.push(Failure { class: *class, issues: vec![issue], attempt: task.attempt });
                }
                None => self.plan_failures.push(reason.clone()),
            },
            Event::Paused { reason, at_ms } => {
                self.paused = Some(reason.clone());
                self.ran_ms += at_ms.saturating_sub(self.running_since_ms);
                self.running_since_ms = *at_ms;
            }
            Event::Resumed { at_ms, policy } => {
                if let Some(policy) = policy {
                    self.policy = policy.clone();
                }
                self.resumed(*at_ms);
            }
            Event::Ended { outcome, at_ms } => {
                self.outcome = Some(*outcome);
                self.ended_ms = Some(*at_ms);
                self.ran_ms += at_ms.saturating_sub(self.running_since_ms);
            }
            Event::GateJudged { task, gate, verdict, tree, detail } => {
                if self.verdicts.len() < MAX_VERDICTS {
                    let (task, tree, detail) = (task.clone(), tree.clone(), detail.clone());
                    self.verdicts.push(Judged { task, gate: *gate, verdict: *verdict, tree, detail });
                }
            }
            Event::BatchStarted { .. } => {}
            Event::Integrated { tasks, commit, tree, checks, .. } => {
                self.head = Some(Commit { commit: commit.clone(), tree: tree.clone() });
                self.head_checks.clone_from(checks);
                for id in tasks {
                    if let Some(task) = self.tasks.get_mut(id) {
                        task.phase = Phase::Integrated { commit: commit.clone() };
                    }
                }
                self.close_parents();
            }
            Event::BatchFailed { tasks, class, issues } => {
                for id in tasks {
                    self.failed(id, *class, issues);
                }
            }
            Event::DeliveryIntended { delivery, verified } => {
                self.delivery = Delivery::Intended { delivery: delivery.clone(), verified: *verified };
            }
            Event::Delivered { files, branch, note } => {
                self.delivery =
                    Delivery::Delivered { files: *files, branch: branch.clone(), note: note.clone() };
            }
            Event::DeliveryFailed { reason } => self.delivery = Delivery::Failed { reason: reason.clone() },
            Event::Undone { files } => self.delivery = Delivery::Undone { files: *files },
            Event::AttemptFailed { task, class, issues } => self.failed(task, *class, issues),
            Event::AttemptStarted { task, .. }
            | Event::FixStarted { task, .. }
            | Event::WorkAccepted { task, .. }
            | Event::ScopeWidened { task, .. }
            | Event::ScopeRefused { task, .. }
            | Event::TaskOrdered { task, .. }
            | Event::JudgeFailed { task, .. }
            | Event::TaskPassed { task, .. }
            | Event::TaskGivenUp { task, .. }
            | Event::TaskCancelled { task, .. } => {
                if let Some(task) = self.tasks.get_mut(task) {
                    apply_to_task(task, event);
                }
            }
        }
        self.peak = self.peak.max(self.active() as u32);
    }

    fn asked(&mut self, role: Role, task: Option<&TaskId>) {
        self.usage.calls += 1;
        self.usage_by_role.entry(role).or_default().calls += 1;
        if let Some(task) = task.and_then(|id| self.tasks.get_mut(id)) {
            task.usage.calls += 1;
            match role {
                Role::Coder => task.coder_prompts += 1,
                Role::Fixer => task.fixer_prompts += 1,
                Role::Reviewer => task.reviewer_prompts += 1,
                Role::Searcher | Role::Planner => {}
            }
        }
    }

    fn planned(&mut self, plan: &Plan, notes: &[String], parent: Option<&TaskId>) {
        self.host_failures = 0;
        self.notes.extend(notes.iter().cloned());
        let parent = parent.and_then(|id| self.tasks.get(id)).cloned();
        if parent.is_none() {
            self.acceptance.clone_from(&plan.acceptance);
        }
        for planned in &plan.tasks {
            let task = Task::new(planned, parent.as_ref());
            self.order.push(task.id.clone());
            self.tasks.insert(task.id.clone(), task);
        }
        if let Some(task) = parent.and_then(|p| self.tasks.get_mut(&p.id)) {
            task.phase = Phase::Split;
        }
    }

    fn failed(&mut self, id: &str, class: FailureClass, issues: &[Issue]) {
        let policy = &self.policy;
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.phase.is_final() {
            return;
        }
        if class == FailureClass::Host {
            task.host_failures += 1;
            task.attempt = task.attempt.saturating_sub(1);
            task.fixes = 0;
            task.phase = Phase::Waiting;
            return;
        }
        task.host_failures = 0;
        task.failures.push(Failure { class, issues: issues.to_vec(), attempt: task.attempt });
        if class.is_fixable() && task.fixes < policy.fixes {
            task.phase = Phase::ToFix;
        } else {
            task.fixes = 0;
            task.phase = Phase::Waiting;
        }
    }

    /// What was in flight is lost, starts again from its clean base, and does not count.
    fn resumed(&mut self, at_ms: u64) {
        if self.paused.take() == Some(PauseReason::Approval) {
            self.approved = true;
        }
        self.running_since_ms = at_ms;
        self.host_failures = 0;
        for task in self.tasks.values_mut() {
            task.host_failures = 0;
            if task.phase.is_active() && !matches!(task.phase, Phase::Passed { .. }) {
                task.phase = Phase::Waiting;
                task.attempt = task.attempt.saturating_sub(1);
                task.fixes = 0;
            }
        }
    }

    /// A compound task is integrated when all that came out of it is.
    fn close_parents(&mut self) {
        let head = self.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
        for _ in 0..=self.policy.max_depth {
            let open: BTreeSet<TaskId> = self
                .tasks
                .values()
                .filter(|t| !matches!(t.phase, Phase::Integrated { .. }))
                .filter_map(|t| t.parent.clone())
                .collect();
            for task in self.tasks.values_mut() {
                if task.phase == Phase::Split && !open.contains(&task.id) {
                    task.phase = Phase::Integrated { commit: head.clone() };
                }
            }
        }
    }

    /// Tasks that a worker is busy with.
    pub fn active(&self) -> usize {
        self.tasks
            .values()
            .filter(|t| matches!(t.phase, Phase::Working | Phase::Judging | Phase::ToFix))
            .count()
    }

    pub fn stage(&self) -> Stage {
        if self.outcome.is_some() {
            Stage::Ended
        } else if self.paused.is_some() {
            Stage::Paused
        } else if self.base.is_none() {
            Stage::Starting
        } else if !self.tasks.is_empty() {
            if self.tasks.values().all(|t| t.phase.is_final()) { Stage::Delivering } else { Stage::Working }
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
            self.ran_ms + now_ms.saturating_sub(self.running_since_ms)
        }
    }

    /// The running task, other than `task`, that holds `path`.
    pub fn holder(&self, path: &str, task: &str) -> Option<&Task> {
        self.tasks.values().find(|t| {
            t.id != task
                && t.scope.contains(path)
                && (t.phase.is_active() || (t.phase == Phase::Waiting && t.attempt > 0))
        })
    }

    /// Whether `task` waits, over any number of steps, for `on`.
    pub fn depends(&self, task: &str, on: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut stack = vec![task];
        while let Some(id) = stack.pop() {
            if id == on {
                return true;
            }
            if let Some(task) = self.tasks.get(id).filter(|_| seen.insert(id)) {
                stack.extend(task.depends_on.iter().map(String::as_str));
            }
        }
        false
    }
}

fn apply_to_task(task: &mut Task, event: &Event) {
    match event {
        Event::AttemptStarted { base, .. } => {
            task.phase = Phase::Working;
            task.attempt += 1;
            task.fixes = 0;
            task.base = Some(base.clone());
        }
        Event::FixStarted { base, .. } => {
            task.phase = Phase::Working;
            task.fixes += 1;
            task.base = Some(base.clone());
        }
        Event::WorkAccepted { summary, .. } => {
            task.phase = Phase::Judging;
            task.host_failures = 0;
            task.summary = Some(summary.clone());
        }
        Event::ScopeWidened { path, .. } => {
            task.scope.insert(path.clone());
        }
        Event::TaskOrdered { after, path, .. } => {
            task.depends_on.insert(after.clone());
            task.scope.insert(path.clone());
            task.phase = Phase::Waiting;
            task.attempt = task.attempt.saturating_sub(1);
            task.fixes = 0;
        }
        Event::JudgeFailed { .. } => task.host_failures += 1,
        Event::TaskPassed { commit, tree, verified_by, .. } => {
            task.host_failures = 0;
            task.phase = Phase::Passed { commit: commit.clone(), tree: tree.clone() };
            task.passed = Some(commit.clone());
            task.verified_by.clone_from(verified_by);
        }
        Event::TaskGivenUp { reason, .. } => task.phase = Phase::GivenUp { reason: reason.clone() },
        Event::TaskCancelled { reason, .. } => task.phase = Phase::Cancelled { reason: reason.clone() },
        _ => {}
    }
}
