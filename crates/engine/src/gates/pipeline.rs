//! The gates, cheapest first: scope, protected files, Guardian, independent tests, checks, new tests, Reviewer. Each
//! verdict is recorded with the tree it speaks of.

use std::sync::Arc;

use mission::{Event, FailureClass, Gate, GateVerdict, Issue, State, Task, WrittenTests};
use workspace::{Commit, Slot};

use crate::bench::grounds::Grounds;
use crate::bench::manifests;
use crate::blocking::blocking;
use crate::gates::judge::Plan;
use crate::gates::{checks, guardian, independent, new_tests, protected, scope};
use crate::missions::context::MissionContext;
use crate::steps::review::panel;
use crate::steps::work::workers::Worker;

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
    /// What the plan lets it touch.
    pub plan: Plan,
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
    let plan = Plan::of(task);
    let change = Change { plan, slot, commit: &commit, paths: &paths, mission_base };

    let mut evidence = Evidence {
        keeps_tests: checks::keeps_tests(state, &[&task.id]),
        remembered: new_tests::remembered(state, task, Gate::NewTests, &commit.tree),
        independent: independent::of(state, task, &commit.tree),
        ..Evidence::default()
    };
    for gate in WITHOUT_MODELS {
        if let Some(judgement) = ask(gate, context, &change, &mut evidence).await
            && let Some(event) = settle(context, task, &change, judgement).await
        {
            return event;
        }
    }
    let Evidence { edited, weakened, checks, verified_by, .. } = evidence;
    let evidence = panel::Evidence { checks: &checks, edited_tests: &edited, weakened: &weakened };
    let review = panel::judge(context, task, &change, evidence, spent).await;
    if let Some(event) = settle(context, task, &change, review).await {
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

/// The gates after scope that ask no model, in their order.
pub(crate) const WITHOUT_MODELS: [Gate; 5] =
    [Gate::Protected, Gate::Guardian, Gate::IndependentTests, Gate::Checks, Gate::NewTests];

/// What gates are told, and what they find that others should know.
#[derive(Default)]
pub(crate) struct Evidence {
    /// Fewer tests than on the base are a failure.
    pub keeps_tests: bool,
    /// What was said of the new tests of this very tree before.
    pub remembered: Option<Judgement>,
    /// Tests that were written before the change, with what was said of this very tree before.
    pub independent: Option<(WrittenTests, Option<Judgement>)>,
    /// Existing tests that the plan let the change touch, and what became of them.
    pub edited: Vec<String>,
    pub weakened: Vec<Issue>,
    /// What the checks say, and which of them vouch for the change.
    pub checks: String,
    pub verified_by: Vec<String>,
}

/// What one of [`WITHOUT_MODELS`] says; `None` where it has nothing to look at.
pub(crate) async fn ask(
    gate: Gate,
    context: &Grounds,
    change: &Change<'_>,
    evidence: &mut Evidence,
) -> Option<Judgement> {
    let judgement = match gate {
        Gate::Protected => {
            let (judgement, edited) = protected::judge(context, change).await;
            evidence.edited = edited;
            judgement
        }
        Gate::Guardian => {
            let (judgement, weakened) = guardian::judge(context, change).await;
            evidence.weakened = weakened;
            judgement
        }
        Gate::IndependentTests => {
            let (tests, known) = evidence.independent.take()?;
            let judgement = independent::gate(context, change, &tests, known).await;
            evidence.checks = format!("\nTests of this task: {}", judgement.detail);
            judgement
        }
        Gate::Checks => {
            let (judgement, verified_by) = checks::judge(context, change, evidence.keeps_tests).await;
            evidence.checks.insert_str(0, &judgement.detail);
            evidence.verified_by = verified_by;
            judgement
        }
        Gate::NewTests => return new_tests::judge(context, change, evidence.remembered.take()).await,
        Gate::Scope | Gate::Review => return None,
    };
    Some(judgement)
}

/// Records a verdict; gives the event that ends the attempt when it failed.
async fn settle(
    context: &Arc<MissionContext>,
    task: &Task,
    change: &Change<'_>,
    judgement: Judgement,
) -> Option<Event> {
    let Judgement { gate, verdict, detail, failure } = judgement;
    record(context, task, gate, verdict, &change.commit.tree, detail).await;
    // a reviewer that gives no verdict says nothing against the change, and nothing for it
    let silent =
        |class| gate == Gate::Review && matches!(class, FailureClass::Malformed | FailureClass::Timeout);
    failure.map(|Finding { class, issues }| match class {
        // nothing was judged, so nothing that was done is thrown away
        class if class == FailureClass::Host || silent(class) => Event::JudgeFailed {
            task: task.id.clone(),
            reason: issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            class,
        },
        class => Event::AttemptFailed { task: task.id.clone(), class, issues },
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
