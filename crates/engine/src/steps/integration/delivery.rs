//! Delivery: writes the finished tree into the user's files, or leaves it as a branch; all or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use mission::{ChangedFile, ChangedFiles, Event, FileChange, State, Verified};
use workspace::{Change, ChangeKind, Commit, Delivery, DeliveryError, Merge, Recovered, Workspace};

use crate::bench::slots::CHECKING;
use crate::blocking::blocking;
use crate::config::Deliver;
use crate::gates::test_edits::TestEdits;
use crate::steps::context::MissionContext;
use crate::steps::integration::merged_tree::MergedTree;

/// How often the user's new changes are merged before the change is left as a branch instead.
const ROUNDS: u32 = 3;

pub(crate) async fn deliver(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let Some(head) = state.head.clone() else { return Vec::new() };
    let head = Commit { id: head.commit, tree: head.tree, left_out: Vec::new() };
    let mut torn = Vec::new();
    if let mission::Delivery::Intended { delivery, torn: before, .. } = &state.delivery {
        match recover(context, delivery, before).await {
            Ok(held) => torn = held,
            Err(event) => return vec![*event],
        }
    }
    let verified = mission::verified(&state.head_checks) == Verified::Yes;
    if context.bench.config.mission.deliver == Deliver::Branch {
        return vec![branch(context, state, &head.id, None, torn).await];
    }
    for _ in 0..ROUNDS {
        match round(context, state, &head, verified, &torn).await {
            Round::Done(event) => return vec![*event],
            Round::Branch { why, torn } => {
                return vec![branch(context, state, &head.id, Some(why), torn).await];
            }
            Round::Again => {}
            Round::Stopped if torn.is_empty() => return Vec::new(),
            // Files with parts of an interrupted delivery are still reported
            Round::Stopped => return vec![Event::DeliveryFailed { reason: "it was stopped".into(), torn }],
        }
    }
    let why = format!("your files changed during each of {ROUNDS} attempts to deliver");
    vec![branch(context, state, &head.id, Some(why), torn).await]
}

/// Ends an interrupted delivery. `Ok`: it was undone, so the caller delivers again; the files still contain part of
/// it, because the user has written to them since. `Err`: the event that ends the delivery, because it was finished
/// or failed.
async fn recover(
    context: &Arc<MissionContext>,
    delivery: &serde_json::Value,
    torn: &[String],
) -> Result<Vec<String>, Box<Event>> {
    let failed = |reason: String, torn| Err(Box::new(Event::DeliveryFailed { reason, torn }));
    let plan: Delivery = match serde_json::from_value(delivery.clone()) {
        Ok(plan) => plan,
        Err(error) => return failed(format!("the intended delivery cannot be read: {error}"), torn.to_vec()),
    };
    let (workspace, files) = (context.bench.workspace.clone(), plan.entries.len() as u32);
    let changed = changed_files(context, &plan.from_tree, &plan.to_tree).await;
    match blocking(move || workspace.recover(&plan)).await {
        Ok(Recovered::Forward(_)) => {
            let torn = torn.to_vec();
            Err(Box::new(Event::Delivered { files, branch: None, note: None, changed, torn }))
        }
        Ok(Recovered::Back { torn: held, .. }) => Ok(both(torn, held)),
        Err(error) => {
            let reason = error.to_string();
            let held = if let DeliveryError::Torn { paths, .. } = error { paths } else { Vec::new() };
            failed(reason, both(torn, held))
        }
    }
}

fn both(some: &[String], mut others: Vec<String>) -> Vec<String> {
    others.extend(some.iter().cloned());
    others.sort();
    others.dedup();
    others
}

enum Round {
    Done(Box<Event>),
    /// The change cannot be written into the working tree: why, and which files contain part of it nevertheless.
    Branch {
        why: String,
        torn: Vec<String>,
    },
    /// The user changed something meanwhile; the round is repeated.
    Again,
    Stopped,
}

/// Tries one delivery. `torn`: files that contain part of an earlier delivery.
async fn round(
    context: &Arc<MissionContext>,
    state: &State,
    head: &Commit,
    verified: bool,
    torn: &[String],
) -> Round {
    let failed =
        |reason: String| Round::Done(Box::new(Event::DeliveryFailed { reason, torn: torn.to_vec() }));
    let left = |why: String| Round::Branch { why, torn: torn.to_vec() };
    let (workspace, id) = (context.bench.workspace.clone(), context.desk.mission.clone());
    let now = match blocking(move || workspace.user_tree(&id)).await {
        Ok(now) => now,
        Err(error) => return failed(error.to_string()),
    };
    let (workspace, ours, theirs) = (context.bench.workspace.clone(), head.id.clone(), now.commit.clone());
    let merged =
        match blocking(move || workspace.merge(&ours, &theirs, "what the user changed meanwhile")).await {
            Ok(Merge::Clean(merged)) => merged,
            Ok(Merge::Conflict { paths, .. }) => {
                return left(format!("you changed the same lines of {} meanwhile", paths.join(", ")));
            }
            Err(error) => return left(error.to_string()),
        };
    let mut verified = verified;
    if merged.tree != head.tree {
        // The user may change their own tests meanwhile
        let mission_base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
        let (test_edits, keeps_tests) = (TestEdits::Any, false);
        let tree = MergedTree { from: &head.id, commit: &merged, mission_base, test_edits, keeps_tests };
        let passed = tree.pass_gates(context).await;
        if let Some(pause) = context.setup_pause(CHECKING) {
            return Round::Done(Box::new(pause));
        }
        let checks = match passed {
            Ok(checks) => checks,
            Err(refused) => {
                return left(format!(
                    "together with what you changed meanwhile it fails: {}",
                    refused.detail
                ));
            }
        };
        verified = mission::verified(&checks) == Verified::Yes;
        // The delivered tree is the tree that was checked
        let (commit, tree, at_ms) = (merged.id.clone(), merged.tree.clone(), context.desk.clock.now_ms());
        let event = Event::Integrated { tasks: Vec::new(), commit, tree, checks, at_ms };
        if context.desk.orchestrator.record(vec![event]).await.is_err() {
            return Round::Stopped;
        }
    }
    let (workspace, from, to) = (context.bench.workspace.clone(), now.commit.clone(), merged.id.clone());
    let plan = match blocking(move || workspace.plan_delivery(&from, &to)).await {
        Ok(plan) => plan,
        Err(error) => return left(error.to_string()),
    };
    // If the journal hides a path, the delivery could not be undone from it
    let hidden = plan.entries.iter().find(|entry| context.desk.redactor.redact(&entry.path) != entry.path);
    if let Some(entry) = hidden {
        return left(format!(
            "the path `{}` has the value of a variable with a secret's name in it, which no journal may hold",
            entry.path
        ));
    }
    let intent = match serde_json::to_value(&plan) {
        Ok(delivery) => Event::DeliveryIntended { delivery, verified, torn: torn.to_vec() },
        Err(error) => return failed(error.to_string()),
    };
    if context.desk.orchestrator.record(vec![intent]).await.is_err() {
        return Round::Stopped;
    }
    write(context, plan, torn).await
}

async fn write(context: &Arc<MissionContext>, plan: Delivery, torn: &[String]) -> Round {
    let (workspace, files) = (context.bench.workspace.clone(), plan.entries.len() as u32);
    let changed = changed_files(context, &plan.from_tree, &plan.to_tree).await;
    match blocking(move || workspace.deliver(&plan)).await {
        Ok(_) => {
            let torn = torn.to_vec();
            Round::Done(Box::new(Event::Delivered { files, branch: None, note: None, changed, torn }))
        }
        Err(DeliveryError::Changed { .. }) => Round::Again,
        Err(error) => {
            let why = error.to_string();
            match error {
                // A later try can finish it, when the disk has room again
                DeliveryError::Torn { paths, failed: true, .. } => {
                    let torn = both(torn, paths);
                    Round::Done(Box::new(Event::DeliveryFailed { reason: why, torn }))
                }
                DeliveryError::Torn { paths, .. } => Round::Branch { why, torn: both(torn, paths) },
                _ => Round::Branch { why, torn: torn.to_vec() },
            }
        }
    }
}

/// Leaves the change as a branch, with the reason why it is not in the user's files.
async fn branch(
    context: &Arc<MissionContext>,
    state: &State,
    commit: &str,
    note: Option<String>,
    torn: Vec<String>,
) -> Event {
    let base = state.base.as_ref().map(|base| base.tree.as_str()).unwrap_or_default();
    let changed = changed_files(context, base, commit).await;
    let (workspace, id, commit) =
        (context.bench.workspace.clone(), context.desk.mission.clone(), commit.to_string());
    match blocking(move || workspace.leave_branch(&id, &commit)).await {
        Ok(branch) => Event::Delivered { files: 0, branch: Some(branch), note, changed, torn },
        Err(error) => {
            let why = note.map(|note| format!("{note}; ")).unwrap_or_default();
            Event::DeliveryFailed { reason: format!("{why}{error}"), torn }
        }
    }
}

/// The files of the change for the report, which does without them if git cannot compare the trees.
async fn changed_files(context: &MissionContext, from: &str, to: &str) -> ChangedFiles {
    let (workspace, from, to) = (context.bench.workspace.clone(), from.to_string(), to.to_string());
    let changes = blocking(move || written_changes(&workspace, &from, &to)).await;
    ChangedFiles::of(changes.into_iter().map(changed_file).collect())
}

/// The changes that a delivery writes: some files are never part of one.
fn written_changes(workspace: &Workspace, from: &str, to: &str) -> Vec<Change> {
    let (Ok(changes), Ok(plan)) = (workspace.changes(from, to), workspace.plan_delivery(from, to)) else {
        return Vec::new();
    };
    let written: BTreeSet<String> = plan.entries.into_iter().map(|entry| entry.path).collect();
    changes.into_iter().filter(|change| written.contains(&change.path)).collect()
}

fn changed_file(change: Change) -> ChangedFile {
    let lines = (!change.binary).then_some((change.added_lines, change.removed_lines));
    let (change, from, path) = match change.kind {
        ChangeKind::Added => (FileChange::New, None, change.path),
        ChangeKind::Modified | ChangeKind::Mode => (FileChange::Changed, None, change.path),
        ChangeKind::Deleted => (FileChange::Deleted, None, change.path),
        ChangeKind::Renamed { from } => (FileChange::Moved, Some(from), change.path),
    };
    ChangedFile { path, change, from, lines }
}
