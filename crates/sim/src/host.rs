//! A host whose sessions a [`Model`] answers, and which fails as often as its faults say.
//!
//! The engine calls it like OpenCode, and it calls the engine's tools for its models; before a write it asks the
//! engine. It knows no task, reads no prompt and does not know what is right.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use engine::{Engine, Host, HostError, HostFuture, HostRequest, Turn, TurnError};
use mission::{Role, Tokens};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use super::faults::HostFaults;
use super::model::{Model, ModelStep, Reply, Session};
use super::trace::Trace;
use crate::Random;

/// The most steps of one turn; more means that the model loops.
const MOST_STEPS: usize = 500;

#[derive(Clone)]
pub struct SimulatedHost {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Mutex<Weak<Engine>>,
    model: Arc<dyn Model>,
    faults: HostFaults,
    random: Random,
    trace: Trace,
    /// When this life began: the instant, and milliseconds since the start of the run.
    begun: (Instant, u64),
    sessions: Mutex<BTreeMap<String, Arc<Opened>>>,
    said: Mutex<String>,
    count: AtomicU64,
    under_way: AtomicU64,
    peak: AtomicU64,
}

struct Opened {
    id: String,
    directory: PathBuf,
    random: Mutex<Random>,
    abort: Notify,
    deaf: bool,
    turn: tokio::sync::Mutex<State>,
}

struct State {
    session: Box<dyn Session>,
    gone: bool,
    tokens: Tokens,
    cost_usd: f64,
}

/// How a turn fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Error,
    Vanishes,
    Hangs,
    Garbage,
}

impl SimulatedHost {
    /// Must be called inside a runtime. `elapsed_ms`: the time of the run before this life.
    pub fn new(
        model: Arc<dyn Model>,
        faults: HostFaults,
        random: Random,
        trace: Trace,
        elapsed_ms: u64,
    ) -> SimulatedHost {
        SimulatedHost {
            inner: Arc::new(Inner {
                engine: Mutex::default(),
                model,
                faults,
                random,
                trace,
                begun: (Instant::now(), elapsed_ms),
                sessions: Mutex::default(),
                said: Mutex::default(),
                count: AtomicU64::new(0),
                under_way: AtomicU64::new(0),
                peak: AtomicU64::new(0),
            }),
        }
    }

    /// The engine whose tools the models call.
    pub fn serve(&self, engine: &Arc<Engine>) {
        *lock(&self.inner.engine) = Arc::downgrade(engine);
    }

    /// The most turns that ran at the same time.
    pub fn peak(&self) -> u64 {
        self.inner.peak.load(Ordering::Relaxed)
    }

    pub fn said(&self) -> String {
        lock(&self.inner.said).clone()
    }
}

impl Host for SimulatedHost {
    fn call(&self, request: HostRequest) -> HostFuture {
        let inner = self.inner.clone();
        let action = request.action();
        let failed = move |message: &str| HostError { action, message: message.into() };
        match request {
            HostRequest::Open { directory, role, .. } => Box::pin(async move {
                let id = format!("s{}", inner.count.fetch_add(1, Ordering::Relaxed));
                let mut random = inner.random.fork(&id);
                sleep(millis(&mut random, 50, 2_000)).await;
                if random.chance(inner.faults.open_hangs) {
                    inner.trace.fault(format!("session {id} never opens"));
                    return std::future::pending().await;
                }
                if random.chance(inner.faults.open_fails) {
                    inner.trace.fault(format!("session {id} cannot be opened"));
                    return Err(failed("HTTP 500"));
                }
                inner.open(&id, role, directory, random);
                Ok(json!({ "session": id }))
            }),
            HostRequest::Prompt { session, text, .. } => {
                let (answer, answered) = oneshot::channel();
                let work = inner.clone();
                // Like a real host, it continues even if the caller no longer waits
                tokio::spawn(async move {
                    // The caller may have stopped waiting
                    let _ = answer.send(work.prompt(&session, text).await);
                });
                Box::pin(async move {
                    match answered.await {
                        Ok(answer) => answer.map_err(|message| failed(&message)),
                        Err(_) => std::future::pending().await,
                    }
                })
            }
            HostRequest::Dispose { .. } => Box::pin(async { Ok(json!({})) }),
            // No model has a known price
            HostRequest::Models { .. } => Box::pin(async { Ok(json!({})) }),
            HostRequest::Embed { .. } => {
                let answer = failed("no embedding model is simulated");
                Box::pin(async move { Err(answer) })
            }
            HostRequest::Abort { session, .. } => Box::pin(async move {
                sleep(Duration::from_millis(10)).await;
                let opened = lock(&inner.sessions).get(&session).cloned();
                if let Some(opened) = opened
                    && !opened.deaf
                {
                    opened.abort.notify_waiters();
                }
                Ok(Value::Bool(true))
            }),
        }
    }

    fn say(&self, text: &str) {
        lock(&self.inner.said).push_str(text);
    }
}

impl Inner {
    fn open(&self, id: &str, role: Role, directory: PathBuf, mut random: Random) {
        let session = self.model.open(role, &directory, random.fork("model"));
        let opened = Opened {
            id: id.to_string(),
            directory,
            deaf: random.chance(self.faults.deaf),
            random: Mutex::new(random),
            abort: Notify::new(),
            turn: tokio::sync::Mutex::new(State {
                session,
                gone: false,
                tokens: Tokens::default(),
                cost_usd: 0.0,
            }),
        };
        lock(&self.sessions).insert(id.to_string(), Arc::new(opened));
    }

    async fn prompt(&self, session: &str, text: String) -> Result<Value, String> {
        let opened = lock(&self.sessions).get(session).cloned();
        let opened = opened.ok_or("HTTP 404: no such session")?;
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(under_way, Ordering::Relaxed);
        let answer = self.turn(&opened, text).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    async fn turn(&self, opened: &Opened, text: String) -> Result<Value, String> {
        // Prompts of one session queue
        let mut state = opened.turn.lock().await;
        if state.gone {
            return Err("HTTP 404: no such session".into());
        }
        let (delay, refuses, trouble, after) = {
            let mut random = lock(&opened.random);
            let delay = millis(&mut random, 100, 3_000);
            let refuses = random.chance(self.faults.bare_500);
            (delay, refuses, self.trouble(&mut random), random.below(8))
        };
        if self.pause(opened, delay).await {
            return Ok(value(&state, Some(aborted())));
        }
        if refuses {
            self.trace.fault(format!("prompt to {}: HTTP 500", opened.id));
            return Err("HTTP 500".into());
        }
        if self.outage() {
            self.trace.fault(format!("prompt to {}: the provider is down", opened.id));
            return Ok(value(&state, Some(error("APIError", "503 Service Unavailable", Some(503)))));
        }
        state.session.prompt(&text);
        let mut reply = Reply::Nothing;
        for n in 0..MOST_STEPS {
            if let Some(trouble) = trouble.filter(|_| n == after) {
                return self.fail(opened, &mut state, trouble).await;
            }
            let step = state.session.next(std::mem::take(&mut reply));
            if let ModelStep::End(words) = step {
                return Ok(self.end(opened, &mut state, trouble, words));
            }
            match self.step(opened, step).await {
                Some(answer) => reply = answer,
                None => {
                    spend(&mut state);
                    return Ok(value(&state, Some(aborted())));
                }
            }
        }
        spend(&mut state);
        Ok(value(&state, Some(error("MessageOutputLengthError", "too long", None))))
    }

    fn end(&self, opened: &Opened, state: &mut State, trouble: Option<Trouble>, words: String) -> Value {
        spend(state);
        if trouble == Some(Trouble::Garbage) {
            self.trace.fault(format!("{}: the host's answer cannot be read", opened.id));
            return json!("an answer of another version");
        }
        let mut turn = value(state, None);
        turn["text"] = words.into();
        turn
    }

    async fn fail(&self, opened: &Opened, state: &mut State, trouble: Trouble) -> Result<Value, String> {
        self.trace.fault(format!("{}: {trouble:?}", opened.id));
        spend(state);
        match trouble {
            Trouble::Vanishes => {
                state.gone = true;
                Err("HTTP 404: no such session".into())
            }
            Trouble::Hangs => {
                let forever = Duration::from_secs(24 * 3600);
                self.pause(opened, forever).await;
                Ok(value(state, Some(aborted())))
            }
            Trouble::Error | Trouble::Garbage => {
                let errors = [
                    ("APIError", "429 Too Many Requests", Some(429)),
                    ("APIError", "529 Overloaded", Some(529)),
                    ("APIError", "500 Internal Server Error", Some(500)),
                    ("UnknownError", "socket hang up", None),
                    ("ProviderAuthError", "401 Unauthorized", Some(401)),
                ];
                let pick = lock(&opened.random).below(errors.len());
                let (name, message, status) = errors[pick];
                Ok(value(state, Some(error(name, message, status))))
            }
        }
    }

    /// `None` if the turn was aborted meanwhile.
    async fn step(&self, opened: &Opened, step: ModelStep) -> Option<Reply> {
        let takes = millis(&mut lock(&opened.random), 1, 300);
        let engine = lock(&self.engine).upgrade()?;
        match step {
            ModelStep::Think(time) => (!self.pause(opened, time).await).then_some(Reply::Nothing),
            ModelStep::End(_) => Some(Reply::Nothing),
            ModelStep::Call { tool, arguments } => {
                if self.pause(opened, takes).await {
                    return None;
                }
                tokio::select! {
                    biased;
                    () = opened.aborted() => None,
                    answer = engine.call_tool(&opened.id, &tool, arguments) => Some(Reply::Text(answer)),
                }
            }
            ModelStep::Write { path, text } => {
                let arguments = json!({ "filePath": path, "content": text });
                if let Some(why) = engine.before_tool(&opened.id, "write", &arguments).await {
                    return Some(Reply::Refused(why));
                }
                if self.pause(opened, takes).await {
                    return None;
                }
                write(&opened.directory.join(&path), text.as_deref());
                Some(Reply::Done(engine.after_tool(&opened.id, "write", arguments).await))
            }
        }
    }

    /// Whether it was aborted before the time was over.
    async fn pause(&self, opened: &Opened, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = opened.aborted() => true,
            () = sleep(time) => false,
        }
    }

    fn trouble(&self, random: &mut Random) -> Option<Trouble> {
        let chances = [
            (Trouble::Error, self.faults.provider_error),
            (Trouble::Vanishes, self.faults.vanishes),
            (Trouble::Hangs, self.faults.hangs),
            (Trouble::Garbage, self.faults.garbage),
        ];
        // All chances are drawn, so that one does not shift the draws of the others
        let drawn: Vec<Trouble> = chances
            .into_iter()
            .filter(|(_, chance)| random.chance(*chance))
            .map(|(trouble, _)| trouble)
            .collect();
        drawn.first().copied()
    }

    fn outage(&self) -> bool {
        let (begun, elapsed_ms) = self.begun;
        let now = elapsed_ms + u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX / 2);
        self.faults.outages.iter().any(|outage| outage.contains(&now))
    }
}

impl Opened {
    async fn aborted(&self) {
        self.abort.notified().await;
    }
}

fn spend(state: &mut State) {
    let (tokens, usd) = state.session.cost();
    state.tokens.add(&tokens);
    state.cost_usd += usd;
}

fn value(state: &State, error: Option<TurnError>) -> Value {
    let turn = Turn { tokens: state.tokens, cost_usd: state.cost_usd, error, ..Turn::default() };
    serde_json::to_value(turn).unwrap_or_default()
}

fn error(name: &str, message: &str, status: Option<u16>) -> TurnError {
    TurnError { name: name.into(), message: message.into(), status }
}

fn aborted() -> TurnError {
    error("MessageAbortedError", "aborted", None)
}

fn millis(random: &mut Random, from: usize, to: usize) -> Duration {
    Duration::from_millis((from + random.below(to - from)) as u64)
}

/// Writes a file like OpenCode's tool; errors are ignored.
fn write(path: &std::path::Path, text: Option<&str>) {
    let _ = match text {
        Some(text) => {
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text))
        }
        None => std::fs::remove_file(path),
    };
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
