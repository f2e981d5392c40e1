//! Who works: each worker keeps its card in a bucket whose entries expire.
//!
//! For `ask` and for lists. It must not choose a worker for a job: the server does.

use std::time::{Duration, Instant};

use futures_util::StreamExt;

use crate::connection::{Queue, QueueError, failed};
use crate::message::{Job, WorkerCard};

/// The most workers that are listed.
const MAX_WORKERS: usize = 1000;
/// How old a list may be where it only helps to choose.
const RECENT: Duration = Duration::from_millis(500);
/// How long reading the list may take.
const LIST: Duration = Duration::from_secs(10);

/// What the workers of a label report of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Jobs that they do in parallel.
    pub places: u64,
    /// Jobs of all labels in the queue, with a worker or without.
    pub jobs: u64,
}

impl Queue {
    /// Shows a worker's card for one lease. The worker must call it again before the lease ends.
    pub async fn announce(&self, card: &WorkerCard) -> Result<(), QueueError> {
        let text = serde_json::to_vec(card).map_err(failed("write a card"))?;
        self.workers.put(&card.name, text.into()).await.map_err(failed("announce a worker"))?;
        Ok(())
    }

    /// The workers that announced themselves within one lease, sorted by name.
    pub async fn workers(&self) -> Result<Vec<WorkerCard>, QueueError> {
        let listed = tokio::time::timeout(LIST, self.cards()).await;
        listed.map_err(|_| failed("list the workers")("the server does not answer"))?
    }

    async fn cards(&self) -> Result<Vec<WorkerCard>, QueueError> {
        // The bucket's own list of keys waits for entries that have expired in the meantime
        let prefix = format!("$KV.{}.", self.workers.name);
        let subjects = self.workers.stream.info_with_subjects(format!("{prefix}>")).await;
        let mut subjects = subjects.map_err(failed("list the workers"))?.take(MAX_WORKERS);
        let mut cards = Vec::new();
        while let Some(subject) = subjects.next().await {
            let (subject, _) = subject.map_err(failed("list the workers"))?;
            let Some(name) = subject.strip_prefix(&prefix) else { continue };
            let entry = self.workers.get(name).await.map_err(failed("read a card"))?;
            // A worker that has just left, or that has another version, is left out
            cards.extend(entry.and_then(|bytes| serde_json::from_slice::<WorkerCard>(&bytes).ok()));
        }
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cards)
    }

    /// How many jobs are in the queue, with a worker or without.
    pub async fn waiting(&self) -> Result<u64, QueueError> {
        let info = self.jobs.get_info().await.map_err(failed("look at the queue"))?;
        Ok(info.state.messages)
    }

    /// Takes a worker's card out of the list, when it leaves.
    pub async fn leave(&self, worker: &str) -> Result<(), QueueError> {
        self.workers.delete(worker).await.map_err(failed("take a worker out of the list"))
    }

    /// What the workers of a label can do in parallel, and how much there is to do.
    pub async fn load(&self, label: Option<&str>) -> Result<Load, QueueError> {
        let workers = self.recent().await?;
        let places = workers.iter().filter(|card| card.takes(label)).map(|card| u64::from(card.parallel));
        Ok(Load { places: places.sum(), jobs: self.waiting().await? })
    }

    /// The names of the workers that may take a job.
    pub(crate) async fn able(&self, job: &Job) -> Result<Vec<String>, QueueError> {
        let fits = |card: &WorkerCard| card.takes(job.label.as_deref()) && !job.without.contains(&card.name);
        let names = |cards: Vec<WorkerCard>| -> Vec<String> {
            cards.into_iter().filter(fits).map(|card| card.name).collect()
        };
        match names(self.recent().await?) {
            // One may have come since
            none if none.is_empty() => Ok(names(self.workers().await?)),
            found => Ok(found),
        }
    }

    /// The workers as they were a moment ago: reading each card for every question would take a request each.
    pub(crate) async fn recent(&self) -> Result<Vec<WorkerCard>, QueueError> {
        let mut seen = self.seen.lock().await;
        match seen.as_ref() {
            Some((then, cards)) if then.elapsed() < RECENT => Ok(cards.clone()),
            _ => {
                let cards = self.workers().await?;
                *seen = Some((Instant::now(), cards.clone()));
                Ok(cards)
            }
        }
    }
}
