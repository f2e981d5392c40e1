//! The engine: actors that carry a mission from its objective to a delivered, verified change.
//!
//! - [`Engine`] is the public face: `/task`, tool calls of roles, stop.
//! - [`Host`] is the only way to the outside: the program that runs the language models implements it.
//! - `orchestrator` owns the state of a mission and linearises its events; `roles`, `gates`, `integrator`, `delivery`
//!   do what it decides.
//!
//! **Invariants:** every fact is in the journal before it has an effect. JavaScript decides nothing; what can be said
//! without naming OpenCode is said here.

mod actor;
mod bench;
mod blocking;
pub mod cli;
mod clock;
pub mod config;
mod engine;
mod failure;
mod gates;
mod host;
mod missions;
mod options;
mod steps;
mod talk;
mod text;
mod world;

/// The actor that owns a mission, apart from what it sets in motion: simulations and benchmarks carry out its effects
/// in a world of their own.
pub mod orchestration {
    pub use crate::actor::effects::Effects;
    pub use crate::actor::effects::Events;
    pub use crate::actor::orchestrator::Actor;
    pub use crate::actor::orchestrator::Orchestrator;
    pub use crate::actor::orchestrator::Permission;
    pub use crate::actor::orchestrator::ScopeAnswer;
    pub use crate::actor::orchestrator::Stopped;
    pub use crate::actor::record::Record;
    pub use mission::permit::{Refusal, Wish};
}

pub use crate::blocking::{Takes, block_in_virtual_time};
pub use crate::clock::{Clock, SystemClock};
pub use crate::engine::Engine;
pub use crate::gates::judge::{GateReport, Judge, JudgeError};
pub use crate::gates::lint::{Answer, Lint, LintReport};
pub use crate::gates::verdict::Permissions;
pub use crate::host::{Host, HostError, HostFuture, HostRequest, Models, Observation, Turn, TurnError};
pub use crate::options::EngineOptions;
pub use crate::steps::review::dispute::{last_test_voters, test_voters};
pub use crate::steps::work::candidates::behaviour::{behaviour, form};
pub use crate::world::{Commands, Observer, Processes, Running, World};

/// The tools with which roles change files, as `{ name, description, schema }`.
pub fn file_tools() -> Vec<serde_json::Value> {
    steps::work::write::definitions()
}

/// The mailbox tools, as `{ name, description, roles, schema }`.
pub fn mailbox_tools() -> Vec<serde_json::Value> {
    mission::mailbox::TOOLS.iter().map(mission::mailbox::Tool::definition).collect()
}
