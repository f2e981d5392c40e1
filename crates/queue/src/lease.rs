//! A worker's side: takes a job, keeps it while it works, and answers it or returns it.
//!
//! The message is acknowledged only when the answer is stored. Until then signs of life extend the lease; if they stop,
//! the server delivers the job to another worker.

use std::time::{Duration, Instant};

use async_nats::jetstream::message::{AckKind, PublishMessage};
use async_nats::jetstream::{self, context::traits::Publisher};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::connection::{Queue, QueueError, failed};
use crate::message::{Event, Job, Report, VERSION, WorkerCard};

/// The largest report, in bytes: servers refuse messages of more than 1 MB.
const MAX_REPORT: usize = 900 << 10;
/// How long a returned job waits before another worker can take it.
const RETURNED_FOR: Duration = Duration::from_secs(1);

/// How often a job is left to a place that is ready for it, and for how long each time.
const YIELDS: i64 = 2;
const YIELDED_FOR: Duration = Duration::from_millis(200);

/// A job that this worker does. Dropped without an answer, it is delivered again when the lease ends.
#[derive(Debug)]
pub struct Lease {
    pub job: Job,
    worker: String,
    queue: Queue,
    message: jetstream::Message,
    started: Instant,
    keeper: JoinHandle<()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Queue {
    /// Waits up to `wait` for a job without a label or with one of `labels`. `ready_for`: what the caller has prepared;
    /// it leaves a job that needs something else to a free place that is ready for it, for a moment.
    pub async fn next(
        &self,
        worker: &str,
        labels: &[String],
        ready_for: Option<&str>,
        wait: Duration,
    ) -> Result<Option<Lease>, QueueError> {
        let lanes: Vec<Option<&str>> =
            std::iter::once(None).chain(labels.iter().map(|label| Some(label.as_str()))).collect();
        self.next_of(worker, &lanes, ready_for, wait).await
    }

    /// The same for a worker that takes only jobs with one of `labels`.
    pub async fn next_labelled(
        &self,
        worker: &str,
        labels: &[String],
        wait: Duration,
    ) -> Result<Option<Lease>, QueueError> {
        let lanes: Vec<Option<&str>> = labels.iter().map(|label| Some(label.as_str())).collect();
        self.next_of(worker, &lanes, None, wait).await
    }

    async fn next_of(
        &self,
        worker: &str,
        lanes: &[Option<&str>],
        ready_for: Option<&str>,
        wait: Duration,
    ) -> Result<Option<Lease>, QueueError> {
        let each = wait.checked_div(u32::try_from(lanes.len()).unwrap_or(1)).unwrap_or(wait);
        for &label in lanes {
            let consumer = self.consumer(label).await?;
            let fetch = consumer.fetch().max_messages(1).expires(each.max(Duration::from_millis(200)));
            let mut fetched = fetch.messages().await.map_err(failed("ask for a job"))?;
            // The server ends the request itself; the limit is for a server that is gone
            let limit = each + Duration::from_secs(5);
            let Ok(Some(message)) = tokio::time::timeout(limit, fetched.next()).await else { continue };
            let message = message.map_err(failed("take a job"))?;
            if let Some(lease) = self.lease(worker, ready_for, message).await? {
                return Ok(Some(lease));
            }
        }
        Ok(None)
    }

    /// The lease of a message; `None` if this version does not understand the job.
    async fn lease(
        &self,
        worker: &str,
        ready_for: Option<&str>,
        message: jetstream::Message,
    ) -> Result<Option<Lease>, QueueError> {
        let job = serde_json::from_slice::<Job>(&message.payload).ok().filter(|job| job.version == VERSION);
        let Some(job) = job else {
            tracing::warn!("a job of another version was returned");
            let nak = AckKind::Nak(Some(self.settings.lease));
            message.ack_with(nak).await.map_err(failed("return a job"))?;
            return Ok(None);
        };
        if self.has_returned(worker, &job.id()) || job.without.iter().any(|name| name == worker) {
            // It would only be returned again: it waits for a worker that is busy now
            let nak = AckKind::Nak(Some(self.settings.lease / 3));
            message.ack_with(nak).await.map_err(failed("return a job"))?;
            return Ok(None);
        }
        if let Some(prepares) = job.prepares.as_deref().filter(|prepares| ready_for != Some(*prepares))
            && message.info().is_ok_and(|info| info.delivered <= YIELDS)
            && self.others_are_ready(&job, prepares).await
        {
            message
                .ack_with(AckKind::Nak(Some(YIELDED_FOR)))
                .await
                .map_err(failed("leave a job to others"))?;
            // Otherwise the same caller would get it again
            tokio::time::sleep(YIELDED_FOR * 2).await;
            return Ok(None);
        }
        let keeper = tokio::spawn(keep(self.clone(), worker.to_string(), job.clone(), message.clone()));
        let (worker, queue) = (worker.to_string(), self.clone());
        let lease = Lease { job, worker, queue, message, started: Instant::now(), keeper };
        lease.report(Event::Taken, None).await?;
        Ok(Some(lease))
    }
}

impl Queue {
    /// Whether a worker that takes this job has a free place that is ready for it.
    async fn others_are_ready(&self, job: &Job, prepares: &str) -> bool {
        let fits = |card: &WorkerCard| {
            card.takes(job.label.as_deref())
                && card.free() > 0
                && card.ready_for.iter().any(|ready| ready == prepares)
                && !self.has_returned(&card.name, &job.id())
        };
        self.recent().await.is_ok_and(|cards| cards.iter().any(fits))
    }
}

/// Sends signs of life until the lease is dropped.
async fn keep(queue: Queue, worker: String, job: Job, message: jetstream::Message) {
    let subject = queue.report_subject(&job.id());
    let report = Report { key: job.key, attempt: job.attempt, worker, event: Event::Alive };
    let text = serde_json::to_vec(&report).unwrap_or_default();
    loop {
        tokio::time::sleep(queue.settings.lease / 3).await;
        // A failed sign is not an error: the next one may arrive, and without any the lease ends
        let _ = message.ack_with(AckKind::Progress).await;
        let _ = queue.client.publish(subject.clone(), text.clone().into()).await;
    }
}

impl Lease {
    /// Answers the job. An answer that is too large for the server returns the job.
    pub async fn answer(self, body: Value) -> Result<(), QueueError> {
        let took_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let id = format!("{}-done", self.job.id());
        match self.report(Event::Done { took_ms, body }, Some(&id)).await {
            Err(QueueError::TooLarge { what, size, limit }) => {
                let why = format!("{what} has {size} bytes, and {limit} is the most");
                self.give_back(why).await?;
                return Err(QueueError::TooLarge { what, size, limit });
            }
            stored => stored?,
        }
        self.message.double_ack().await.map_err(failed("finish a job"))
    }

    /// Returns the job for another worker.
    pub async fn give_back(&self, why: String) -> Result<(), QueueError> {
        self.queue.remember_returned(&self.worker, &self.job.id());
        self.report(Event::Returned { why }, None).await?;
        let nak = AckKind::Nak(Some(RETURNED_FOR));
        self.message.ack_with(nak).await.map_err(failed("return a job"))
    }

    async fn report(&self, event: Event, id: Option<&str>) -> Result<(), QueueError> {
        let Job { key, attempt, .. } = &self.job;
        let report = Report { key: key.clone(), attempt: *attempt, worker: self.worker.clone(), event };
        let text = serde_json::to_vec(&report).map_err(failed("write a report"))?;
        if text.len() > MAX_REPORT {
            return Err(QueueError::TooLarge { what: "the answer", size: text.len(), limit: MAX_REPORT });
        }
        let mut message = PublishMessage::build().payload(text.into());
        if let Some(id) = id {
            message = message.message_id(id);
        }
        let message = message.outbound_message(self.queue.report_subject(&self.job.id()));
        let sent = self.queue.context.publish_message(message).await.map_err(failed("send a report"))?;
        sent.await.map_err(failed("send a report"))?;
        Ok(())
    }
}
