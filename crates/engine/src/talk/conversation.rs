//! A role's work from the first question to the result: which model is asked, when an answer is discarded and the
//! question asked again, and when the role waits after a provider's failure.
//!
//! It knows no gate and no task state: a failure goes to the ladder by its class.

use std::sync::Arc;
use std::time::Duration;

use mission::flag::RedFlag;
use mission::permit::Wish;
use mission::provider::Fault;
use mission::{Event, FailureClass, Role, TaskId};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::actor::orchestrator::Permission;
use crate::actor::providers::{Candidate, Report, candidates};
use crate::failure::RoleFailure;
use crate::far::owner::Wish as FarWish;
use crate::far::session::FarSession;
use crate::host::{Host, HostRequest};
use crate::talk::desk::Desk;
use crate::talk::folding::Folds;
use crate::talk::mailbox::Mailbox;
use crate::talk::paging::Paging;
use crate::talk::prompt::header_of_part;
use crate::talk::session::{Part, Session};
use crate::talk::turn::{OpenSession, Prompt};
use crate::talk::turn_state::TurnEnd;

/// How often the same question may be asked because the answer was discarded.
const MAX_DRAWS: u32 = 3;
/// How often a provider may fail during one role's work, however much was done in between.
const MAX_FAULTS: u32 = 50;
/// How long the host may take to open a session.
const OPENING: Duration = Duration::from_secs(60);

/// Which role works where, on which part of the mission.
#[derive(Clone)]
pub(crate) struct Setting {
    pub role: Role,
    pub task: Option<TaskId>,
    pub directory: std::path::PathBuf,
    /// The commit with which edits are compared.
    pub base: String,
    pub title: String,
    /// The first model to ask: 0 for the role's own model, otherwise the number of its fallback, from 1.
    pub model: u32,
    /// The session's part of the task, if it does not have the whole task.
    pub part: Option<Part>,
    /// Shortens what a role that only reads is shown of long files.
    pub folds: Option<Folds>,
}

pub(crate) struct Conversation {
    setting: Setting,
    session: OpenSession,
    /// Fires when the task or the mission is over.
    cancelled: CancellationToken,
    /// Something was done or said in this session that a new one would not know.
    begun: bool,
}

/// What the next prompt contains.
enum Next {
    Question,
    /// A reminder, because the turn ended without a submission.
    Reminder,
    /// A request to continue, because the provider failed in the middle of the work.
    GoOn(String),
}

impl Conversation {
    pub async fn open(desk: &Arc<Desk>, setting: Setting) -> Result<Conversation, RoleFailure> {
        let cancelled = match &setting.task {
            Some(task) => desk.orchestrator.task_cancelled(task),
            None => desk.orchestrator.cancelled().clone(),
        };
        let session = open_session(desk, &setting, &cancelled).await?;
        Ok(Conversation { setting, session, cancelled, begun: false })
    }

    /// Prompts until the mailbox has accepted a result. A role that worked and ended without a result is asked for it
    /// once more. An answer without any work is discarded, and the question asked again in another session.
    pub async fn ask<M: Mailbox>(
        &mut self,
        role: Role,
        text: impl Fn(u32) -> String,
        mailbox: &mut M,
    ) -> Result<M::Result, RoleFailure> {
        let desk = self.session.desk.clone();
        let models = candidates(&desk.config, &desk.models, role, self.setting.model);
        // The question of a repair refers to the session of the work, so it means nothing in another session
        let own = !self.begun;
        let (mut draw, mut attempt, mut faults, mut refusals, mut reminded) = (1, 0, 0, 0, false);
        let mut next = Next::Question;
        loop {
            let (number, candidate) = self.permission(role, draw, &models).await?;
            let text = match &next {
                Next::Question => {
                    attempt = number;
                    text(attempt)
                }
                Next::Reminder => format!(
                    "{}Nothing was submitted. The only way to submit a result is a call of the tool `{}`; call it now.\n",
                    self.header(role, attempt),
                    role.mailbox()
                ),
                Next::GoOn(why) => format!(
                    "{}Your answer broke off ({why}). Go on where it ended.\n",
                    self.header(role, attempt)
                ),
            };
            let text = desk.redactor.redact(&text).into_owned();
            let prompt = Prompt { role, text, model: candidate, cancelled: &self.cancelled };
            let end = self.session.turn(prompt, mailbox, &mut refusals).await?;
            next = match end {
                TurnEnd::Submitted(result) => {
                    self.begun = true;
                    return Ok(result);
                }
                TurnEnd::Fault { fault, reason, calls, worked } => {
                    self.begun |= calls > 0;
                    let (model, task) = (candidate.name.clone(), self.setting.task.clone());
                    desk.orchestrator
                        .provider(Report::Failed { model, fault, reason: reason.clone(), role, task, worked })
                        .await;
                    faults += 1;
                    if faults >= MAX_FAULTS {
                        return Err(RoleFailure::host(reason));
                    }
                    if fault == Fault::Silence {
                        // Without a brief or a plan the mission would end, so this counts as an outage: the mission
                        // waits, then pauses
                        let class = if role.writes() { FailureClass::Timeout } else { FailureClass::Host };
                        return Err(RoleFailure::new(class, reason));
                    }
                    if own && !self.begun {
                        self.reopen().await?;
                        Next::Question
                    } else {
                        Next::GoOn(reason)
                    }
                }
                TurnEnd::Nothing { flag, calls } => {
                    self.begun |= calls > 0;
                    match flag {
                        Some(flag) if own && !(self.begun && role.writes()) => {
                            self.discarded(role, flag, draw).await?;
                            draw += 1;
                            self.reopen().await?;
                            Next::Question
                        }
                        Some(flag @ (RedFlag::Repetitive | RedFlag::TooLong | RedFlag::OutputLimit)) => {
                            return Err(RoleFailure::new(FailureClass::Malformed, flag.name()));
                        }
                        _ if reminded => {
                            return Err(RoleFailure::new(FailureClass::Malformed, self.ended_without(role)));
                        }
                        _ => {
                            reminded = true;
                            Next::Reminder
                        }
                    }
                }
            };
        }
    }

    /// The bytes of its newest request, and whether the provider reads them from a cache.
    pub fn size(&self) -> (u64, bool) {
        (self.session.watch.bytes(), self.session.watch.is_cached())
    }

    fn ended_without(&self, role: Role) -> String {
        let last = self.session.watch.last_refusal();
        let why = last.map_or(String::new(), |why| format!("; its last refused call: {why}"));
        format!("the {role} ended twice without submitting a result{why}")
    }

    fn header(&self, role: Role, attempt: u32) -> String {
        let Setting { task, part, .. } = &self.setting;
        header_of_part(&self.session.desk.mission, role, task.as_deref(), attempt, *part)
    }

    /// Waits until a model may be asked; returns the number of the prompt and the model.
    async fn permission<'m>(
        &self,
        role: Role,
        draw: u32,
        models: &'m [Candidate],
    ) -> Result<(u32, &'m Candidate), RoleFailure> {
        let desk = &self.session.desk;
        let wish = Wish {
            role,
            task: self.setting.task.clone(),
            draw,
            models: models.iter().map(|candidate| candidate.name.clone()).collect(),
            session: Some(self.session.id.clone()),
            worker: self.session.worker.clone(),
        };
        loop {
            match desk.orchestrator.ask(wish.clone()).await? {
                Permission::Granted { attempt, model } => {
                    let chosen = models.get(model).or(models.first());
                    let chosen =
                        chosen.ok_or_else(|| RoleFailure::host(format!("the {role} has no model")))?;
                    return Ok((attempt, chosen));
                }
                Permission::WaitUntil(until_ms) => {
                    let wait = until_ms.saturating_sub(desk.clock.now_ms()).max(1);
                    tokio::select! {
                        biased;
                        () = self.cancelled.cancelled() => return Err(RoleFailure::stopped()),
                        () = sleep(Duration::from_millis(wait)) => {}
                    }
                }
            }
        }
    }

    /// Records that an answer is discarded; an error if this has happened too often.
    async fn discarded(&self, role: Role, flag: RedFlag, draw: u32) -> Result<(), RoleFailure> {
        let desk = &self.session.desk;
        let (task, at_ms) = (self.setting.task.clone(), desk.clock.now_ms());
        let event = Event::AnswerDiscarded { role, task, flag, draw, at_ms };
        if desk.orchestrator.record(vec![event]).await.is_err() {
            return Err(RoleFailure::stopped());
        }
        if draw >= MAX_DRAWS {
            let reason =
                format!("{} {MAX_DRAWS} times; the last one: {}", "nothing usable was answered", flag.name());
            return Err(RoleFailure::new(FailureClass::Malformed, format!("the {role}: {reason}")));
        }
        Ok(())
    }

    /// Opens another session for the same work; the conversation of the old one is lost.
    async fn reopen(&mut self) -> Result<(), RoleFailure> {
        let desk = self.session.desk.clone();
        self.session = open_session(&desk, &self.setting, &self.cancelled).await?;
        self.begun = false;
        Ok(())
    }
}

async fn open_session(
    desk: &Arc<Desk>,
    setting: &Setting,
    cancelled: &CancellationToken,
) -> Result<OpenSession, RoleFailure> {
    let far = tokio::select! {
        biased;
        () = cancelled.cancelled() => return Err(RoleFailure::stopped()),
        far = at_worker(desk, setting) => far,
    };
    let (host, id, worker): (Arc<dyn Host>, String, Option<String>) = match far {
        Some(far) => {
            let (id, worker) = (far.id().to_string(), far.worker().to_string());
            (Arc::new(far), id, Some(worker))
        }
        None => (desk.host.clone(), open_here(desk, setting, cancelled).await?, None),
    };
    let Setting { role, task, directory, base, part, folds, .. } = setting.clone();
    let (watch, paging) = (Arc::default(), Arc::<Paging>::default());
    let calls = desk.sessions.open(&id, |calls| Session {
        role,
        task: task.clone(),
        directory: directory.clone(),
        base,
        part,
        orchestrator: desk.orchestrator.clone(),
        calls,
        watch: Arc::clone(&watch),
        paging: Arc::clone(&paging),
        folds,
        instructions: Arc::default(),
        findings: Arc::default(),
    });
    Ok(OpenSession { desk: desk.clone(), host, worker, id, directory, task, calls, watch, paging })
}

/// A session at a worker, if one is to have it.
async fn at_worker(desk: &Arc<Desk>, setting: &Setting) -> Option<FarSession> {
    let far = desk.far.as_ref()?;
    let Setting { role, task, directory, base, title, model, .. } = setting.clone();
    if desk.may_run_commands(role) {
        far.tell(&format!("a {role} works here, and not at a worker: it has a shell"));
        return None;
    }
    let state = desk.orchestrator.state().await.ok()?;
    // A repair may go on in its Coder's session
    let roles = if role.writes() { vec![Role::Coder, Role::Fixer] } else { vec![role] };
    let of = |role| candidates(&desk.config, &desk.models, role, model).into_iter().map(|one| one.name);
    let mut models: Vec<String> = roles.into_iter().flat_map(of).collect();
    models.sort();
    models.dedup();
    let wish = FarWish {
        mission: desk.mission.clone(),
        role,
        task,
        title: desk.redactor.redact(&title).into_owned(),
        directory,
        commit: base,
        base: state.base.as_ref().map(|base| base.commit.clone()),
        models,
        default: desk.models.default.clone(),
    };
    far.open(wish).await
}

/// Opens the session at the host here; returns its name.
async fn open_here(
    desk: &Arc<Desk>,
    setting: &Setting,
    cancelled: &CancellationToken,
) -> Result<String, RoleFailure> {
    let Setting { role, directory, title, .. } = setting.clone();
    let (parent, bash) = (desk.parent.clone(), desk.may_run_commands(role));
    let request = HostRequest::Open { directory, parent, title, role, bash };
    let answer = tokio::select! {
        biased;
        () = cancelled.cancelled() => return Err(RoleFailure::stopped()),
        answer = timeout(OPENING, desk.host.call(request)) => answer,
    };
    let answer = answer.map_err(|_| {
        RoleFailure::host(format!("OpenCode opened no session within {} s", OPENING.as_secs()))
    })?;
    let answer = answer.map_err(|error| RoleFailure::host(error.to_string()))?;
    let id = answer.get("session").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| RoleFailure::host("OpenCode opened a session without an id"))?;
    Ok(id.to_string())
}
