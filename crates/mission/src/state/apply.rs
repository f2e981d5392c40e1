//! The fold of a mission's events. Total: an event that does not fit (for example, of an unknown task) changes
//! nothing.
//!
//! The only place that changes a [`State`]. It decides nothing (`decide` does), and reads neither a clock nor a disk.

use std::collections::{BTreeMap, BTreeSet};

use super::corrections::group_in;
use super::{Commit, Delivery, HunkBack, Judged, Shared, State, Trouble};
use crate::mailbox::{Plan, PlannedTask};
use crate::provider::Fault;
use crate::{
    Event, FailureClass, Gate, Issue, PauseReason, Phase, Role, Seat, Task, TaskId, Tokens, independent,
};

/// Verdicts kept for the report.
const MAX_VERDICTS: usize = 2000;
/// The most choices among candidates that are kept for a task.
const MAX_CHOSEN: usize = 50;
/// The longest task id, in bytes.
const MAX_ID: usize = 32;

impl State {
    /// Folds one fact.
    #[allow(clippy::too_many_lines, reason = "a flat table: one arm an event")]
    pub fn apply(&mut self, event: &Event) {
        let before_ms = self.seen_ms;
        if let Some(at_ms) = event.at_ms() {
            self.seen_ms = self.seen_ms.max(at_ms);
        }
        match event {
            Event::MissionStarted { mission, objective, policy, at_ms } => {
                self.mission.clone_from(mission);
                self.objective.clone_from(objective);
                self.policy = policy.clone();
                self.started_ms = *at_ms;
                self.running_since_ms = *at_ms;
                self.cycle = 1;
            }
            Event::BaseTaken { commit, tree, changed, left_out } => {
                let base = Commit { commit: commit.clone(), tree: tree.clone() };
                self.base = Some(base.clone());
                self.head = Some(base);
                self.base_changed.clone_from(changed);
                self.base_left_out.clone_from(left_out);
            }
            Event::BaseChecked { checks, setup, ended_by, refused } => {
                self.ended_by.clone_from(ended_by);
                self.refused_checks.clone_from(refused);
                self.setup.clone_from(setup);
                self.base_checks = Some(checks.clone());
                // Checks of the base say nothing about what was integrated since
                if self.head == self.base {
                    self.head_checks.clone_from(checks);
                }
            }
            Event::RoleAsked { role, task, model, session, worker, at_ms, .. } => {
                self.asked(*role, task.as_ref());
                if let Some(worker) = worker {
                    *self.at_workers.entry(worker.clone()).or_default() += 1;
                }
                // A session on another machine cannot be opened in the host here
                let session = session.clone().filter(|_| worker.is_none());
                let seat = Seat { role: *role, session, worker: worker.clone(), asked_ms: *at_ms };
                match task.as_ref() {
                    Some(id) => {
                        if let Some(task) = self.tasks.get_mut(id) {
                            task.seat = Some(seat);
                        }
                    }
                    None => {
                        self.told_the_whole(*role);
                        self.seat = Some(seat);
                    }
                }
                if let Some(model) = model {
                    self.providers.asked(model, *at_ms);
                }
            }
            Event::AnswerDiscarded { .. } | Event::RoleCutOff { .. } => {}
            Event::ProviderFailed { model, fault, reason, role, task, wait_ms, at_ms, worked } => {
                self.providers.failed(model, *fault, reason, *at_ms, *wait_ms, self.policy.parallel);
                if *fault != Fault::Silence && !worked {
                    self.not_answered(*role, task.as_ref());
                }
            }
            Event::ProviderSlowed { at_ms, .. } => self.providers.slowed(*at_ms, self.policy.parallel),
            Event::ProviderAnswered { model, at_ms } => {
                self.providers.answered(model, *at_ms, self.policy.parallel);
            }
            Event::RoleSpent { role, task, tokens, cost_usd, requests, paged, .. } => {
                self.spent(*role, task.as_ref(), tokens, *cost_usd, *requests);
                self.usage.paged = self.usage.paged.saturating_add(*paged);
                let of_role = self.usage_by_role.entry(*role).or_default();
                of_role.paged = of_role.paged.saturating_add(*paged);
            }
            Event::Follows { followed } => self.follows = Some(Shared::from(followed.clone())),
            Event::BriefAccepted { brief } => {
                self.open_decisions(&brief.decisions);
                self.brief = Some(brief.clone());
                self.host_failures = 0;
            }
            Event::BriefFailed { class: FailureClass::Host, reason } => self.host_failed(reason),
            Event::BriefFailed { reason, .. } => self.brief_failures.push(reason.clone()),
            Event::PlanAccepted { plan, notes, parent } => self.planned(plan, notes, parent.as_ref()),
            Event::PlanFailed { class: FailureClass::Host, reason, .. } => self.host_failed(reason),
            Event::PlanFailed { reason, parent, class } => {
                match parent.as_ref().and_then(|id| self.tasks.get_mut(id)) {
                    Some(task) => task.no_plan(*class, Issue::new("plan", reason.clone())),
                    None => self.plan_failures.push(reason.clone()),
                }
            }
            Event::Answered { .. } | Event::DefaultsTaken { .. } => self.settled(event),
            Event::Corrected { .. }
            | Event::PlanAmended { .. }
            | Event::PlanEdited { .. }
            | Event::PlanKept { .. } => self.corrected(event),
            Event::PackagesAdded { parent, packages, commit, tree, checks, .. } => {
                self.head = Some(Commit { commit: commit.clone(), tree: tree.clone() });
                if !checks.is_empty() {
                    self.head_checks.clone_from(checks);
                }
                self.packages_added(parent.as_ref(), packages);
            }
            Event::PackagesFailed { parent, reason } => self.packages_failed(parent.as_ref(), reason),
            Event::Paused { reason, at_ms } => {
                if self.paused.replace(reason.clone()).is_none() {
                    self.ran(*at_ms);
                }
            }
            Event::Resumed { at_ms, policy } => {
                if let Some(policy) = policy {
                    self.policy = policy.clone();
                }
                self.resumed(before_ms, *at_ms);
            }
            Event::Ended { outcome, at_ms } => {
                self.outcome = Some(*outcome);
                self.ended_ms = Some(*at_ms);
                if self.paused.is_none() {
                    self.ran(*at_ms);
                }
            }
            Event::GateJudged { task, gate, verdict, tree, detail, worker } => {
                if let Some(task) = task.as_ref().and_then(|id| self.tasks.get_mut(id)) {
                    task.judged(*gate, *verdict, tree);
                    if *gate == Gate::Checks {
                        task.worker.clone_from(worker);
                    }
                }
                if self.verdicts.len() < MAX_VERDICTS {
                    let (task, tree, detail) = (task.clone(), tree.clone(), detail.clone());
                    self.verdicts.push(Judged { task, gate: *gate, verdict: *verdict, tree, detail });
                }
            }
            Event::BatchStarted { .. } | Event::Integrated { .. } | Event::BatchFailed { .. } => {
                self.batch_changed(event);
            }
            // Facts for the memory of the project
            Event::EditsMade { .. } | Event::FlakySeen { .. } => {}
            Event::Estimated { estimate } => self.estimate = Some(estimate.clone()),
            Event::ObjectiveReviewed { .. } | Event::CycleStarted { .. } => self.reviewed(event),
            Event::ObjectiveReviewFailed { class, reason } => {
                self.heard.reviewer = None;
                match class {
                    FailureClass::Host => self.host_failed(reason),
                    _ => self.review_failures.push(reason.clone()),
                }
            }
            Event::FileUndone { .. } | Event::HunkUndone { .. } | Event::HunkKept { .. } => {
                self.part_undone(event);
            }
            Event::DeliveryIntended { .. }
            | Event::Delivered { .. }
            | Event::DeliveryFailed { .. }
            | Event::Undone { .. } => self.delivery_changed(event),
            Event::AttemptFailed { task, class, issues } => self.failed(task, *class, issues, true),
            Event::TaskOrdered { task, after, path } => self.ordered(task, after, path),
            Event::TestsStarted { task, .. }
            | Event::TestsRejected { task, .. }
            | Event::TestsWritten { task, .. }
            | Event::TestsSkipped { task, .. }
            | Event::TestsRedrawn { task, .. }
            | Event::TestsUpheld { task, .. } => {
                if let Some(task) = self.tasks.get_mut(task).filter(|t| !t.phase.is_final()) {
                    independent::apply(task, event);
                }
            }
            Event::AttemptStarted { task, .. }
            | Event::FixStarted { task, .. }
            | Event::CandidatesCompared { task, .. }
            | Event::WorkAccepted { task, .. }
            | Event::ScopeWidened { task, .. }
            | Event::ScopeRefused { task, .. }
            | Event::JudgeFailed { task, .. }
            | Event::RungChosen { task, .. }
            | Event::WholeFilesChosen { task, .. }
            | Event::TaskPassed { task, .. }
            | Event::TaskAbandoned { task, .. }
            | Event::TaskCancelled { task, .. } => {
                // A late event of a task that is over changes nothing
                if let Some(task) = self.tasks.get_mut(task).filter(|t| !t.phase.is_final()) {
                    self.repairs.count(task.fixing, event);
                    apply_to_task(task, event);
                    if let Event::JudgeFailed { class, reason, .. } = event {
                        self.trouble = Some(trouble_of_judging(task, *class, reason));
                    }
                }
            }
        }
        // These events change which task waits for which, or the length of a remaining path
        let reindex = matches!(event, Event::TaskOrdered { .. } | Event::TaskAbandoned { .. });
        self.tasks.update_index(&self.order, reindex);
        // Only these make a task active
        if matches!(
            event,
            Event::AttemptStarted { .. } | Event::AttemptFailed { .. } | Event::BatchFailed { .. }
        ) {
            self.peak = self.peak.max(self.active() as u32);
        }
    }

    fn spent(&mut self, role: Role, task: Option<&TaskId>, tokens: &Tokens, cost_usd: f64, requests: u32) {
        let of_role = self.usage_by_role.entry(role).or_default();
        let of_task = task.and_then(|id| self.tasks.get_mut(id)).map(|task| &mut task.usage);
        for usage in [Some(&mut self.usage), Some(of_role), of_task].into_iter().flatten() {
            usage.spend(tokens, cost_usd);
            usage.requests = usage.requests.saturating_add(u64::from(requests));
        }
    }

    /// Applies an event of a batch of integration to the head and to its tasks.
    fn batch_changed(&mut self, event: &Event) {
        match event {
            Event::BatchStarted { tasks, .. } => {
                // A task that was cancelled after the decision is not merged
                let passed = |id: &&TaskId| {
                    self.tasks.get(id).is_some_and(|task| matches!(task.phase, Phase::Passed { .. }))
                };
                self.batch = tasks.iter().filter(passed).cloned().collect();
            }
            Event::Integrated { tasks, commit, tree, checks, .. } => {
                self.head = Some(Commit { commit: commit.clone(), tree: tree.clone() });
                self.head_checks.clone_from(checks);
                if !tasks.is_empty() {
                    self.integrated_tree = Some(tree.clone());
                }
                for id in tasks {
                    self.batch.remove(id);
                    if let Some(task) = self.tasks.get_mut(id) {
                        task.phase = Phase::Integrated { commit: commit.clone() };
                    }
                }
                self.close_parents();
            }
            Event::BatchFailed { tasks, class, issues } => {
                for id in tasks {
                    self.batch.remove(id);
                    self.failed(id, *class, issues, true);
                }
            }
            _ => {}
        }
    }

    /// A file of the delivery, or a hunk of one, was undone.
    fn part_undone(&mut self, event: &Event) {
        match event {
            Event::FileUndone { path } if !self.taken_back.contains(path) => {
                self.taken_back.push(path.clone());
            }
            Event::HunkUndone { path, hunk, left } => {
                let back = HunkBack { hunk: *hunk, left: left.clone() };
                self.hunks_back.entry(path.clone()).or_default().push(back);
            }
            Event::HunkKept { path, hunk } => {
                if let Some(backs) = self.hunks_back.get_mut(path) {
                    backs.retain(|back| back.hunk != *hunk);
                }
            }
            _ => {}
        }
    }

    fn delivery_changed(&mut self, event: &Event) {
        match event {
            Event::DeliveryIntended { delivery, verified, torn } => {
                let (delivery, verified, torn) = (delivery.clone(), *verified, torn.clone());
                self.delivery = Delivery::Intended { delivery, verified, torn };
            }
            Event::Delivered { files, branch, note, changed, torn } => {
                self.delivery = Delivery::Delivered {
                    files: *files,
                    branch: branch.clone(),
                    note: note.clone(),
                    changed: changed.clone(),
                    torn: torn.clone(),
                };
            }
            Event::DeliveryFailed { reason, torn } => {
                let half = match std::mem::take(&mut self.delivery) {
                    intended @ Delivery::Intended { .. } if !torn.is_empty() => Some(Box::new(intended)),
                    _ => None,
                };
                self.delivery = Delivery::Failed { reason: reason.clone(), torn: torn.clone(), half };
            }
            Event::Undone { files } => {
                let torn = self.delivery.torn().to_vec();
                self.delivery = Delivery::Undone { files: *files, torn };
            }
            _ => {}
        }
    }

    fn asked(&mut self, role: Role, task: Option<&TaskId>) {
        self.usage.calls = self.usage.calls.saturating_add(1);
        let of_role = self.usage_by_role.entry(role).or_default();
        of_role.calls = of_role.calls.saturating_add(1);
        if let Some(task) = task.and_then(|id| self.tasks.get_mut(id)) {
            task.usage.calls = task.usage.calls.saturating_add(1);
            match role {
                Role::Coder => task.coder_prompts = task.coder_prompts.saturating_add(1),
                Role::Fixer => task.fixer_prompts = task.fixer_prompts.saturating_add(1),
                Role::Reviewer => task.reviewer_prompts = task.reviewer_prompts.saturating_add(1),
                Role::Searcher | Role::Planner => {}
            }
        }
    }

    /// A prompt that no provider answered does not count: it cost nothing.
    fn not_answered(&mut self, role: Role, task: Option<&TaskId>) {
        let of_role = self.usage_by_role.entry(role).or_default();
        let of_task = task.and_then(|id| self.tasks.get_mut(id)).map(|task| &mut task.usage);
        for usage in [Some(&mut self.usage), Some(of_role), of_task].into_iter().flatten() {
            usage.calls = usage.calls.saturating_sub(1);
        }
    }

    pub(super) fn host_failed(&mut self, reason: &str) {
        self.host_failures = self.host_failures.saturating_add(1);
        let (class, what) = (FailureClass::Host, reason.to_string());
        self.trouble = Some(Trouble { class, what, times: self.host_failures });
    }

    fn planned(&mut self, plan: &Plan, notes: &[String], parent: Option<&TaskId>) {
        let above = match parent {
            // The mission has its plan
            None if !self.tasks.is_empty() && !self.replanning => return,
            None => None,
            Some(id) => match self.tasks.get(id).filter(|t| t.phase == Phase::Waiting && t.compound) {
                Some(task) => Some(task.clone()),
                // It was cancelled while the Planner worked, or a correction made it a task without parts
                None => return,
            },
        };
        self.host_failures = 0;
        self.notes.extend(notes.iter().cloned());
        // The objective is this one task: its Reviewer judges both at once
        let alone = above.is_none() && self.tasks.is_empty() && plan.tasks.len() == 1;
        if above.is_none() {
            self.replanning = false;
            self.heard.plan = self.heard.planner;
            if self.cycle <= 1 {
                self.acceptance.clone_from(&plan.acceptance);
            }
        }
        let names = self.names(plan);
        for planned in &plan.tasks {
            let mut task = Task::new(&renamed(planned, &names), above.as_ref());
            task.cycle = self.cycle;
            if above.is_none() {
                task.group = task.group.map(|group| group_in(self.cycle, &group));
            }
            if alone && !task.compound {
                task.promise(&plan.acceptance);
            }
            self.inform(&mut task);
            self.order.push(task.id.clone());
            self.tasks.insert(task.id.clone(), task);
        }
        self.hold(plan, parent, &names);
        if let Some(above) = above {
            self.split(&above, names.values());
        }
    }

    /// The ids of a plan's tasks in this mission: parallel plans may have chosen the same ids.
    fn names<'a>(&mut self, plan: &'a Plan) -> BTreeMap<&'a str, TaskId> {
        let mut names: BTreeMap<&str, TaskId> = BTreeMap::new();
        let mut given: BTreeSet<TaskId> = plan.tasks.iter().map(|t| t.id.clone()).collect();
        for task in &plan.tasks {
            let mut id = task.id.clone();
            if self.tasks.contains_key(&id) {
                // More numbers than there are ids, so one of them is free
                for n in 2..=self.tasks.len() + given.len() + 2 {
                    let suffix = format!("-{n}");
                    let cut = task.id.floor_char_boundary(MAX_ID - suffix.len().min(MAX_ID));
                    id = format!("{}{suffix}", &task.id[..cut]);
                    if !self.tasks.contains_key(&id) && !given.contains(&id) {
                        break;
                    }
                }
                self.notes
                    .push(format!("`{}` is called `{id}`: the mission has a task of that name", task.id));
                given.insert(id.clone());
            }
            names.insert(&task.id, id);
        }
        names
    }

    /// Replaces a compound task by its parts. Tasks of its group that are built on it are now built on the parts.
    fn split<'a>(&mut self, above: &Task, parts: impl Iterator<Item = &'a TaskId> + Clone) {
        if let Some(task) = self.tasks.get_mut(&above.id) {
            task.phase = Phase::Split;
        }
        self.tasks.update(
            |task| task.depends_on.contains(&above.id) && task.shares_group(above),
            |task| task.depends_on.extend(parts.clone().cloned()),
        );
    }

    /// The task starts again after the task that holds the file it needs, and no attempt is counted. If two tasks ask
    /// for each other's files at the same time, only one waits: for the second it is a failed attempt.
    fn ordered(&mut self, id: &str, after: &TaskId, path: &str) {
        if self.depends(after, id) {
            let what = format!("`{after}` holds this file, and waits for this task itself");
            let issue = Issue::new("engine", what).at(path, None);
            return self.failed(id, FailureClass::Conflict, &[issue], false);
        }
        let waits = self.tasks.get(after).is_some_and(|t| !t.phase.is_final());
        let Some(task) = self.tasks.get_mut(id).filter(|t| !t.phase.is_final()) else { return };
        if waits && task.depends_on.insert(after.clone()) {
            task.runs_after.insert(after.clone());
        }
        task.scope.insert(path.to_string());
        task.again();
    }

    /// Counts the time up to `at_ms` as running time.
    fn ran(&mut self, at_ms: u64) {
        self.ran_ms = self.ran_ms.saturating_add(at_ms.saturating_sub(self.running_since_ms));
        self.running_since_ms = at_ms;
    }

    /// Running work is lost: it starts again from its clean base, and its attempt does not count.
    fn resumed(&mut self, before_ms: u64, at_ms: u64) {
        match self.paused.take() {
            // A user who wants the plan changed does not agree to it
            Some(PauseReason::Approval | PauseReason::Consent(_)) if self.amendment_due() => {}
            Some(PauseReason::Approval | PauseReason::Consent(_)) => self.agree(),
            // The set-up is tried again
            Some(PauseReason::Setup(_)) => {
                self.base_checks = None;
                self.setup.clear();
                self.ended_by = None;
                self.refused_checks.clear();
            }
            Some(_) => {}
            // It was not paused: it ran until its last event
            None => self.ran(before_ms),
        }
        self.drop_denied();
        // No user can answer here any more
        if !self.policy.clarify {
            self.take_defaults();
        }
        self.batch.clear();
        self.heard.reviewer = None;
        if let Delivery::Failed { half, .. } = &mut self.delivery {
            self.delivery = half.take().map_or(Delivery::Pending, |intended| *intended);
        }
        self.running_since_ms = at_ms;
        self.providers = Default::default();
        self.trouble = None;
        self.host_failures = 0;
        self.tasks.update(
            |task| !task.phase.is_final(),
            |task| {
                task.no_trouble();
                task.interrupted();
            },
        );
    }

    /// A compound task is integrated when all its parts are.
    fn close_parents(&mut self) {
        if !self.tasks.index().has_split() {
            return;
        }
        let head = self.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
        for _ in 0..=self.policy.max_depth {
            let open: BTreeSet<TaskId> = self
                .tasks
                .values()
                .filter(|t| !matches!(t.phase, Phase::Integrated { .. }))
                .filter_map(|t| t.parent.clone())
                .collect();
            let closed = |t: &&Task| t.phase == Phase::Split && !open.contains(&t.id);
            let closed: Vec<TaskId> = self.tasks.values().filter(closed).map(|t| t.id.clone()).collect();
            if closed.is_empty() {
                return;
            }
            for id in closed {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.phase = Phase::Integrated { commit: head.clone() };
                }
            }
        }
    }
}

fn apply_to_task(task: &mut Task, event: &Event) {
    match event {
        Event::AttemptStarted { base, at_ms, .. } => {
            task.started_ms.get_or_insert(*at_ms);
            task.phase = Phase::Working;
            task.attempt = task.attempt.saturating_add(1);
            task.fixes = 0;
            task.unplanned.clear();
            task.base = Some(base.clone());
        }
        Event::FixStarted { base, fresh, .. } => {
            task.fixing = Some(*fresh);
            task.phase = Phase::Working;
            task.fixes = task.fixes.saturating_add(1);
            task.base = Some(base.clone());
        }
        Event::CandidatesCompared { why, .. } if task.chosen.len() < MAX_CHOSEN => {
            task.chosen.push(why.clone());
        }
        Event::WorkAccepted { summary, unchanged, unplanned, .. } => {
            task.answered();
            task.unplanned.clone_from(unplanned);
            task.tests.kept = None;
            task.unchanged = *unchanged;
            task.phase = Phase::Judging;
            task.summary = Some(summary.clone());
        }
        Event::ScopeWidened { path, .. } => {
            task.scope.insert(path.clone());
        }
        Event::JudgeFailed { class: FailureClass::Host, .. } => task.host_failed(),
        Event::JudgeFailed { .. } => task.empty_reviews = task.empty_reviews.saturating_add(1),
        Event::TaskPassed { commit, tree, verified_by, .. } => {
            task.fixing = None;
            task.no_trouble();
            task.phase = Phase::Passed { commit: commit.clone(), tree: tree.clone() };
            task.passed = Some(commit.clone());
            task.verified_by.clone_from(verified_by);
        }
        Event::RungChosen { rung, why, .. } => task.climb(*rung, why),
        Event::WholeFilesChosen { .. } => task.whole_files = true,
        Event::TaskAbandoned { reason, .. } => task.phase = Phase::Abandoned { reason: reason.clone() },
        Event::TaskCancelled { reason, .. } => task.phase = Phase::Cancelled { reason: reason.clone() },
        _ => {}
    }
}

/// The trouble to show to the user while a task cannot be judged.
fn trouble_of_judging(task: &Task, class: FailureClass, reason: &str) -> Trouble {
    let times = match class {
        FailureClass::Host => task.host_failures,
        _ => task.empty_reviews,
    };
    Trouble { class, what: format!("`{}`: {reason}", task.id), times }
}

/// A planned task with the ids that the mission uses.
fn renamed(planned: &PlannedTask, names: &BTreeMap<&str, TaskId>) -> PlannedTask {
    let name = |id: &TaskId| names.get(id.as_str()).unwrap_or(id).clone();
    PlannedTask {
        id: name(&planned.id),
        depends_on: planned.depends_on.iter().map(name).collect(),
        runs_after: planned.runs_after.iter().map(name).collect(),
        ..planned.clone()
    }
}
