//! What travels through the queue: jobs to workers, reports to owners, and the cards of workers.
//!
//! Plain data for both sides. It must contain durations, not times: the clock of another machine may be
//! wrong.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of these types. A worker returns a job of another version.
pub const VERSION: u32 = 1;

/// A piece of work that an owner asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub version: u32,
    /// What is asked, as a name: the same question has the same key. Letters, digits, `-` and `_`.
    pub key: String,
    /// How often the owner has asked for it before. Answers to another attempt are dropped.
    pub attempt: u32,
    /// The owner, for people.
    pub owner: String,
    /// The work, for people.
    pub what: String,
    /// Only workers with this label take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Workers that must not take it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// What a worker prepares before it looks at the work: one that is ready for it takes the job first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepares: Option<String>,
    /// The packs that it needs, in the order in which they are read.
    #[serde(default)]
    pub packs: Vec<String>,
    /// The owner's description of the work.
    pub body: Value,
}

impl Job {
    /// Its id in the queue: a second message with the same id is dropped by the server.
    pub fn id(&self) -> String {
        format!("{}-{}", self.key, self.attempt)
    }
}

/// A report of a worker on a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub key: String,
    pub attempt: u32,
    /// The worker's name.
    pub worker: String,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The worker has begun.
    Taken,
    /// The worker is still at work.
    Alive,
    /// The worker cannot do the job, which is now free for another worker.
    Returned {
        why: String,
    },
    Done {
        took_ms: u64,
        body: Value,
    },
}

/// What a worker says of itself while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerCard {
    pub name: String,
    /// Its version of opencode-orchestrator.
    pub version: String,
    /// How many jobs it does in parallel.
    pub parallel: u32,
    pub labels: Vec<String>,
    /// The sandbox of its commands, for people.
    pub sandbox: String,
    pub up_ms: u64,
    /// Jobs that it has answered.
    pub answered: u64,
    pub doing: Vec<Doing>,
    /// What its free places are ready for ([`Job::prepares`]).
    #[serde(default)]
    pub ready_for: Vec<String>,
    /// It takes only jobs with one of its labels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_labels: bool,
}

impl WorkerCard {
    /// Whether it takes jobs with this label.
    pub fn takes(&self, label: Option<&str>) -> bool {
        label.map_or(!self.only_labels, |label| self.labels.iter().any(|own| own == label))
    }

    /// How many more jobs it could do now.
    pub fn free(&self) -> usize {
        usize::try_from(self.parallel).unwrap_or(usize::MAX).saturating_sub(self.doing.len())
    }
}

/// A job that a worker does now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doing {
    pub id: String,
    pub what: String,
    pub owner: String,
    pub for_ms: u64,
}
