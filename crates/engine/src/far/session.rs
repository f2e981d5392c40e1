//! A session at a worker, in the place of the host: prompts and aborts go to the worker, calls of its hooks come from it.
//!
//! The worker's words are claims like those of a model. A session that is lost fails its turn as the host's failure, so
//! that the work begins again elsewhere; what it had spent stays counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mission::provider::classify;
use queue::{End, Line, Queue, Said};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use workspace::{Slot, Workspace};

use crate::bench::dispatch::verdict_job::Lone;
use crate::far::hooks::{HookCall, Hooks};
use crate::far::message::{Answered, FarPrompt, FromWorker, ToOwner, ToWorker};
use crate::far::paths::Paths;
use crate::far::{ALIVE, LONGEST, SHORT, SILENCE, trees};
use crate::host::{Host, HostError, HostFuture, HostRequest, Turn};

/// The most calls of one session that are answered at once.
const MAX_CALLS: usize = 32;

/// What is said when a worker ends, or loses, its session; the owner of the session records it.
pub(crate) type OnLost = Box<dyn Fn(&str, &str) + Send + Sync>;

/// The number of a prompt, and who waits for the end of its turn.
type Waiting = (u64, oneshot::Sender<Result<Turn, String>>);

/// The parts that the answers and the host share.
pub(crate) struct Shared {
    /// The id of the job, and of the session at the owner.
    pub id: String,
    pub worker: String,
    pub queue: Queue,
    pub workspace: Workspace,
    pub slot: Slot,
    pub paths: Paths,
    /// The model of a prompt for which the host would choose.
    pub default: String,
    /// Whether the role changes files.
    pub writes: bool,
    pub hooks: Arc<dyn Hooks>,
    /// What the worker has of the slot.
    pub has: AsyncMutex<Lone>,
    pub lost: CancellationToken,
    pub why_lost: Mutex<String>,
    pub on_lost: OnLost,
    turn: Mutex<Option<Waiting>>,
    pub number: AtomicU64,
    pub in_turn: AtomicBool,
    pub taking_turns: AsyncMutex<()>,
    pub calls: Semaphore,
}

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "the parts of one session")]
    pub fn new(
        id: String,
        worker: String,
        queue: Queue,
        workspace: Workspace,
        slot: Slot,
        default: String,
        writes: bool,
        hooks: Arc<dyn Hooks>,
        has: Lone,
        on_lost: OnLost,
    ) -> Shared {
        Shared {
            paths: Paths::new(&slot.path),
            id,
            worker,
            queue,
            workspace,
            slot,
            default,
            writes,
            hooks,
            has: AsyncMutex::new(has),
            lost: CancellationToken::new(),
            why_lost: Mutex::default(),
            on_lost,
            turn: Mutex::default(),
            number: AtomicU64::new(0),
            in_turn: AtomicBool::new(false),
            taking_turns: AsyncMutex::default(),
            calls: Semaphore::new(MAX_CALLS),
        }
    }

    fn turn(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, why: &str) {
        if self.lost.is_cancelled() {
            return;
        }
        *self.why_lost.lock().unwrap_or_else(PoisonError::into_inner) =
            format!("worker {}: {why}", self.worker);
        (self.on_lost)(&self.worker, why);
        self.lost.cancel();
    }

    fn why(&self) -> String {
        self.why_lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn tell(&self, said: &ToWorker) {
        if let Err(error) = self.queue.tell(&self.id, End::Worker, json!(said)).await {
            tracing::debug!("{error}");
        }
    }

    /// Takes in what somebody says on the line; `false` if it is not this session's worker.
    async fn heard(self: &Arc<Self>, said: Said) -> bool {
        let Ok(FromWorker { worker, said: what }) = serde_json::from_value(said.body.clone()) else {
            return false;
        };
        if worker != self.worker {
            // The server gave the job to another worker after this one had it: its session is not taken
            let _ = said.answer(&self.id, json!({ "taken": false })).await;
            return false;
        }
        match what {
            ToOwner::Ready => drop(said.answer(&self.id, json!({ "taken": true })).await),
            ToOwner::Alive => {}
            ToOwner::Seen { observation } => {
                self.hooks.observe(&self.id, &self.paths.here(&observation));
            }
            ToOwner::Ended { number, turn } => {
                self.ended(number, serde_json::from_value(turn).map_err(|error| error.to_string()));
                let _ = said.answer(&self.id, Value::Null).await;
            }
            ToOwner::Failed { number, why } => {
                self.ended(number, Err(why));
                let _ = said.answer(&self.id, Value::Null).await;
            }
            ToOwner::Hook { call } => {
                let shared = self.clone();
                tokio::spawn(async move {
                    let answer = tokio::select! {
                        biased;
                        () = shared.lost.cancelled() => return,
                        answer = shared.answer(call) => answer,
                    };
                    let _ = said.answer(&shared.id, json!(answer)).await;
                });
            }
        }
        true
    }

    fn ended(&self, number: u64, turn: Result<Turn, String>) {
        let waiting = self.turn().take_if(|(asked, _)| *asked == number);
        if let Some((_, reply)) = waiting {
            let _ = reply.send(turn);
        }
    }

    /// The engine's answer to a call, and the files that changed with it.
    async fn answer(&self, call: HookCall) -> Answered {
        let Ok(_permit) = self.calls.acquire().await else {
            return Answered { value: Value::Null, step: None };
        };
        let call = json!(call);
        let Ok(call) = serde_json::from_value::<HookCall>(self.paths.value_here(call)) else {
            return Answered { value: json!("refused: the call could not be read"), step: None };
        };
        let (changes, turns) = (self.writes && call.may_change_files(), call.takes_turns());
        let _turn = match turns {
            true => Some(self.taking_turns.lock().await),
            false => None,
        };
        let value = self.hooks.call(self.id.clone(), call).await;
        let mut answered = Answered { value: self.paths.value_out(value), step: None };
        // After the turn the slot is the engine's
        if changes && self.in_turn.load(Ordering::SeqCst) {
            let mut has = self.has.lock().await;
            match trees::step(&self.workspace, &self.queue, &self.slot, &mut has).await {
                Ok(step) => answered.step = step,
                Err(why) => self.lose(&format!("the files could not be sent: {why}")),
            }
        }
        answered
    }

    /// Sends a prompt, and waits for the end of its turn.
    async fn prompt(&self, request: HostRequest) -> Result<Value, String> {
        let HostRequest::Prompt { role, model, variant, options, text, .. } = request else {
            return Err("it takes only prompts".into());
        };
        if self.lost.is_cancelled() {
            return Err(self.why());
        }
        let step = {
            let mut has = self.has.lock().await;
            trees::step(&self.workspace, &self.queue, &self.slot, &mut has).await?
        };
        let number = self.number.fetch_add(1, Ordering::SeqCst) + 1;
        let (reply, end) = oneshot::channel();
        *self.turn() = Some((number, reply));
        let prompt = FarPrompt {
            number,
            step,
            role,
            model: model.unwrap_or_else(|| self.default.clone()),
            variant,
            options,
            text: self.paths.out(&text),
        };
        let sent = self
            .queue
            .question(&self.id, End::Worker, json!(ToWorker::Prompt(Box::new(prompt))), SHORT)
            .await;
        sent.map_err(|error| error.to_string())?;
        let turn = tokio::select! {
            biased;
            turn = tokio::time::timeout(LONGEST, end) => turn,
            () = self.lost.cancelled() => return Err(self.why()),
        };
        let turn = turn.ok().and_then(Result::ok).ok_or("the turn did not end")??;
        if let Some(error) = &turn.error
            && classify(&error.name, error.status, &error.message).is_some()
        {
            // The key and the provider are the worker's: nothing follows for the mission's own
            let why = format!("its provider failed: {}: {}", error.name, error.message);
            self.lose(&why);
            return Err(self.why());
        }
        Ok(json!(turn))
    }
}

/// An open session at a worker. When it is dropped, the worker closes it.
pub(crate) struct FarSession {
    shared: Arc<Shared>,
    _open: DropGuard,
}

impl FarSession {
    /// Serves the session until it is dropped or lost. `asked`: the wait for the job's end; `stop` ends that wait.
    pub fn serve(
        shared: Shared,
        line: Line,
        asked: JoinHandle<String>,
        stop: CancellationToken,
    ) -> FarSession {
        let (shared, closing) = (Arc::new(shared), CancellationToken::new());
        tokio::spawn(serve(shared.clone(), line, asked, stop, closing.clone()));
        FarSession { shared, _open: closing.drop_guard() }
    }

    pub fn id(&self) -> &str {
        &self.shared.id
    }

    pub fn worker(&self) -> &str {
        &self.shared.worker
    }
}

/// Reads the line, shows that the owner is there, and sees whether the worker is.
async fn serve(
    shared: Arc<Shared>,
    mut line: Line,
    mut asked: JoinHandle<String>,
    stop: CancellationToken,
    closing: CancellationToken,
) {
    let (mut heard, mut alive) = (Instant::now(), tokio::time::interval(ALIVE));
    let mut is_asked = true;
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled() => break,
            () = shared.lost.cancelled() => break,
            ended = &mut asked => {
                is_asked = false;
                shared.lose(&ended.unwrap_or_else(|error| error.to_string()));
            }
            said = line.next() => match said {
                Some(said) => {
                    if shared.heard(said).await {
                        heard = Instant::now();
                    }
                }
                None => shared.lose("the line to the server ended"),
            },
            _ = alive.tick() => {
                shared.tell(&ToWorker::Alive).await;
                if heard.elapsed() > SILENCE {
                    shared.lose(&format!("it was not heard of for {} s", SILENCE.as_secs()));
                }
            }
        }
    }
    // The engine's part of the session is over: running calls are not answered any more
    shared.lost.cancel();
    shared.tell(&ToWorker::Close).await;
    // A worker that is there answers the job; otherwise nobody has to do it
    if is_asked && tokio::time::timeout(SHORT / 4, &mut asked).await.is_err() {
        stop.cancel();
        let _ = tokio::time::timeout(SHORT, asked).await;
    }
}

impl Host for FarSession {
    fn call(&self, request: HostRequest) -> HostFuture {
        let (shared, action) = (self.shared.clone(), request.action());
        Box::pin(async move {
            let failed = |message: String| HostError { action, message };
            match request {
                HostRequest::Prompt { .. } => {
                    let _in_turn = InTurn::begin(shared.clone());
                    shared.prompt(request).await.map_err(failed)
                }
                HostRequest::Abort { .. } => {
                    shared.tell(&ToWorker::Abort).await;
                    Ok(json!({}))
                }
                _ => Err(failed("a session at a worker is only prompted and aborted".into())),
            }
        })
    }

    fn say(&self, _text: &str) {}
}

/// The role works while this is not dropped.
struct InTurn(Arc<Shared>);

impl InTurn {
    fn begin(shared: Arc<Shared>) -> InTurn {
        shared.in_turn.store(true, Ordering::SeqCst);
        InTurn(shared)
    }
}

impl Drop for InTurn {
    fn drop(&mut self) {
        self.0.in_turn.store(false, Ordering::SeqCst);
    }
}
