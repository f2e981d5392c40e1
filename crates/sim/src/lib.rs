//! Simulated hosts, models and clocks, and the benchmarks that stand on them. Not published.
//!
//! Whatever is drawn here comes from one seed, so that a run that failed can be run again.
//!
//! - [`projects`]: published packages and the changes between their versions.
//! - [`gates`]: how much of what is wrong the gates let through.
//! - [`mutants`]: wrong versions of a correct change, as weak models produce them.
//! - [`releases`]: releases as missions for a real model, and what their results are worth.
//! - [`uplift`]: what the engine makes of simulated weak models, in missions on real projects.

pub mod engine_bench;
pub mod gates;
pub mod mutants;
pub mod plot;
pub mod projects;
mod random;
pub mod releases;
pub mod simulation;
pub mod uplift;

pub use random::Random;
