//! The mailbox that Coder and Fixer share.
//!
//! A role's words about its own work are kept as a summary, never as evidence.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use mission::mailbox::{Work, WorkStatus, parse_check, parse_relocation, parse_work};
use mission::{Event, FailureClass, Issue, Role, TaskId, grant};
use serde_json::Value;
use workspace::Slot;

use crate::actor::orchestrator::ScopeAnswer;
use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::work::scope::changed_by_task;
use crate::steps::work::{check_tool, move_tool};
use crate::talk::mailbox::{Mailbox, MailboxAnswer, unknown};
use crate::talk::{pages, prompt};

/// The answer to a submission without a change.
const NOTHING: &str = "no file of the task differs from the base: write the change first";

pub(crate) struct WorkMailbox {
    pub context: Arc<MissionContext>,
    pub role: Role,
    pub task: TaskId,
    pub slot: Slot,
    /// The last file that was refused because another task holds it.
    pub held: Option<(String, TaskId)>,
    /// How often files were granted.
    pub granted: u32,
    pub claim: Claim,
    /// Whether the role writes only the tests of the task.
    pub tests_only: bool,
    /// How many of the user's corrections of the task the role was told.
    pub heard: usize,
}

/// Whether a submission without a change counts as an answer, because a review's objection may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It does not count: the task has something to do.
    Refused,
    /// It may count, and nothing was submitted so far.
    Possible,
    /// The role was asked whether it means that.
    Asked,
    /// The role submitted it again.
    Made,
}

impl Claim {
    /// The claim for the current cycle.
    pub async fn now(context: &MissionContext) -> Claim {
        match context.desk.orchestrator.state().await {
            Ok(state) if state.may_hold_already() => Claim::Possible,
            _ => Claim::Refused,
        }
    }
}

impl WorkMailbox {
    async fn submit(&mut self, arguments: &Value) -> MailboxAnswer<Work> {
        let work = match parse_work(arguments) {
            Ok(work) => work,
            Err(problems) => return MailboxAnswer::Refused(problems),
        };
        if let Some(said) = self.said_meanwhile().await {
            return MailboxAnswer::Reply(said);
        }
        match work.status {
            WorkStatus::Done => self.done(work).await,
            WorkStatus::Blocked => self.blocked(work).await,
        }
    }

    /// The user's corrections since the role was asked. They come before the submission, once.
    async fn said_meanwhile(&mut self) -> Option<String> {
        let state = self.context.desk.orchestrator.state().await.ok()?;
        let said = &state.tasks.get(&self.task)?.corrections;
        let new = said.get(self.heard..).filter(|new| !new.is_empty())?;
        self.heard = said.len();
        Some(format!(
            "not accepted yet.\n{}\nCheck whether your change does so, correct what does not, and call mission_work again.",
            prompt::from_user(new)
        ))
    }

    /// Handles `done`. Without a change it counts only if the role confirms it.
    async fn done(&mut self, work: Work) -> MailboxAnswer<Work> {
        let (workspace, slot) = (self.context.bench.workspace.clone(), self.slot.clone());
        let changes = match blocking(move || workspace.slot_changes(&slot)).await {
            Ok(changes) => changes,
            Err(error) => {
                return MailboxAnswer::Reply(format!(
                    "the slot could not be read: {error}; call mission_work again"
                ));
            }
        };
        let changed = changed_by_task(&self.context, &self.task, changes).await;
        if !changed.is_empty() {
            return self.planned(work, changed).await;
        }
        match self.claim {
            Claim::Refused => {
                MailboxAnswer::Refused(vec![format!("{NOTHING}, or submit `blocked` with a question")])
            }
            Claim::Possible => {
                self.claim = Claim::Asked;
                MailboxAnswer::Refused(vec![format!(
                    "{NOTHING}. If you have read the files and what is asked is already met, submit `done` once more, with what \
                     shows it in `summary`: Reviewers will look at it"
                )])
            }
            Claim::Asked | Claim::Made => {
                self.claim = Claim::Made;
                MailboxAnswer::Accepted(work)
            }
        }
    }

    /// Checks that every file outside the plan has a reason; reasons for unchanged files are dropped.
    async fn planned(&self, mut work: Work, changed: Vec<String>) -> MailboxAnswer<Work> {
        let state = self.context.desk.orchestrator.state().await;
        let task = state.as_ref().ok().and_then(|state| state.tasks.get(&self.task));
        let Some(task) = task.filter(|_| !self.tests_only) else { return MailboxAnswer::Accepted(work) };
        let mut outside = task.outside_the_plan(&changed);
        if !outside.is_empty() {
            let linked = linked(&self.slot.path, task.planned.iter());
            outside.retain(|path| !linked.contains(*path));
        }
        work.unplanned.retain(|unplanned| outside.contains(&unplanned.path.as_str()));
        let known = task.unplanned.iter().filter(|known| outside.contains(&known.path.as_str()));
        let given: Vec<String> = work.unplanned.iter().map(|unplanned| unplanned.path.clone()).collect();
        work.unplanned.extend(known.filter(|known| !given.contains(&known.path)).cloned());
        let why = |path: &str| work.unplanned.iter().any(|unplanned| unplanned.path == path);
        let missing: Vec<String> = outside
            .iter()
            .filter(|path| !why(path))
            .map(|path| {
                format!(
                    "`unplanned`: the plan of this task does not name `{path}`: say why it must change, as {{ path, why }}, or \
                     take the change back (a new file: `mission_move` without `to`)"
                )
            })
            .collect();
        if missing.is_empty() { MailboxAnswer::Accepted(work) } else { MailboxAnswer::Refused(missing) }
    }

    /// Handles `blocked`. Files that no other task holds are granted immediately.
    async fn blocked(&mut self, work: Work) -> MailboxAnswer<Work> {
        if work.needs_files.is_empty() {
            return MailboxAnswer::Accepted(work);
        }
        let Ok(state) = self.context.desk.orchestrator.state().await else {
            return MailboxAnswer::Reply("the mission was stopped".into());
        };
        let root = self.slot.path.clone();
        let is_folder = |path: &str| root.join(path).symlink_metadata().is_ok_and(|entry| entry.is_dir());
        let new = match grant::wanted(&state, &self.task, &work.needs_files, self.granted, is_folder) {
            Ok(new) => new,
            Err(problems) => return MailboxAnswer::Refused(problems),
        };
        let mut granted = Vec::new();
        for path in &new {
            match self.context.desk.orchestrator.scope(self.task.clone(), path.clone()).await {
                ScopeAnswer::Allowed => granted.push(format!("`{path}`")),
                ScopeAnswer::HeldBy(holder) => {
                    self.held = Some((path.clone(), holder));
                    return MailboxAnswer::Accepted(work);
                }
                ScopeAnswer::Stopped => return MailboxAnswer::Reply("the mission was stopped".into()),
            }
        }
        self.granted += 1;
        MailboxAnswer::Reply(format!(
            "granted: {} now belong to this task. Go on, and submit when it is done.",
            granted.join(", ")
        ))
    }
}

/// The targets of planned files that are links: a change under the target's name counts as planned.
fn linked<'p>(slot: &Path, files: impl Iterator<Item = &'p String>) -> BTreeSet<String> {
    let Ok(root) = slot.canonicalize() else { return BTreeSet::new() };
    let target = |file: &String| {
        let there = slot.join(file);
        let is_link = there.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let real = is_link.then(|| there.canonicalize().ok()).flatten()?;
        Some(real.strip_prefix(&root).ok()?.to_string_lossy().into_owned())
    };
    files.filter_map(target).collect()
}

impl Mailbox for WorkMailbox {
    type Result = Work;

    async fn call(&mut self, tool: &str, arguments: &Value) -> MailboxAnswer<Work> {
        match tool {
            "mission_work" => self.submit(arguments).await,
            "mission_check" => match parse_check(arguments) {
                Ok(request) => {
                    MailboxAnswer::Reply(check_tool::answer(&self.context, &self.slot, &request).await)
                }
                Err(problems) => MailboxAnswer::Refused(problems),
            },
            "mission_move" => match parse_relocation(arguments) {
                Ok(asked) => {
                    let WorkMailbox { context, slot, task, tests_only, .. } = self;
                    MailboxAnswer::Reply(move_tool::answer(context, slot, task, *tests_only, asked).await)
                }
                Err(problems) => MailboxAnswer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context.desk, arguments),
            other => unknown(other, self.role.mailbox()),
        }
    }
}

/// With how its sessions wrote, which stands first: what came of the turn may end the attempt.
pub(crate) fn with_edits(context: &MissionContext, task: &str, events: Vec<Event>) -> Vec<Event> {
    context.take_edit_forms(task).into_iter().chain(events).collect()
}

/// The events of a Coder's or Fixer's turn.
pub(crate) async fn outcome(mailbox: WorkMailbox, result: Result<Work, RoleFailure>) -> Vec<Event> {
    let WorkMailbox { context, task, held, claim, .. } = mailbox;
    let work = match result {
        Ok(work) => work,
        Err(RoleFailure { class, reason }) => {
            let unwritten = context.unwritten_edit(&task).map(|why| Issue::new("edit", why));
            let issues = unwritten.into_iter().chain([Issue::new("engine", reason)]).collect();
            return vec![Event::AttemptFailed { task, class, issues }];
        }
    };
    if work.status == WorkStatus::Done {
        let (summary, unchanged, unplanned) = (work.summary, claim == Claim::Made, work.unplanned);
        return vec![Event::WorkAccepted { task, summary, unchanged, unplanned }];
    }
    // A refused edit counts like a refused request for the file
    let held = match held {
        Some(held) => Some(held),
        None => context.refused_edit(&task),
    };
    if let (Some((path, after)), Ok(state)) = (held, context.desk.orchestrator.state().await)
        && !state.depends(&after, &task)
    {
        return vec![Event::TaskOrdered { task, after, path }];
    }
    let what = work.question.unwrap_or(work.summary);
    let issue = Issue::new("coder", format!("blocked: {what}"));
    let unwritten = context.unwritten_edit(&task).map(|why| Issue::new("edit", why));
    // The report shows the first issue as the reason.
    let issues = unwritten.into_iter().chain([issue]).collect();
    vec![Event::AttemptFailed { task, class: FailureClass::Blocked, issues }]
}
