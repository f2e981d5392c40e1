//! One prompt in one session: tool calls, deadlines, what it costs, and when it is cut off.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mission::flag::RedFlag;
use mission::permit::Refusal;
use mission::provider::{Fault, MAX_WAIT_MS, classify, is_rate_limit};
use mission::{Event, FailureClass, News, Role, TaskId};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::actor::providers::{Candidate, Report};
use crate::failure::RoleFailure;
use crate::host::{HostError, HostFuture, HostRequest, Turn, TurnError};
use crate::talk::desk::Desk;
use crate::talk::mailbox::{Answer, Mailbox, refusal};
use crate::talk::session::ToolCall;
use crate::talk::watch::{Glance, Watch};

/// Refused submissions that are answered; one more ends the attempt.
const MAX_REFUSALS: u32 = 3;
/// How long a role may go on talking once its result was taken.
const GRACE: Duration = Duration::from_secs(30);
/// A role that makes progress may take so many of its time limits for one prompt.
const LIMITS: u32 = 6;
/// How long the host may wait for a provider, whatever the provider asks for.
const PATIENCE_MS: u64 = MAX_WAIT_MS / 2;
/// How long the host may take to abort.
const ABORTING: Duration = Duration::from_millis(500);
/// How often an abort is tried, and how long each is given to take effect.
const ABORTS: u32 = 4;
const ABORT_AGAIN: Duration = Duration::from_millis(300);

/// An open session.
pub(super) struct Line {
    pub desk: Arc<Desk>,
    pub id: String,
    pub directory: PathBuf,
    pub task: Option<TaskId>,
    pub calls: mpsc::Receiver<ToolCall>,
    pub watch: Arc<Watch>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.desk.sessions.close(&self.id);
        self.desk.orchestrator.release_now(&self.id);
    }
}

/// One prompt.
pub(super) struct Question<'a> {
    pub role: Role,
    pub text: String,
    pub model: &'a Candidate,
    pub cancelled: &'a CancellationToken,
}

/// How a turn ended.
pub(super) enum End<R> {
    HandedIn(R),
    /// It ended, and nothing was submitted; `flag` where the answer is to be thrown away.
    Nothing {
        flag: Option<RedFlag>,
        calls: u32,
    },
    /// No answer came from the provider.
    Fault {
        fault: Fault,
        reason: String,
        calls: u32,
        /// Tools were called or tokens were spent before: the call counts.
        worked: bool,
    },
}

/// Why a turn is cut off.
enum Cut {
    /// The mission or the task is over.
    Over,
    Failed(FailureClass, String),
    Endless,
    Provider(Fault, String),
}

impl Line {
    pub async fn turn<M: Mailbox>(
        &mut self,
        question: Question<'_>,
        mailbox: &mut M,
        refusals: &mut u32,
    ) -> Result<End<M::Result>, RoleFailure> {
        let Question { role, text, model, cancelled } = question;
        let price = self.desk.models.prices.get(&model.name).copied().unwrap_or_default();
        self.watch.begin(role, &text, price);
        let request = HostRequest::Prompt {
            session: self.id.clone(),
            directory: self.directory.clone(),
            role,
            model: model.model.clone(),
            text,
        };
        let mut prompt = self.desk.host.call(request);
        let limit = self.desk.timeout(role);
        let end = Instant::now() + limit * LIMITS;
        let mut idle = Instant::now() + limit;
        let mut seen = self.watch.look();
        let (mut result, mut answered, mut told, mut waited) = (None, false, false, false);
        let cut = loop {
            let deadline = if result.is_some() { idle } else { idle.min(end) };
            tokio::select! {
                biased;
                () = cancelled.cancelled() => break Cut::Over,
                () = sleep_until(deadline) => break late(role, limit, deadline == end, answered),
                Some(call) = self.calls.recv() => {
                    let ToolCall { tool, arguments, reply } = call;
                    let answer = if result.is_some() {
                        Answer::Reply("already accepted: nothing more to do, end your turn".into())
                    } else {
                        tokio::select! {
                            biased;
                            () = cancelled.cancelled() => break Cut::Over,
                            answer = mailbox.call(&tool, &arguments) => answer,
                        }
                    };
                    answered = true;
                    if result.is_none() {
                        idle = Instant::now() + limit;
                    }
                    let words = match answer {
                        Answer::Accepted(accepted) => {
                            result = Some(accepted);
                            // the host asks before its next request, and is told to send none
                            self.watch.finish();
                            idle = idle.min(Instant::now() + GRACE);
                            "accepted. Nothing more to do: end your turn.".to_string()
                        }
                        Answer::Reply(words) => words,
                        Answer::Refused(problems) => {
                            // only submissions count; a wrong page name is no result
                            *refusals += u32::from(tool == role.mailbox());
                            if *refusals > MAX_REFUSALS {
                                let last = problems.first().cloned().unwrap_or_default();
                                break Cut::Failed(
                                    FailureClass::Malformed,
                                    format!("the {role} submitted {refusals} times what cannot be taken; the last time: {last}"),
                                );
                            }
                            self.watch.refused();
                            refusal(&tool, &problems)
                        }
                    };
                    let words = self.desk.redactor.redact(&words).into_owned();
                    self.watch.answered(&words);
                    // a caller that went away needs no answer
                    let _ = reply.send(words);
                }
                () = self.watch.changed() => {
                    let (glance, news) = (self.watch.look(), self.watch.news());
                    if glance.alive != seen.alive {
                        if result.is_none() {
                            idle = Instant::now() + limit;
                        }
                        answered = true;
                    }
                    // a whole answer, not only the beginning of one
                    if news.is_some() && !told {
                        told = true;
                        self.desk.orchestrator.provider(Report::Answered { model: model.name.clone() }).await;
                    }
                    if let Some(waiting) = &glance.waiting && !waited {
                        waited = true;
                        let report = Report::Waits { model: model.name.clone(), reason: waiting.message.clone() };
                        self.desk.orchestrator.provider(report).await;
                    }
                    let refused = match news {
                        Some(news) => self.spend(role, news).await.err(),
                        None => None,
                    };
                    if let Some(Refusal::TaskBudget(what)) = refused {
                        break Cut::Failed(FailureClass::Budget, what);
                    }
                    if result.is_none() && let Some(cut) = self.judge(role, &glance) {
                        break cut;
                    }
                    seen = glance;
                }
                turn = &mut prompt => {
                    // what was accepted stays so, however the host ends the turn
                    let turn = match read(turn) {
                        Err(_) if result.is_some() => Turn::default(),
                        turn => turn?,
                    };
                    let glance = self.watch.look();
                    let calls = glance.calls;
                    self.watch.ended(turn.error.is_some() && result.is_none());
                    self.count(role, &turn).await;
                    if result.is_none() && let Some(stop) = glance.stop {
                        return Err(RoleFailure::new(stop.class, format!("the {role} {}", stop.why)));
                    }
                    return match (result, &turn.error) {
                        (Some(result), _) => {
                            self.desk.orchestrator.provider(Report::Answered { model: model.name.clone() }).await;
                            Ok(End::HandedIn(result))
                        }
                        (None, Some(error)) => {
                            let worked = calls > 0 || told || turn.tokens.total() > 0;
                            failed(error, calls, worked)
                        }
                        (None, None) => {
                            self.desk.orchestrator.provider(Report::Answered { model: model.name.clone() }).await;
                            Ok(End::Nothing { flag: RedFlag::of(&turn.text, turn.bytes, calls), calls })
                        }
                    };
                }
            }
        };
        self.cut_off(&mut prompt, role, model, &cut).await;
        let calls = self.watch.look().calls;
        match (result, cut) {
            (Some(result), Cut::Failed(..) | Cut::Provider(..) | Cut::Endless) => Ok(End::HandedIn(result)),
            (_, Cut::Over) => Err(RoleFailure::stopped()),
            (None, Cut::Failed(class, reason)) => Err(RoleFailure::new(class, reason)),
            (None, Cut::Endless) => Ok(End::Nothing { flag: Some(RedFlag::TooLong), calls }),
            (None, Cut::Provider(fault, reason)) => {
                Ok(End::Fault { fault, reason, calls, worked: calls > 0 || told })
            }
        }
    }

    /// Whether what is seen of a session is reason enough to cut it off.
    fn judge(&self, role: Role, glance: &Glance) -> Option<Cut> {
        if let Some(stop) = &glance.stop {
            return Some(Cut::Failed(stop.class, format!("the {role} {}", stop.why)));
        }
        if glance.endless {
            return Some(Cut::Endless);
        }
        let waiting = glance.waiting.as_ref()?;
        let asked_for = waiting.next_ms.saturating_sub(self.desk.clock.now_ms());
        let waited = u64::try_from(waiting.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let fault = if is_rate_limit(&waiting.message) { Fault::RateLimit } else { Fault::Outage };
        (asked_for.saturating_add(waited) > PATIENCE_MS)
            .then(|| Cut::Provider(fault, waiting.message.clone()))
    }

    /// Aborts until the prompt has really ended (an abort before the turn begins has no effect), and counts what it cost.
    async fn cut_off(&mut self, prompt: &mut HostFuture, role: Role, model: &Candidate, cut: &Cut) {
        let reason = match cut {
            Cut::Over if self.desk.orchestrator.cancelled().is_cancelled() => None,
            Cut::Over => Some("its task is over".to_string()),
            Cut::Failed(_, reason) => Some(reason.clone()),
            Cut::Endless => Some(RedFlag::TooLong.name().to_string()),
            Cut::Provider(_, reason) => Some(format!("the provider does not answer: {reason}")),
        };
        if let Some(reason) = reason {
            let at_ms = self.desk.clock.now_ms();
            let event = Event::RoleCutOff { role, task: self.task.clone(), reason, at_ms };
            // stopped meanwhile: the abort goes ahead all the same
            let _ = self.desk.orchestrator.record(vec![event]).await;
        }
        let mut turn = Turn::default();
        for _ in 0..ABORTS {
            self.abort().await;
            if let Ok(answer) = timeout(ABORT_AGAIN, &mut *prompt).await {
                turn = answer.ok().and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
                break;
            }
        }
        self.count(role, &turn).await;
        // a request that the provider refused was not read, and costs nothing
        let refused = matches!(cut, Cut::Provider(Fault::RateLimit | Fault::Outage, _));
        if let Some(tokens) = self.watch.unreported().filter(|_| !refused) {
            let price = self.desk.models.prices.get(&model.name);
            let cost_usd = price.map_or(0.0, |price| price.of(&tokens));
            let news = News { tokens, cost_usd, requests: 1, estimated: true };
            let _ = self.spend(role, news).await;
        }
    }

    async fn count(&mut self, role: Role, turn: &Turn) {
        if let Some(news) = self.watch.settle((turn.tokens, turn.cost_usd)) {
            // what it says of the budget comes too late to matter
            let _ = self.spend(role, news).await;
        }
        self.desk.orchestrator.release(&self.id).await;
    }

    /// Writes down what was spent; says whether the task may spend more.
    async fn spend(&self, role: Role, news: News) -> Result<(), Refusal> {
        let News { tokens, cost_usd, requests, estimated } = news;
        let (task, cost_usd) = (self.task.clone(), told(cost_usd));
        let event = Event::RoleSpent { role, task, tokens, cost_usd, estimated, requests };
        self.desk.orchestrator.spend(&self.id, event).await
    }

    async fn abort(&self) {
        let request = HostRequest::Abort { session: self.id.clone(), directory: self.directory.clone() };
        if timeout(ABORTING, self.desk.host.call(request)).await.is_err() {
            tracing::warn!("OpenCode did not abort session {} within {} s", self.id, ABORTING.as_secs());
        }
    }
}

fn late(role: Role, limit: Duration, whole: bool, answered: bool) -> Cut {
    let limit = limit.as_secs();
    match (whole, answered) {
        (true, _) => {
            let all = limit.saturating_mul(u64::from(LIMITS));
            Cut::Failed(FailureClass::Timeout, format!("the {role} had not ended after {all} s"))
        }
        (false, true) => {
            Cut::Failed(FailureClass::Timeout, format!("the {role} was cut off: no progress for {limit} s"))
        }
        (false, false) => {
            Cut::Provider(Fault::Silence, format!("the {role} was cut off: no answer within {limit} s"))
        }
    }
}

fn read(turn: Result<serde_json::Value, HostError>) -> Result<Turn, RoleFailure> {
    let turn = turn.map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
    serde_json::from_value(turn).map_err(|error| {
        RoleFailure::new(FailureClass::Host, format!("OpenCode's answer could not be read: {error}"))
    })
}

fn failed<R>(error: &TurnError, calls: u32, worked: bool) -> Result<End<R>, RoleFailure> {
    if error.name == "MessageOutputLengthError" {
        return Ok(End::Nothing { flag: Some(RedFlag::TooLong), calls });
    }
    let reason = format!("{}: {}", error.name, error.message);
    match classify(&error.name, error.status, &error.message) {
        Some(fault) => Ok(End::Fault { fault, reason, calls, worked }),
        // more than the model can hold: asked again it would be the same; a smaller task may fit
        None if error.name == "ContextOverflowError" => Err(RoleFailure::new(FailureClass::Timeout, reason)),
        None => Err(RoleFailure::new(FailureClass::Host, reason)),
    }
}

/// US dollars with so few digits that a journal gives back exactly what it was given.
fn told(cost_usd: f64) -> f64 {
    const DIGITS: f64 = 1e9;
    (cost_usd.max(0.0) * DIGITS).round() / DIGITS
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
