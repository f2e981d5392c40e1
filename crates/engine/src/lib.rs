//! The engine: actors that carry a mission from its objective to a delivered, verified change.
//!
//! - [`Engine`] is the public interface: `/task`, tool calls of roles, stop.
//! - [`Host`] is the only way out: the program that runs the language models implements it.
//! - `actor` owns the state of a mission and puts its events in one sequence; `steps` do what it decides, `gates`
//!   judge.
//! - [`for_benches`] contains items that only simulations and benchmarks need.
//!
//! **Invariants:** every fact is in the journal before it has an effect. JavaScript decides nothing; texts that need
//! not name OpenCode are written here.

mod actor;
mod bench;
mod blocking;
pub mod cli;
mod clock;
pub mod config;
mod engine;
mod failure;
mod far;
pub mod for_benches;
mod gates;
mod host;
mod missions;
mod options;
mod steps;
mod talk;
mod text;
mod world;

pub use crate::engine::Engine;
pub use crate::host::{Host, HostError, HostFuture, HostRequest, Models, Observation, Turn, TurnError};
pub use crate::options::EngineOptions;

/// The tools with which roles change files, as `{ name, description, schema }`.
pub fn file_tools() -> Vec<serde_json::Value> {
    steps::work::write::definitions()
}

/// The sandbox for commands of missions on this machine, as `{ level, message, hint }`.
pub fn sandbox() -> serde_json::Value {
    let (level, message) = checks::describe_sandbox(checks::Sandbox::default());
    serde_json::json!({ "level": level.name(), "message": message, "hint": checks::sandbox_hint() })
}

/// The mailbox tools, as `{ name, description, roles, schema }`.
pub fn mailbox_tools() -> Vec<serde_json::Value> {
    mission::mailbox::TOOLS.iter().map(mission::mailbox::Tool::definition).collect()
}
