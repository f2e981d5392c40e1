//! The owner's side: asks a worker for the outcomes of a change's checks, if a queue is configured.
//!
//! A worker's answer is a claim. The owner must compare it with its own base, and `[dispatch] trust` says
//! whether a claim may decide what is delivered. Without an answer the checks run here, and the user is told
//! each reason once. If the workers report that all their places are busy, and this machine has a free one, a change
//! is checked here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use checks::{Check, Outcome, Verdict};
use queue::{Answer, Job, NoAnswer, Patience, Queue};
use serde_json::json;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::bench::Bench;
use crate::bench::dispatch::verdict_job::{Lone, VerdictAnswer, VerdictJob};
use crate::bench::slots::CHECKING;
use crate::blocking::blocking;
use crate::config::{Config, DispatchTrust};
use crate::text::duration;

/// How long the owner waits for a worker to take a change before it checks the change itself.
const TAKEN: Duration = Duration::from_secs(15);
/// The longest wait for an answer, and the time that the owner allows for everything but the checks.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);
const BESIDE_CHECKS: Duration = Duration::from_secs(10 * 60);
/// How often each check may run at the worker: on the base, on the change, and again if it fails, each after a set-up.
const RUNS: u32 = 4;
/// After a server could not be used, the owner does not try it again for this long.
const PAUSE: Duration = Duration::from_secs(60);
/// So many false alarms make a worker's answers unusable. One alone may come from a flaky test.
const FALSE_ALARMS: u32 = 2;
/// The most questions whose attempts are counted, and the most reasons that are told.
const MAX_KNOWN: usize = 1000;

pub(crate) struct Dispatch {
    settings: Option<queue::Settings>,
    trust: DispatchTrust,
    label: Option<String>,
    connection: AsyncMutex<Connection>,
    attempts: Mutex<HashMap<String, u32>>,
    told: Mutex<BTreeSet<String>>,
    /// How often a test failed at a worker and passed here, by worker.
    false_alarms: Mutex<BTreeMap<String, u32>>,
    /// Changes that this machine checks while workers check others.
    here: Arc<Semaphore>,
    placing: AsyncMutex<()>,
    /// How many questions of this mission are with workers.
    asked: AtomicU64,
}

#[derive(Default)]
struct Connection {
    queue: Option<Queue>,
    paused_until: Option<Instant>,
}

/// What a worker is asked about.
pub(crate) struct Question<'a> {
    pub base: &'a str,
    pub tree: &'a str,
    /// The folder that contains the tree.
    pub folder: &'a Path,
    pub checks: &'a [Check],
    pub on_base: BTreeMap<String, Arc<Outcome>>,
    pub keeps_tests: bool,
}

/// A worker's outcomes, by check; empty if there is no answer.
#[derive(Default)]
pub(crate) struct Claims {
    worker: String,
    outcomes: BTreeMap<String, Outcome>,
    /// Kept while the change is checked here instead, so that only as many are as this machine has room for.
    _here: Option<OwnedSemaphorePermit>,
}

impl Claims {
    pub fn of(&self, check: &Check) -> Option<Outcome> {
        self.outcomes.get(&check.name).cloned()
    }

    /// The worker that answered.
    pub fn worker(&self) -> &str {
        &self.worker
    }
}

/// Counts a question as long as it is with the workers.
struct Asked<'a>(&'a AtomicU64);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Dispatch {
    pub fn new(config: &Config) -> Dispatch {
        Dispatch {
            settings: config.dispatch.settings(),
            trust: config.dispatch.trust,
            label: config.dispatch.label().map(str::to_owned),
            connection: AsyncMutex::default(),
            attempts: Mutex::default(),
            told: Mutex::default(),
            false_alarms: Mutex::default(),
            here: Arc::new(Semaphore::new(
                std::thread::available_parallelism().map_or(2, usize::from).max(2),
            )),
            placing: AsyncMutex::default(),
            asked: AtomicU64::new(0),
        }
    }

    /// For measurements: nothing is checked here.
    pub fn only_by_workers(self) -> Dispatch {
        Dispatch { here: Arc::new(Semaphore::new(0)), ..self }
    }

    /// Whether workers may check what is in this slot. The checking slot contains what is delivered.
    pub fn serves(&self, slot: u32) -> bool {
        self.settings.is_some() && (slot != CHECKING || self.trust == DispatchTrust::Accept)
    }

    /// Asks the workers. Empty if none answers, or if an answer cannot be used.
    pub async fn ask(&self, bench: &Bench, question: Question<'_>) -> Claims {
        let paused_until = self.connection.lock().await.paused_until;
        if paused_until.is_some_and(|until| Instant::now() < until) {
            return Claims::default();
        }
        match self.answer(bench, &question).await {
            Ok(claims) => claims,
            Err(why) => {
                self.tell(bench, &format!("no worker checks this change, so its checks run here: {why}"));
                Claims::default()
            }
        }
    }

    /// Counts the question, unless the workers are busy and this machine is not. Also says whether they are busy.
    async fn place(&self, bench: &Bench, queue: &Queue) -> Result<(Asked<'_>, bool), Claims> {
        // One after the other, so that two changes do not both see the last free place
        let _one = self.placing.lock().await;
        // If the workers cannot be listed, `ask` says why
        let load = queue.load(self.label.as_deref()).await.ok();
        let jobs = |load: &queue::Load| load.jobs.max(self.asked.load(Ordering::Relaxed));
        let busy = load.is_some_and(|load| load.places > 0 && jobs(&load) >= load.places);
        if busy && let Ok(permit) = self.here.clone().try_acquire_owned() {
            self.tell(bench, "the workers are busy and this machine is not, so it checks changes, too");
            return Err(Claims { _here: Some(permit), ..Claims::default() });
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok((Asked(&self.asked), busy))
    }

    /// Connects, and puts there what a worker needs for the job.
    async fn ready(&self, bench: &Bench, question: &Question<'_>) -> Result<(Queue, VerdictJob), String> {
        let queue = self.connected().await?;
        let job = prepare(bench, question).await?;
        if let Err(why) = send_packs(bench, &queue, &job).await {
            self.pause().await;
            return Err(why);
        }
        Ok((queue, job))
    }

    async fn answer(&self, bench: &Bench, question: &Question<'_>) -> Result<Claims, String> {
        if let Some(workers) = bench.commands.workers() {
            let job = prepare(bench, question).await?;
            let message = self.message(question, &job);
            let answer = tokio::select! {
                biased;
                () = bench.cancel.cancelled() => return Ok(Claims::default()),
                answer = workers.ask(&message, question.folder, &question.on_base) => answer,
            };
            return self.claims(bench, question, answer, None).await;
        }
        let (queue, job) = tokio::select! {
            biased;
            () = bench.cancel.cancelled() => return Ok(Claims::default()),
            ready = self.ready(bench, question) => ready?,
        };
        let (_asked, busy) = match self.place(bench, &queue).await {
            Ok(place) => place,
            Err(here) => return Ok(here),
        };
        let limits: Duration = question.checks.iter().map(|check| check.timeout).sum();
        let whole = LONGEST.min(limits.saturating_mul(RUNS) + BESIDE_CHECKS);
        // While all are busy, the job waits until one is free, here or there
        let patience = Patience { taken: if busy { whole } else { TAKEN }, whole };
        let mut here = None;
        let instead = async {
            match busy {
                // The semaphore is never closed
                true => here = self.here.clone().acquire_owned().await.ok(),
                false => std::future::pending().await,
            }
        };
        let message = self.message(question, &job);
        let answer = queue.ask(&message, patience, bench.cancel.cancelled(), instead).await;
        self.claims(bench, question, answer, here).await
    }

    /// The job for the queue.
    fn message(&self, question: &Question<'_>, job: &VerdictJob) -> Job {
        let key = job.key();
        let attempt = self.attempt(&key);
        Job {
            version: queue::VERSION,
            key,
            attempt,
            owner: super::machine(),
            what: format!("checks of {}", &question.tree.get(..12).unwrap_or(question.tree)),
            label: self.label.clone(),
            without: self.wrong(),
            prepares: Some(job.of_base()),
            packs: job.packs().into(),
            body: json!(job),
        }
    }

    /// What an answer claims. `here`: the place on this machine that became free before a worker had the job.
    async fn claims(
        &self,
        bench: &Bench,
        question: &Question<'_>,
        answer: Result<Answer, NoAnswer>,
        here: Option<OwnedSemaphorePermit>,
    ) -> Result<Claims, String> {
        let Answer { worker, took_ms, body } = match answer {
            Ok(answer) => answer,
            Err(NoAnswer::Cancelled) => return Ok(Claims::default()),
            Err(NoAnswer::Instead) => return Ok(Claims { _here: here, ..Claims::default() }),
            Err(why) => {
                // The next question would wait as long for nothing
                if matches!(why, NoAnswer::Queue(_) | NoAnswer::Lost { .. } | NoAnswer::TooLong(_)) {
                    self.pause().await;
                }
                return Err(why.to_string());
            }
        };
        let answer: VerdictAnswer = serde_json::from_value(body)
            .map_err(|error| format!("the answer of worker {worker} cannot be read: {error}"))?;
        if self.wrong().contains(&worker) {
            // It took a job that excludes it
            self.pause().await;
            return Err(format!("worker {worker} was wrong before in this mission"));
        }
        let outcomes = usable(&worker, answer, question)?;
        let checks = crate::text::count(outcomes.len(), "check");
        bench
            .host
            .progress(&format!("- worker {worker} ran {checks} of a change in {}\n", duration(took_ms)));
        Ok(Claims { worker, outcomes, _here: None })
    }

    /// Records that a check failed at the worker and passes here. After the second time the worker's answers are not
    /// used in this mission.
    pub fn contradict(&self, bench: &Bench, claims: &Claims, check: &Check) {
        let Claims { worker, .. } = claims;
        let times = {
            let mut alarms = self.false_alarms.lock().unwrap_or_else(PoisonError::into_inner);
            let times = alarms.entry(worker.clone()).or_default();
            *times += 1;
            *times
        };
        let so = match times >= FALSE_ALARMS {
            true => "again: its answers are not used in this mission any longer",
            false => "the test is flaky, or the machines differ",
        };
        let name = &check.name;
        self.tell(
            bench,
            &format!("`{name}` fails at worker {worker} and passes here on the same tree; {so}"),
        );
    }

    /// The workers whose answers are not used.
    fn wrong(&self) -> Vec<String> {
        let alarms = self.false_alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = alarms.iter().filter(|(_, times)| **times >= FALSE_ALARMS);
        wrong.map(|(worker, _)| worker.clone()).collect()
    }

    async fn connected(&self) -> Result<Queue, String> {
        let settings = self.settings.clone().ok_or("no queue is configured")?;
        let mut connection = self.connection.lock().await;
        if let Some(queue) = connection.queue.as_ref().filter(|queue| queue.is_connected()) {
            return Ok(queue.clone());
        }
        match Queue::connect(settings).await {
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

    /// Counts the question, and returns how often it was asked before.
    fn attempt(&self, key: &str) -> u32 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MAX_KNOWN {
            attempts.clear();
        }
        let next = attempts.entry(key.to_owned()).or_default();
        *next += 1;
        *next - 1
    }

    fn tell(&self, bench: &Bench, text: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_KNOWN && told.insert(text.to_owned()) {
            bench.host.progress(&format!("- {text}\n"));
        }
    }
}

/// Makes the job, with base and change as commits without history.
async fn prepare(bench: &Bench, question: &Question<'_>) -> Result<VerdictJob, String> {
    let (workspace, base, tree) =
        (bench.workspace.clone(), question.base.to_owned(), question.tree.to_owned());
    let commits = blocking(move || Ok((workspace.lone_commit(&base)?, workspace.lone_commit(&tree)?))).await;
    let (base, change): (workspace::Commit, workspace::Commit) =
        commits.map_err(|error: workspace::Error| error.to_string())?;
    let passed = |(name, outcome): (&String, &Arc<Outcome>)| (name.clone(), outcome.end.success());
    Ok(VerdictJob {
        base: Lone::from(base),
        change: Lone::from(change),
        checks: question.checks.to_vec(),
        passed_on_base: question.on_base.iter().map(passed).collect(),
        keeps_tests: question.keeps_tests,
        setup: bench.config.workspace.setup.clone(),
    })
}

/// Sends the packs that the server does not have.
async fn send_packs(bench: &Bench, queue: &Queue, job: &VerdictJob) -> Result<(), String> {
    let (base, change) = (job.base.commit.clone(), job.change.commit.clone());
    for (name, (commit, known)) in job.packs().iter().zip([(&base, None), (&change, Some(&base))]) {
        if queue.has_pack(name).await {
            continue;
        }
        let (workspace, commit, known) = (bench.workspace.clone(), commit.clone(), known.cloned());
        let pack = blocking(move || workspace.pack(&commit, known.as_deref())).await;
        let pack = pack.map_err(|error| error.to_string())?;
        let sent = queue.put_pack(name, &pack).await.map_err(|error| error.to_string())?;
        tracing::debug!("{sent} bytes of {name} were sent");
    }
    Ok(())
}

/// The outcomes of an answer, if it is about this tree and the base's checks ended at the worker as they did
/// here.
fn usable(
    worker: &str,
    answer: VerdictAnswer,
    question: &Question<'_>,
) -> Result<BTreeMap<String, Outcome>, String> {
    if answer.tree != question.tree {
        return Err(format!("worker {worker} answered for another tree"));
    }
    let VerdictAnswer { base, mut change, .. } = answer;
    change.retain(|name, _| question.on_base.contains_key(name));
    for name in change.keys() {
        let (Some(there), Some(here)) = (base.get(name), question.on_base.get(name)) else {
            return Err(format!("worker {worker} did not run `{name}` on the base"));
        };
        let differs = |a: &Outcome, b: &Outcome| matches!(checks::compare(Some(a), b), Verdict::Fail { .. });
        if there.end.success() != here.end.success() || differs(here, there) {
            return Err(format!("`{name}` on the base: {} at worker {worker}, {} here", there.end, here.end));
        }
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use checks::End;

    use super::*;

    fn outcome(code: i32) -> Outcome {
        Outcome { end: End::Exited { code }, ..Outcome::not_started("") }
    }

    fn answer(tree: &str, base: i32, change: &[(&str, i32)]) -> VerdictAnswer {
        VerdictAnswer {
            tree: tree.into(),
            base: BTreeMap::from([("test".to_string(), outcome(base))]),
            change: change.iter().map(|(name, code)| (name.to_string(), outcome(*code))).collect(),
        }
    }

    #[test]
    fn a_claim_counts_only_for_its_tree_and_from_a_machine_like_this_one() {
        let question = Question {
            base: "b",
            tree: "t",
            folder: Path::new(""),
            checks: &[],
            on_base: BTreeMap::from([("test".to_string(), Arc::new(outcome(0)))]),
            keeps_tests: true,
        };
        let usable = |answer| usable("w", answer, &question);
        assert_eq!(usable(answer("t", 0, &[("test", 1), ("other", 0)])).unwrap().len(), 1);
        assert!(usable(answer("x", 0, &[("test", 0)])).unwrap_err().contains("another tree"));
        assert!(usable(answer("t", 1, &[("test", 0)])).unwrap_err().contains("on the base"));
        let without = VerdictAnswer { base: BTreeMap::new(), ..answer("t", 0, &[("test", 0)]) };
        assert!(usable(without).unwrap_err().contains("did not run"));
    }
}
