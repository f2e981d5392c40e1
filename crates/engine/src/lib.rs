//! The engine: actors that carry a mission from its objective to a delivered, verified change.
//!
//! - [`Engine`] is the public face: `/task`, tool calls of roles, stop.
//! - [`Host`] is the only way to the outside: whoever runs the language models implements it.
//! - `orchestrator` owns the state of a mission and linearises its events; `roles`, `gates`, `integrator`, `delivery`
//!   do what it decides.
//!
//! **Invariants:** every fact is in the journal before it has an effect. JavaScript decides nothing; what can be said
//! without naming OpenCode is said here.

mod base;
mod base_commands;
mod blocking;
mod checking;
pub mod cli;
mod clock;
pub mod config;
mod delivery;
mod edit;
mod effects;
mod engine;
mod estimate;
mod gates;
mod host;
mod integrator;
mod known_outcomes;
mod mission_context;
mod missions;
mod orchestrator;
mod packages;
mod pages;
mod progress;
mod providers;
mod reading;
mod record;
mod report;
mod roles;
mod session;
mod settings;
mod setup;
mod shell;
mod slots;
mod sources;
mod task_tokens;
mod workers;
mod world;

/// The actor that owns a mission, apart from what it sets in motion: simulations and benchmarks carry out its effects
/// in a world of their own.
pub mod orchestration {
    pub use crate::effects::{Effects, Events};
    pub use crate::orchestrator::{Actor, Orchestrator, Permission, Refusal, ScopeAnswer, Stopped, Wish};
    pub use crate::record::Record;
}

pub use blocking::{Takes, block_in_virtual_time};
pub use clock::{Clock, SystemClock};
pub use engine::{Engine, EngineOptions};
pub use gates::{Answer, GateReport, Judge, JudgeError, Lint, LintReport, Plan, behaviour, form};
pub use host::{Host, HostError, HostFuture, HostRequest, Models, Observation, Turn, TurnError};
pub use roles::dispute::{last_test_voters, test_voters};
pub use world::{Commands, Observer, Processes, Running, World};

/// The mailbox tools, as `{ name, description, roles, schema }`.
pub fn mailbox_tools() -> Vec<serde_json::Value> {
    mission::mailbox::TOOLS.iter().map(mission::mailbox::Tool::definition).collect()
}
