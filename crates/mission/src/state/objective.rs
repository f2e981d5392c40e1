//! The objective as a whole: its acceptance items, and what is still missing.
//!
//! `decide/cycle.rs` reads it and `apply` changes it. It does not judge: the Reviewers' votes are events.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Delivery, Stage, State};
use crate::{Event, FailureClass, ItemVerdict, Panel, Phase, Task, TrackRecord};

/// The acceptance item of a plan that names none.
const WHOLE: &str = "the objective is met as a whole, with nothing of it left out";
/// The most items that a review answers, and that a plan is asked for.
const MAX_ITEMS: usize = 60;

/// The newest review of all that was integrated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveReview {
    pub cycle: u32,
    pub met: Vec<ItemVerdict>,
    pub unmet: Vec<ItemVerdict>,
    /// The reviewed tree.
    pub tree: String,
}

impl State {
    /// The acceptance items of the whole objective: those of its first plan, those of tasks that were split because
    /// they failed, and what the newest plan was asked for.
    pub fn objective_items(&self) -> Vec<String> {
        let mut items = self.acceptance.clone();
        let mut tasks = self.tasks.values();
        if let (true, Some(task), None) = (items.is_empty(), tasks.next(), tasks.next()) {
            items.clone_from(&task.acceptance);
        }
        if items.iter().all(|item| item.trim().is_empty()) {
            items = vec![WHOLE.to_string()];
        }
        for task in self.tasks.values().filter(|t| t.resplit && !t.phase.is_lost()) {
            items.extend(task.acceptance.iter().cloned());
        }
        items.extend(self.asked_for.iter().map(|asked| asked.item.clone()));
        let mut seen = BTreeSet::new();
        items.retain(|item| !item.trim().is_empty() && seen.insert(item.clone()));
        items.truncate(MAX_ITEMS);
        items.extend(self.decisions.iter().filter(|decision| !decision.by_default).filter_map(|decision| {
            Some(format!("the user decided: {} {}", decision.question, decision.chosen.as_ref()?))
        }));
        items.extend(self.corrections.iter().map(|said| {
            format!("the user's later word is kept, unless a newer one takes it back: {}", said.text)
        }));
        items
    }

    /// Whether the integrated tree was reviewed against the objective, and no Coder has answered the review since.
    pub fn is_reviewed(&self) -> bool {
        self.is_of_this_tree() && !self.is_answered() && self.heard.review >= self.corrections.len()
    }

    /// Whether the newest review is about the integrated tree as it is now.
    pub fn is_of_this_tree(&self) -> bool {
        self.review.as_ref().is_some_and(|review| self.integrated_tree.as_ref() == Some(&review.tree))
    }

    /// Whether a Coder has answered the objections of an earlier cycle's review of this same tree: a task ended without
    /// a change, because what it asks for is already met.
    pub(crate) fn is_answered(&self) -> bool {
        let of_cycle = |t: &&Task| t.cycle == self.cycle && matches!(t.phase, Phase::Integrated { .. });
        self.is_of_this_tree()
            && self.review.as_ref().is_some_and(|review| review.cycle < self.cycle)
            && self.tasks.values().filter(of_cycle).any(|t| t.unchanged)
    }

    /// Whether a task may end without a change: this cycle is for the objections of a review, and an objection may be
    /// wrong.
    pub fn may_hold_already(&self) -> bool {
        let objections = self.review.iter().flat_map(|review| &review.unmet);
        let objected: BTreeSet<&str> = objections.map(|verdict| verdict.item.as_str()).collect();
        self.cycle > 1 && self.asked_for.iter().any(|asked| objected.contains(asked.item.as_str()))
    }

    /// How well the roles have worked so far.
    pub fn track_record(&self) -> TrackRecord {
        // The parts of a split task count instead of it, and a task without a change shows nothing
        let integrated =
            |t: &&Task| matches!(t.phase, Phase::Integrated { .. }) && !t.compound && !t.unchanged;
        let integrated = self.tasks.values().filter(integrated).count();
        TrackRecord { rejected: self.rejected(), integrated }
    }

    /// The Reviewers of the whole; `quorum`: how many Reviewers judge each task.
    pub fn panel(&self, quorum: u32) -> Panel {
        // A whole with a missing part cannot be approved: the review only asks what to do next
        let whole = self.lost().next().is_none();
        Panel::new(quorum, self.track_record(), whole, self.is_answered())
    }

    /// The number of submissions that a gate rejected, of all tasks.
    pub(crate) fn rejected(&self) -> usize {
        let failures = self.tasks.values().flat_map(|task| &task.failures);
        failures
            .filter(|failure| match failure.class {
                FailureClass::Scope
                | FailureClass::Lint
                | FailureClass::Build
                | FailureClass::Test
                | FailureClass::Review => true,
                FailureClass::Malformed
                | FailureClass::Conflict
                | FailureClass::Blocked
                | FailureClass::Host
                | FailureClass::Timeout
                | FailureClass::Budget => false,
            })
            .count()
    }

    /// What the objective still lacks: unmet items, and the items of tasks of the newest plan that were not integrated.
    pub fn missing(&self) -> Vec<ItemVerdict> {
        let mut missing: Vec<ItemVerdict> =
            self.review.iter().flat_map(|review| review.unmet.iter().cloned()).collect();
        let lost = self.lost_items().into_iter().map(|(item, task)| {
            let why = match &task.phase {
                Phase::Abandoned { reason } | Phase::Cancelled { reason } => reason.as_str(),
                _ => "",
            };
            let evidence = format!("task `{}` ({}) was not integrated: {why}", task.id, task.title);
            ItemVerdict { item: item.to_string(), evidence }
        });
        missing.extend(lost);
        missing.truncate(MAX_ITEMS);
        missing
    }

    /// The items of tasks of the newest plan that were not integrated, each item once and with its task; without items
    /// that the review found unmet.
    pub fn lost_items(&self) -> Vec<(&str, &Task)> {
        let unmet = self.review.iter().flat_map(|review| &review.unmet);
        let mut seen: BTreeSet<&str> = unmet.map(|verdict| verdict.item.as_str()).collect();
        let mut lost = Vec::new();
        for task in self.lost() {
            let new = task.acceptance.iter().map(String::as_str).filter(|item| seen.insert(item));
            lost.extend(new.map(|item| (item, task)));
        }
        lost.truncate(MAX_ITEMS);
        lost
    }

    /// Whether the objective is met, as far as the reviews say.
    pub(crate) fn is_met(&self) -> bool {
        self.is_reviewed() && self.missing().is_empty() && self.lost().next().is_none()
    }

    /// Tasks of the newest plan that were not integrated. Instead of a part, the compound task that failed with it is
    /// named.
    pub fn lost(&self) -> impl Iterator<Item = &Task> {
        let newest = self.tasks.values().map(|t| t.cycle).max().unwrap_or_default();
        let tasks = self.order.iter().filter_map(|id| self.tasks.get(id));
        tasks.filter(move |t| t.cycle == newest && t.phase.is_lost() && t.parent.is_none())
    }

    pub(super) fn reviewed(&mut self, event: &Event) {
        match event {
            Event::ObjectiveReviewed { cycle, met, unmet, tree } => {
                let (met, unmet, tree) = (met.clone(), unmet.clone(), tree.clone());
                self.review = Some(ObjectiveReview { cycle: *cycle, met, unmet, tree });
                self.heard.review = self.heard.reviewer.take().unwrap_or(self.corrections.len());
                self.review_failures.clear();
                self.host_failures = 0;
            }
            Event::CycleStarted { cycle, missing, .. } => {
                self.cycle = *cycle;
                self.cycle_tree.clone_from(&self.integrated_tree);
                self.asked_for.clone_from(missing);
                self.replanning = true;
                self.plan_failures.clear();
                self.review_failures.clear();
            }
            _ => {}
        }
    }

    /// The stage once there is a plan.
    pub(super) fn later_stage(&self) -> Stage {
        if self.tasks.values().any(|t| !t.phase.is_final()) {
            Stage::Working
        } else if self.delivery != Delivery::Pending {
            Stage::Delivering
        } else if self.replanning {
            Stage::Planning
        } else if self.integrated_tree.is_some() && !self.is_reviewed() {
            Stage::Reviewing
        } else {
            Stage::Delivering
        }
    }
}
