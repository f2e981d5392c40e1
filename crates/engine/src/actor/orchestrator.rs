//! The only owner of a mission's state. It linearises events (journal, then apply, then decide) and starts effects.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use mission::provider::Choice;
use mission::{Effect, Event, FailureClass, Issue, PauseReason, Phase, Role, State, TaskId, decide};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actor::effects::Effects;
use crate::actor::progress;
use crate::actor::providers::Report;
use crate::actor::record::Record;
use crate::actor::task_tokens::TaskTokens;
use crate::clock::Clock;
use crate::failure::RoleFailure;
use crate::text::duration;

/// Messages that may wait; senders wait beyond.
const MAILBOX: usize = 256;
/// Effects that only record, in a row: policy settles in a few rounds, more would be a loop.
const MAX_ROUNDS: usize = 100_000;

/// The mission is over or paused: whoever asked should wind up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mission is not running any more")]
pub struct Stopped;

/// A prompt that a role wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub role: Role,
    pub task: Option<TaskId>,
    /// The how-many-th draw of the same question.
    pub draw: u32,
    /// Who may answer, the first choice first; empty where nobody knows.
    pub models: Vec<String>,
}

/// Whether it may be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `attempt`: its number among that role's prompts for the task; `model`: the place in [`Wish::models`].
    Granted { attempt: u32, model: usize },
    /// No model may be asked before that time, in milliseconds since 1970.
    WaitUntil(u64),
}

/// Why a prompt may not be sent, or a role not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Stopped,
    /// The task is over.
    Cancelled,
    /// The task's own budget.
    TaskBudget(String),
}

impl From<Refusal> for RoleFailure {
    fn from(refusal: Refusal) -> RoleFailure {
        match refusal {
            Refusal::Stopped => RoleFailure::stopped(),
            Refusal::Cancelled => RoleFailure::host("the task is over"),
            Refusal::TaskBudget(what) => RoleFailure::new(FailureClass::Budget, what),
        }
    }
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
    Spend { event: Event, reply: oneshot::Sender<Result<(), Refusal>> },
    Provider(Report),
    Scope { task: TaskId, path: String, reply: oneshot::Sender<ScopeAnswer> },
    State { reply: oneshot::Sender<Arc<State>> },
    Done { key: String, events: Vec<Event> },
    Stop { reason: PauseReason },
}

/// A handle to the actor; cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    messages: mpsc::Sender<Message>,
    cancel: CancellationToken,
    tasks: Arc<TaskTokens>,
}

impl Orchestrator {
    /// Writes facts down; they count when this returns.
    pub async fn record(&self, events: Vec<Event>) -> Result<(), Stopped> {
        self.request(|reply| Message::Record { events, reply }).await.unwrap_or(Err(Stopped))
    }

    /// Asks for one prompt to a role.
    pub async fn ask(&self, wish: Wish) -> Result<Permission, Refusal> {
        self.request(|reply| Message::Ask { wish, reply }).await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Writes down what was spent; says whether the task may spend more.
    pub(crate) async fn spend(&self, event: Event) -> Result<(), Refusal> {
        self.request(|reply| Message::Spend { event, reply }).await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Tells what became of a model that was asked.
    pub(crate) async fn provider(&self, report: Report) {
        // without the actor nobody asks any more
        let _ = self.messages.send(Message::Provider(report)).await;
    }

    /// Fires when a task is given up or cancelled, and when the mission ends or pauses.
    pub(crate) fn task_cancelled(&self, task: &str) -> CancellationToken {
        self.tasks.token(task, &self.cancel)
    }

    /// Whether a task may write a path; a path that nobody holds joins its scope.
    pub async fn scope(&self, task: TaskId, path: String) -> ScopeAnswer {
        self.request(|reply| Message::Scope { task, path, reply }).await.unwrap_or(ScopeAnswer::Stopped)
    }

    pub async fn state(&self) -> Result<Arc<State>, Stopped> {
        self.request(|reply| Message::State { reply }).await.ok_or(Stopped)
    }

    pub async fn stop(&self, reason: PauseReason) {
        // the actor may have ended: then there is nothing to stop
        let _ = self.messages.send(Message::Stop { reason }).await;
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
    running: HashMap<String, Option<TaskId>>,
    handle: Orchestrator,
    messages: mpsc::Receiver<Message>,
}

impl Actor {
    /// `record` holds the mission's first event already, or all of them when it is resumed; `state` is their fold.
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
            running: HashMap::new(),
            handle,
            messages,
        }
    }

    pub fn handle(&self) -> Orchestrator {
        self.handle.clone()
    }

    /// Runs until the mission has ended or is paused, and everything it started has wound up.
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
                    let limit = self.state.policy.wall_ms.unwrap_or_default();
                    let reason = PauseReason::Budget(format!("{} of running time are used", duration(limit)));
                    self.pause(reason);
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
                let answer = self.may_ask(wish);
                let _ = reply.send(answer);
                self.advance().await;
            }
            Message::Spend { event, reply } => {
                let answer = self.spent(event);
                let _ = reply.send(answer);
                self.advance().await;
            }
            Message::Provider(report) => {
                // news of a mission that is over are no news
                let _ = self.write(report.event(&self.state, self.clock.now_ms()).into_iter().collect());
                self.advance().await;
            }
            Message::Scope { task, path, reply } => {
                let _ = reply.send(self.may_write(task, path));
            }
            Message::State { reply } => {
                let _ = reply.send(Arc::new(self.state.clone()));
            }
            Message::Done { key, events } => {
                self.running.remove(&key);
                // a failed write pauses the mission by itself
                let _ = self.write(events);
                self.advance().await;
            }
            Message::Stop { reason } => self.pause(reason),
        }
    }

    fn pause(&mut self, reason: PauseReason) {
        if self.state.paused.is_none() && self.state.outcome.is_none() {
            let _ = self.write(vec![Event::Paused { reason, at_ms: self.clock.now_ms() }]);
        }
    }

    fn spent(&mut self, event: Event) -> Result<(), Refusal> {
        let task = match &event {
            Event::RoleSpent { role, task, .. } if role.writes() => task.clone(),
            _ => None,
        };
        self.write(vec![event]).map_err(|Stopped| Refusal::Stopped)?;
        let over = task.and_then(|task| self.state.task_over_budget(&task));
        over.map_or(Ok(()), |what| Err(Refusal::TaskBudget(what)))
    }

    fn may_ask(&mut self, wish: Wish) -> Result<Permission, Refusal> {
        let Wish { role, task, draw, models } = wish;
        let policy = &self.state.policy;
        if let Some(limit) = policy.calls.filter(|limit| self.state.usage.calls >= *limit) {
            self.pause(PauseReason::Budget(format!("{limit} of {limit} calls are used")));
            return Err(Refusal::Stopped);
        }
        let known = task.as_ref().and_then(|id| self.state.tasks.get(id));
        if known.is_some_and(|task| task.phase.is_final()) {
            return Err(Refusal::Cancelled);
        }
        if let (Some(task), Some(limit)) = (known, policy.task_calls)
            && role.writes()
            && task.usage.calls >= limit
        {
            return Err(Refusal::TaskBudget(format!("{limit} of {limit} calls of this task are used")));
        }
        let over = known.filter(|_| role.writes()).and_then(|task| self.state.task_over_budget(&task.id));
        if let Some(what) = over {
            return Err(Refusal::TaskBudget(what));
        }
        let now_ms = self.clock.now_ms();
        let place = match self.state.providers.choose(&models, now_ms, policy.outage_ms) {
            Choice::Ask(place) => place,
            Choice::WaitUntil(until) => return Ok(Permission::WaitUntil(until)),
            Choice::GiveUp(why) => {
                self.pause(PauseReason::Provider(why));
                return Err(Refusal::Stopped);
            }
        };
        let attempt = 1 + match (known, role) {
            (Some(task), Role::Coder) => task.coder_prompts,
            (Some(task), Role::Fixer) => task.fixer_prompts,
            (Some(task), Role::Reviewer) => task.reviewer_prompts,
            (_, role) => self.state.usage_by_role.get(&role).map_or(0, |u| u.calls as u32),
        };
        let model = models.get(place).cloned();
        let event = Event::RoleAsked { role, task, attempt, at_ms: now_ms, draw, model };
        self.write(vec![event]).map_err(|Stopped| Refusal::Stopped)?;
        Ok(Permission::Granted { attempt, model: place })
    }

    fn may_write(&mut self, task: TaskId, path: String) -> ScopeAnswer {
        let own = self.state.tasks.get(&task).is_some_and(|t| t.scope.contains(&path));
        let (event, answer) = match self.state.holder(&path, &task) {
            // planned for this task, and nobody came before it
            None if own => return ScopeAnswer::Allowed,
            Some(holder) => {
                let held_by = holder.id.clone();
                (Event::ScopeRefused { task, path, held_by: held_by.clone() }, ScopeAnswer::HeldBy(held_by))
            }
            None => (Event::ScopeWidened { task, path }, ScopeAnswer::Allowed),
        };
        if self.write(vec![event]).is_err() { ScopeAnswer::Stopped } else { answer }
    }

    /// Journal, then apply, then tell. What cannot be written down has not happened: the mission pauses.
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
            let line = progress::line(&self.state, &event);
            self.state.apply(&event);
            if let Event::TaskCancelled { task, .. } | Event::TaskGivenUp { task, .. } = &event {
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
                let what = "nothing is due although the mission has not ended; please report it".to_string();
                return self.pause(PauseReason::Host(what));
            }
            if recorded.is_empty() || self.write(recorded).is_err() {
                return;
            }
        }
    }

    fn start(&mut self, key: String, effect: Effect) {
        if self.running.contains_key(&key) {
            return;
        }
        let task = match &effect {
            Effect::Work { task, .. }
            | Effect::Judge { task, .. }
            | Effect::WriteTests { task, .. }
            | Effect::ReviewTests { task, .. } => Some(task.clone()),
            _ => None,
        };
        self.running.insert(key.clone(), task.clone());
        let (effects, messages) = (self.effects.clone(), self.handle.messages.clone());
        let state = Arc::new(self.state.clone());
        let now_ms = self.clock.now_ms();
        self.tracker.spawn(async move {
            let name = key.clone();
            let work = tokio::spawn(AssertUnwindSafe(effects.carry_out(effect, state)));
            let events = match work.await {
                Ok(events) => events,
                // a panic in a role is an event, not the end
                Err(_) => crashed(&name, task, now_ms),
            };
            let _ = messages.send(Message::Done { key, events }).await;
        });
    }

    async fn wind_up(&mut self) {
        self.handle.cancel.cancel();
        self.tracker.close();
        // late messages are answered with "stopped", so that nobody waits for the other
        loop {
            tokio::select! {
                // what was done and not yet told is told first: it may be the delivery
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Record { reply, .. }) => drop(reply.send(Err(Stopped))),
                    Some(Message::Ask { reply, .. }) => drop(reply.send(Err(Refusal::Stopped))),
                    Some(Message::Spend { event, reply }) => {
                        self.late(vec![event]);
                        drop(reply.send(Ok(())));
                    }
                    Some(Message::Provider(_)) => {}
                    Some(Message::Scope { reply, .. }) => drop(reply.send(ScopeAnswer::Stopped)),
                    Some(Message::State { reply }) => drop(reply.send(Arc::new(self.state.clone()))),
                    Some(Message::Done { events, .. }) => self.late(events),
                    Some(Message::Stop { .. }) => {}
                    None => break,
                },
                () = self.tracker.wait() => break,
            }
        }
        self.effects.closed().await;
        self.record.changed(&self.state);
        self.record.board(&self.state, self.clock.now_ms());
    }

    /// What was paid for, and what was written into the user's files, counts even when it came after the stop.
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

fn crashed(key: &str, task: Option<TaskId>, at_ms: u64) -> Vec<Event> {
    let reason = format!("an internal error ended `{key}`; please report it");
    let class = FailureClass::Host;
    let event = match (task, key.strip_prefix("plan:")) {
        (Some(task), _) => Event::AttemptFailed { task, class, issues: vec![Issue::new("engine", reason)] },
        (None, Some(parent)) => {
            let parent = Some(parent.to_string()).filter(|p| !p.is_empty());
            Event::PlanFailed { class, reason, parent }
        }
        (None, None) if key == "brief" => Event::BriefFailed { class, reason },
        (None, None) if key == "review-objective" => Event::ObjectiveReviewFailed { class, reason },
        (None, None) => Event::Paused { reason: PauseReason::Host(reason), at_ms },
    };
    vec![event]
}

/// Whether a task still needs the worker that holds its slot.
pub(crate) fn keeps_worker(phase: &Phase) -> bool {
    matches!(phase, Phase::Working | Phase::Judging | Phase::Failed { .. } | Phase::ToFix)
}
