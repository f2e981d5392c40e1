//! An owner's side: asks for a job and waits for its answer, as long as workers give signs of life.
//!
//! It decides nothing about the answer. Without one it takes the job out of the queue and says why, so that the owner
//! can do the work itself.

use std::future::Future;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::traits::Publisher;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt;
use serde_json::Value;

use crate::connection::{Queue, QueueError, failed, is_worker};
use crate::fence::Fence;
use crate::message::{Event, Job, Report};

/// How long an owner waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a worker to take the job.
    pub taken: Duration,
    /// For the answer, in all.
    pub whole: Duration,
}

/// The answer of a worker: a claim, which the owner has to check.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub worker: String,
    pub took_ms: u64,
    pub body: Value,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("no worker runs{}", label.as_ref().map_or(String::new(), |label| format!(" with the label `{label}`")))]
    NoWorker { label: Option<String> },
    #[error("no worker took it within {} s", .0.as_secs())]
    NotTaken(Duration),
    #[error("{}", .0.iter().map(|(worker, why)| format!("worker {worker} returned it: {why}")).collect::<Vec<_>>().join("; "))]
    Returned(Vec<(String, String)>),
    #[error("worker {worker} was not heard of for {} s, and no other took it", silence.as_secs())]
    Lost { worker: String, silence: Duration },
    #[error("there was no answer within {} s", .0.as_secs())]
    TooLong(Duration),
    #[error("it was cancelled")]
    Cancelled,
    #[error("no worker was free for it before")]
    Instead,
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// How often a waiting owner checks its limits.
const LOOK: Duration = Duration::from_millis(500);
/// After this many checks the owner reads the newest report from the server, as it may have missed one.
const MISSED: u32 = 10;
/// How long taking a job out of the queue may take.
const REMOVAL: Duration = Duration::from_secs(1);
/// After so many workers have returned a job, it is not offered any longer.
const MAX_RETURNED: usize = 20;
/// The last attempt of a job whose earlier ones were taken out of the queue.
const MAX_ATTEMPT: u32 = 1000;
/// The longest reason that is kept, in bytes.
const MAX_REASON: usize = 500;

impl Queue {
    /// Asks for a job and waits for its answer. `cancel` ends the wait at once, whatever the server does; `instead` ends
    /// it as long as no worker has the job. If an owner
    /// asked the same before, its stored answer counts, and a job that is still in the queue is not asked for twice. If
    /// that job was taken out of the queue, the next attempt is asked for.
    pub async fn ask(
        &self,
        job: &Job,
        patience: Patience,
        cancel: impl Future<Output = ()>,
        instead: impl Future<Output = ()>,
    ) -> Result<Answer, NoAnswer> {
        let mut sequence = None;
        let end = tokio::select! {
            biased;
            () = cancel => Err(NoAnswer::Cancelled),
            end = self.answer(job, patience, instead, &mut sequence) => end,
        };
        if let (Err(_), Some(sequence)) = (&end, sequence) {
            // Nobody will read the answer. If the removal fails, the job expires at the server
            let _ = tokio::time::timeout(REMOVAL, self.jobs.delete_message(sequence)).await;
        }
        end
    }

    /// Puts the job into the queue as `sequence`, and waits for its answer.
    async fn answer(
        &self,
        job: &Job,
        patience: Patience,
        instead: impl Future<Output = ()>,
        sequence: &mut Option<u64>,
    ) -> Result<Answer, NoAnswer> {
        if self.able(job).await?.is_empty() {
            return Err(NoAnswer::NoWorker { label: job.label.clone() });
        }
        let mut job = job.clone();
        let (subject, mut reports) = loop {
            let subject = self.report_subject(&job.id());
            let reports =
                self.client.subscribe(subject.clone()).await.map_err(failed("listen for reports"))?;
            if let Some(answer) = self.stored(&subject, &job).await {
                return Ok(answer);
            }
            let sent = self.publish(&job).await?;
            // The server drops a message whose id it knows, whether or not that message is still in the queue
            let is_there = !sent.duplicate || self.jobs.get_raw_message(sent.sequence).await.is_ok();
            if is_there || job.attempt >= MAX_ATTEMPT {
                *sequence = Some(sent.sequence);
                break (subject, reports);
            }
            // It may have been answered between the two looks
            if let Some(answer) = self.stored(&subject, &job).await {
                return Ok(answer);
            }
            job.attempt += 1;
        };
        let job = &job;
        let mut wait = Wait::new(self, job, patience);
        let (mut looks, mut seen) = (0, 0);
        let mut look = tokio::time::interval(LOOK);
        tokio::pin!(instead);
        loop {
            let report = tokio::select! {
                () = &mut instead, if wait.with.is_none() => return Err(NoAnswer::Instead),
                // A subscription that has ended must not turn this loop into a busy one
                Some(message) = reports.next() => Some(message.payload),
                _ = look.tick() => {
                    looks += 1;
                    if let Some(why) = wait.over() {
                        return Err(why);
                    }
                    if looks % MISSED != 0 {
                        continue;
                    }
                    let last = self.reports.get_last_raw_message_by_subject(&subject).await;
                    // The same report again is no sign of life
                    let new = last.ok().filter(|last| std::mem::replace(&mut seen, last.sequence) != last.sequence);
                    new.map(|message| message.payload)
                }
            };
            let report = report.and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
            let report = report.filter(|report| is_worker(&report.worker));
            let Some((worker, event)) = report.and_then(|report| wait.fence.take(report)) else { continue };
            if let Some(end) = wait.heard(worker, event).await? {
                return end;
            }
        }
    }

    /// The answer to this attempt that the server has already, if any.
    async fn stored(&self, subject: &str, job: &Job) -> Option<Answer> {
        let last = self.reports.get_last_raw_message_by_subject(subject).await.ok()?;
        let report = serde_json::from_slice::<Report>(&last.payload).ok()?;
        match Fence::new(&job.key, job.attempt).take(report).filter(|(worker, _)| is_worker(worker))? {
            (worker, Event::Done { took_ms, body }) => Some(Answer { worker, took_ms, body }),
            _ => None,
        }
    }

    async fn publish(&self, job: &Job) -> Result<PublishAck, QueueError> {
        let text = serde_json::to_vec(job).map_err(failed("write a job"))?;
        let limit = self.client.server_info().max_payload;
        if text.len() > limit {
            return Err(QueueError::TooLarge { what: "a job", size: text.len(), limit });
        }
        let message = PublishMessage::build().payload(text.into()).message_id(job.id());
        let message = message.outbound_message(self.job_subject(job.label.as_deref()));
        let sent = self.context.publish_message(message).await.map_err(failed("put a job into the queue"))?;
        sent.await.map_err(failed("put a job into the queue"))
    }
}

/// A worker's reason as one short line, because it is shown among the owner's own.
fn one_line(why: &str) -> String {
    let mut line = why.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(MAX_REASON));
    line
}

/// What an owner knows while it waits.
struct Wait<'a> {
    queue: &'a Queue,
    job: &'a Job,
    fence: Fence,
    patience: Patience,
    asked: Instant,
    /// The worker that has the job, and when it was last heard of.
    with: Option<(String, Instant)>,
    /// When the job was last free for any worker.
    free_since: Instant,
    returned: Vec<(String, String)>,
}

impl Wait<'_> {
    fn new<'a>(queue: &'a Queue, job: &'a Job, patience: Patience) -> Wait<'a> {
        let now = Instant::now();
        Wait {
            queue,
            job,
            fence: Fence::new(&job.key, job.attempt),
            patience,
            asked: now,
            with: None,
            free_since: now,
            returned: Vec::new(),
        }
    }

    /// Takes in a report. Returns the end of the wait if the report ends it.
    async fn heard(
        &mut self,
        worker: String,
        event: Event,
    ) -> Result<Option<Result<Answer, NoAnswer>>, NoAnswer> {
        match event {
            Event::Taken | Event::Alive => self.with = Some((worker, Instant::now())),
            Event::Done { took_ms, body } => return Ok(Some(Ok(Answer { worker, took_ms, body }))),
            Event::Returned { why } => {
                (self.with, self.free_since) = (None, Instant::now());
                self.returned.push((worker, one_line(&why)));
                if self.returned.len() >= MAX_RETURNED {
                    return Ok(Some(Err(NoAnswer::Returned(std::mem::take(&mut self.returned)))));
                }
                let able = self.queue.able(self.job).await?;
                if able.iter().all(|name| self.fence.returned().contains(name)) {
                    return Ok(Some(Err(NoAnswer::Returned(std::mem::take(&mut self.returned)))));
                }
            }
        }
        Ok(None)
    }

    /// Why the owner must stop waiting, if it must.
    fn over(&mut self) -> Option<NoAnswer> {
        // A lost worker's lease has to end before another can take the job
        let silence = self.queue.settings.lease * 2 + self.patience.taken;
        match &self.with {
            _ if self.asked.elapsed() > self.patience.whole => Some(NoAnswer::TooLong(self.patience.whole)),
            Some((worker, heard)) if heard.elapsed() > silence => {
                Some(NoAnswer::Lost { worker: worker.clone(), silence })
            }
            None if self.free_since.elapsed() > self.patience.taken => {
                Some(match std::mem::take(&mut self.returned) {
                    returned if returned.is_empty() => NoAnswer::NotTaken(self.patience.taken),
                    returned => NoAnswer::Returned(returned),
                })
            }
            _ => None,
        }
    }
}
