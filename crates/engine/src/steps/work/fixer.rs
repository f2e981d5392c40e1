//! The Fixer: fixes what a gate or a merge found, in the slot of the attempt if it still exists. It uses the session of
//! the work or a fresh one, depending on the expected cost.
//!
//! It gets the findings and the lines that they name, and nothing else from the Reviewers.

use std::fmt::Write;
use std::sync::Arc;

use mission::repair::{self, RepairSizes, RepairsSoFar};
use mission::{Event, FailureClass, Issue, Role, State, Task};

use crate::bench::slots::Lease;
use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
use crate::steps::review::dispute;
use crate::steps::work::work_mailbox::{Claim, WorkMailbox, outcome, with_edits};
use crate::steps::workers::Worker;
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::prompt;

/// The longest change that a fresh session is shown, in bytes.
const MAX_CHANGE: usize = 24_000;

/// `model`: 0 is the role's own, otherwise the place among its fallbacks, from 1.
pub(crate) async fn run(context: &Arc<MissionContext>, state: &State, id: &str, model: u32) -> Vec<Event> {
    let Some(task) = state.tasks.get(id) else { return Vec::new() };
    match fix(context, task, model).await {
        Ok(events) => events,
        Err(RoleFailure { class, reason }) => {
            vec![Event::AttemptFailed {
                task: task.id.clone(),
                class,
                issues: vec![Issue::new("engine", reason)],
            }]
        }
    }
}

async fn fix(context: &Arc<MissionContext>, task: &Task, model: u32) -> Result<Vec<Event>, RoleFailure> {
    let (lease, conversation) = match context.workers.take(&task.id) {
        Some(Worker { lease, conversation }) => (lease, conversation),
        None => (merged_slot(context, task).await?, None),
    };
    let base = lease.slot.commit.clone();
    let issues = task.failures.last().map(|f| f.issues.clone()).unwrap_or_default();
    let lines = reading::named_lines(&lease.slot, &issues).await;
    let (conversation, change, why) = match conversation {
        Some(conversation) => session(context, task, &lease, conversation, lines.len()).await,
        None => (None, String::new(), String::new()),
    };
    let (task_id, at_ms) = (task.id.clone(), context.desk.clock.now_ms());
    let fresh = conversation.is_none();
    let started = Event::FixStarted { task: task_id, base: base.clone(), fresh, why, at_ms };
    if context.desk.orchestrator.record(vec![started]).await.is_err() {
        return Ok(Vec::new());
    }
    let again = conversation.is_some();
    let mut conversation = match conversation {
        Some(conversation) => conversation,
        None => {
            let setting = Setting {
                role: Role::Fixer,
                task: Some(task.id.clone()),
                directory: lease.slot.path.clone(),
                base,
                title: format!("Fixer: {}", task.title),
                model,
                part: None,
                folds: None,
            };
            Conversation::open(&context.desk, setting).await?
        }
    };
    let sides = match task.failures.last().map(|f| f.class) {
        Some(FailureClass::Conflict) => reading::both_sides(&lease.slot, &issues).await,
        _ => String::new(),
    };
    let text = |attempt| {
        let mut text = prompt::header(&context.desk.mission, Role::Fixer, Some(&task.id), attempt);
        if !again {
            let _ = writeln!(text, "{}", prompt::task(task));
            if task.whole_files {
                text.push_str(prompt::WHOLE_FILES);
            }
            text.push_str(&context.known());
        } else if !task.corrections.is_empty() {
            let _ = writeln!(text, "{}", prompt::from_user(&task.corrections).trim_start());
        }
        if !change.is_empty() {
            let fence = prompt::fence(&change);
            let _ = writeln!(text, "# The change so far\n{fence}diff\n{change}\n{fence}\n");
        }
        let _ = write!(text, "# What was found\n{}", prompt::issues(&issues));
        text.push_str(dispute::hint(&issues));
        if !lines.is_empty() {
            let _ = write!(text, "\n# The lines it names\n{lines}");
        }
        if !sides.is_empty() {
            let _ = write!(
                text,
                "\n# What does not merge\nAbove `=======` stands what is on the mission's head, below it this task's own.\n{sides}"
            );
        }
        text
    };
    let mut mailbox = WorkMailbox {
        context: context.clone(),
        role: Role::Fixer,
        task: task.id.clone(),
        slot: lease.slot.clone(),
        held: None,
        granted: 0,
        claim: Claim::now(context).await,
        tests_only: false,
        heard: task.corrections.len(),
    };
    let result = conversation.ask(Role::Fixer, text, &mut mailbox).await;
    if result.is_ok() {
        context.workers.put(&task.id, Worker { lease, conversation: Some(conversation) });
    }
    Ok(with_edits(context, &task.id, outcome(mailbox, result).await))
}

/// The session for the repair: that of the work, or `None` for a fresh one; the change that a fresh one must be shown;
/// and the reason.
async fn session(
    context: &Arc<MissionContext>,
    task: &Task,
    lease: &Lease,
    conversation: Conversation,
    lines: usize,
) -> (Option<Conversation>, String, String) {
    // The files contain both sides of the conflict, and the session of the work knows one of them
    if task.failures.last().is_some_and(|failed| failed.class == FailureClass::Conflict) {
        return (Some(conversation), String::new(), String::new());
    }
    let Ok(change) = change(context, task, lease).await else {
        return (Some(conversation), String::new(), String::new());
    };
    let asked = prompt::task(task).len() + change.len() + lines;
    let repairs = match context.desk.orchestrator.state().await {
        Ok(state) => state.repairs,
        Err(_) => RepairsSoFar::default(),
    };
    let (session, cached) = conversation.size();
    let sizes = RepairSizes { session, fresh: asked as u64, cached };
    let (fresh, why) = repair::begins_fresh(sizes, repairs.in_session, repairs.fresh);
    // A change that does not fit a prompt needs the session of the work
    if fresh && change.len() < MAX_CHANGE {
        (None, change, why)
    } else {
        (Some(conversation), String::new(), why)
    }
}

/// The change in the slot, as a diff from the attempt's base.
async fn change(
    context: &Arc<MissionContext>,
    task: &Task,
    lease: &Lease,
) -> Result<String, workspace::Error> {
    let message = format!("{}\n\ntask {}", task.title, task.id);
    let commit = context.bench.commit_and_pin(&lease.slot, message, task.id.clone()).await?;
    let (workspace, base) = (context.bench.workspace.clone(), lease.slot.commit.clone());
    blocking(move || workspace.diff(&base, &commit.id, &[], MAX_CHANGE)).await
}

/// A slot with the newest head and the task's change merged in. If they conflict, the files contain both sides.
async fn merged_slot(context: &Arc<MissionContext>, task: &Task) -> Result<Lease, RoleFailure> {
    let host = |e: workspace::Error| RoleFailure::new(FailureClass::Host, e.to_string());
    let permit = context.permit().await?;
    let state = context
        .desk
        .orchestrator
        .state()
        .await
        .map_err(|e| RoleFailure::new(FailureClass::Host, e.to_string()))?;
    let head = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
    let mut lease = context.bench.slots.lease(permit, &head).await.map_err(host)?;
    if let Some(commit) = &task.passed {
        context.bench.slots.merge_into(&mut lease, &head, commit).await.map_err(host)?;
    }
    Ok(lease)
}
