//! What a plan needs before its tasks may start: the user's agreement, and packages on the head.
//!
//! Events change it (`apply`), `decide` reads it. It installs nothing: the engine does.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::State;
use crate::mailbox::{Plan, PlannedDependency};
use crate::{FailureClass, Issue, NewDependencies, Phase, Task, TaskId};

/// The longest reason that a question repeats, in characters.
const MAX_WHY: usize = 200;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Needs {
    /// The compound task whose plan it is.
    pub parent: Option<TaskId>,
    /// The cycle whose plan it is.
    #[serde(default)]
    pub cycle: u32,
    pub packages: Vec<PlannedDependency>,
    /// Tasks that change files which configure checks, builds or tools, with the plan's reasons.
    pub config: BTreeMap<TaskId, String>,
    pub agreed: bool,
    /// The packages are on the head.
    pub added: bool,
}

impl Needs {
    fn asks(&self, policy: NewDependencies) -> bool {
        !self.agreed && (!self.config.is_empty() || (self.wants_packages() && policy == NewDependencies::Ask))
    }

    fn wants_packages(&self) -> bool {
        !self.added && !self.packages.is_empty()
    }

    /// Whether a changed plan of this cycle may still change them.
    pub(super) fn is_droppable(&self, cycle: u32) -> bool {
        self.parent.is_none() && self.cycle == cycle && !self.added
    }

    /// Whether a task comes from the plan of these needs.
    fn is_of(&self, task: &Task) -> bool {
        self.parent == task.parent && self.cycle == task.cycle
    }
}

impl State {
    /// Whether a task waits for what its plan needs.
    pub(crate) fn is_held(&self, task: &Task) -> bool {
        let policy = self.policy.dependencies;
        self.needs.iter().any(|n| n.is_of(task) && (n.asks(policy) || n.wants_packages()))
    }

    /// Plans whose packages may be added now.
    pub(crate) fn packages_due(&self) -> impl Iterator<Item = &Needs> {
        let policy = self.policy.dependencies;
        let settled = |n: &Needs| !(self.changed_unapproved && n.is_droppable(self.cycle));
        let due = move |n: &&Needs| n.wants_packages() && !n.asks(policy) && self.is_open(n) && settled(n);
        self.needs.iter().filter(due)
    }

    /// The question for the user's agreement, and how to agree; `None` if nothing needs it.
    pub fn question(&self) -> Option<String> {
        let policy = self.policy.dependencies;
        let asked: Vec<&Needs> = self.needs.iter().filter(|n| n.asks(policy) && self.is_open(n)).collect();
        let mut parts = Vec::new();
        for package in asked.iter().flat_map(|n| &n.packages) {
            let unverified = if package.resolved.is_none() { ", not verified yet" } else { "" };
            parts.push(format!("the plan adds the package {package}{unverified} ({})", short(&package.why)));
        }
        for (task, why) in asked.iter().flat_map(|n| &n.config) {
            parts.push(format!("task `{task}` changes scripts or configuration of tools ({})", short(why)));
        }
        if parts.is_empty() {
            return None;
        }
        let refuse = if asked.iter().any(|n| n.wants_packages()) {
            "; `/task tell no new packages` has it planned without them"
        } else {
            ""
        };
        let agree = format!("`/task resume {}` agrees and continues{refuse}", self.mission);
        Some(format!("{}. {agree}", parts.join("; ")))
    }

    /// Whether a task still waits for these needs.
    fn is_open(&self, needs: &Needs) -> bool {
        self.tasks.values().any(|t| needs.is_of(t) && !t.phase.is_final())
    }

    pub(super) fn hold(&mut self, plan: &Plan, parent: Option<&TaskId>, names: &BTreeMap<&str, TaskId>) {
        let named = |id: &TaskId| names.get(id.as_str()).unwrap_or(id).clone();
        let config: BTreeMap<TaskId, String> = plan
            .tasks
            .iter()
            .filter_map(|task| Some((named(&task.id), task.edits_config.clone()?)))
            .collect();
        if plan.dependencies.is_empty() && config.is_empty() {
            return;
        }
        let (parent, cycle, packages) = (parent.cloned(), self.cycle, plan.dependencies.clone());
        self.needs.push(Needs { parent, cycle, packages, config, agreed: false, added: false });
    }

    /// The user resumed after a question about the plan, and so agrees.
    pub(super) fn agree(&mut self) {
        self.approved = true;
        self.changed_unapproved = false;
        for needs in &mut self.needs {
            needs.agreed = true;
        }
    }

    /// If the user has changed a setting and no longer allows packages, plans with packages are
    /// made again.
    pub(super) fn drop_denied(&mut self) {
        if self.policy.dependencies != NewDependencies::Deny {
            return;
        }
        let denied: Vec<Option<TaskId>> = self
            .needs
            .iter()
            .filter(|n| n.wants_packages() && n.cycle == self.cycle)
            .map(|n| n.parent.clone())
            .collect();
        for parent in denied {
            self.drop_plan(parent.as_ref());
        }
    }

    pub(super) fn packages_added(&mut self, parent: Option<&TaskId>, packages: &[PlannedDependency]) {
        if let Some(needs) = self.needs.iter_mut().find(|n| n.parent.as_ref() == parent && n.wants_packages())
        {
            needs.added = true;
            needs.packages = packages.to_vec();
        }
    }

    pub(super) fn packages_failed(&mut self, parent: Option<&TaskId>, reason: &str) {
        let waits = self.needs.iter().any(|n| n.parent.as_ref() == parent && n.wants_packages());
        if !waits {
            return;
        }
        self.drop_plan(parent);
        match parent.and_then(|id| self.tasks.get_mut(id)) {
            Some(task) => task.no_plan(FailureClass::Malformed, Issue::new("packages", reason)),
            None => self.plan_failures.push(reason.to_string()),
        }
    }

    /// Removes a plan whose tasks have not begun.
    fn drop_plan(&mut self, parent: Option<&TaskId>) {
        let dropped: BTreeSet<TaskId> = match parent {
            None => {
                let tasks = self.tasks.values().filter(|t| t.cycle == self.cycle);
                tasks.map(|t| t.id.clone()).collect()
            }
            Some(_) => {
                let parts = self.tasks.values().filter(|t| t.parent.as_ref() == parent);
                parts.map(|t| t.id.clone()).collect()
            }
        };
        let begun = |t: &Task| t.phase.is_active() || matches!(t.phase, Phase::Integrated { .. });
        if dropped.iter().filter_map(|id| self.tasks.get(id)).any(begun) {
            return;
        }
        let cycle = self.cycle;
        self.needs.retain(|n| n.parent.as_ref() != parent || n.cycle != cycle);
        for id in &dropped {
            self.tasks.remove(id);
        }
        self.order.retain(|id| !dropped.contains(id));
        self.tasks.update(
            |task| !task.depends_on.is_disjoint(&dropped),
            |task| {
                task.depends_on.retain(|id| !dropped.contains(id));
                task.runs_after.retain(|id| !dropped.contains(id));
            },
        );
        match parent.and_then(|id| self.tasks.get_mut(id)) {
            Some(task) if task.phase == Phase::Split => task.phase = Phase::Waiting,
            Some(_) => {}
            // There is an earlier plan
            None if self.cycle > 1 => self.replanning = true,
            None => {
                self.acceptance.clear();
                self.approved = false;
                self.estimate = None;
            }
        }
    }
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shared::text::clip_characters(&text, MAX_WHY).into_owned()
}
