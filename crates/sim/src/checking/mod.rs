//! The project's check in a simulation: `commands` runs it here, `workers` on other machines, `outcome` says what it
//! finds. None of them starts a process.

mod commands;
mod outcome;
mod workers;

pub use commands::SimulatedCommands;
pub(super) use workers::SimulatedWorkers;
