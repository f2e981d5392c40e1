//! The owner's side: opens a role's session with a worker, if the user lets roles work on workers and one is free.
//!
//! Without one the session is opened here, and the user is told each reason once. It asks no model and decides nothing
//! about a result.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mission::{Role, TaskId};
use queue::{End, Job, Line, Patience, Queue};
use serde_json::json;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use workspace::{Slot, Workspace};

use crate::bench::dispatch::machine;
use crate::bench::dispatch::verdict_job::Lone;
use crate::config::Config;
use crate::far::hooks::Hooks;
use crate::far::message::{FromWorker, RoleJob, ToOwner, VERSION};
use crate::far::session::{FarSession, Shared};
use crate::far::{LONGEST, label, trees};
use crate::host::Host;

/// How long a worker may take to take a session, and then to open it.
const TAKEN: Duration = Duration::from_secs(10);
const READY: Duration = Duration::from_secs(90);
/// After a server could not be used, the owner does not try it again for this long.
const PAUSE: Duration = Duration::from_secs(60);
/// After so many lost sessions roles work only here, until the mission ends or is resumed.
const MAX_LOST: usize = 5;
/// The most reasons that are told.
const MAX_TOLD: usize = 1000;

/// The sessions of roles that workers may have.
pub(crate) struct Far {
    settings: queue::Settings,
    /// `None`: the user's label is too long for workers of roles.
    label: Option<String>,
    workspace: Workspace,
    host: Arc<dyn Host>,
    hooks: Arc<dyn Hooks>,
    connection: AsyncMutex<Connection>,
    known: Arc<Known>,
    asked: AtomicU32,
}

#[derive(Default)]
struct Connection {
    queue: Option<Queue>,
    paused_until: Option<Instant>,
}

/// What became of earlier sessions.
#[derive(Default)]
struct Known {
    told: Mutex<BTreeSet<String>>,
    /// Workers that lost a session: they get no other one of this mission.
    lost: Mutex<Vec<String>>,
}

/// The session that is wanted.
pub(crate) struct Wish {
    pub mission: String,
    pub role: Role,
    pub task: Option<TaskId>,
    pub title: String,
    pub directory: PathBuf,
    /// The commit of the slot, and the mission's base.
    pub commit: String,
    pub base: Option<String>,
    /// Every model that may be asked, and the one that the host would choose.
    pub models: Vec<String>,
    pub default: Option<String>,
}

/// What is settled before a worker is asked.
struct Ready {
    queue: Queue,
    slot: Slot,
    label: String,
    base: Lone,
    at: Lone,
}

impl Far {
    /// `None`: roles work only here.
    pub fn new(
        config: &Config,
        workspace: Workspace,
        host: Arc<dyn Host>,
        hooks: Arc<dyn Hooks>,
    ) -> Option<Far> {
        let settings = config.dispatch.settings().filter(|_| config.dispatch.roles)?;
        Some(Far {
            settings,
            label: label(config.dispatch.label()),
            workspace,
            host,
            hooks,
            connection: AsyncMutex::default(),
            known: Arc::default(),
            asked: AtomicU32::new(0),
        })
    }

    /// Opens the session with a worker; `None` if it is to be opened here. Dropped before its end, it leaves nothing at
    /// the server.
    pub async fn open(&self, wish: Wish) -> Option<FarSession> {
        let (role, of) = (wish.role, wish.task.as_ref().map(|id| format!(" of `{id}`")).unwrap_or_default());
        match self.opened(wish).await {
            Ok(session) => {
                let worker = session.worker();
                self.host.progress(&format!("- the {role}{of} works at worker {worker}\n"));
                Some(session)
            }
            Err(None) => None,
            Err(Some(why)) => {
                self.tell(&format!("a {role} works here, and not at a worker: {why}"));
                None
            }
        }
    }

    /// The error is the reason for the user; without one there is nothing to say.
    async fn opened(&self, wish: Wish) -> Result<FarSession, Option<String>> {
        if self.known.lost().len() >= MAX_LOST {
            return Err(Some(format!("{MAX_LOST} sessions were lost in this mission")));
        }
        let paused_until = self.connection.lock().await.paused_until;
        if paused_until.is_some_and(|until| Instant::now() < until) {
            return Err(None);
        }
        let ready = self.ready(&wish).await.map_err(Some)?;
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let body = RoleJob {
            version: VERSION.into(),
            mission: wish.mission.clone(),
            role: wish.role,
            task: wish.task.clone(),
            title: wish.title.clone(),
            models: wish.models.clone(),
            base: ready.base.clone(),
            at: ready.at.clone(),
        };
        let of = wish.task.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
        let job = Job {
            version: queue::VERSION,
            // An owner that was killed and resumed asks for another session
            key: format!("{}-{}-{:x}-{number}", wish.mission, wish.role, started.as_nanos()),
            attempt: 0,
            owner: machine(),
            what: format!("{}{of}", wish.role),
            label: Some(ready.label.clone()),
            without: self.known.lost().clone(),
            prepares: None,
            packs: vec![trees::pack_name(None, &ready.base), trees::pack_name(Some(&ready.base), &ready.at)],
            body: json!(body),
        };
        self.ask(&wish, ready, job).await.map_err(Some)
    }

    /// Connects, finds out whether a worker is free, and stores the files.
    async fn ready(&self, wish: &Wish) -> Result<Ready, String> {
        let label = self.label.clone().ok_or("`[dispatch] label` is too long for workers of roles")?;
        let base = wish.base.as_ref().ok_or("the mission has no base yet")?;
        let slot = self.workspace.slot_at(&wish.directory, &wish.commit);
        let slot = slot.ok_or("its folder is no slot")?;
        if wish.default.is_none() {
            return Err("OpenCode's default model has no name here: set `model` in opencode.json".into());
        }
        let queue = self.connected().await?;
        let lost = self.known.lost().clone();
        let cards = queue.workers().await.map_err(|error| error.to_string())?;
        let mut able = cards.iter().filter(|card| card.takes(Some(&label)) && !lost.contains(&card.name));
        match able.clone().next() {
            None => return Err("no worker does roles".into()),
            Some(_) if !able.any(|card| card.free() > 0) => return Err("all workers are busy".into()),
            Some(_) => {}
        }
        let base = trees::of_revision(&self.workspace, base).await?;
        let at = trees::of_slot(&self.workspace, &slot).await?;
        let sent = async {
            trees::send(&self.workspace, &queue, None, &base).await?;
            trees::send(&self.workspace, &queue, Some(&base), &at).await
        };
        if let Err(why) = sent.await {
            self.pause().await;
            return Err(why);
        }
        Ok(Ready { queue, slot, label, base, at })
    }

    async fn ask(&self, wish: &Wish, ready: Ready, job: Job) -> Result<FarSession, String> {
        let Ready { queue, slot, at, .. } = ready;
        let id = job.id();
        let mut line = queue.listen(&id, End::Owner).await.map_err(|error| error.to_string())?;
        let stop = CancellationToken::new();
        let mut asked = asked(queue.clone(), job, stop.clone());
        // If nobody waits for the session any more, the job leaves the queue
        let unwanted = stop.clone().drop_guard();
        let worker = tokio::select! {
            biased;
            worker = ready_worker(&mut line, &id) => worker.ok_or("the line to the server ended")?,
            ended = &mut asked => return Err(ended.unwrap_or_else(|error| error.to_string())),
            () = tokio::time::sleep(TAKEN + READY) => {
                return Err(format!("no session was opened within {} s", READY.as_secs()));
            }
        };
        let known = self.known.clone();
        let host = self.host.clone();
        let on_lost = move |worker: &str, why: &str| {
            known.lost().push(worker.to_string());
            host.progress(&format!("- worker {worker} lost a session of a role: {why}\n"));
        };
        let shared = Shared::new(
            id,
            worker,
            queue,
            self.workspace.clone(),
            slot,
            wish.default.clone().unwrap_or_default(),
            wish.role.writes(),
            self.hooks.clone(),
            at,
            Box::new(on_lost),
        );
        unwanted.disarm();
        Ok(FarSession::serve(shared, line, asked, stop))
    }

    async fn connected(&self) -> Result<Queue, String> {
        let mut connection = self.connection.lock().await;
        if let Some(queue) = connection.queue.as_ref().filter(|queue| queue.is_connected()) {
            return Ok(queue.clone());
        }
        match Queue::connect(self.settings.clone()).await {
            Ok(queue) => {
                *connection = Connection { queue: Some(queue.clone()), paused_until: None };
                Ok(queue)
            }
            Err(error) => {
                *connection = Connection { queue: None, paused_until: Some(Instant::now() + PAUSE) };
                Err(error.to_string())
            }
        }
    }

    async fn pause(&self) {
        let mut connection = self.connection.lock().await;
        *connection = Connection { queue: None, paused_until: Some(Instant::now() + PAUSE) };
    }

    /// Tells the user something, once.
    pub fn tell(&self, text: &str) {
        let mut told = self.known.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_TOLD && told.insert(text.to_owned()) {
            self.host.progress(&format!("- {text}\n"));
        }
    }
}

impl Known {
    fn lost(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the job into the queue; ends with the reason why nobody has it any more.
fn asked(queue: Queue, job: Job, stop: CancellationToken) -> JoinHandle<String> {
    tokio::spawn(async move {
        let patience = Patience { taken: TAKEN, whole: LONGEST };
        match queue.ask(&job, patience, stop.cancelled(), std::future::pending()).await {
            Ok(answer) => format!("worker {} ended it", answer.worker),
            Err(why) => why.to_string(),
        }
    })
}

/// Waits for the first worker that has the session open, and takes it.
async fn ready_worker(line: &mut Line, id: &str) -> Option<String> {
    loop {
        let said = line.next().await?;
        let Ok(FromWorker { worker, said: what }) = serde_json::from_value(said.body.clone()) else {
            continue;
        };
        if what == ToOwner::Ready && queue::is_worker(&worker) {
            if let Err(error) = said.answer(id, json!({ "taken": true })).await {
                tracing::debug!("{error}");
                continue;
            }
            return Some(worker);
        }
    }
}
