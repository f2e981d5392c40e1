//! The Coder: carries out one task in a slot of its own, from a clean base.

use std::sync::Arc;

use mission::mailbox::Work;
use mission::{Event, FailureClass, Issue, Phase, Role, State, Task, independent};
use workspace::Slot;

use crate::bench::slots::{Lease, Permit};
use crate::blocking::blocking;
use crate::config::TestAuthor;
use crate::failure::RoleFailure;
use crate::missions::context::MissionContext;
use crate::steps::plan::reading;
use crate::steps::work::candidates::race;
use crate::steps::work::work_mailbox::{Claim, WorkMailbox, outcome};
use crate::steps::work::workers::Worker;
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::prompt;

/// `model`: 0 the role's own, otherwise the place among its fallbacks, from 1; `coders`: how many make the attempt.
pub(crate) async fn run(
    context: &Arc<MissionContext>,
    state: &State,
    id: &str,
    model: u32,
    coders: u32,
) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    let mut spent = Vec::new();
    let begun = match context.permits(coders).await {
        Ok(mut permits) => begin_in(context, task, permits.pop()).await.map(|base| (base, permits)),
        Err(failure) => Err(failure),
    };
    let events = match begun {
        Ok((Base::Ready(mut lease), permits)) => match kept(context, task, &mut lease).await {
            Ok(true) => again(context, task, lease).await,
            Ok(false) if coders > 1 => race::run(context, task, lease, permits, model, &mut spent).await,
            Ok(false) => work(context, task, lease, model, &mut spent).await,
            Err(failure) => failed(task, failure),
        },
        Ok((Base::TestsConflict(reason), _)) => vec![conflicting(task, reason)],
        Err(failure) => failed(task, failure),
    };
    spent.extend(events);
    spent
}

fn failed(task: &Task, RoleFailure { class, reason }: RoleFailure) -> Vec<Event> {
    let (task, issues) = (task.id.clone(), vec![Issue::new("engine", reason)]);
    vec![Event::AttemptFailed { task, class, issues }]
}

/// Brings the change that wrong tests threw back into the slot; `false` where there is none, or it does not merge with what
/// landed meanwhile.
async fn kept(context: &Arc<MissionContext>, task: &Task, lease: &mut Lease) -> Result<bool, RoleFailure> {
    let Some(commit) = &task.tests.kept else { return Ok(false) };
    let host = |e: workspace::Error| RoleFailure::new(FailureClass::Host, e.to_string());
    let base = lease.slot.commit.clone();
    let (workspace, ours, theirs) = (context.workspace.clone(), base.clone(), commit.clone());
    let merged = blocking(move || workspace.merge(&ours, &theirs, "what was thrown back")).await;
    if let workspace::Merge::Conflict { .. } = merged.map_err(host)? {
        return Ok(false);
    }
    context.slots.merge_into(lease, &base, commit).await.map_err(host)?;
    Ok(true)
}

/// The change that was kept is handed in again, and nobody is asked.
async fn again(context: &Arc<MissionContext>, task: &Task, lease: Lease) -> Vec<Event> {
    if !started(context, task, &lease).await {
        return Vec::new();
    }
    context.workers.put(&task.id, Worker { lease, conversation: None });
    let summary = "the change that wrong tests had thrown back".to_string();
    vec![Event::WorkAccepted { task: task.id.clone(), summary, unchanged: task.unchanged }]
}

/// Tests that do not merge are written anew, once; what lands then may be in their way again.
fn conflicting(task: &Task, reason: String) -> Event {
    independent::found_wrong(task, reason, task.tests.kept.clone())
}

/// What a task starts from.
pub(crate) enum Base {
    Ready(Lease),
    /// Its independent tests do not merge with what landed meanwhile: why.
    TestsConflict(String),
}

/// A slot on the newest integrated commit, with the task's independent tests; for a task of a group, with what the group has passed already merged in.
pub(crate) async fn begin(context: &Arc<MissionContext>, task: &Task) -> Result<Base, RoleFailure> {
    begin_in(context, task, None).await
}

/// The same, with the right to a slot that is held already.
async fn begin_in(
    context: &Arc<MissionContext>,
    task: &Task,
    permit: Option<Permit>,
) -> Result<Base, RoleFailure> {
    let permit = match permit {
        Some(permit) => permit,
        None => context.permit().await?,
    };
    let state = context
        .orchestrator
        .state()
        .await
        .map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))?;
    let mut base = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
    for dependency in task.depends_on.iter().filter_map(|d| state.tasks.get(d)) {
        if let Phase::Passed { commit, .. } = &dependency.phase {
            let (workspace, ours, theirs) = (context.workspace.clone(), base.clone(), commit.clone());
            let merged = blocking(move || workspace.merge(&ours, &theirs, "what the group has passed")).await;
            match merged.map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))? {
                workspace::Merge::Clean(merged) => base = merged.id,
                workspace::Merge::Conflict { paths, .. } => {
                    let reason =
                        format!("`{}` does not merge with the head: {}", dependency.id, paths.join(", "));
                    return Err(RoleFailure::new(FailureClass::Conflict, reason));
                }
            }
        }
    }
    if let Some(tests) = &task.tests.written {
        let (workspace, ours, theirs) = (context.workspace.clone(), base.clone(), tests.commit.clone());
        let merged = blocking(move || workspace.merge(&ours, &theirs, "the tests of the task")).await;
        match merged.map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))? {
            workspace::Merge::Clean(merged) => base = merged.id,
            workspace::Merge::Conflict { paths, .. } => {
                let reason = format!("they do not merge with what landed meanwhile: {}", paths.join(", "));
                return Ok(Base::TestsConflict(reason));
            }
        }
    }
    let lease = context.slots.lease(permit, &base).await;
    lease.map(Base::Ready).map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))
}

async fn work(
    context: &Arc<MissionContext>,
    task: &Task,
    lease: Lease,
    model: u32,
    spent: &mut Vec<Event>,
) -> Vec<Event> {
    if !started(context, task, &lease).await {
        return Vec::new();
    }
    let Attempt { conversation, mailbox, result } = attempt(context, task, &lease.slot, model, spent).await;
    if result.is_ok() {
        context.workers.put(&task.id, Worker { lease, conversation });
    }
    outcome(mailbox, result).await
}

/// Writes down that the attempt begins; `false` where the mission is over.
pub(crate) async fn started(context: &Arc<MissionContext>, task: &Task, lease: &Lease) -> bool {
    let started = Event::AttemptStarted {
        task: task.id.clone(),
        slot: lease.slot.n,
        base: lease.slot.commit.clone(),
        at_ms: context.clock.now_ms(),
    };
    if context.orchestrator.record(vec![started]).await.is_err() {
        return false;
    }
    context.forget_edits(&task.id);
    true
}

/// What one coder did.
pub(crate) struct Attempt {
    /// `None` where no session was opened.
    pub conversation: Option<Conversation>,
    pub mailbox: WorkMailbox,
    pub result: Result<Work, RoleFailure>,
}

/// One coder in one slot, from the first prompt to what it hands in.
pub(crate) async fn attempt(
    context: &Arc<MissionContext>,
    task: &Task,
    slot: &Slot,
    model: u32,
    spent: &mut Vec<Event>,
) -> Attempt {
    let reading = reading::task(context, slot, task).await;
    let setting = Setting {
        role: Role::Coder,
        task: Some(task.id.clone()),
        directory: slot.path.clone(),
        base: slot.commit.clone(),
        title: format!("Coder: {}", task.title),
        model,
        part: None,
    };
    let mut mailbox = WorkMailbox {
        context: context.clone(),
        role: Role::Coder,
        task: task.id.clone(),
        slot: slot.clone(),
        held: None,
        claim: Claim::now(context).await,
    };
    let mut conversation = match Conversation::open(context, setting).await {
        Ok(conversation) => conversation,
        Err(failure) => return Attempt { conversation: None, mailbox, result: Err(failure) },
    };
    let text = |attempt| {
        let mut text = prompt::header(&context.id, Role::Coder, Some(&task.id), attempt);
        text.push_str(&prompt::task(task));
        text.push_str(&prompt::memo(&task.failures));
        if task.whole_files {
            text.push_str(prompt::WHOLE_FILES);
        }
        if let Some(tests) = &task.tests.written {
            text.push_str(&prompt::written_tests(tests));
        } else if context.config.mission.tests == TestAuthor::None {
            text.push_str(prompt::NO_TESTS);
        }
        text.push_str("\n# What it touches\n");
        text.push_str(&reading);
        text
    };
    let result = conversation.ask(Role::Coder, text, &mut mailbox, spent).await;
    Attempt { conversation: Some(conversation), mailbox, result }
}
