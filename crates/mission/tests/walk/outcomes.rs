//! Random results of effects: gates, merges, packages, reviews and deliveries that pass or fail.
//!
//! It only records events; `main.rs` checks that a mission neither stops nor ends wrongly.

use mission::{Event, FailureClass, Issue, ItemVerdict, PauseReason, TaskId};

use super::{Running, Walk};

/// An attempt that failed with one issue.
pub(super) fn failed(task: &TaskId, class: FailureClass) -> Event {
    Event::AttemptFailed { task: task.clone(), class, issues: vec![Issue::new("test", "wrong")] }
}

impl Walk {
    /// Plays the gates on a submission.
    pub(super) fn judge(&mut self, task: TaskId) {
        let event = if self.trouble() {
            Event::JudgeFailed { task, reason: "502".into(), class: FailureClass::Host }
        } else if self.dice.one_in(self.faults) {
            let classes = [FailureClass::Scope, FailureClass::Lint, FailureClass::Test, FailureClass::Review];
            let class = classes[self.dice.roll(classes.len())];
            if self.mission.state.tasks.get(&task).is_some_and(|t| t.tests.written.is_some()) {
                let issue = Issue::new(mission::independent::SOURCE, "`adds` fails: 3");
                Event::AttemptFailed { task, class, issues: vec![issue] }
            } else {
                failed(&task, class)
            }
        } else {
            let (commit, tree) = (format!("c-{task}"), "t".into());
            Event::TaskPassed { task, commit, tree, verified_by: vec![], at_ms: self.now }
        };
        self.tell(event);
    }

    /// Plays the integration of a batch; returns whether the effect has ended.
    pub(super) fn integrate(&mut self, running: &mut Running, tasks: Vec<TaskId>, head: String) -> bool {
        if running.told == 0 {
            self.tell(Event::BatchStarted { tasks: tasks.clone(), head });
            let begun = &self.mission.state.batch;
            let tasks: Vec<TaskId> = tasks.into_iter().filter(|id| begun.contains(id)).collect();
            running.batches = self.units(&tasks);
            return running.batches.is_empty();
        }
        let Some(tasks) = running.batches.pop() else { return true };
        let event = if self.dice.one_in(self.faults) {
            let class = if self.trouble() { FailureClass::Host } else { FailureClass::Conflict };
            Event::BatchFailed { tasks, class, issues: vec![Issue::new("merge", "conflict")] }
        } else {
            let n = self.mission.events.len();
            let (commit, tree) = (format!("head-{n}"), format!("t-{n}"));
            Event::Integrated { tasks, commit, tree, checks: vec![], at_ms: self.now }
        };
        self.tell(event);
        running.batches.is_empty()
    }

    pub(super) fn add_packages(&mut self, parent: Option<TaskId>) {
        let packages = self.mission.state.needs.iter().find(|n| n.parent == parent);
        let packages = packages.map(|n| n.packages.clone()).unwrap_or_default();
        let event = if self.trouble() {
            Event::Paused { reason: PauseReason::Packages("offline".into()), at_ms: self.now }
        } else if self.dice.one_in(self.faults) {
            Event::PackagesFailed { parent, reason: "they conflict".into() }
        } else {
            let (commit, tree) = (format!("head-{}", self.mission.events.len()), "t".into());
            Event::PackagesAdded { parent, packages, files: vec![], commit, tree, checks: vec![] }
        };
        self.tell(event);
    }

    pub(super) fn review_objective(&mut self, cycle: u32) {
        let event = if self.trouble() {
            Event::ObjectiveReviewFailed { class: FailureClass::Host, reason: "502".into() }
        } else if self.dice.one_in(self.faults * 2) {
            Event::ObjectiveReviewFailed { class: FailureClass::Malformed, reason: "prose".into() }
        } else {
            let (mut met, mut unmet) = (Vec::new(), Vec::new());
            for item in self.mission.state.objective_items() {
                let verdict = ItemVerdict { item, evidence: "seen".into() };
                if self.dice.one_in(self.faults) { unmet.push(verdict) } else { met.push(verdict) }
            }
            let tree = self.mission.state.integrated_tree.clone().unwrap_or_default();
            Event::ObjectiveReviewed { cycle, met, unmet, tree }
        };
        self.tell(event);
    }

    /// Plays a delivery; returns whether the effect has ended.
    pub(super) fn deliver(&mut self, told: usize) -> bool {
        if told == 0 {
            self.tell(Event::DeliveryIntended {
                delivery: serde_json::json!({ "files": 1 }),
                verified: true,
                torn: Vec::new(),
            });
            return false;
        }
        let event = if self.dice.one_in(self.faults) {
            Event::DeliveryFailed { reason: "read-only".into(), torn: Vec::new() }
        } else {
            Event::Delivered {
                files: 1,
                branch: None,
                note: None,
                changed: Default::default(),
                torn: Vec::new(),
            }
        };
        self.tell(event);
        true
    }
}
