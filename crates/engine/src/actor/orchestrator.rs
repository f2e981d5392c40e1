//! The only owner of a mission's state. It handles events one by one (journal, apply, decide) and starts effects.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use mission::permit::{self, Permit, Refusal, Request, RequestPermit, Scope, Wish};
use mission::{Effect, EffectKey, Event, PauseReason, Phase, State, TaskId, budget, decide};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actor::effects::Effects;
use crate::actor::providers::Report;
use crate::actor::record::Record;
use crate::actor::reservations::Reservations;
use crate::actor::task_tokens::TaskTokens;
use crate::actor::told::told;
use crate::clock::Clock;

/// How many messages may wait; when it is full, senders wait.
const MAILBOX: usize = 256;
/// The most rounds of effects that only record: policy settles in a few rounds, so more would be a loop.
const MAX_ROUNDS: usize = 100_000;

/// The mission is over or paused; the caller should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mission has ended")]
pub struct Stopped;

/// Whether a prompt may be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `attempt`: its number among that role's prompts for the task; `model`: the place in [`Wish::models`].
    Granted { attempt: u32, model: usize },
    /// No model may be asked before that time, in milliseconds since 1970.
    WaitUntil(u64),
}

/// Whether a role may write a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeAnswer {
    Allowed,
    HeldBy(TaskId),
    Stopped,
}

enum Message {
    Record { events: Vec<Event>, reply: oneshot::Sender<Result<(), Stopped>> },
    Ask { wish: Wish, reply: oneshot::Sender<Result<Permission, Refusal>> },
    Request { session: String, request: Request, reply: oneshot::Sender<RequestPermit> },
    Spend { session: String, event: Event, reply: oneshot::Sender<Result<(), Refusal>> },
    Release { session: String },
    Provider(Report),
    Scope { task: TaskId, path: String, reply: oneshot::Sender<ScopeAnswer> },
    State { reply: oneshot::Sender<Arc<State>> },
    Done { key: EffectKey, events: Vec<Event> },
    Stop { reason: PauseReason },
    Tell { text: String },
    Answer { text: String },
}

/// A handle to the actor; cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    messages: mpsc::Sender<Message>,
    cancel: CancellationToken,
    tasks: Arc<TaskTokens>,
}

impl Orchestrator {
    /// Records events; they are durable and applied when this returns.
    pub async fn record(&self, events: Vec<Event>) -> Result<(), Stopped> {
        self.request(|reply| Message::Record { events, reply }).await.unwrap_or(Err(Stopped))
    }

    /// Asks for one prompt to a role.
    pub async fn ask(&self, wish: Wish) -> Result<Permission, Refusal> {
        self.request(|reply| Message::Ask { wish, reply }).await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Asks for permission for one request of a session to its model. Its expected usage counts against the limits
    /// until [`Orchestrator::spend`] reports the answer or the turn ends.
    pub(crate) async fn may_request(&self, session: &str, request: Request) -> RequestPermit {
        let session = session.to_string();
        let answer = self.request(|reply| Message::Request { session, request, reply }).await;
        answer.unwrap_or(RequestPermit::Refused(Refusal::Stopped))
    }

    /// Records what a session has used; returns whether the task may use more.
    pub(crate) async fn spend(&self, session: &str, event: Event) -> Result<(), Refusal> {
        let session = session.to_string();
        let answer = self.request(|reply| Message::Spend { session, event, reply }).await;
        answer.unwrap_or(Err(Refusal::Stopped))
    }

    /// The same for callers that cannot wait. If the mailbox is full, the message is dropped.
    pub(crate) fn release_now(&self, session: &str) {
        let _ = self.messages.try_send(Message::Release { session: session.to_string() });
    }

    /// Reports that no request of a session is running any more.
    pub(crate) async fn release(&self, session: &str) {
        // If the actor has ended, nothing is reserved
        let _ = self.messages.send(Message::Release { session: session.to_string() }).await;
    }

    /// Reports the result of asking a model.
    pub(crate) async fn provider(&self, report: Report) {
        // If the actor has ended, no model is asked any more
        let _ = self.messages.send(Message::Provider(report)).await;
    }

    /// Fires when a task is abandoned or cancelled, and when the mission ends or pauses.
    pub(crate) fn task_cancelled(&self, task: &str) -> CancellationToken {
        self.tasks.token(task, &self.cancel)
    }

    /// Whether a task may write a path. A path that no task holds joins its scope.
    pub async fn scope(&self, task: TaskId, path: String) -> ScopeAnswer {
        self.request(|reply| Message::Scope { task, path, reply }).await.unwrap_or(ScopeAnswer::Stopped)
    }

    pub async fn state(&self) -> Result<Arc<State>, Stopped> {
        self.request(|reply| Message::State { reply }).await.ok_or(Stopped)
    }

    pub async fn stop(&self, reason: PauseReason) {
        // If the actor has ended, there is nothing to stop
        let _ = self.messages.send(Message::Stop { reason }).await;
    }

    /// Accepts a correction of the user's, or reports why not.
    pub async fn tell(&self, text: String) {
        // As above
        let _ = self.messages.send(Message::Tell { text }).await;
    }

    /// Accepts answers to the questions before the plan, or reports why not.
    pub async fn answer(&self, text: String) {
        // As above
        let _ = self.messages.send(Message::Answer { text }).await;
    }

    /// Fires when the mission ends or pauses.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    async fn request<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(message(reply)).await.ok()?;
        answer.await.ok()
    }
}

pub struct Actor {
    record: Record,
    state: State,
    effects: Arc<dyn Effects>,
    clock: Arc<dyn Clock>,
    tracker: TaskTracker,
    running: HashSet<EffectKey>,
    reservations: Reservations,
    handle: Orchestrator,
    messages: mpsc::Receiver<Message>,
}

impl Actor {
    /// `record` already contains the mission's first event, or all events on resume; `state` is their fold.
    pub fn new(
        record: Record,
        state: State,
        clock: Arc<dyn Clock>,
        effects: impl FnOnce(Orchestrator) -> Arc<dyn Effects>,
    ) -> Actor {
        let (sender, messages) = mpsc::channel(MAILBOX);
        let handle =
            Orchestrator { messages: sender, cancel: CancellationToken::new(), tasks: Arc::default() };
        Actor {
            record,
            state,
            effects: effects(handle.clone()),
            clock,
            tracker: TaskTracker::new(),
            running: HashSet::new(),
            reservations: Reservations::default(),
            handle,
            messages,
        }
    }

    pub fn handle(&self) -> Orchestrator {
        self.handle.clone()
    }

    /// Runs until the mission has ended or is paused, and all running effects have ended.
    pub async fn run(mut self) -> State {
        let wall = self
            .state
            .policy
            .wall_ms
            .map(|limit| limit.saturating_sub(self.state.elapsed_ms(self.clock.now_ms())));
        let deadline = tokio::time::sleep(std::time::Duration::from_millis(
            wall.unwrap_or(u64::MAX / 4).min(u64::from(u32::MAX)),
        ));
        tokio::pin!(deadline);
        self.advance().await;
        while self.state.outcome.is_none() && self.state.paused.is_none() {
            tokio::select! {
                biased;
                () = self.record.board_is_due() => self.record.board(&self.state, self.clock.now_ms()),
                () = &mut deadline, if wall.is_some() => {
                    self.pause(budget::out_of_time(&self.state));
                }
                message = self.messages.recv() => match message {
                    Some(message) => self.receive(message).await,
                    None => break,
                },
            }
        }
        self.wind_up().await;
        self.state
    }

    async fn receive(&mut self, message: Message) {
        match message {
            Message::Record { events, reply } => {
                let written = self.write(events);
                let _ = reply.send(written);
                self.advance().await;
            }
            Message::Ask { wish, reply } => {
                let answer = self.ask(&wish);
                let _ = reply.send(answer);
                self.advance().await;
            }
            Message::Request { session, request, reply } => {
                let answer = self.may_request(session, request);
                let _ = reply.send(answer);
                self.advance().await;
            }
            Message::Release { session } => self.reservations.end(&session),
            Message::Spend { session, event, reply } => {
                if let Event::RoleSpent { requests, .. } = &event {
                    self.reservations.answered(&session, *requests);
                }
                let answer = self.spent(event);
                let _ = reply.send(answer);
                self.advance().await;
            }
            Message::Provider(report) => {
                // A failed write means that the mission is over; the report is then useless
                let _ = self.write(report.event(&self.state, self.clock.now_ms()).into_iter().collect());
                self.advance().await;
            }
            Message::Scope { task, path, reply } => {
                let _ = reply.send(self.scope(&task, &path));
            }
            Message::State { reply } => {
                let _ = reply.send(Arc::new(self.state.clone()));
            }
            Message::Done { key, events } => {
                self.running.remove(&key);
                // A failed write pauses the mission by itself
                let _ = self.write(events);
                self.advance().await;
            }
            Message::Stop { reason } => self.pause(reason),
            Message::Tell { text } => {
                match self.state.correction(&text, self.clock.now_ms()) {
                    Ok(event) => drop(self.write(vec![event])),
                    Err(why) => self.record.say(&format!("- correction not accepted: {why}\n")),
                }
                self.advance().await;
            }
            Message::Answer { text } => {
                match self.state.answer(&text, self.clock.now_ms()) {
                    Ok(events) => drop(self.write(events)),
                    Err(why) => self.record.say(&format!("- answer not accepted: {why}\n")),
                }
                self.advance().await;
            }
        }
    }

    fn pause(&mut self, reason: PauseReason) {
        if self.state.paused.is_none() && self.state.outcome.is_none() {
            let _ = self.write(vec![Event::Paused { reason, at_ms: self.clock.now_ms() }]);
        }
    }

    fn may_request(&mut self, session: String, request: Request) -> RequestPermit {
        let (mission, task) = self.reservations.under_way(request.task.as_ref());
        match permit::request(&self.state, &request, &mission, &task) {
            RequestPermit::Pause(reason) => {
                self.pause(reason);
                RequestPermit::Refused(Refusal::Stopped)
            }
            RequestPermit::Granted => {
                self.reservations.add(session, request);
                RequestPermit::Granted
            }
            answer => answer,
        }
    }

    fn spent(&mut self, event: Event) -> Result<(), Refusal> {
        let Event::RoleSpent { role, task, .. } = &event else { return Ok(()) };
        let (role, task) = (*role, task.clone());
        self.write(vec![event]).map_err(|Stopped| Refusal::Stopped)?;
        permit::spend(&self.state, role, task.as_ref())
    }

    fn ask(&mut self, wish: &Wish) -> Result<Permission, Refusal> {
        match permit::ask(&self.state, wish, self.clock.now_ms()) {
            Permit::Granted { attempt, model, event } => {
                self.write(vec![*event]).map_err(|Stopped| Refusal::Stopped)?;
                Ok(Permission::Granted { attempt, model })
            }
            Permit::WaitUntil(until) => Ok(Permission::WaitUntil(until)),
            Permit::Refused(refusal) => Err(refusal),
            Permit::Pause(reason) => {
                self.pause(reason);
                Err(Refusal::Stopped)
            }
        }
    }

    fn scope(&mut self, task: &TaskId, path: &str) -> ScopeAnswer {
        let (event, answer) = match permit::scope(&self.state, task, path) {
            Scope::Owned => return ScopeAnswer::Allowed,
            Scope::Widens(event) => (event, ScopeAnswer::Allowed),
            Scope::Held { by, event } => (event, ScopeAnswer::HeldBy(by)),
        };
        if self.write(vec![event]).is_err() { ScopeAnswer::Stopped } else { answer }
    }

    /// Writes events to the journal, applies them, and shows them. An event that cannot be written has not
    /// happened: the mission pauses.
    fn write(&mut self, events: Vec<Event>) -> Result<(), Stopped> {
        for event in events {
            if self.state.outcome.is_some() || self.state.paused.is_some() {
                return Err(Stopped);
            }
            let event = match self.record.append(&event) {
                Ok(event) => event,
                Err(error) => {
                    self.record.say(&format!("\n**The mission is paused**: {error}\n"));
                    self.state.paused = Some(PauseReason::Host("the journal cannot be written".into()));
                    return Err(Stopped);
                }
            };
            let line = told(&self.state, &event);
            self.state.apply(&event);
            if let Event::PlanAmended { .. } = &event {
                self.handle.tasks.keep_only(|id| self.state.tasks.contains_key(id));
            }
            if let Event::TaskCancelled { task, .. } | Event::TaskAbandoned { task, .. } = &event {
                self.handle.tasks.cancel(task);
            }
            if let Some(line) = line {
                self.record.say(&line);
            }
        }
        self.record.changed(&self.state);
        Ok(())
    }

    async fn advance(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let effects = decide(&self.state, self.clock.now_ms());
            let mut recorded = Vec::new();
            for effect in effects {
                match (effect.key(), effect) {
                    (_, Effect::Record(event)) => recorded.push(event),
                    (Some(key), effect) => self.start(key, effect),
                    (None, _) => {}
                }
            }
            self.effects.settled(&self.state).await;
            if recorded.is_empty() && self.running.is_empty() && self.state.outcome.is_none() {
                let what = "an internal error: no step follows, although the mission has not ended; please report it".to_string();
                return self.pause(PauseReason::Host(what));
            }
            if recorded.is_empty() || self.write(recorded).is_err() {
                return;
            }
        }
    }

    fn start(&mut self, key: EffectKey, effect: Effect) {
        if self.running.contains(&key) {
            return;
        }
        self.running.insert(key.clone());
        let (effects, messages) = (self.effects.clone(), self.handle.messages.clone());
        let state = Arc::new(self.state.clone());
        let now_ms = self.clock.now_ms();
        self.tracker.spawn(async move {
            let work = tokio::spawn(AssertUnwindSafe(effects.carry_out(effect, state)));
            let events = match work.await {
                Ok(events) => events,
                // A panic in an effect becomes an event and does not end the mission
                Err(_) => {
                    vec![key.failed(format!("an internal error ended `{key}`; please report it"), now_ms)]
                }
            };
            let _ = messages.send(Message::Done { key, events }).await;
        });
    }

    async fn wind_up(&mut self) {
        self.handle.cancel.cancel();
        self.tracker.close();
        // Late messages are answered with "stopped", so that no effect waits for an answer
        loop {
            tokio::select! {
                // Pending messages come first: one may report the delivery
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Record { reply, .. }) => drop(reply.send(Err(Stopped))),
                    Some(Message::Ask { reply, .. }) => drop(reply.send(Err(Refusal::Stopped))),
                    Some(Message::Request { reply, .. }) => {
                        drop(reply.send(RequestPermit::Refused(Refusal::Stopped)));
                    }
                    Some(Message::Release { .. }) => {}
                    Some(Message::Spend { event, reply, .. }) => {
                        self.late(vec![event]);
                        drop(reply.send(Ok(())));
                    }
                    Some(Message::Provider(_)) => {}
                    Some(Message::Scope { reply, .. }) => drop(reply.send(ScopeAnswer::Stopped)),
                    Some(Message::State { reply }) => drop(reply.send(Arc::new(self.state.clone()))),
                    Some(Message::Done { events, .. }) => self.late(events),
                    Some(Message::Stop { .. } | Message::Tell { .. } | Message::Answer { .. }) => {}
                    None => break,
                },
                () = self.tracker.wait() => break,
            }
        }
        self.effects.closed().await;
        self.record.changed(&self.state);
        self.record.board(&self.state, self.clock.now_ms());
    }

    /// Records late events. Usage and deliveries count even if they arrive after the stop.
    fn late(&mut self, events: Vec<Event>) {
        let counts = |e: &Event| {
            matches!(e, Event::RoleSpent { .. } | Event::Delivered { .. } | Event::DeliveryFailed { .. })
        };
        for event in events.into_iter().filter(counts) {
            if let Ok(event) = self.record.append(&event) {
                self.state.apply(&event);
            }
        }
    }
}

/// Whether a task still needs the worker that holds its slot.
pub(crate) fn keeps_worker(phase: &Phase) -> bool {
    matches!(phase, Phase::Working | Phase::Judging | Phase::Failed { .. } | Phase::ToFix)
}
