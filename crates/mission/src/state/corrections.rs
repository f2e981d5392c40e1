//! The user's corrections of a running mission: the tasks that they concern, and the part of the plan that they may
//! change. The engine asks the Planner and shows the texts to roles; this file only computes what follows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Delivery, Needs, State};
use crate::mailbox::{Plan, PlannedDependency, PlannedTask};
use crate::{Event, FailureClass, Phase, Role, Task, TaskId};

/// The most corrections of a mission, and the longest one, in bytes. Every prompt that a correction concerns
/// contains it.
pub const MAX_CORRECTIONS: usize = 20;
pub const MAX_CORRECTION: usize = 2_000;
/// How often the Planner is asked to change the plan for the same corrections before the plan stays as it is.
const TRIES: u32 = 2;

/// What the user said after the mission had begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub text: String,
    /// The only task that it concerns; `None`: all tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    pub at_ms: u64,
}

impl Correction {
    pub(crate) fn concerns(&self, task: &str) -> bool {
        self.task.as_deref().is_none_or(|only| only == task)
    }
}

/// How many corrections each part of the mission has taken into account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Those in the plan.
    pub plan: usize,
    /// Those that were given to the Planner when it was last asked, and to the first Reviewer of the whole since
    /// the last review.
    pub planner: usize,
    pub reviewer: Option<usize>,
    /// Those in the newest review of the whole.
    pub review: usize,
    /// How often in a row the Planner gave no usable change.
    pub failures: u32,
}

/// What a changed plan does to the tasks that have not started, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    pub added: Vec<TaskId>,
    pub dropped: Vec<TaskId>,
    pub changed: Vec<TaskId>,
}

impl std::fmt::Display for Amendment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> =
            [("added", &self.added), ("changed", &self.changed), ("dropped", &self.dropped)]
                .into_iter()
                .filter(|(_, ids)| !ids.is_empty())
                .map(|(word, ids)| format!("{word} `{}`", ids.join("`, `")))
                .collect();
        match parts.as_slice() {
            [] => f.write_str("no task changed"),
            parts => f.write_str(&parts.join("; ")),
        }
    }
}

impl State {
    /// The event for a text of the user's, or why it is refused. `task-id: text` concerns that task alone.
    pub fn correction(&self, text: &str, at_ms: u64) -> Result<Event, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the text is empty: write what to change after `tell`".into());
        }
        if text.len() > MAX_CORRECTION {
            return Err(format!(
                "the text has {} bytes; at most {MAX_CORRECTION} are accepted at a time. Say the rest in a second one, or name a \
                 file of the project that holds it",
                text.len()
            ));
        }
        if self.corrections.len() >= MAX_CORRECTIONS {
            return Err(format!(
                "the mission has {MAX_CORRECTIONS} corrections already, the most that one takes; stop it and start a new one with the whole objective"
            ));
        }
        if self.outcome.is_some() || self.delivery != Delivery::Pending {
            return Err(
                "the change is delivered or is being delivered, and can no longer be corrected; `/task fix <id> <comment>` starts a mission on top of it"
                    .into(),
            );
        }
        let (task, text) = match text.split_once(':') {
            Some((id, rest)) if self.tasks.contains_key(id.trim()) && !rest.trim().is_empty() => {
                (Some(id.trim().to_string()), rest.trim())
            }
            _ => (None, text),
        };
        if let Some(id) = &task
            && self.tasks.get(id).is_some_and(|task| task.phase.is_lost())
        {
            return Err(format!(
                "task `{id}` is over and was not integrated; say it without the task's name"
            ));
        }
        Ok(Event::Corrected { text: text.to_string(), task, at_ms })
    }

    /// The corrections for every prompt about the whole mission.
    pub fn said(&self) -> Vec<&str> {
        self.corrections.iter().map(|correction| correction.text.as_str()).collect()
    }

    /// Tasks that the Planner may change, drop or replace, because they have not begun.
    pub fn amendable(&self) -> impl Iterator<Item = &Task> {
        self.order.iter().filter_map(|id| self.tasks.get(id)).filter(|task| self.is_amendable(task))
    }

    /// Whether no task was begun.
    pub(crate) fn is_untouched(&self) -> bool {
        let untouched =
            |task: &Task| task.phase == Phase::Waiting && task.attempt == 0 && task.failures.is_empty();
        self.cycle <= 1 && self.tasks.values().all(untouched)
    }

    pub(crate) fn is_amendable(&self, task: &Task) -> bool {
        task.phase == Phase::Waiting
            && task.attempt == 0
            && task.parent.is_none()
            && task.cycle == self.cycle
            && task.failures.is_empty()
            && task.tests.written.is_none()
            && task.tests.draws == 0
    }

    /// Whether the Planner must change the tasks that have not started.
    pub fn amendment_due(&self) -> bool {
        let new = self.corrections.get(self.heard.plan..).unwrap_or_default();
        !new.is_empty()
            && !self.replanning
            && self.amendable().any(|task| new.iter().any(|correction| correction.concerns(&task.id)))
    }

    /// How a plan would change the tasks that have not started. A task that began meanwhile stays as it is.
    pub fn amendment(&self, plan: &Plan) -> Amendment {
        let old: BTreeMap<&str, &Task> = self.amendable().map(|task| (task.id.as_str(), task)).collect();
        let mut amendment = Amendment::default();
        for planned in &plan.tasks {
            match old.get(planned.id.as_str()) {
                Some(task) if is_same(task, planned) => {}
                Some(_) => amendment.changed.push(planned.id.clone()),
                None if self.tasks.contains_key(&planned.id) => {}
                None => amendment.added.push(planned.id.clone()),
            }
        }
        let kept: BTreeSet<&str> = plan.tasks.iter().map(|task| task.id.as_str()).collect();
        amendment.dropped = old.keys().filter(|id| !kept.contains(*id)).map(|id| id.to_string()).collect();
        amendment
    }

    /// Whether the user, who approved the plan, must approve it again with these changes.
    pub fn asks_again(&self, plan: &Plan) -> bool {
        let changes = || {
            self.amendment(plan) != Amendment::default()
                || plan.dependencies.iter().any(|package| !self.knows(package))
        };
        self.policy.approve_plan && self.approved && changes()
    }

    pub(super) fn corrected(&mut self, event: &Event) {
        match event {
            Event::Corrected { text, task, at_ms } if self.corrections.len() < MAX_CORRECTIONS => {
                let correction = Correction { text: text.clone(), task: task.clone(), at_ms: *at_ms };
                self.tasks.update(
                    |task| !task.phase.is_final() && correction.concerns(&task.id),
                    |task| task.corrections.push(correction.text.clone()),
                );
                self.corrections.push(correction);
            }
            Event::PlanAmended { plan, notes, told } => {
                self.changed_unapproved |= self.asks_again(plan);
                self.drop_packages(plan);
                self.amended(plan, notes, *told as usize);
            }
            Event::PlanEdited { plan, notes, .. } => {
                self.amended(plan, notes, self.heard.plan);
                // The estimate is made again only if nothing has begun
                if self.is_untouched() {
                    self.estimate = None;
                }
            }
            Event::PlanKept { class: FailureClass::Host, reason, .. } => self.host_failed(reason),
            Event::PlanKept { told, .. } => {
                self.heard.failures = self.heard.failures.saturating_add(1);
                if self.heard.failures >= TRIES {
                    self.heard.failures = 0;
                    self.heard.plan = self.heard.plan.max(*told as usize);
                }
            }
            _ => {}
        }
    }

    /// Records that a role for the whole mission was given all corrections so far.
    pub(super) fn told_the_whole(&mut self, role: Role) {
        match role {
            Role::Planner => self.heard.planner = self.corrections.len(),
            Role::Reviewer => drop(self.heard.reviewer.get_or_insert(self.corrections.len())),
            Role::Searcher | Role::Coder | Role::Fixer => {}
        }
    }

    /// Gives a new task the corrections that concern it.
    pub(super) fn inform(&self, task: &mut Task) {
        let concerns = self.corrections.iter().filter(|correction| correction.concerns(&task.id));
        task.corrections = concerns.map(|correction| correction.text.clone()).collect();
    }

    fn amended(&mut self, plan: &Plan, notes: &[String], told: usize) {
        let amendment = self.amendment(plan);
        self.heard.plan = self.heard.plan.max(told.min(self.corrections.len()));
        self.heard.failures = 0;
        self.host_failures = 0;
        self.notes.extend(notes.iter().cloned());
        self.amendments.push(amendment.to_string());
        let old: BTreeSet<TaskId> = self.amendable().map(|task| task.id.clone()).collect();
        // An empty plan is no plan
        if plan.tasks.is_empty() && old.len() == self.tasks.len() {
            return;
        }
        for id in &old {
            self.tasks.remove(id);
        }
        self.order.retain(|id| !old.contains(id));
        let cycle = self.cycle;
        for needs in self.needs.iter_mut().filter(|n| n.parent.is_none() && n.cycle == cycle) {
            needs.config.retain(|id, _| !old.contains(id));
        }
        if self.cycle <= 1 && !plan.acceptance.is_empty() {
            self.acceptance.clone_from(&plan.acceptance);
        }
        let planned: Vec<&PlannedTask> =
            plan.tasks.iter().filter(|task| !self.tasks.contains_key(&task.id)).collect();
        for task in &planned {
            let mut task = Task::new(task, None);
            task.cycle = self.cycle;
            task.group = task.group.map(|group| group_in(self.cycle, &group));
            self.inform(&mut task);
            self.order.push(task.id.clone());
            self.tasks.insert(task.id.clone(), task);
        }
        let known: BTreeSet<TaskId> = self.tasks.keys().cloned().collect();
        self.tasks.update(
            |task| !task.depends_on.is_subset(&known),
            |task| {
                task.depends_on.retain(|id| known.contains(id));
                task.runs_after.retain(|id| known.contains(id));
            },
        );
        self.hold_amended(plan, &planned);
    }

    /// Packages that were not added yet and that the changed plan no longer names are not added.
    fn drop_packages(&mut self, plan: &Plan) {
        let cycle = self.cycle;
        for needs in self.needs.iter_mut().filter(|needs| needs.is_droppable(cycle)) {
            needs.packages.retain(|package| plan.names(package));
        }
    }

    /// Packages of the plan that were not added yet, so that a changed plan may drop them.
    pub fn droppable_packages(&self) -> impl Iterator<Item = &PlannedDependency> {
        let cycle = self.cycle;
        self.needs.iter().filter(move |needs| needs.is_droppable(cycle)).flat_map(|needs| &needs.packages)
    }

    fn knows(&self, package: &PlannedDependency) -> bool {
        self.needs.iter().flat_map(|needs| &needs.packages).any(|known| known.is_same(package))
    }

    /// Records what the changed part of the plan needs and no earlier plan did.
    fn hold_amended(&mut self, plan: &Plan, planned: &[&PlannedTask]) {
        let new = |package: &&PlannedDependency| !self.knows(package);
        let dependencies = plan.dependencies.iter().filter(new).cloned().collect();
        let tasks = planned.iter().map(|task| (*task).clone()).collect();
        let new = Plan { tasks, dependencies, acceptance: Vec::new() };
        let before = self.needs.len();
        self.hold(&new, None, &BTreeMap::new());
        // Needs that already wait are merged with these, so that the user is asked once
        let waits = |needs: &Needs| needs.is_droppable(self.cycle);
        if self.needs.len() > before
            && let Some(at) = self.needs.iter().take(before).position(waits)
            && let Some(new) = self.needs.pop()
        {
            self.needs[at].packages.extend(new.packages);
            self.needs[at].config.extend(new.config);
            self.needs[at].agreed = false;
        }
    }
}

/// A group's name in the mission: it differs from the same name in an earlier plan.
pub(super) fn group_in(cycle: u32, group: &str) -> String {
    if cycle > 1 { format!("{cycle}/{group}") } else { group.to_string() }
}

fn is_same(task: &Task, planned: &PlannedTask) -> bool {
    let depends: BTreeSet<&TaskId> = planned.depends_on.iter().collect();
    let group = planned.group.as_ref().map(|group| group_in(task.cycle, group));
    task.title == planned.title
        && task.instructions == planned.instructions
        && task.acceptance == planned.acceptance
        && task.planned.iter().eq(planned.files.iter())
        && task.depends_on.iter().eq(depends)
        && task.group == group
        && task.compound == planned.compound
        && task.behaviour == planned.behaviour
        && task.edits_tests == planned.edits_tests
        && task.edits_config == planned.edits_config
}
