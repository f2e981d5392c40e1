//! Commands about a work queue and its machines: `worker` does work for others, `workers` lists who works.
//!
//! Both connect through the crate `queue`. They must not read a project's settings: only the user chooses a
//! server.

pub(super) mod worker;
pub(super) mod workers;

use std::path::PathBuf;
use std::time::Duration;

use queue::Settings;

use super::answer::CommandFailure;
use super::place::Place;
use crate::config::{Config, settings, wrong_address};

/// Where the queue is, if not as `[dispatch]` of your own opencode.toml says.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// The NATS server, as nats://host:4222 or tls://host:4222, instead of `[dispatch] queue`.
    #[arg(long, value_name = "URL")]
    queue: Option<String>,
    /// The credentials file for the server.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// The prefix of everything at the server.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

impl Where {
    /// Whether the arguments name anything.
    pub(super) fn is_named(&self) -> bool {
        self.queue.is_some() || self.credentials.is_some() || self.namespace.is_some()
    }

    /// Reads the user's own settings, never those of a project, and where the queue is.
    pub(super) fn settings(&self, place: &Place) -> Result<(Config, Settings), CommandFailure> {
        let config = settings::of_user(&place.config_home).map_err(|problems| {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            CommandFailure::Problem(list.join("\n"))
        })?;
        let mut dispatch = config.dispatch.clone();
        if let Some(url) = &self.queue {
            if let Some(hint) = wrong_address(url) {
                return Err(CommandFailure::Usage(format!(
                    "`--queue {url}` is no address of a server\nhint: {hint}"
                )));
            }
            dispatch.queue.clone_from(url);
        }
        if let Some(namespace) = &self.namespace {
            if !queue::is_name(namespace) {
                let why = queue::QueueError::Namespace(namespace.clone());
                return Err(CommandFailure::Usage(why.to_string()));
            }
            dispatch.namespace.clone_from(namespace);
        }
        let mut found = dispatch.settings().ok_or_else(|| {
            CommandFailure::Usage(
                "no queue is named\nhint: add `--queue nats://host:4222`, or set `[dispatch] queue` in your own opencode.toml"
                    .into(),
            )
        })?;
        if let Some(path) = &self.credentials {
            found.credentials = Some(place.cwd.join(path));
        }
        Ok((config, found))
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
