//! One prompt in one session: collects tool calls, observations, deadlines and the host's answer as signals, and
//! carries out the decisions of `turn_state`. It decides nothing itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mission::permit::Refusal;
use mission::{Event, News, Role, TaskId, Tokens};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::actor::providers::{Candidate, Report};
use crate::failure::RoleFailure;
use crate::host::{Host, HostError, HostFuture, HostRequest, Turn};
use crate::talk::desk::Desk;
use crate::talk::mailbox::Mailbox;
use crate::talk::paging::Paging;
use crate::talk::session::ToolCall;
use crate::talk::turn_state::{
    Account, Mark, ProviderWait, Sighting, TurnEnd, TurnSignal, TurnState, TurnStep,
};
use crate::talk::watch::{Waiting, Watch};

/// How long the host may take to abort.
const ABORTING: Duration = Duration::from_millis(500);
/// How often an abort is tried, and how long the engine waits for the effect of each.
const ABORTS: u32 = 4;
const ABORT_AGAIN: Duration = Duration::from_millis(300);

pub(super) struct OpenSession {
    pub desk: Arc<Desk>,
    /// Where it is: at the host here, or at a worker.
    pub host: Arc<dyn Host>,
    /// The worker of another machine that has it.
    pub worker: Option<String>,
    pub id: String,
    pub directory: PathBuf,
    pub task: Option<TaskId>,
    pub calls: mpsc::Receiver<ToolCall>,
    pub watch: Arc<Watch>,
    pub paging: Arc<Paging>,
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.desk.sessions.close(&self.id);
        self.desk.orchestrator.release_now(&self.id);
    }
}

/// One prompt.
pub(super) struct Prompt<'a> {
    pub role: Role,
    pub text: String,
    pub model: &'a Candidate,
    pub cancelled: &'a CancellationToken,
}

/// A prompt while the host processes it.
struct Running<'a> {
    role: Role,
    model: &'a Candidate,
    cancelled: &'a CancellationToken,
    began: Instant,
    answer: HostFuture,
    /// The tool call that waits for its reply.
    call: Option<ToolCall>,
    /// Usage that is not recorded yet.
    news: Option<News>,
}

impl OpenSession {
    pub async fn turn<M: Mailbox>(
        &mut self,
        prompt: Prompt<'_>,
        mailbox: &mut M,
        refusals: &mut u32,
    ) -> Result<TurnEnd<M::Result>, RoleFailure> {
        let Prompt { role, text, model, cancelled } = prompt;
        let price = self.desk.models.prices.get(&model.name).copied().unwrap_or_default();
        self.watch.begin(role, &text, price);
        let limits = self.desk.models.limits.get(&model.name);
        let context = limits.map(|limits| limits.context).filter(|context| *context > 0);
        self.watch.answers(&model.name, context);
        self.paging.asked(&text, limits.map(|limits| limits.context));
        let request = HostRequest::Prompt {
            session: self.id.clone(),
            directory: self.directory.clone(),
            role,
            model: model.model.clone(),
            variant: model.variant.clone(),
            options: self.desk.options(role),
            text,
        };
        let answer = self.host.call(request);
        let alive = self.watch.glance().alive;
        let mut state = TurnState::new(role, self.desk.timeout(role), *refusals, alive);
        let mut running =
            Running { role, model, cancelled, began: Instant::now(), answer, call: None, news: None };
        let mut step = TurnStep::Wait;
        loop {
            let signal = match step {
                TurnStep::Wait => self.next(&mut running, state.deadline()).await,
                TurnStep::AskMailbox => self.ask(&mut running, mailbox).await,
                TurnStep::Reply { words, mark } => {
                    self.reply(&mut running, &words, mark);
                    self.next(&mut running, state.deadline()).await
                }
                TurnStep::Note { answered, waits } => self.note(&mut running, answered, waits).await,
                TurnStep::CutOff { reason, unread } => self.cut_off(&mut running, reason, unread).await,
                TurnStep::End { account, model_answered, outcome } => {
                    if let Some(Account { tokens, cost_usd, failed }) = account {
                        self.watch.ended(failed);
                        self.count(role, tokens, cost_usd).await;
                    }
                    if model_answered {
                        self.report(Report::Answered { model: model.name.clone() }).await;
                    }
                    return outcome;
                }
            };
            step = state.on(running.began.elapsed(), signal);
            *refusals = state.refusals();
        }
    }

    /// Waits for the first signal; a stop has priority.
    async fn next<R>(&mut self, running: &mut Running<'_>, deadline: Duration) -> TurnSignal<R> {
        tokio::select! {
            biased;
            () = running.cancelled.cancelled() => self.cancelled(),
            () = sleep_until(running.began + deadline) => TurnSignal::Deadline,
            Some(call) = self.calls.recv() => {
                running.call = Some(call);
                TurnSignal::Called
            }
            () = self.watch.changed() => {
                let glance = self.watch.glance();
                running.news = self.watch.news();
                TurnSignal::Seen(Sighting {
                    alive: glance.alive,
                    spent: running.news.is_some(),
                    stop: glance.stop,
                    endless: glance.endless,
                    waiting: glance.waiting.map(|waiting| self.wait(waiting)),
                })
            }
            turn = &mut running.answer => {
                let glance = self.watch.glance();
                TurnSignal::Ended { turn: read(turn), calls: glance.calls, stop: glance.stop }
            }
        }
    }

    fn cancelled<R>(&self) -> TurnSignal<R> {
        TurnSignal::Cancelled { mission: self.desk.orchestrator.cancelled().is_cancelled() }
    }

    fn wait(&self, waiting: Waiting) -> ProviderWait {
        let asked_for = waiting.next_ms.saturating_sub(self.desk.clock.now_ms());
        let waited = u64::try_from(waiting.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        ProviderWait { message: waiting.message, ms: asked_for.saturating_add(waited) }
    }

    async fn ask<M: Mailbox>(&self, running: &mut Running<'_>, mailbox: &mut M) -> TurnSignal<M::Result> {
        let Some(call) = &running.call else { return self.cancelled() };
        tokio::select! {
            biased;
            () = running.cancelled.cancelled() => self.cancelled(),
            answer = mailbox.call(&call.tool, &call.arguments) => {
                TurnSignal::Answered { tool: call.tool.clone(), answer }
            }
        }
    }

    fn reply(&self, running: &mut Running<'_>, words: &str, mark: Option<Mark>) {
        match mark {
            // Before its next request the host asks the engine, which then tells it to send none.
            Some(Mark::Accepted) => self.watch.finish(),
            Some(Mark::Refused) => self.watch.refused(words),
            None => {}
        }
        let words = self.desk.redactor.redact(words).into_owned();
        self.watch.answered(&words);
        if let Some(call) = running.call.take() {
            // A caller that has gone away needs no answer.
            let _ = call.reply.send(words);
        }
    }

    /// Tells the orchestrator which model answered, and the usage.
    async fn note<R>(
        &self,
        running: &mut Running<'_>,
        answered: bool,
        waits: Option<String>,
    ) -> TurnSignal<R> {
        let model = &running.model.name;
        if answered {
            self.report(Report::Answered { model: model.clone() }).await;
        }
        if let Some(reason) = waits {
            self.report(Report::Waits { model: model.clone(), reason }).await;
        }
        let refused = match running.news.take() {
            Some(news) => self.spend(running.role, news).await.err(),
            None => None,
        };
        TurnSignal::Noted {
            refused: match refused {
                Some(Refusal::TaskBudget(what)) => Some(what),
                _ => None,
            },
        }
    }

    /// Aborts until the prompt has really ended (an abort before the turn begins has no effect), and counts its cost.
    async fn cut_off<R>(
        &self,
        running: &mut Running<'_>,
        reason: Option<String>,
        unread: bool,
    ) -> TurnSignal<R> {
        // The caller must not wait for the abort.
        running.call = None;
        let role = running.role;
        if let Some(reason) = reason {
            let at_ms = self.desk.clock.now_ms();
            let event = Event::RoleCutOff { role, task: self.task.clone(), reason, at_ms };
            // If the mission has stopped meanwhile, the abort continues all the same.
            let _ = self.desk.orchestrator.record(vec![event]).await;
        }
        let mut turn = Turn::default();
        for _ in 0..ABORTS {
            self.abort().await;
            if let Ok(answer) = timeout(ABORT_AGAIN, &mut running.answer).await {
                turn = answer.ok().and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
                break;
            }
        }
        self.count(role, turn.tokens, turn.cost_usd).await;
        // If the provider refused a request, it did not read it, and the request costs nothing.
        if let Some(tokens) = self.watch.unreported().filter(|_| !unread) {
            let price = self.desk.models.prices.get(&running.model.name);
            let cost_usd = price.map_or(0.0, |price| price.of(&tokens));
            let news = News { tokens, cost_usd, requests: 1, estimated: true, paged: 0 };
            let _ = self.spend(role, news).await;
        }
        TurnSignal::Aborted { calls: self.watch.glance().calls }
    }

    /// Counts the whole session's usage that the host reports, and releases its reservation.
    async fn count(&self, role: Role, tokens: Tokens, cost_usd: f64) {
        if let Some(news) = self.watch.news_at_end((tokens, cost_usd)) {
            // A refusal by the budget comes too late to matter.
            let _ = self.spend(role, news).await;
        }
        self.desk.orchestrator.release(&self.id).await;
    }

    /// Records usage; an error if the task may spend no more.
    async fn spend(&self, role: Role, news: News) -> Result<(), Refusal> {
        let News { tokens, cost_usd, requests, estimated, paged } = news;
        let (task, cost_usd) = (self.task.clone(), rounded(cost_usd));
        let event = Event::RoleSpent { role, task, tokens, cost_usd, estimated, requests, paged };
        self.desk.orchestrator.spend(&self.id, event).await
    }

    async fn report(&self, report: Report) {
        self.desk.orchestrator.provider(report).await;
    }

    async fn abort(&self) {
        let request = HostRequest::Abort { session: self.id.clone(), directory: self.directory.clone() };
        if timeout(ABORTING, self.host.call(request)).await.is_err() {
            tracing::warn!("OpenCode did not abort session {} within {} s", self.id, ABORTING.as_secs());
        }
    }
}

fn read(turn: Result<serde_json::Value, HostError>) -> Result<Turn, RoleFailure> {
    let turn = turn.map_err(|error| RoleFailure::host(error.to_string()))?;
    serde_json::from_value(turn)
        .map_err(|error| RoleFailure::host(format!("OpenCode's answer could not be read: {error}")))
}

/// US dollars with few enough digits that the journal stores the value exactly.
fn rounded(cost_usd: f64) -> f64 {
    const DIGITS: f64 = 1e9;
    (cost_usd.max(0.0) * DIGITS).round() / DIGITS
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn a_cost_is_the_same_when_it_is_read_from_a_journal() {
        for cost in [0.06 + 0.001 - 0.055, 0.048 - 0.041, 0.1 + 0.2, 1.0 / 3.0, 123.456_789_123_456] {
            let text = serde_json::to_string(&rounded(cost)).unwrap();
            assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), rounded(cost), "{text}");
            assert!((rounded(cost) - cost).abs() < 1e-9);
        }
        assert_eq!(rounded(-0.1), 0.0);
    }
}
