//! Whole missions, played from one seed: the real engine, journal, workspace and git, with simulated hosts, models, checks
//! and time around them, and faults in all of these.
//!
//! - [`run`] plays one seed and returns a [`Played`]: its journal, the injected faults, and the invariants that broke.
//! - [`Model`] answers prompts. [`Worker`] is the simulation's model; benchmarks use their own.
//! - `truth` says which tests pass in a simulated project, `invariants` what must always hold.
//!
//! Not published; the benchmarks of crates/bench use it.
//!
//! **Invariant:** nothing here reads the machine's clock or draws from anything but the seed: a failed seed fails again
//! with the same events.

mod checking;
mod clock;
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

pub use checking::SimulatedCommands;
pub use clock::SimulatedClock;
pub use disk::Disk;
pub use faults::{Crash, FaultPlan, HostFaults, ModelFaults, QueueFaults, When};
pub use host::SimulatedHost;
pub use model::{Model, ModelStep, Reply, Session, header};
pub use random::Random;
pub use runner::{Bug, Played, run, run_with};
pub use scenario::Scenario;
pub use trace::Trace;
pub use worker::Worker;
