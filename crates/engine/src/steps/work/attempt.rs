//! One Coder in one slot: the base of a task, and the conversation from the first prompt to the submission.
//!
//! The submission is judged elsewhere: nothing here says that it is right.

use std::sync::Arc;

use mission::mailbox::Work;
use mission::{Event, FailureClass, Phase, Role, Task};
use workspace::Slot;

use crate::actor::providers::candidates;
use crate::bench::slots::{Lease, Permit};
use crate::blocking::blocking;
use crate::config::TestAuthor;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
use crate::steps::work::work_mailbox::{Claim, WorkMailbox};
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::{paging, prompt};

/// The longest file that is worth writing whole where a model's edits miss, in bytes.
const MAX_WHOLE: u64 = 20_000;
/// The base of a task.
pub(crate) enum Base {
    Ready(Lease),
    /// The task's independent tests do not merge with what was integrated meanwhile; the text says why.
    TestsConflict(String),
}

/// Takes a slot on the newest integrated commit, with the task's independent tests. For a task of a group, the group's
/// passed tasks are merged in.
pub(crate) async fn begin(context: &Arc<MissionContext>, task: &Task) -> Result<Base, RoleFailure> {
    begin_in(context, task, None).await
}

/// The same with a permit that the caller already has.
pub(crate) async fn begin_in(
    context: &Arc<MissionContext>,
    task: &Task,
    permit: Option<Permit>,
) -> Result<Base, RoleFailure> {
    let permit = match permit {
        Some(permit) => permit,
        None => context.permit().await?,
    };
    let state = context
        .desk
        .orchestrator
        .state()
        .await
        .map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))?;
    let mut base = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
    for dependency in task.depends_on.iter().filter_map(|d| state.tasks.get(d)) {
        if let Phase::Passed { commit, .. } = &dependency.phase {
            let (workspace, ours, theirs) = (context.bench.workspace.clone(), base.clone(), commit.clone());
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
        let (workspace, ours, theirs) = (context.bench.workspace.clone(), base.clone(), tests.commit.clone());
        let merged = blocking(move || workspace.merge(&ours, &theirs, "the tests of the task")).await;
        match merged.map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))? {
            workspace::Merge::Clean(merged) => base = merged.id,
            workspace::Merge::Conflict { paths, .. } => {
                let reason =
                    format!("they do not merge with what was integrated meanwhile: {}", paths.join(", "));
                return Ok(Base::TestsConflict(reason));
            }
        }
    }
    let lease = context.bench.slots.lease(permit, &base).await;
    lease.map(Base::Ready).map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))
}

/// Records that the attempt begins; `false` if the mission is over.
pub(crate) async fn started(context: &Arc<MissionContext>, task: &Task, lease: &Lease) -> bool {
    let started = Event::AttemptStarted {
        task: task.id.clone(),
        slot: lease.slot.n,
        base: lease.slot.commit.clone(),
        at_ms: context.desk.clock.now_ms(),
    };
    if context.desk.orchestrator.record(vec![started]).await.is_err() {
        return false;
    }
    // The plan may have changed while the slot was prepared
    let state = context.desk.orchestrator.state().await;
    if !state.is_ok_and(|state| state.tasks.contains_key(&task.id)) {
        return false;
    }
    context.forget_edits(&task.id);
    true
}

/// The task in the newest plan, with the user's newest corrections.
async fn as_it_is_now(context: &Arc<MissionContext>, task: &Task) -> Task {
    let state = context.desk.orchestrator.state().await.ok();
    state.and_then(|state| state.tasks.get(&task.id).cloned()).unwrap_or_else(|| task.clone())
}

/// Has the attempt write files whole where its model's edits missed in earlier missions, and the files are short enough for it.
async fn whole_files(context: &Arc<MissionContext>, task: &Task, slot: &Slot, model: u32) {
    let models = candidates(&context.bench.config, &context.desk.models, Role::Coder, model);
    let missed = models.first().and_then(|model| context.memory.writes_whole(&model.name));
    let Some(why) = missed.filter(|_| !task.whole_files) else { return };
    let (root, files) = (slot.path.clone(), task.scope.iter().cloned().collect::<Vec<_>>());
    let long =
        move |file: &String| root.join(file).symlink_metadata().is_ok_and(|found| found.len() > MAX_WHOLE);
    if !blocking(move || files.iter().any(long)).await {
        let chosen = Event::WholeFilesChosen { task: task.id.clone(), why };
        // Where it cannot be recorded the mission is over
        let _ = context.desk.orchestrator.record(vec![chosen]).await;
    }
}

/// The result of one Coder.
pub(crate) struct Attempt {
    /// `None` if no session was opened.
    pub conversation: Option<Conversation>,
    pub mailbox: WorkMailbox,
    pub result: Result<Work, RoleFailure>,
}

/// Lets one Coder work in one slot, from the first prompt to the submission.
pub(crate) async fn attempt(context: &Arc<MissionContext>, task: &Task, slot: &Slot, model: u32) -> Attempt {
    whole_files(context, task, slot, model).await;
    let task = &as_it_is_now(context, task).await;
    let reading = reading::task(context, slot, task).await;
    let setting = Setting {
        role: Role::Coder,
        task: Some(task.id.clone()),
        directory: slot.path.clone(),
        base: slot.commit.clone(),
        title: format!("Coder: {}", task.title),
        model,
        part: None,
        folds: None,
    };
    let mut mailbox = WorkMailbox {
        context: context.clone(),
        role: Role::Coder,
        task: task.id.clone(),
        slot: slot.clone(),
        held: None,
        granted: 0,
        claim: Claim::now(context).await,
        tests_only: false,
        heard: task.corrections.len(),
    };
    let mut conversation = match Conversation::open(&context.desk, setting).await {
        Ok(conversation) => conversation,
        Err(failure) => return Attempt { conversation: None, mailbox, result: Err(failure) },
    };
    let text = |attempt| {
        let mut text = prompt::header(&context.desk.mission, Role::Coder, Some(&task.id), attempt);
        text.push_str(&prompt::task(task));
        text.push_str(&prompt::memo(&task.failures));
        if task.whole_files {
            text.push_str(prompt::WHOLE_FILES);
        }
        if let Some(tests) = &task.tests.written {
            text.push_str(&prompt::written_tests(tests));
        } else if context.bench.config.mission.tests == TestAuthor::None {
            text.push_str(prompt::NO_TESTS);
        }
        text.push_str(&context.known());
        text.push_str(paging::READING);
        text.push_str(&reading);
        text
    };
    let result = conversation.ask(Role::Coder, text, &mut mailbox).await;
    Attempt { conversation: Some(conversation), mailbox, result }
}
