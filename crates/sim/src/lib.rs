//! Whole missions, played from one seed: the real engine, journal, workspace and git, with simulated hosts, models, checks
//! and time around them, and faults in all of these.
//!
//! - [`run`] plays one seed and gives a [`Played`]: its journal, what was injected, and which invariants broke.
//! - [`Model`] is who answers prompts. [`Worker`] is the one of the simulation; benchmarks put their own in its place.
//! - `truth` says what is green in a simulated project, `invariants` what must hold whatever happens.
//!
//! Not published; the benchmarks of crates/bench stand on it.
//!
//! **Invariant:** nothing here reads the clock of the machine or draws from anything but the seed: a seed that failed fails
//! again, event for event.

mod clock;
mod commands;
mod disk;
mod faults;
mod host;
mod invariants;
mod model;
mod project;
mod random;
mod runner;
mod scenario;
mod trace;
mod truth;
mod user;
mod worker;

pub use clock::SimulatedClock;
pub use commands::SimulatedCommands;
pub use disk::Disk;
pub use faults::{Crash, FaultPlan, HostFaults, ModelFaults, When};
pub use host::SimulatedHost;
pub use model::{Model, ModelStep, Reply, Session, header};
pub use random::Random;
pub use runner::{Bug, Played, run, run_with};
pub use scenario::Scenario;
pub use trace::Trace;
pub use worker::Worker;
