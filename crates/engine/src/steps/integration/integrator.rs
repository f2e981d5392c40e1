//! The only writer of the mission's head. It merges tasks that passed, in batches; the head is always a tree that
//! passed its gates.
//!
//! No other file moves the head.

use std::collections::BTreeMap;
use std::sync::Arc;

use mission::{CheckSummary, Event, FailureClass, Issue, Phase, State, TaskId};
use workspace::{Commit, Merge};

use crate::bench::slots::CHECKING;
use crate::blocking::blocking;
use crate::gates::pipeline::keeps_tests;
use crate::gates::test_edits::TestEdits;
use crate::gates::verdict::{Finding, Judgement};
use crate::steps::context::MissionContext;
use crate::steps::integration::merged_tree::MergedTree;

/// Tasks that are integrated together or not at all, with their commits.
#[derive(Clone)]
struct Unit {
    tasks: Vec<(TaskId, String)>,
}

pub(crate) async fn integrate(
    context: &Arc<MissionContext>,
    state: &State,
    tasks: Vec<TaskId>,
) -> Vec<Event> {
    let _head_is_ours = context.head.lock().await;
    // Packages may have been added during the wait
    let newest = context.desk.orchestrator.state().await;
    let state = newest.as_deref().unwrap_or(state);
    let Some(head) = state.head.clone() else { return Vec::new() };
    let started = Event::BatchStarted { tasks: tasks.clone(), head: head.commit.clone() };
    if context.desk.orchestrator.record(vec![started]).await.is_err() {
        return Vec::new();
    }
    // Tasks that were cancelled meanwhile are not in the begun batch
    let Ok(begun) = context.desk.orchestrator.state().await else { return Vec::new() };
    let state = begun.as_ref();
    let tasks: Vec<TaskId> = tasks.into_iter().filter(|id| state.batch.contains(id)).collect();
    if tasks.is_empty() {
        return Vec::new();
    }
    let mut head = Commit { id: head.commit, tree: head.tree, left_out: Vec::new() };
    // Tasks that were integrated after `state` was read.
    let mut integrated: Vec<TaskId> = Vec::new();
    let mut head_checks = state.head_checks.clone();
    // The halves of a failed batch are tried before later batches
    let mut waiting = vec![units(state, &tasks)];
    while let Some(batch) = waiting.pop() {
        let merged = merge_batch(context, state, &integrated, &head, &batch).await;
        if let Some(pause) = context.setup_pause(CHECKING) {
            return vec![pause];
        }
        match merged {
            Merged::Yes { commit, checks } => {
                head = commit.clone();
                head_checks = checks.unwrap_or(head_checks);
                let checks = head_checks.clone();
                let tasks = names(&batch);
                integrated.extend(tasks.iter().cloned());
                let at_ms = context.desk.clock.now_ms();
                let event = Event::Integrated { tasks, commit: commit.id, tree: commit.tree, checks, at_ms };
                if context.desk.orchestrator.record(vec![event]).await.is_err() {
                    return Vec::new();
                }
            }
            // A merge that could not be tried says nothing about its parts
            Merged::No(finding) if batch.len() > 1 && finding.class != FailureClass::Host => {
                let (first, second) = batch.split_at(batch.len() / 2);
                waiting.push(second.to_vec());
                waiting.push(first.to_vec());
            }
            Merged::No(Finding { class, issues }) => {
                let event = Event::BatchFailed { tasks: names(&batch), class, issues };
                if context.desk.orchestrator.record(vec![event]).await.is_err() {
                    return Vec::new();
                }
            }
        }
    }
    Vec::new()
}

fn names(batch: &[Unit]) -> Vec<TaskId> {
    batch.iter().flat_map(|unit| unit.tasks.iter().map(|(id, _)| id.clone())).collect()
}

fn units(state: &State, tasks: &[TaskId]) -> Vec<Unit> {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut units: Vec<Unit> = Vec::new();
    for id in tasks {
        let Some(task) = state.tasks.get(id) else { continue };
        let Phase::Passed { commit, .. } = &task.phase else { continue };
        let entry = (id.clone(), commit.clone());
        match task.group.as_deref() {
            Some(group) if groups.contains_key(group) => units[groups[group]].tasks.push(entry),
            group => {
                if let Some(group) = group {
                    groups.insert(group, units.len());
                }
                units.push(Unit { tasks: vec![entry] });
            }
        }
    }
    units
}

enum Merged {
    /// `checks`: their results on the new head; `None` if its tree is not new.
    Yes {
        commit: Commit,
        checks: Option<Vec<CheckSummary>>,
    },
    No(Finding),
}

/// Merges a batch onto the head and runs the gates once on the result.
async fn merge_batch(
    context: &Arc<MissionContext>,
    state: &State,
    integrated: &[TaskId],
    head: &Commit,
    batch: &[Unit],
) -> Merged {
    let mission_base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    let merged = {
        let (workspace, head, id) =
            (context.bench.workspace.clone(), head.clone(), context.desk.mission.clone());
        let commits: Vec<(TaskId, String)> = batch.iter().flat_map(|unit| unit.tasks.clone()).collect();
        blocking(move || merge_all(&workspace, &id, head, &commits)).await
    };
    let merged = match merged {
        Ok(Ok(commit)) => commit,
        Ok(Err(finding)) => return Merged::No(finding),
        Err(error) => return Merged::No(host(error.to_string())),
    };
    if merged.tree == head.tree {
        // Another task made the same change: nothing is left to integrate, and the verdicts on this tree stay
        // valid
        return Merged::Yes { commit: head.clone(), checks: None };
    }
    let tasks: Vec<&TaskId> = batch.iter().flat_map(|unit| unit.tasks.iter().map(|(id, _)| id)).collect();
    let test_edits = TestEdits::of(tasks.iter().filter_map(|id| state.tasks.get(id)));
    let all: Vec<&TaskId> = tasks.into_iter().chain(integrated).collect();
    let keeps_tests = keeps_tests(state, &all);
    let tree = MergedTree { from: &head.id, commit: &merged, mission_base, test_edits, keeps_tests };
    match tree.pass_gates(context).await {
        Ok(checks) => Merged::Yes { commit: merged, checks: Some(checks) },
        Err(Judgement { failure, detail, .. }) => Merged::No(failure.unwrap_or_else(|| host(detail))),
    }
}

fn merge_all(
    workspace: &workspace::Workspace,
    mission: &str,
    head: Commit,
    commits: &[(TaskId, String)],
) -> Result<Result<Commit, Finding>, workspace::Error> {
    let mut merged = head;
    for (task, commit) in commits {
        match workspace.merge(&merged.id, commit, &format!("task {task}"))? {
            Merge::Clean(commit) => merged = commit,
            Merge::Conflict { paths, .. } => {
                let message =
                    "this file was changed on the mission's head meanwhile, and the two do not merge";
                let issues =
                    paths.iter().map(|path| Issue::new("merge", message).at(path.clone(), None)).collect();
                return Ok(Err(Finding { class: FailureClass::Conflict, issues }));
            }
        }
    }
    workspace.pin(mission, "head", &merged.id)?;
    Ok(Ok(merged))
}

fn host(message: String) -> Finding {
    Finding { class: FailureClass::Host, issues: vec![Issue::new("workspace", message)] }
}
