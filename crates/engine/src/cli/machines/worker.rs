//! `worker`: takes jobs from a queue and does them on this machine until it is ended.
//!
//! `bay` computes the verdicts; no project and no checkout is needed. It must run commands only in the
//! sandbox of the user who starts it; without a sandbox it starts only if that user's settings say so. It
//! prints progress as it happens, so the command has no answer of its own until it fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use queue::{Doing, Job, Lease, Queue, WorkerCard, is_name};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use super::{Where, ms};
use crate::bench::dispatch::bay::Bay;
use crate::bench::dispatch::machine;
use crate::blocking::blocking;
use crate::clock::{Clock, SystemClock};
use crate::config::queue_of_run;
use crate::config::roles_of_worker::{self, RolesOfWorker};
use crate::text::{duration, visible};

/// How long one request for a job waits at the server.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the signals are looked at, and how long leaving may take at the server.
const LOOK: Duration = Duration::from_millis(100);
const FAREWELL: Duration = Duration::from_secs(3);
/// The pause after the server could not be reached.
const PAUSE: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// How many jobs it does in parallel.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    parallel: u32,
    /// How many roles of missions work here at once, in an OpenCode of your own with its models and keys.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    roles: Option<u32>,
    /// Print how the OpenCode for roles is started, for the program that does it.
    #[arg(long, hide = true)]
    plan: bool,
    /// What this machine has, such as linux,gpu: it also takes jobs for these labels.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    labels: Vec<String>,
    /// Its name in lists; the machine's name and the process number without it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// After how many seconds a job of a worker that died goes to another. The first owner or worker of a namespace decides.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease: u64,
    /// Print what happens as JSON, a line for each thing.
    #[arg(long)]
    json: bool,
}

/// What all bays of a worker share.
struct Shared {
    queue: Queue,
    name: String,
    labels: Vec<String>,
    parallel: u32,
    sandbox: String,
    json: bool,
    started: Instant,
    answered: AtomicU64,
    doing: Mutex<BTreeMap<String, (Job, Instant)>>,
    /// What each free bay is ready for, by the bay's number.
    ready: Mutex<BTreeMap<usize, String>>,
    /// The user ends the worker.
    leaving: CancellationToken,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let (config, mut settings) = args.at.settings(place)?;
    settings.lease = Duration::from_secs(args.lease);
    for label in &args.labels {
        if !is_name(label) {
            let why = queue::QueueError::Label(label.clone());
            return Err(CommandFailure::Usage(why.to_string()));
        }
    }
    let name = args.name.clone().unwrap_or_else(|| format!("{}-{}", machine(), std::process::id()));
    if !queue::is_worker(&name) {
        return Err(CommandFailure::Usage(format!(
            "`--name {name}` cannot be used\nhint: use 1 to 64 letters, digits, `-` or `_`"
        )));
    }
    if args.plan {
        return plan(args, name, settings, place);
    }
    let sandbox = config.sandbox.settings();
    let level = sandbox.level().map_err(CommandFailure::problem)?;
    if level == checks::Level::None && sandbox.require.is_none() {
        return Err(CommandFailure::Problem(
            "this machine has no sandbox, and a worker runs commands of other machines\nhint: install bubblewrap, or set `[sandbox] require = \"none\"` in your own opencode.toml"
                .into(),
        ));
    }
    let server = settings.server();
    let queue = Queue::connect(settings).await.map_err(CommandFailure::problem)?;
    let mut bays = Vec::new();
    for _ in 0..args.parallel {
        let (data_home, config, now) = (place.data_home.clone(), config.clone(), place.now_ms());
        bays.push(
            blocking(move || Bay::open(&data_home, config, now)).await.map_err(CommandFailure::Problem)?,
        );
    }
    let shared = Arc::new(Shared {
        queue,
        name,
        labels: args.labels.clone(),
        parallel: args.parallel,
        sandbox: level.name().to_owned(),
        json: args.json,
        started: Instant::now(),
        answered: AtomicU64::new(0),
        doing: Mutex::default(),
        ready: Mutex::default(),
        leaving: leaving().map_err(CommandFailure::problem)?,
    });
    shared.announce().await.map_err(CommandFailure::problem)?;
    let Shared { name, parallel, sandbox, .. } = shared.as_ref();
    let at_once = if *parallel == 1 { String::new() } else { format!(", {parallel} in parallel") };
    shared.tell(
        "ready",
        &format!("worker {name} waits for jobs of {server}{at_once}; sandbox {sandbox}"),
        json!({ "queue": server, "parallel": parallel, "sandbox": sandbox }),
    );
    let mut work = JoinSet::new();
    for (n, bay) in bays.into_iter().enumerate() {
        work.spawn(serve(shared.clone(), n, bay));
    }
    let card = tokio::spawn(show(shared.clone()));
    // A loop ends when the user ends the worker, or if it panics
    let mut broke = None;
    while let Some(ended) = work.join_next().await {
        if let Err(error) = ended {
            broke = Some(error.to_string());
            shared.leaving.cancel();
        }
    }
    card.abort();
    if let Ok(Err(error)) = tokio::time::timeout(FAREWELL, shared.queue.leave(&shared.name)).await {
        tracing::debug!("{error}");
    }
    match broke {
        Some(why) => Err(CommandFailure::Problem(format!("worker {} stops: {why}", shared.name))),
        None => {
            shared.tell("left", &format!("worker {} ends", shared.name), json!({}));
            Ok(CommandAnswer::done(String::new()))
        }
    }
}

/// How the program starts the OpenCode in which roles work: an empty folder, a variable and what is typed.
fn plan(
    args: &Arguments,
    name: String,
    settings: queue::Settings,
    place: &Place,
) -> Result<CommandAnswer, CommandFailure> {
    let roles = RolesOfWorker {
        url: settings.url,
        credentials: settings.credentials,
        namespace: settings.namespace,
        lease_ms: ms(settings.lease),
        name: roles_name(&name)?,
        roles: args.roles.unwrap_or(1),
        labels: args.labels.clone(),
        started_by: std::process::id(),
        json: args.json,
    };
    let unique = format!("{:016x}{:016x}", SystemClock.unique(), SystemClock.unique());
    let file = queue_of_run::write(&place.data_home, &unique, &roles).map_err(CommandFailure::Problem)?;
    let folder = place.data_home.join("opencode-orchestrator").join("workers").join("roles");
    std::fs::create_dir_all(&folder).map_err(CommandFailure::problem)?;
    CommandAnswer::json(&json!({
        "variable": roles_of_worker::VARIABLE,
        "name": unique,
        "file": file,
        "directory": folder,
        "typed": "work for other machines",
    }))
}

/// The name of the worker that has roles, beside the one that runs checks.
fn roles_name(name: &str) -> Result<String, CommandFailure> {
    let roles = format!("{name}-roles");
    match queue::is_worker(&roles) {
        true => Ok(roles),
        false => Err(CommandFailure::Usage(format!(
            "`--name {name}` is too long for a worker with roles\nhint: use at most 58 characters"
        ))),
    }
}

/// Cancelled by the first Ctrl-C or SIGTERM; the second one ends the process at once.
fn leaving() -> std::io::Result<CancellationToken> {
    let (leaving, asked) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: the first signal only sets the flag
        signal_hook::flag::register_conditional_default(signal, asked.clone())?;
        signal_hook::flag::register(signal, asked.clone())?;
    }
    let token = leaving.clone();
    tokio::spawn(async move {
        while !asked.load(Ordering::Relaxed) {
            tokio::time::sleep(LOOK).await;
        }
        token.cancel();
    });
    Ok(leaving)
}

/// Keeps the worker's card in the list.
async fn show(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.queue.settings().lease / 4).await;
        shared.announce_now().await;
    }
}

/// Does one job after the other in a bay.
async fn serve(shared: Arc<Shared>, n: usize, mut bay: Bay) {
    let mut reachable = true;
    while !shared.leaving.is_cancelled() {
        let next = tokio::select! {
            // A job that is on its way here goes to another worker when its lease ends
            () = shared.leaving.cancelled() => return,
            next = shared.queue.next(&shared.name, &shared.labels, bay.ready_for(), PATIENCE) => next,
        };
        match next {
            Ok(lease) => {
                reachable = true;
                if let Some(lease) = lease {
                    shared.ready().remove(&n);
                    shared.work(&mut bay, lease).await;
                    shared.ready().extend(bay.ready_for().map(|ready| (n, ready.to_owned())));
                    shared.announce_now().await;
                }
            }
            Err(error) => {
                if std::mem::take(&mut reachable) {
                    shared.tell(
                        "unreachable",
                        &format!("{error}; trying again"),
                        json!({ "why": error.to_string() }),
                    );
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Shared {
    async fn work(&self, bay: &mut Bay, lease: Lease) {
        let (job, started) = (lease.job.clone(), Instant::now());
        let about = |more: Value| {
            let mut value = json!({ "job": job.id(), "what": job.what, "owner": job.owner });
            if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
                value.extend(more);
            }
            value
        };
        self.doing().insert(job.id(), (job.clone(), started));
        self.tell("taken", &format!("{} for {}", job.what, job.owner), about(json!({})));
        self.announce_now().await;
        let stop = bay.stop();
        let done = tokio::select! {
            done = bay.run(&job, &self.queue) => done,
            () = self.leaving.cancelled() => {
                stop.cancel();
                Err("the worker ends".into())
            }
        };
        self.doing().remove(&job.id());
        let took = started.elapsed();
        let sent = match done {
            Ok(answer) => {
                let sent = lease.answer(json!(answer)).await;
                if sent.is_ok() {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    let text = format!("{}: answered after {}", job.what, duration(ms(took)));
                    self.tell("answered", &text, about(json!({ "took_ms": ms(took) })));
                }
                sent
            }
            Err(why) => {
                self.tell(
                    "returned",
                    &format!("{}: returned, {why}", job.what),
                    about(json!({ "why": why })),
                );
                lease.give_back(why).await
            }
        };
        if let Err(error) = sent {
            let text = format!("{}: {error}; the job goes to another worker", job.what);
            self.tell("lost", &text, about(json!({ "why": error.to_string() })));
        }
    }

    async fn announce_now(&self) {
        if let Err(error) = self.announce().await {
            tracing::debug!("{error}");
        }
    }

    async fn announce(&self) -> Result<(), queue::QueueError> {
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
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            parallel: self.parallel,
            labels: self.labels.clone(),
            sandbox: self.sandbox.clone(),
            up_ms: ms(self.started.elapsed()),
            answered: self.answered.load(Ordering::Relaxed),
            doing,
            ready_for: self.ready().values().cloned().collect(),
            only_labels: false,
        };
        self.queue.announce(&card).await
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Job, Instant)>> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, String>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints what happened.
    fn tell(&self, event: &str, text: &str, mut value: Value) {
        value["event"] = event.into();
        value["worker"] = self.name.clone().into();
        let line = if self.json { value.to_string() } else { visible(text).into_owned() };
        // A reader that is gone is no reason to stop working
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}
