//! The worker's side: takes sessions of roles from the queue and has them in its own host, with its own models' keys.
//!
//! Each place has a folder of its own, in which only a copy of an owner's slot is. It decides nothing about a role: every
//! call goes to the owner (`relay`). If the owner is gone, the session ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use queue::{Doing, End, Job, Lease, Line, Queue, WorkerCard};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use crate::bench::confine::FilterSandbox;
use crate::bench::dispatch::bay::fetch;
use crate::bench::dispatch::home::{Home, forget_project};
use crate::bench::slots::Slots;
use crate::blocking::blocking;
use crate::config::roles_of_worker::RolesOfWorker;
use crate::config::{Config, settings};
use crate::far::message::{FarPrompt, RoleJob, ToOwner, ToWorker, VERSION};
use crate::far::paths::Paths;
use crate::far::relay::{Relay, Relays, SLOT};
use crate::far::{ALIVE, SHORT, SILENCE, label, trees};
use crate::host::{Host, HostFuture, HostRequest, Models};
use crate::options::EngineOptions;
use crate::text::duration;

/// How long one request for a job waits at the server, and the pause after the server could not be reached.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(3);
/// How long the host may take to open a session, and to end a turn that is aborted.
const OPENING: Duration = Duration::from_secs(60);
const ENDING: Duration = Duration::from_secs(5);
/// How long leaving may take at the server.
const FAREWELL: Duration = Duration::from_secs(3);
/// The most observations that wait for the line.
const MAX_SEEN: usize = 4096;
/// The beginning of a line for the program that started the worker (`bin/worker.js`).
const LINE: &str = "worker: ";

/// What all places of a worker share.
struct Shared {
    queue: Queue,
    wanted: RolesOfWorker,
    labels: Vec<String>,
    host: Arc<dyn Host>,
    parent: Option<String>,
    relays: Relays,
    slot_files: Vec<(String, String)>,
    config: Config,
    started: Instant,
    answered: AtomicU64,
    doing: Mutex<BTreeMap<String, (Job, Instant)>>,
}

/// One folder for one session at a time.
struct Place {
    home: Home,
    /// The base of the project that it has now, and its workspace.
    ready: Option<(String, Workspace, Slots)>,
}

/// Takes sessions until the worker is to end. The error says why it cannot.
pub(crate) async fn serve(
    wanted: RolesOfWorker,
    options: &EngineOptions,
    host: Arc<dyn Host>,
    parent: Option<String>,
    relays: Relays,
    now_ms: u64,
) -> Result<(), String> {
    let config = settings::of_user(&options.config_home)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let labels = std::iter::once(label(None))
        .chain(wanted.labels.iter().map(|own| label(Some(own))))
        .collect::<Option<Vec<String>>>()
        .ok_or("a label is too long for a worker of roles: at most 26 letters")?;
    let queue = Queue::connect(wanted.settings()).await.map_err(|error| error.to_string())?;
    let mut places = Vec::new();
    for _ in 0..wanted.roles {
        let data_home = options.data_home.clone();
        let home = blocking(move || Home::open(&data_home, now_ms)).await?;
        places.push(Place { home, ready: None });
    }
    let shared = Arc::new(Shared {
        queue,
        labels,
        host,
        parent,
        relays,
        slot_files: options.slot_files.clone().into_iter().collect(),
        config,
        started: Instant::now(),
        answered: AtomicU64::new(0),
        doing: Mutex::default(),
        wanted,
    });
    shared.announce().await.map_err(|error| error.to_string())?;
    let (name, at_once) = (&shared.wanted.name, shared.wanted.roles);
    shared.say(
        "ready",
        &format!("worker {name} waits for roles, {at_once} at once"),
        json!({ "roles": at_once, "pid": std::process::id() }),
    );
    let mut work = JoinSet::new();
    for place in places {
        work.spawn(take(shared.clone(), place));
    }
    let card = tokio::spawn(show(shared.clone()));
    let mut broke = None;
    while let Some(ended) = work.join_next().await {
        if let Err(error) = ended {
            broke = Some(format!("worker {}: {error}", shared.wanted.name));
            shared.relays.leaving.cancel();
        }
    }
    card.abort();
    if let Ok(Err(error)) = timeout(FAREWELL, shared.queue.leave(&shared.wanted.name)).await {
        tracing::debug!("{error}");
    }
    broke.map_or(Ok(()), Err)
}

/// Keeps the worker's card in the list.
async fn show(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.queue.settings().lease / 4).await;
        if shared.wanted.is_orphan() {
            shared.relays.leaving.cancel();
        }
        shared.announce_now().await;
    }
}

/// Has one session after the other in a place.
async fn take(shared: Arc<Shared>, mut place: Place) {
    while !shared.relays.leaving.is_cancelled() {
        let next = tokio::select! {
            () = shared.relays.leaving.cancelled() => return,
            next = shared.queue.next_labelled(&shared.wanted.name, &shared.labels, PATIENCE) => next,
        };
        match next {
            Ok(Some(lease)) => shared.work(&mut place, lease).await,
            Ok(None) => {}
            Err(error) => {
                tracing::debug!("{error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// How a session ended.
enum Ended {
    /// Its owner closed it, or is gone: nobody needs it any more.
    Closed(&'static str),
    /// Another worker, or the owner, has to do it.
    Returned(String),
}

impl Shared {
    async fn work(&self, place: &mut Place, lease: Lease) {
        let (job, started) = (lease.job.clone(), Instant::now());
        let about = |more: Value| {
            let mut value = json!({ "job": job.id(), "what": job.what, "owner": job.owner });
            if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
                value.extend(more);
            }
            value
        };
        self.doing().insert(job.id(), (job.clone(), started));
        self.say("taken", &format!("{} for {}", job.what, job.owner), about(json!({})));
        self.announce_now().await;
        let ended = tokio::select! {
            ended = self.session(place, &job) => ended.unwrap_or_else(Ended::Returned),
            () = self.relays.leaving.cancelled() => Ended::Returned("the worker ends".into()),
        };
        self.doing().remove(&job.id());
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let sent = match ended {
            Ended::Closed(why) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                let text = format!("{}: {why} after {}", job.what, duration(took));
                self.say("closed", &text, about(json!({ "why": why, "took_ms": took })));
                lease.answer(json!({ "why": why })).await
            }
            Ended::Returned(why) => {
                let text = format!("{}: returned, {why}", job.what);
                self.say("returned", &text, about(json!({ "why": why })));
                lease.give_back(why).await
            }
        };
        if let Err(error) = sent {
            // An owner that is gone, or a job that has expired, needs no answer
            tracing::debug!("{error}");
        }
        self.announce_now().await;
    }

    /// Has the session of a job, from its folder to its end. The error says why this machine cannot.
    async fn session(&self, place: &mut Place, job: &Job) -> Result<Ended, String> {
        let wanted: RoleJob = serde_json::from_value(job.body.clone())
            .map_err(|error| format!("the job cannot be read (another version?): {error}"))?;
        if wanted.version != VERSION {
            return Err(format!("the owner has version {}, and this worker {VERSION}", wanted.version));
        }
        self.knows(&wanted.models).await?;
        let (workspace, slots) = self.prepare(place, &wanted).await?;
        let slot = slots.prepare(SLOT, &wanted.at.commit).await.map_err(|error| error.to_string())?;
        let id = job.id();
        let mut line = self.queue.listen(&id, End::Worker).await.map_err(|error| error.to_string())?;
        let folder = slot.path.canonicalize().map_err(|error| error.to_string())?;
        let open = HostRequest::Open {
            directory: folder.clone(),
            parent: self.parent.clone(),
            title: wanted.title.clone(),
            role: wanted.role,
            bash: false,
        };
        let opened = timeout(OPENING, self.host.call(open)).await;
        let opened = opened
            .map_err(|_| format!("OpenCode opened no session within {} s", OPENING.as_secs()))?
            .map_err(|error| error.to_string())?;
        let session = opened.get("session").and_then(Value::as_str).filter(|id| !id.is_empty());
        let session = session.ok_or("OpenCode opened a session without an id")?.to_string();
        let (seen, from_host) = mpsc::channel(MAX_SEEN);
        let relay = Arc::new(Relay {
            id,
            worker: self.wanted.name.clone(),
            queue: self.queue.clone(),
            workspace,
            slots,
            paths: Paths::new(&folder),
            folder,
            changing: Default::default(),
            over: CancellationToken::new(),
            seen,
        });
        self.relays.put(&session, relay.clone());
        // Also if the worker is ended in the middle, nothing of the session goes on
        let _closed =
            Closed { relays: self.relays.clone(), session: session.clone(), host: self.host.clone() };
        let ready =
            timeout(SHORT, relay.ask(ToOwner::Ready)).await.map_err(|_| "the owner does not answer")??;
        if ready.get("taken").and_then(Value::as_bool) != Some(true) {
            return Ok(Ended::Closed("another worker has it"));
        }
        let mut talk = Talk { relay, host: self.host.clone(), session, from_host, turn: None };
        Ok(talk.until_its_end(&mut line).await)
    }

    /// Whether the host here knows each of these models.
    async fn knows(&self, models: &[String]) -> Result<(), String> {
        let asked = self.host.call(HostRequest::Models { models: models.to_vec() });
        let answer = timeout(OPENING, asked).await.map_err(|_| "OpenCode does not name its models")?;
        let known: Models = serde_json::from_value(answer.map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
        match models.iter().find(|model| !known.known.contains(model)) {
            Some(model) => Err(format!("OpenCode does not know the model `{model}` here")),
            None => Ok(()),
        }
    }

    /// Brings the files of the job here.
    async fn prepare(&self, place: &mut Place, job: &RoleJob) -> Result<(Workspace, Slots), String> {
        if place.ready.as_ref().is_none_or(|(base, ..)| *base != job.base.tree) {
            place.ready = None;
            let (root, state) = (place.home.root.clone(), place.home.state.clone());
            let (sandbox, folder) = (self.config.sandbox.settings(), self.config.workspace.slots());
            let workspace = blocking(move || {
                forget_project(&state);
                let workspace = Workspace::open_at(&root, &state, folder.as_deref())?;
                workspace.confine_filters(Arc::new(FilterSandbox(sandbox)));
                if let Some(aside) = workspace.set_slot_aside(SLOT)? {
                    workspace::remove_folder(&aside);
                }
                Ok::<_, workspace::Error>(workspace)
            });
            let workspace = workspace.await.map_err(|error| error.to_string())?;
            let slots = Slots::new(workspace.clone(), SLOT, self.slot_files.clone(), Vec::new());
            place.ready = Some((job.base.tree.clone(), workspace, slots));
        }
        let (_, workspace, slots) = place.ready.as_ref().ok_or("the place is not ready")?;
        fetch(workspace, &self.queue, &trees::pack_name(None, &job.base), &job.base).await?;
        fetch(workspace, &self.queue, &trees::pack_name(Some(&job.base), &job.at), &job.at).await?;
        Ok((workspace.clone(), slots.clone()))
    }

    async fn announce_now(&self) {
        if let Err(error) = self.announce().await {
            tracing::debug!("{error}");
        }
    }

    async fn announce(&self) -> Result<(), queue::QueueError> {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let doing: Vec<Doing> = self
            .doing()
            .iter()
            .map(|(id, (job, since))| Doing {
                id: id.clone(),
                what: job.what.clone(),
                owner: job.owner.clone(),
                for_ms: ms(since.elapsed()),
            })
            .collect();
        let card = WorkerCard {
            name: self.wanted.name.clone(),
            version: VERSION.into(),
            parallel: self.wanted.roles,
            labels: self.labels.clone(),
            sandbox: "not needed: its roles run no command".into(),
            up_ms: ms(self.started.elapsed()),
            answered: self.answered.load(Ordering::Relaxed),
            doing,
            ready_for: Vec::new(),
            only_labels: true,
        };
        self.queue.announce(&card).await
    }

    fn doing(&self) -> MutexGuard<'_, BTreeMap<String, (Job, Instant)>> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line for the program that started the worker.
    fn say(&self, event: &str, text: &str, mut value: Value) {
        value["event"] = event.into();
        value["worker"] = self.wanted.name.clone().into();
        let line = if self.wanted.json { value.to_string() } else { text.replace('\n', " ") };
        self.host.progress(&format!("{LINE}{line}\n"));
    }
}

/// The end of a session at this worker, however it comes.
struct Closed {
    relays: Relays,
    session: String,
    host: Arc<dyn Host>,
}

impl Drop for Closed {
    fn drop(&mut self) {
        let Some(relay) = self.relays.get(&self.session) else { return };
        relay.over.cancel();
        self.relays.remove(&self.session);
        let abort = HostRequest::Abort { session: self.session.clone(), directory: relay.folder.clone() };
        let abort = self.host.call(abort);
        // The task is only as long as the host takes to abort
        tokio::spawn(timeout(ENDING, abort));
    }
}

/// A prompt that the host processes.
struct Turn {
    number: u64,
    answer: HostFuture,
}

/// One open session.
struct Talk {
    relay: Arc<Relay>,
    host: Arc<dyn Host>,
    session: String,
    from_host: mpsc::Receiver<String>,
    turn: Option<Turn>,
}

impl Talk {
    /// Carries out what the owner says, until it closes the session or is gone.
    async fn until_its_end(&mut self, line: &mut Line) -> Ended {
        let (mut heard, mut alive) = (Instant::now(), tokio::time::interval(ALIVE));
        loop {
            tokio::select! {
                biased;
                () = self.relay.over.cancelled() => return Ended::Closed("its owner was not heard of"),
                Some(observation) = self.from_host.recv() => {
                    self.relay.tell(ToOwner::Seen { observation }).await;
                }
                said = line.next() => {
                    let Some(said) = said else { return Ended::Returned("the line to the server ended".into()) };
                    heard = Instant::now();
                    match serde_json::from_value(said.body.clone()) {
                        Ok(ToWorker::Alive) => {}
                        Ok(ToWorker::Abort) => self.abort(),
                        Ok(ToWorker::Close) => return Ended::Closed("closed"),
                        Ok(ToWorker::Prompt(prompt)) => {
                            let _ = said.answer(&self.relay.id, Value::Null).await;
                            self.prompt(*prompt).await;
                        }
                        Err(error) => tracing::warn!("the owner said what cannot be read: {error}"),
                    }
                }
                turn = ended(&mut self.turn) => self.end(turn).await,
                _ = alive.tick() => {
                    self.relay.tell(ToOwner::Alive).await;
                    if heard.elapsed() > SILENCE {
                        return Ended::Closed("its owner was not heard of");
                    }
                }
            }
        }
    }

    async fn prompt(&mut self, prompt: FarPrompt) {
        let FarPrompt { number, step, role, model, variant, options, text } = prompt;
        if let Some(step) = step
            && let Err(why) = self.relay.go(&step).await
        {
            self.relay.tell(ToOwner::Failed { number, why }).await;
            return;
        }
        let answer = self.host.call(HostRequest::Prompt {
            session: self.session.clone(),
            directory: self.relay.folder.clone(),
            role,
            model: Some(model),
            variant,
            options,
            text: self.relay.paths.here(&text),
        });
        self.turn = Some(Turn { number, answer });
    }

    /// Reports the end of a turn after everything that was seen of it.
    async fn end(&mut self, (number, turn): (u64, Result<Value, String>)) {
        while let Ok(observation) = self.from_host.try_recv() {
            self.relay.tell(ToOwner::Seen { observation }).await;
        }
        let said = match turn {
            Ok(turn) => ToOwner::Ended { number, turn: self.relay.paths.value_out(turn) },
            Err(why) => ToOwner::Failed { number, why },
        };
        self.relay.tell(said).await;
    }

    fn abort(&self) {
        let abort =
            HostRequest::Abort { session: self.session.clone(), directory: self.relay.folder.clone() };
        // The host may wait for this very session, whose calls are answered here
        tokio::spawn(timeout(ENDING, self.host.call(abort)));
    }
}

/// The end of the running turn; never, if none runs.
async fn ended(turn: &mut Option<Turn>) -> (u64, Result<Value, String>) {
    let Some(running) = turn.as_mut() else { return std::future::pending().await };
    let (number, end) = (running.number, (&mut running.answer).await);
    *turn = None;
    (number, end.map_err(|error| error.to_string()))
}
