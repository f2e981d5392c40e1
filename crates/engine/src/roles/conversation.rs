//! One session of a role: prompts, tool calls, deadline, and what it cost.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mission::{Event, FailureClass, Role, TaskId, Tokens};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::mailbox::{Answer, Mailbox, refusal};
use crate::host::{HostFuture, HostRequest, Turn};
use crate::mission_context::MissionContext;
use crate::orchestrator::Refusal;
use crate::session::{Session, ToolCall};

/// Refused hand-ins that are answered; one more ends the attempt.
const MAX_REFUSALS: u32 = 3;
/// How long a role may go on talking once its result was taken.
const GRACE: Duration = Duration::from_secs(30);
/// How long the host may take to open a session.
const OPENING: Duration = Duration::from_secs(60);
/// How long the host may take to abort.
const ABORTING: Duration = Duration::from_millis(500);
/// How often an abort is tried, and how long each is given to take effect.
const ABORTS: u32 = 4;
const ABORT_AGAIN: Duration = Duration::from_millis(300);

/// Why a role gave no result.
#[derive(Clone, Debug)]
pub(crate) struct RoleFailure {
    pub class: FailureClass,
    pub reason: String,
}

impl RoleFailure {
    pub fn new(class: FailureClass, reason: impl Into<String>) -> RoleFailure {
        RoleFailure { class, reason: reason.into() }
    }
}

/// Who speaks, where, about what.
pub(crate) struct Setting {
    pub role: Role,
    pub task: Option<TaskId>,
    pub directory: PathBuf,
    /// Commit that edits are compared with.
    pub base: String,
    pub title: String,
    /// Who speaks: 0 the role's own model, otherwise the place among its fallbacks, from 1.
    pub model: u32,
}

pub(crate) struct Conversation {
    context: Arc<MissionContext>,
    id: String,
    directory: PathBuf,
    task: Option<TaskId>,
    /// The place among the role's models.
    place: u32,
    /// Instead of the role's own.
    model: Option<String>,
    calls: mpsc::Receiver<ToolCall>,
    counted: (Tokens, f64),
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.context.sessions.close(&self.id);
    }
}

impl Conversation {
    pub async fn open(context: &Arc<MissionContext>, setting: Setting) -> Result<Conversation, RoleFailure> {
        let Setting { role, task, directory, base, title, model } = setting;
        let request =
            HostRequest::Open { directory: directory.clone(), parent: context.parent.clone(), title, role };
        let cancelled = context.orchestrator.cancelled();
        let answer = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(stopped()),
            answer = timeout(OPENING, context.host.call(request)) => answer,
        };
        let host = |message: String| RoleFailure::new(FailureClass::Host, message);
        let answer =
            answer.map_err(|_| host(format!("OpenCode opened no session within {} s", OPENING.as_secs())))?;
        let answer = answer.map_err(|error| host(error.to_string()))?;
        let id = answer.get("session").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| host("OpenCode opened a session without an id".into()))?.to_string();
        let calls = context.sessions.open(&id, |calls| Session {
            role,
            task: task.clone(),
            directory: directory.clone(),
            base,
            orchestrator: context.orchestrator.clone(),
            calls,
        });
        let (context, place, model, counted) = (context.clone(), model, None, Default::default());
        Ok(Conversation { context, id, directory, task, place, model, calls, counted })
    }

    /// Speaks with this model; `None` leaves the role's own.
    pub fn with_model(mut self, model: Option<String>) -> Conversation {
        self.model = model;
        self
    }

    /// Prompts until the mailbox has taken a result. A role that ends without one is asked once more. `spent` collects what
    /// it cost, whatever comes of it.
    pub async fn ask<M: Mailbox>(
        &mut self,
        role: Role,
        text: impl FnOnce(u32) -> String,
        mailbox: &mut M,
        spent: &mut Vec<Event>,
    ) -> Result<M::Result, RoleFailure> {
        let deadline = Instant::now() + self.context.timeout(role);
        let attempt = self.permission(role).await?;
        let text = self.context.redactor.redact(&text(attempt)).into_owned();
        let mut refusals = 0;
        if let Some(result) = self.turn(role, text, mailbox, deadline, &mut refusals, spent).await? {
            return Ok(result);
        }
        self.permission(role).await?;
        let header = super::prompt::header(&self.context.id, role, self.task.as_deref(), attempt);
        let again = format!(
            "{header}Nothing was handed in. The only way to hand in a result is a call of the tool `{}`; call it now.\n",
            role.mailbox()
        );
        self.turn(role, again, mailbox, deadline, &mut refusals, spent).await?.ok_or_else(|| {
            RoleFailure::new(
                FailureClass::Malformed,
                format!("the {role} ended twice without handing in a result"),
            )
        })
    }

    async fn permission(&self, role: Role) -> Result<u32, RoleFailure> {
        self.context.orchestrator.ask(role, self.task.clone()).await.map_err(|refusal| match refusal {
            Refusal::Stopped => stopped(),
            Refusal::TaskBudget(what) => RoleFailure::new(FailureClass::Budget, what),
        })
    }

    async fn turn<M: Mailbox>(
        &mut self,
        role: Role,
        text: String,
        mailbox: &mut M,
        deadline: Instant,
        refusals: &mut u32,
        spent: &mut Vec<Event>,
    ) -> Result<Option<M::Result>, RoleFailure> {
        let request = HostRequest::Prompt {
            session: self.id.clone(),
            directory: self.directory.clone(),
            role,
            model: self.model.clone().or_else(|| self.context.model(role, self.place)),
            text,
        };
        let mut prompt = self.context.host.call(request);
        let mut deadline = deadline;
        let mut result = None;
        let cancelled = self.context.orchestrator.cancelled().clone();
        let turn = loop {
            tokio::select! {
                biased;
                () = cancelled.cancelled() => {
                    self.cut_off(&mut prompt, role, spent).await;
                    return Err(stopped());
                }
                () = sleep_until(deadline) => {
                    self.cut_off(&mut prompt, role, spent).await;
                    return match result {
                        Some(result) => Ok(Some(result)),
                        None => Err(RoleFailure::new(
                            FailureClass::Timeout,
                            format!("the {role} was cut off after {} s", self.context.timeout(role).as_secs()),
                        )),
                    };
                }
                Some(call) = self.calls.recv() => {
                    let ToolCall { tool, arguments, reply } = call;
                    let answer = if result.is_some() {
                        Answer::Reply("already accepted: nothing more to do, end your turn".into())
                    } else {
                        tokio::select! {
                            biased;
                            () = cancelled.cancelled() => {
                                self.cut_off(&mut prompt, role, spent).await;
                                return Err(stopped());
                            }
                            answer = mailbox.call(&tool, &arguments) => answer,
                        }
                    };
                    let words = match answer {
                        Answer::Accepted(accepted) => {
                            result = Some(accepted);
                            deadline = deadline.min(Instant::now() + GRACE);
                            "accepted. Nothing more to do: end your turn.".to_string()
                        }
                        Answer::Reply(words) => words,
                        Answer::Refused(problems) => {
                            // only hand-ins count; a wrong page name is no result
                            *refusals += u32::from(tool == role.mailbox());
                            if *refusals > MAX_REFUSALS {
                                self.cut_off(&mut prompt, role, spent).await;
                                let last = problems.first().cloned().unwrap_or_default();
                                return Err(RoleFailure::new(
                                    FailureClass::Malformed,
                                    format!("the {role} handed in {refusals} times what cannot be taken; the last time: {last}"),
                                ));
                            }
                            refusal(&tool, &problems)
                        }
                    };
                    // a caller that went away needs no answer
                    let _ = reply.send(self.context.redactor.redact(&words).into_owned());
                }
                turn = &mut prompt => break turn,
            }
        };
        let turn = turn.map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
        let turn: Turn = serde_json::from_value(turn).map_err(|error| {
            RoleFailure::new(FailureClass::Host, format!("OpenCode's answer could not be read: {error}"))
        })?;
        self.count(&turn, role, spent);
        match (result, turn.error) {
            (Some(result), _) => Ok(Some(result)),
            (None, Some(error)) => {
                Err(RoleFailure::new(FailureClass::Host, format!("{}: {}", error.name, error.message)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Aborts until the prompt has really ended (an abort before the turn begins has no effect), and counts what it cost.
    async fn cut_off(&mut self, prompt: &mut HostFuture, role: Role, spent: &mut Vec<Event>) {
        for _ in 0..ABORTS {
            self.abort().await;
            if let Ok(answer) = timeout(ABORT_AGAIN, &mut *prompt).await {
                let turn = answer.ok().and_then(|value| serde_json::from_value(value).ok());
                return self.count(&turn.unwrap_or_default(), role, spent);
            }
        }
    }

    fn count(&mut self, turn: &Turn, role: Role, spent: &mut Vec<Event>) {
        let (before, cost_before) = self.counted;
        let tokens = Tokens {
            input: turn.tokens.input.saturating_sub(before.input),
            output: turn.tokens.output.saturating_sub(before.output),
            cache_read: turn.tokens.cache_read.saturating_sub(before.cache_read),
            cache_write: turn.tokens.cache_write.saturating_sub(before.cache_write),
        };
        let cost_usd = told(turn.cost_usd - cost_before);
        if tokens.total() > 0 || cost_usd > 0.0 {
            self.counted = (turn.tokens, turn.cost_usd);
            spent.push(Event::RoleSpent {
                role,
                task: self.task.clone(),
                tokens,
                cost_usd,
                estimated: false,
            });
        }
    }

    async fn abort(&self) {
        let request = HostRequest::Abort { session: self.id.clone(), directory: self.directory.clone() };
        if timeout(ABORTING, self.context.host.call(request)).await.is_err() {
            tracing::warn!("OpenCode did not abort session {} within {} s", self.id, ABORTING.as_secs());
        }
    }
}

/// US dollars with so few digits that a journal gives back exactly what it was given.
fn told(cost_usd: f64) -> f64 {
    const DIGITS: f64 = 1e9;
    (cost_usd.max(0.0) * DIGITS).round() / DIGITS
}

/// The mission ended or paused meanwhile; what this says is not recorded any more.
fn stopped() -> RoleFailure {
    RoleFailure::new(FailureClass::Host, "the mission was stopped")
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_cost_is_the_same_when_it_is_read_from_a_journal() {
        for cost in [0.06 + 0.001 - 0.055, 0.048 - 0.041, 0.1 + 0.2, 1.0 / 3.0, 123.456_789_123_456] {
            let text = serde_json::to_string(&told(cost)).unwrap();
            assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), told(cost), "{text}");
            assert!((told(cost) - cost).abs() < 1e-9);
        }
        assert_eq!(told(-0.1), 0.0);
    }
}
