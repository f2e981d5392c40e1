//! What failures and the rungs of the ladder change. `apply` calls it.
//!
//! `decide/ladder.rs` chooses the next rung. This file counts attempts, repairs and failures, and does not read the
//! mission's policy.

use super::{State, Trouble};

use crate::policy::ROLE_TRIES;
use crate::task::{At, AttemptFailure};
use crate::{Basis, Chosen, FailureClass, Gate, GateVerdict, Issue, Phase, Rung, Task, independent};

/// The most rungs and failures kept of a task: far more than any policy allows.
const MAX_KEPT: usize = 200;

impl State {
    /// An attempt failed; the ladder chooses what is next. `kept`: a slot still holds the change.
    pub(super) fn failed(&mut self, id: &str, class: FailureClass, issues: &[Issue], kept: bool) {
        let Some(task) = self.tasks.get_mut(id).filter(|t| !t.phase.is_final()) else { return };
        if class == FailureClass::Host {
            task.host_failed();
            let why = issues.first().map(|issue| issue.message.as_str()).unwrap_or_default();
            self.trouble = Some(Trouble { class, what: format!("`{id}`: {why}"), times: task.host_failures });
            // A task that passed stays so and is only merged again; a task that failed stays failed
            if !matches!(task.phase, Phase::Passed { .. } | Phase::Failed { .. }) {
                task.again();
            }
            return;
        }
        task.answered();
        if task.phase == Phase::Testing {
            return independent::rejected(task, issues);
        }
        let begun = task.phase.is_active();
        if !begun {
            // It failed before there was a change to fix
            task.attempt = task.attempt.saturating_add(1);
        }
        task.remember(class, issues.to_vec());
        task.tests.kept = None;
        task.phase = Phase::Failed { fixable: begun && kept };
    }
}

impl Task {
    fn remember(&mut self, class: FailureClass, issues: Vec<Issue>) {
        if self.failures.len() < MAX_KEPT {
            let tree = self.rejected_tree.take();
            self.failures.push(AttemptFailure { class, issues, attempt: self.attempt, tree });
        }
    }

    /// A gate judged a tree of the task. Only gates without models count here: the verdict of a model, or tests that
    /// one wrote, can differ the next time.
    pub(super) fn judged(&mut self, gate: Gate, verdict: GateVerdict, tree: &str) {
        let rejected = verdict == GateVerdict::Fail
            && !tree.is_empty()
            && !matches!(gate.basis(), Basis::Model | Basis::OtherCoder);
        self.rejected_tree = rejected.then(|| tree.to_string());
    }

    /// The Planner gave no plan for the task. A task that was to be split because it failed stays as it was.
    pub(super) fn no_plan(&mut self, class: FailureClass, issue: Issue) {
        if self.phase != Phase::Waiting {
            return;
        }
        self.plan_failures = self.plan_failures.saturating_add(1);
        let over = self.plan_failures as usize >= ROLE_TRIES;
        if !self.resplit {
            self.remember(class, vec![issue]);
        } else if over {
            (self.compound, self.resplit) = (false, false);
        }
        if over {
            self.phase = Phase::Failed { fixable: false };
        }
    }

    pub(super) fn climb(&mut self, rung: Rung, why: &str) {
        if self.rungs.len() < MAX_KEPT {
            self.rungs.push(Chosen { rung, why: why.to_string() });
        }
        let fresh = |task: &mut Task, whole_files| {
            task.fixes = 0;
            task.whole_files = whole_files;
            task.phase = Phase::Waiting;
        };
        match rung {
            Rung::Fix => self.phase = Phase::ToFix,
            Rung::Fresh { whole_files } => fresh(self, whole_files),
            Rung::OtherModel { model, whole_files } => {
                self.model = model;
                fresh(self, whole_files);
            }
            Rung::Split => {
                (self.compound, self.resplit) = (true, true);
                self.splits = self.splits.saturating_add(1);
                self.plan_failures = 0;
                fresh(self, false);
            }
            Rung::Replan => self.phase = Phase::Abandoned { reason: format!("left to the next plan: {why}") },
        }
    }

    /// The stage of the task, for counting failures in a row.
    fn at(&self) -> At {
        match self.phase {
            Phase::Testing => At::Tests,
            Phase::Judging => At::Judging,
            Phase::Passed { .. } => At::Integrating,
            Phase::ToFix => At::Repair,
            Phase::Working if self.fixes > 0 => At::Repair,
            _ => At::Work,
        }
    }

    /// OpenCode failed at the current stage of the task.
    pub(super) fn host_failed(&mut self) {
        let times = self.host_failed_at.entry(self.at()).or_default();
        *times = times.saturating_add(1);
        self.count_host_failures();
    }

    /// The current stage succeeded. Failures of other stages still count: otherwise accepted work would reset the count
    /// each time, and a repair that OpenCode cannot make would never end.
    pub(crate) fn answered(&mut self) {
        let at = self.at();
        self.host_failed_at.remove(&at);
        if at == At::Judging {
            self.empty_reviews = 0;
        }
        self.count_host_failures();
    }

    pub(crate) fn no_trouble(&mut self) {
        self.host_failed_at.clear();
        self.empty_reviews = 0;
        self.count_host_failures();
    }

    fn count_host_failures(&mut self) {
        self.host_failures = self.host_failed_at.values().max().copied().unwrap_or_default();
    }

    /// Running work is lost and does not count. A task that failed stays failed, but its slot is gone.
    pub(super) fn interrupted(&mut self) {
        match self.phase {
            Phase::Passed { .. } => {}
            Phase::Failed { .. } => self.phase = Phase::Failed { fixable: false },
            Phase::Testing => self.again(),
            _ if self.phase.is_active() => self.again(),
            _ => {}
        }
    }
}
