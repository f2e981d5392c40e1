//! The gates, cheapest first: scope, protected files, Guardian, checks, new tests, Reviewer. Each verdict is recorded
//! with the tree it speaks of.

mod checks;
mod files;
mod guardian;
mod imports;
mod lint;
mod manifests;
mod mutants;
mod new_tests;
mod packages_by_hand;
mod protected;
mod review;
mod scope;
mod vote;
mod wrong_versions;

use std::sync::Arc;

use mission::{Event, FailureClass, Gate, GateVerdict, Issue, State, Task};
use workspace::{Commit, Slot};

use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::workers::Worker;

pub(crate) use checks::{check_tree, keeps_tests};
pub(crate) use guardian::lint_trees;
pub use lint::{Answer, Lint, LintReport};

/// Whether the scripts of a manifest are other than before.
pub(crate) fn changes_scripts(path: &str, before: &str, after: &str) -> bool {
    manifests::changed(path, Some(before), Some(after)).iter().any(|section| section.starts_with("scripts."))
}

/// What a gate found.
pub(crate) struct Finding {
    pub class: FailureClass,
    pub issues: Vec<Issue>,
}

/// What a gate says of a tree.
pub(crate) struct Judgement {
    pub gate: Gate,
    pub verdict: GateVerdict,
    /// In words, for journal and report.
    pub detail: String,
    pub failure: Option<Finding>,
}

/// A change under judgement: what the task's slot holds, as a commit.
pub(crate) struct Change<'a> {
    pub task: &'a Task,
    pub slot: &'a Slot,
    pub commit: &'a Commit,
    pub paths: &'a [String],
    /// The mission's base, with which checks are compared.
    pub mission_base: &'a str,
}

/// Judges what was handed in; the worker keeps slot and session for a repair.
pub(crate) async fn judge(context: &Arc<MissionContext>, state: &State, id: &str) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    let Some(worker) = context.workers.take(id) else {
        let issue = Issue::new("engine", "the slot of the attempt is gone");
        return vec![Event::AttemptFailed {
            task: id.into(),
            class: FailureClass::Host,
            issues: vec![issue],
        }];
    };
    let mut spent = Vec::new();
    let event = look(context, state, task, &worker, &mut spent).await;
    context.workers.put(id, worker);
    spent.push(event);
    spent
}

async fn look(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    worker: &Worker,
    spent: &mut Vec<Event>,
) -> Event {
    let slot = &worker.lease.slot;
    let failed = |class, issues| Event::AttemptFailed { task: task.id.clone(), class, issues };
    let paths = match scope::settle(context, task, slot).await {
        Ok(paths) => paths,
        Err(Finding { class, issues }) => {
            let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            record(context, task, Gate::Scope, GateVerdict::Fail, "", detail).await;
            return failed(class, issues);
        }
    };
    let commit = {
        let (workspace, slot, base) = (context.workspace.clone(), slot.clone(), slot.commit.clone());
        let (message, id, name) =
            (format!("{}\n\ntask {}", task.title, task.id), context.id.clone(), task.id.clone());
        blocking(move || {
            let commit = workspace.commit_slot(&slot, &base, &message)?;
            workspace.pin(&id, &name, &commit.id)?;
            Ok::<_, workspace::Error>(commit)
        })
        .await
    };
    let commit = match commit {
        Ok(commit) => commit,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    record(context, task, Gate::Scope, GateVerdict::Pass, &commit.tree, format!("{} files", paths.len()))
        .await;
    let mission_base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    let change = Change { task, slot, commit: &commit, paths: &paths, mission_base };

    let (protected, edited) = protected::judge(context, &change).await;
    if let Some(event) = settle(context, &change, protected).await {
        return event;
    }
    let (guardian, weakened) = guardian::judge(context, &change).await;
    if let Some(event) = settle(context, &change, guardian).await {
        return event;
    }
    let keeps_tests = checks::keeps_tests(state, &[&task.id]);
    let (judgement, verified_by) = checks::judge(context, &change, keeps_tests).await;
    let evidence = judgement.detail.clone();
    if let Some(event) = settle(context, &change, judgement).await {
        return event;
    }
    if let Some(judgement) = new_tests::judge(context, state, &change).await
        && let Some(event) = settle(context, &change, judgement).await
    {
        return event;
    }
    let evidence = review::Evidence { checks: &evidence, edited_tests: &edited, weakened: &weakened };
    let review = review::judge(context, &change, evidence, spent).await;
    if let Some(event) = settle(context, &change, review).await {
        return event;
    }
    let at_ms = context.clock.now_ms();
    Event::TaskPassed {
        task: task.id.clone(),
        commit: commit.id.clone(),
        tree: commit.tree.clone(),
        verified_by,
        at_ms,
    }
}

/// Records a verdict; gives the event that ends the attempt when it failed.
async fn settle(context: &Arc<MissionContext>, change: &Change<'_>, judgement: Judgement) -> Option<Event> {
    let Judgement { gate, verdict, detail, failure } = judgement;
    record(context, change.task, gate, verdict, &change.commit.tree, detail).await;
    // a reviewer that gives no verdict says nothing against the change, and nothing for it
    let silent =
        |class| gate == Gate::Review && matches!(class, FailureClass::Malformed | FailureClass::Timeout);
    failure.map(|Finding { class, issues }| match class {
        // nothing was judged, so nothing that was done is thrown away
        class if class == FailureClass::Host || silent(class) => Event::JudgeFailed {
            task: change.task.id.clone(),
            reason: issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            class,
        },
        class => Event::AttemptFailed { task: change.task.id.clone(), class, issues },
    })
}

async fn record(
    context: &Arc<MissionContext>,
    task: &Task,
    gate: Gate,
    verdict: GateVerdict,
    tree: &str,
    detail: String,
) {
    let event = Event::GateJudged { task: Some(task.id.clone()), gate, verdict, tree: tree.into(), detail };
    // a mission that was stopped meanwhile keeps no more facts
    let _ = context.orchestrator.record(vec![event]).await;
}
