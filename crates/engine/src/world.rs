//! The engine's environment besides its [`crate::Host`]: the time, the project's commands, and observers. A
//! simulation replaces them; in OpenCode they are always the real ones. Files and git are not included: they are real
//! in a simulation, too. An observer sees states and changes none.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use checks::{Check, Outcome, RunOptions};
use mission::State;
use queue::{Answer, Job, NoAnswer};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};

pub type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Runs the project's own commands.
pub trait Commands: Send + Sync + 'static {
    /// As [`checks::run`].
    fn run<'a>(
        &'a self,
        check: &'a Check,
        filter: Option<&'a str>,
        options: &'a RunOptions,
        cancel: &'a CancellationToken,
    ) -> Running<'a>;

    /// The workers of a simulation, in place of those behind a server.
    fn workers(&self) -> Option<&dyn Workers> {
        None
    }
}

pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, NoAnswer>> + Send + 'a>>;

/// Workers without a server.
pub trait Workers: Send + Sync + 'static {
    /// As [`queue::Queue::ask`]. `change`: a folder with the files of the change; `on_base`: the outcomes on the base.
    fn ask<'a>(
        &'a self,
        job: &'a Job,
        change: &'a Path,
        on_base: &'a BTreeMap<String, Arc<Outcome>>,
    ) -> Asking<'a>;
}

/// Runs the commands as processes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Processes;

impl Commands for Processes {
    fn run<'a>(
        &'a self,
        check: &'a Check,
        filter: Option<&'a str>,
        options: &'a RunOptions,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(checks::run(check, filter, options, cancel))
    }
}

/// Sees the state of a mission after each change.
pub trait Observer: Send + Sync + 'static {
    fn changed(&self, state: &State);
}

#[derive(Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub commands: Arc<dyn Commands>,
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for World {
    fn default() -> World {
        World { clock: Arc::new(SystemClock), commands: Arc::new(Processes), observer: None }
    }
}
