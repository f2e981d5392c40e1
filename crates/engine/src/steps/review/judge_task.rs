//! Judges the submission of a task: scope, the gates without models, then the Reviewers. Each verdict is recorded with
//! the tree that it judges.

use std::sync::Arc;

use guardian::Sources;
use mission::{Event, FailureClass, Gate, GateVerdict, Issue, State, Task};

use crate::bench::formatting::format_changed;
use crate::blocking::blocking;
use crate::gates::pipeline::{Evidence, ask};
use crate::gates::scope as gate_scope;
use crate::gates::tree_sources::TreeSources;
use crate::gates::verdict::{Change, Finding, Judgement, Permissions, remembered};
use crate::steps::context::MissionContext;
use crate::steps::review::{emptied_files, panel};
use crate::steps::work::scope;
use crate::steps::workers::Worker;
use crate::text::count;

/// Judges a submission; the worker keeps slot and session for a repair.
pub(crate) async fn judge_task(context: &Arc<MissionContext>, state: &State, id: &str) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    let Some(worker) = context.workers.take(id) else {
        let issue = Issue::new("engine", "the slot of the attempt is gone");
        return vec![Event::AttemptFailed {
            task: id.into(),
            class: FailureClass::Host,
            issues: vec![issue],
        }];
    };
    let event = judge_change(context, state, task, &worker).await;
    context.workers.put(id, worker);
    vec![event]
}

async fn judge_change(context: &Arc<MissionContext>, state: &State, task: &Task, worker: &Worker) -> Event {
    let slot = &worker.lease.slot;
    let failed = |class, issues| Event::AttemptFailed { task: task.id.clone(), class, issues };
    let paths = match scope::claim_paths(context, task, slot).await {
        Ok(paths) => paths,
        Err(Finding { class, issues }) => {
            let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            record(context, task, Gate::Scope, GateVerdict::Fail, "", detail, None).await;
            return failed(class, issues);
        }
    };
    format_changed(&context.bench, &context.gates.checks, slot).await;
    match emptied_files::delete(context, state, task, slot, &paths).await {
        Ok(deleted) => {
            for words in deleted {
                context.bench.host.progress(&format!("- `{}`: {words}\n", task.id));
            }
        }
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    }
    let message = format!("{}\n\ntask {}", task.title, task.id);
    let commit = context.bench.commit_and_pin(slot, message, task.id.clone()).await;
    let commit = match commit {
        Ok(commit) => commit,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    let (moves, emptied) = match moves(context, &slot.commit, &commit.id, &paths).await {
        Ok(found) => found,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    let outside = match unreached_files(context, state, task, &slot.commit, &commit.id).await {
        Ok(found) => found,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    let refused: Vec<Issue> = emptied.into_iter().chain(outside).collect();
    if !refused.is_empty() {
        let detail = refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        record(context, task, Gate::Scope, GateVerdict::Fail, &commit.tree, detail, None).await;
        return failed(FailureClass::Scope, refused);
    }
    let files = count(paths.len(), "file");
    let detail = std::iter::once(files).chain(moves).collect::<Vec<_>>().join("; ");
    record(context, task, Gate::Scope, GateVerdict::Pass, &commit.tree, detail, None).await;
    let mission_base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    let permissions = Permissions::of(task);
    let change = Change { permissions, slot, commit: &commit, paths: &paths, mission_base };

    let mut evidence = Evidence {
        remembered: remembered(state, task, Gate::NewTests, &commit.tree),
        ..Evidence::of_task(state, task, &commit.tree)
    };
    for gate in Gate::without_models() {
        let judged = ask(gate, &context.gates, &change, &mut evidence).await;
        if let Some(pause) = context.setup_pause(slot.n) {
            return pause;
        }
        for judgement in judged {
            let worker = evidence.worker.clone().filter(|_| judgement.gate == Gate::Checks);
            if let Some(event) = record_judgement(context, task, &change, judgement, worker).await {
                return event;
            }
        }
    }
    let Evidence { edited, weakened, questions, checks, verified_by, .. } = evidence;
    let evidence = panel::Evidence {
        checks: &checks,
        edited_tests: &edited,
        weakened: &weakened,
        questions: &questions,
    };
    let review = panel::review_change(context, task, &change, evidence).await;
    if let Some(event) = record_judgement(context, task, &change, review, None).await {
        return event;
    }
    let at_ms = context.desk.clock.now_ms();
    Event::TaskPassed {
        task: task.id.clone(),
        commit: commit.id.clone(),
        tree: commit.tree.clone(),
        verified_by,
        at_ms,
    }
}

/// New files that nothing needs: no task plans them, no text of the user or the Planner names them, and no file of the
/// project uses them.
async fn unreached_files(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    from: &str,
    to: &str,
) -> Result<Vec<Issue>, workspace::Error> {
    let words: Vec<&str> = [&state.objective, &task.instructions]
        .into_iter()
        .chain(&task.acceptance)
        .chain(&task.corrections)
        .map(String::as_str)
        .collect();
    let is_asked_for = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        state.tasks.values().any(|other| other.planned.contains(path))
            || words.iter().any(|text| text.contains(name))
    };
    let unplanned = task.unplanned.iter().map(|unplanned| unplanned.path.clone());
    let asked: Vec<String> = unplanned.filter(|path| !is_asked_for(path)).collect();
    if asked.is_empty() || task.is_without_plan() {
        return Ok(Vec::new());
    }
    let workspace = context.bench.workspace.clone();
    let (from, to) = (from.to_string(), to.to_string());
    blocking(move || {
        let (before, now) = (workspace.files(&from)?, TreeSources::open(&workspace, &to)?);
        let new = asked.iter().map(String::as_str).filter(|path| {
            !before.iter().any(|known| known == path) && now.files().iter().any(|known| known == path)
        });
        let new: Vec<&str> = new.collect();
        let read = |path: &str| now.read(path).map(std::borrow::Cow::into_owned);
        let found = gate_scope::unreached::unreached(&before, now.files(), &new, &read);
        Ok(found.into_iter().map(gate_scope::unreached::issue).collect())
    })
    .await
}

/// The files that a change moves or deletes, in words, and the files that it leaves empty.
async fn moves(
    context: &Arc<MissionContext>,
    from: &str,
    to: &str,
    paths: &[String],
) -> Result<(Vec<String>, Vec<Issue>), workspace::Error> {
    let workspace = context.bench.workspace.clone();
    let (from, to, paths) = (from.to_string(), to.to_string(), paths.to_vec());
    blocking(move || {
        let changes = workspace.changes(&from, &to)?;
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (before, after) = (workspace.read_all(&from, &names)?, workspace.read_all(&to, &names)?);
        let texts = names.iter().zip(before.iter().zip(&after));
        let emptied = texts.filter_map(|(path, (before, after))| {
            gate_scope::emptied(path, before.as_deref(), after.as_deref())
        });
        Ok((gate_scope::moves(&changes), emptied.collect()))
    })
    .await
}

/// Records a verdict; returns the event that ends the attempt if it failed.
async fn record_judgement(
    context: &Arc<MissionContext>,
    task: &Task,
    change: &Change<'_>,
    judgement: Judgement,
    worker: Option<String>,
) -> Option<Event> {
    let Judgement { gate, verdict, detail, failure } = judgement;
    record(context, task, gate, verdict, &change.commit.tree, detail, worker).await;
    // A Reviewer without a verdict is neither for nor against the change
    let silent =
        |class| gate == Gate::Review && matches!(class, FailureClass::Malformed | FailureClass::Timeout);
    failure.map(|Finding { class, issues }| match class {
        // Nothing was judged, so no work is discarded
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
    worker: Option<String>,
) {
    let (of, tree) = (Some(task.id.clone()), tree.into());
    let event = Event::GateJudged { task: of, gate, verdict, tree, detail, worker };
    // If the mission was stopped meanwhile, nothing is recorded
    let _ = context.desk.orchestrator.record(vec![event]).await;
}
