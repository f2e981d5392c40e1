//! Tasks whose changes are checked by worker processes: the engine's own code from the owner's slot to the answer, and
//! the program's own `worker`.
//!
//! A model's time and the project's check are waits. The first check of each worker, on the base, is included.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::for_benches::Dispatching;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::server::Server;

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub tasks: usize,
    /// How long a model works on a task, and how long its check runs.
    pub model: Duration,
    pub check: Duration,
    /// How many tasks are worked on at once, for each worker.
    pub at_once: usize,
}

/// What was measured with a number of workers.
#[derive(Clone, Debug)]
pub struct Spread {
    pub workers: usize,
    pub took: Duration,
    /// The time of the workers beside the checks, for each task.
    pub overhead: Duration,
    pub bytes_a_task: u64,
    /// How many tasks each worker checked.
    pub share: BTreeMap<String, usize>,
}

/// Worker processes, which end when this is dropped.
struct Workers(Vec<Child>);

impl Drop for Workers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Nothing can be done about a process that does not end
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs all tasks with a server and workers of its own.
pub async fn spread(load: Load, workers: usize) -> Result<Spread, String> {
    let failed = |error: std::io::Error| error.to_string();
    let server = Server::start()?;
    let place = tempfile::Builder::new().prefix("scale-").tempdir().map_err(failed)?;
    let (root, state) = (place.path().join("project"), place.path().join("state"));
    std::fs::create_dir(&root).map_err(failed)?;
    std::fs::write(root.join("check.sh"), format!("sleep {}\n", load.check.as_secs_f64())).map_err(failed)?;
    let settings = format!(
        "[checks]\nauto = false\n[[checks.command]]\nname = \"test\"\nrun = \"sh check.sh\"\n[workspace]\nsetup = \
         \"none\"\ncopy = []\n[dispatch]\nqueue = \"{}\"\n",
        server.url()
    );
    let at_once = load.tasks.min(load.at_once * workers);
    let slots = u32::try_from(at_once).map_err(|error| error.to_string())?;
    let owner = Arc::new(Dispatching::open(&root, &state, &settings, slots).await?);
    let _workers = start(workers, &server.url(), place.path())?;
    let before = server.bytes()?;
    let (started, places) = (Instant::now(), Arc::new(Semaphore::new(at_once)));
    let mut running = JoinSet::new();
    for n in 0..load.tasks {
        let (owner, places) = (owner.clone(), places.clone());
        running.spawn(async move {
            let _place = places.acquire().await.map_err(|error| error.to_string())?;
            tokio::time::sleep(load.model).await;
            owner.check(&format!("task-{n}.txt"), &format!("{n}\n")).await
        });
    }
    let mut share = BTreeMap::new();
    while let Some(worker) = running.join_next().await {
        *share.entry(worker.map_err(|error| error.to_string())??).or_default() += 1;
    }
    let took = started.elapsed();
    let bytes_a_task = (server.bytes()? - before) / load.tasks.max(1) as u64;
    let each = took.mul_f64(workers as f64 / load.tasks.max(1) as f64);
    Ok(Spread { workers, took, overhead: each.saturating_sub(load.check), bytes_a_task, share })
}

/// Starts workers, each with its own home, and waits until they listen.
fn start(workers: usize, url: &str, place: &Path) -> Result<Workers, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut started = Workers(Vec::new());
    for n in 0..workers {
        let name = format!("worker-{n}");
        let home = place.join(&name);
        std::fs::create_dir(&home).map_err(|error| error.to_string())?;
        let child = Command::new(&program)
            .args(["worker", "--queue", url, "--name", &name, "--json"])
            .env("HOME", &home)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("a worker does not start: {error}"))?;
        started.0.push(child);
    }
    for child in &mut started.0 {
        let output = child.stdout.take().ok_or("a worker has no output")?;
        let mut lines = BufReader::new(output).lines();
        let is_ready =
            |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.contains("\"ready\""));
        if lines.find(is_ready).is_none() {
            return Err("a worker ended before it was ready".into());
        }
        // Somebody has to read what it prints
        std::thread::spawn(move || lines.for_each(drop));
    }
    Ok(started)
}

/// Runs the program's `worker` in this process: the arguments are those of the command line.
pub async fn work(args: &[String]) -> Result<(), String> {
    let home = std::env::var("HOME").map_err(|error| error.to_string())?;
    let path = std::env::var("PATH").unwrap_or_default();
    let cwd = std::env::current_dir().map_err(|error| error.to_string())?;
    let request = json!({ "args": args, "cwd": cwd, "env": { "HOME": home, "PATH": path }, "tty": false });
    Err(engine::cli::run(&request.to_string()).await)
}
