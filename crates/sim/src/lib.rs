//! Simulated hosts, models and clocks, and the benchmarks that stand on them. Not published.
//!
//! Whatever is drawn here comes from one seed, so that a run that failed can be run again.

pub mod plot;
mod random;

pub use random::Random;
