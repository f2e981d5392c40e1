//! The connection to the server, and the streams and buckets of a namespace, for the other files of this
//! crate.
//!
//! Owners and workers create what is missing with the same settings, so nobody has to prepare the server. It
//! must not know what a job contains.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::object_store::ObjectStore;
use async_nats::jetstream::stream::{DiscardPolicy, RetentionPolicy, Stream};
use async_nats::jetstream::{Context, context, object_store, stream};
use async_nats::{ConnectOptions, ServerAddr};

use crate::message::WorkerCard;

/// How long one request to the server may take.
const REQUEST: Duration = Duration::from_secs(5);
/// How long the server keeps jobs and reports, and how long it keeps packs.
const JOBS_KEPT: Duration = Duration::from_secs(60 * 60);
const PACKS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the server remembers the ids of messages.
const REMEMBERED: Duration = Duration::from_secs(120);
/// How often a job is delivered: then it waits unused until it expires.
const MAX_DELIVERIES: i64 = 20;
/// The most bytes of jobs, of reports and of packs at the server, which reserves this space at once.
const MAX_STREAM: i64 = 32 << 20;
const MAX_PACKS: i64 = 512 << 20;
/// The bounds of a lease, whatever a server says.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);
const LONGEST_LEASE: Duration = Duration::from_secs(60 * 60);
/// The largest credentials file, in bytes.
const MAX_CREDENTIALS: u64 = 64 * 1024;
/// How many returned jobs a connection remembers.
const MAX_REMEMBERED: usize = 1000;
/// The most reports of one job that are kept.
const REPORTS_KEPT: i64 = 8;

/// Where the queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `nats://host:4222`, or `tls://host:4222`.
    pub url: String,
    /// A credentials file as NATS issues them.
    pub credentials: Option<PathBuf>,
    /// The prefix of everything at the server: see [`is_name`].
    pub namespace: String,
    /// How long a worker that sends no sign of life keeps its job.
    pub lease: Duration,
}

impl Settings {
    /// The usual lease.
    pub const LEASE: Duration = Duration::from_secs(30);

    /// The server without a login, for messages.
    pub fn server(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("nats", &self.url));
        format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
    }
}

/// Why the queue cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueueError {
    #[error("{server} does not answer: {why}")]
    Unreachable { server: String, why: String },
    #[error("the namespace `{0}` must have 1 to 32 lower-case letters, digits, `-` or `_`")]
    Namespace(String),
    #[error("the label `{0}` must have 1 to 32 lower-case letters, digits, `-` or `_`")]
    Label(String),
    #[error("the credentials file `{path}` cannot be used: {why}")]
    Credentials { path: String, why: String },
    #[error("could not {action}: {why}")]
    Failed { action: &'static str, why: String },
    #[error("{what} has {size} bytes, and {limit} is the most")]
    TooLarge { what: &'static str, size: usize, limit: usize },
}

/// Makes an error that names what was tried.
pub(crate) fn failed<E: std::fmt::Display>(action: &'static str) -> impl FnOnce(E) -> QueueError {
    move |error| QueueError::Failed { action, why: error.to_string() }
}

/// Whether a text can be a namespace or a label. Both become part of the server's subjects.
pub fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=32).contains(&text.len()) && text.chars().all(fits)
}

/// Whether a text can be a worker's name: it becomes a part of the server's subjects, and is shown to owners.
pub fn is_worker(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&text.len()) && text.chars().all(fits)
}

/// The cards of the workers, and when they were read.
pub(crate) type Seen = (Instant, Vec<WorkerCard>);

/// A connection. Cheap to clone; it reconnects by itself.
#[derive(Clone)]
pub struct Queue {
    pub(crate) settings: Settings,
    pub(crate) client: async_nats::Client,
    pub(crate) context: Context,
    pub(crate) jobs: Stream,
    pub(crate) reports: Stream,
    pub(crate) workers: Store,
    pub(crate) packs: ObjectStore,
    /// The cards of the workers, and when they were read.
    pub(crate) seen: Arc<tokio::sync::Mutex<Option<Seen>>>,
    /// Jobs that workers of this connection returned, the oldest first.
    returned: Arc<Mutex<VecDeque<String>>>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("server", &self.settings.server()).finish_non_exhaustive()
    }
}

impl Queue {
    pub async fn connect(mut settings: Settings) -> Result<Queue, QueueError> {
        if !is_name(&settings.namespace) {
            return Err(QueueError::Namespace(settings.namespace));
        }
        let unreachable = |why: String| QueueError::Unreachable { server: settings.server(), why };
        let mut options = ConnectOptions::new()
            .name("opencode-orchestrator")
            .connection_timeout(REQUEST)
            .request_timeout(Some(REQUEST))
            // Servers that are named later are reached without TLS if they do not ask for it
            .ignore_discovered_servers()
            .require_tls(settings.url.starts_with("tls://"));
        // The client does not use the login of an address by itself
        let at: ServerAddr =
            settings.url.parse().map_err(|error: std::io::Error| unreachable(error.to_string()))?;
        options = match (at.username(), at.password()) {
            (Some(user), Some(password)) => options.user_and_password(user.into(), password.into()),
            (Some(token), None) => options.token(token.into()),
            _ => options,
        };
        if let Some(path) = &settings.credentials {
            let unusable = |why: String| QueueError::Credentials { path: path.display().to_string(), why };
            let text = credentials(path).map_err(unusable)?;
            options = options.credentials(&text).map_err(|error| unusable(error.to_string()))?;
        }
        let connect = tokio::time::timeout(REQUEST, options.connect(&settings.url)).await;
        let client = connect
            .map_err(|_| unreachable(format!("no connection within {} s", REQUEST.as_secs())))?
            .map_err(|error| unreachable(error.to_string()))?;
        let context = context::ContextBuilder::new().timeout(REQUEST).build(client.clone());
        let namespace = &settings.namespace;
        let jobs = context
            .get_or_create_stream(jobs(namespace))
            .await
            .map_err(failed("create the stream of jobs (is JetStream on at the server?)"))?;
        let reports = context
            .get_or_create_stream(reports(namespace))
            .await
            .map_err(failed("create the stream of reports"))?;
        let workers = bucket(&context, namespace, settings.lease).await?;
        let packs = packs(&context, namespace).await?;
        // The first connection to a namespace sets the lease for all
        settings.lease = workers.stream.cached_info().config.max_age.clamp(SHORTEST_LEASE, LONGEST_LEASE);
        Ok(Queue {
            settings,
            client,
            context,
            jobs,
            reports,
            workers,
            packs,
            seen: Arc::default(),
            returned: Arc::default(),
        })
    }

    /// Remembers that a worker of this connection returned a job.
    pub(crate) fn remember_returned(&self, worker: &str, job: &str) {
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        if returned.len() >= MAX_REMEMBERED {
            returned.pop_front();
        }
        returned.push_back(format!("{worker} {job}"));
    }

    /// Whether a worker of this connection returned the job before.
    pub(crate) fn has_returned(&self, worker: &str, job: &str) -> bool {
        let returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        returned.contains(&format!("{worker} {job}"))
    }

    /// Where the queue is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the server can be reached, as far as the connection knows.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    pub(crate) fn job_subject(&self, label: Option<&str>) -> String {
        format!("{}.jobs.{}", self.settings.namespace, label.unwrap_or(ANY))
    }

    pub(crate) fn report_subject(&self, id: &str) -> String {
        format!("{}.reports.{id}", self.settings.namespace)
    }

    /// The jobs of a label, or of none; all workers of the label share this consumer.
    pub(crate) async fn consumer(&self, label: Option<&str>) -> Result<PullConsumer, QueueError> {
        let name = format!("of-{}", label.unwrap_or(ANY));
        let config = pull::Config {
            durable_name: Some(name.clone()),
            filter_subject: self.job_subject(label),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.settings.lease,
            max_deliver: MAX_DELIVERIES,
            ..pull::Config::default()
        };
        self.jobs.get_or_create_consumer(&name, config).await.map_err(failed("create the consumer of jobs"))
    }
}

/// The text of a credentials file. Only a plain file of a sensible size is read, because a pipe would never end.
fn credentials(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() || found.len() > MAX_CREDENTIALS {
        return Err(format!("it is not a file of at most {} KB", MAX_CREDENTIALS / 1024));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The last part of the subject of jobs without a label. No label has an upper-case letter.
const ANY: &str = "ANY";

fn jobs(namespace: &str) -> stream::Config {
    stream::Config {
        name: format!("{namespace}-jobs"),
        subjects: vec![format!("{namespace}.jobs.*")],
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_age: JOBS_KEPT,
        max_bytes: MAX_STREAM,
        duplicate_window: REMEMBERED,
        ..stream::Config::default()
    }
}

fn reports(namespace: &str) -> stream::Config {
    stream::Config {
        name: format!("{namespace}-reports"),
        subjects: vec![format!("{namespace}.reports.*")],
        max_messages_per_subject: REPORTS_KEPT,
        max_age: JOBS_KEPT,
        max_bytes: MAX_STREAM,
        duplicate_window: REMEMBERED,
        ..stream::Config::default()
    }
}

async fn bucket(context: &Context, namespace: &str, lease: Duration) -> Result<Store, QueueError> {
    let name = format!("{namespace}-workers");
    if let Ok(there) = context.get_key_value(&name).await {
        return Ok(there);
    }
    // The client's own call first asks about the account, and older servers answer that in another form
    let config = stream::Config {
        name: format!("KV_{name}"),
        subjects: vec![format!("$KV.{name}.>")],
        max_messages_per_subject: 1,
        max_age: lease,
        duplicate_window: lease.min(REMEMBERED),
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..stream::Config::default()
    };
    context.create_stream(config).await.map_err(failed("create the list of workers"))?;
    context.get_key_value(&name).await.map_err(failed("open the list of workers"))
}

async fn packs(context: &Context, namespace: &str) -> Result<ObjectStore, QueueError> {
    let name = format!("{namespace}-packs");
    if let Ok(there) = context.get_object_store(&name).await {
        return Ok(there);
    }
    let config = object_store::Config {
        bucket: name,
        max_age: PACKS_KEPT,
        max_bytes: MAX_PACKS,
        ..object_store::Config::default()
    };
    context.create_object_store(config).await.map_err(failed("create the store of packs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_subjects() {
        for good in ["a", "linux", "gpu_2", "x86-64", &"a".repeat(32)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "a.b", "*", ">", "A", "a b", "ä", &"a".repeat(33)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_login_is_not_shown() {
        let at = |url: &str| {
            let url = url.to_string();
            Settings { url, credentials: None, namespace: "n".into(), lease: Settings::LEASE }.server()
        };
        assert_eq!(at("nats://me:pw@host:4222"), "nats://host:4222");
        assert_eq!(at("tls://host"), "tls://host");
        assert_eq!(at("token@host:1"), "nats://host:1");
    }
}
