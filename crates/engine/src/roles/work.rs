//! The mailbox that Coder and Fixer share.

use std::sync::Arc;

use mission::mailbox::{Work, WorkStatus, parse_check, parse_work};
use mission::{Event, FailureClass, Issue, Role, TaskId};
use serde_json::Value;
use workspace::Slot;

use super::conversation::RoleFailure;
use super::mailbox::{Answer, Mailbox, unknown};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::orchestrator::ScopeAnswer;
use crate::{checking, pages};

pub(crate) struct WorkMailbox {
    pub context: Arc<MissionContext>,
    pub role: Role,
    pub task: TaskId,
    pub slot: Slot,
    /// The last file that was refused because another task holds it.
    pub held: Option<(String, TaskId)>,
}

impl WorkMailbox {
    async fn hand_in(&mut self, arguments: &Value) -> Answer<Work> {
        let work = match parse_work(arguments) {
            Ok(work) => work,
            Err(problems) => return Answer::Refused(problems),
        };
        match work.status {
            WorkStatus::Done => self.done(work).await,
            WorkStatus::Blocked => self.blocked(work).await,
        }
    }

    /// A claim without a change is no work.
    async fn done(&self, work: Work) -> Answer<Work> {
        let (workspace, slot) = (self.context.workspace.clone(), self.slot.clone());
        match blocking(move || workspace.slot_changes(&slot)).await {
            Ok(changes) if changes.is_empty() => Answer::Refused(vec![
                "no file of the slot differs from the base: write the change first, or hand in `blocked` with a question".into(),
            ]),
            Ok(_) => Answer::Accepted(work),
            Err(error) => Answer::Reply(format!("the slot could not be read: {error}; call mission_work again")),
        }
    }

    /// Files that nobody else claims are granted on the spot.
    async fn blocked(&mut self, work: Work) -> Answer<Work> {
        if work.needs_files.is_empty() {
            return Answer::Accepted(work);
        }
        let mut granted = Vec::new();
        for path in &work.needs_files {
            if let Some(why) = mission::path::forbidden(path) {
                return Answer::Refused(vec![format!("`needs_files`: `{path}`: {why}")]);
            }
            match self.context.orchestrator.scope(self.task.clone(), path.clone()).await {
                ScopeAnswer::Allowed => granted.push(format!("`{path}`")),
                ScopeAnswer::HeldBy(holder) => {
                    self.held = Some((path.clone(), holder));
                    return Answer::Accepted(work);
                }
                ScopeAnswer::Stopped => return Answer::Reply("the mission was stopped".into()),
            }
        }
        Answer::Reply(format!(
            "granted: {} now belong to this task. Go on, and hand in when it is done.",
            granted.join(", ")
        ))
    }
}

impl Mailbox for WorkMailbox {
    type Result = Work;

    async fn call(&mut self, tool: &str, arguments: &Value) -> Answer<Work> {
        match tool {
            "mission_work" => self.hand_in(arguments).await,
            "mission_check" => match parse_check(arguments) {
                Ok(request) => Answer::Reply(checking::answer(&self.context, &self.slot, &request).await),
                Err(problems) => Answer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context, arguments),
            other => unknown(other, self.role.mailbox()),
        }
    }
}

/// What came of a coder's or fixer's turn, as facts.
pub(crate) async fn outcome(mailbox: WorkMailbox, result: Result<Work, RoleFailure>) -> Vec<Event> {
    let WorkMailbox { context, task, held, .. } = mailbox;
    let work = match result {
        Ok(work) => work,
        Err(RoleFailure { class, reason }) => {
            return vec![Event::AttemptFailed { task, class, issues: vec![Issue::new("engine", reason)] }];
        }
    };
    if work.status == WorkStatus::Done {
        return vec![Event::WorkAccepted { task, summary: work.summary }];
    }
    // a refused edit says as much as a refused wish
    let held = match held {
        Some(held) => Some(held),
        None => context.refused_edit(&task),
    };
    if let (Some((path, after)), Ok(state)) = (held, context.orchestrator.state().await)
        && !state.depends(&after, &task)
    {
        return vec![Event::TaskOrdered { task, after, path }];
    }
    let what = work.question.unwrap_or(work.summary);
    let issue = Issue::new("coder", format!("blocked: {what}"));
    vec![Event::AttemptFailed { task, class: FailureClass::Blocked, issues: vec![issue] }]
}
