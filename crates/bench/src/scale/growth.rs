//! Many jobs on many workers in one process: how the time of a job grows with the queue.
//!
//! Jobs only wait. Each worker has its own connection, as worker processes do.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::for_benches::queue::{self, Job, Patience, Queue, Settings, WorkerCard};
use serde_json::json;
use tokio::task::JoinSet;

use super::server::Server;

/// How long every job takes.
pub const WORK: Duration = Duration::from_millis(500);
const WAIT: Duration = Duration::from_secs(20 * 60);

/// What was measured with a number of jobs.
#[derive(Clone, Copy, Debug)]
pub struct Grown {
    pub jobs: usize,
    pub took: Duration,
    /// The time of the workers beside the jobs' own, for each job.
    pub overhead: Duration,
    pub bytes_a_job: u64,
}

/// Asks for all `jobs` at once, and waits until the workers have answered them.
pub async fn grow(server: &Server, jobs: usize, workers: usize) -> Result<Grown, String> {
    let namespace = format!("grow-{jobs}");
    let connect = || {
        let settings = Settings {
            url: server.url(),
            credentials: None,
            namespace: namespace.clone(),
            lease: Settings::LEASE,
        };
        async { Queue::connect(settings).await.map_err(|error| error.to_string()) }
    };
    let owner = Arc::new(connect().await?);
    let mut serving = JoinSet::new();
    for n in 0..workers {
        let (queue, name) = (connect().await?, format!("worker-{n}"));
        queue.announce(&card(&name)).await.map_err(|error| error.to_string())?;
        serving.spawn(serve(queue, name));
    }
    let before = server.bytes()?;
    let started = Instant::now();
    let mut asked = JoinSet::new();
    for n in 0..jobs {
        let owner = owner.clone();
        asked.spawn(async move {
            let patience = Patience { taken: WAIT, whole: WAIT };
            owner.ask(&job(n), patience, pending(), pending()).await.map_err(|error| error.to_string())
        });
    }
    while let Some(answer) = asked.join_next().await {
        answer.map_err(|error| error.to_string())??;
    }
    let took = started.elapsed();
    serving.shutdown().await;
    let bytes_a_job = (server.bytes()? - before) / jobs.max(1) as u64;
    let overhead = (took.mul_f64(workers as f64 / jobs.max(1) as f64)).saturating_sub(WORK);
    Ok(Grown { jobs, took, overhead, bytes_a_job })
}

async fn serve(queue: Queue, name: String) {
    let mut shown = Instant::now();
    loop {
        if shown.elapsed() > Settings::LEASE / 4 {
            shown = Instant::now();
            // A worker that is not listed for a moment still works
            let _ = queue.announce(&card(&name)).await;
        }
        if let Ok(Some(lease)) = queue.next(&name, &[], None, Duration::from_secs(2)).await {
            tokio::time::sleep(WORK).await;
            // Without an answer the job is delivered again, and the measurement takes longer
            let _ = lease.answer(json!({})).await;
        }
    }
}

fn job(n: usize) -> Job {
    Job {
        version: queue::VERSION,
        key: format!("job-{n}"),
        attempt: 0,
        owner: "measured".into(),
        what: "wait".into(),
        label: None,
        without: Vec::new(),
        prepares: None,
        packs: Vec::new(),
        body: json!({ "n": n }),
    }
}

fn card(name: &str) -> WorkerCard {
    WorkerCard {
        name: name.into(),
        version: String::new(),
        parallel: 1,
        labels: Vec::new(),
        sandbox: String::new(),
        up_ms: 0,
        answered: 0,
        doing: Vec::new(),
        ready_for: Vec::new(),
        only_labels: false,
    }
}
