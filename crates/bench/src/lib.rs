//! The benchmarks that stand on simulated worlds, and the packages and wrong changes that they are about. Not published.
//!
//! Whatever is drawn here comes from one seed, so that a run that failed can be run again.
//!
//! - [`engine_bench`]: the orchestrator, the state machine and the journal in a world without models.
//! - [`fresh`]: what the Guardian holds against correct changes that nobody tuned by.
//! - [`gates`]: how much of what is wrong the gates let through.
//! - [`mutants`]: wrong versions of a correct change, as weak models produce them.
//! - [`plot`]: figures as SVG.
//! - [`projects`]: published packages and the changes between their versions.
//! - [`releases`]: releases as missions for a real model, and what their results are worth.
//! - [`timing`]: what measured times say together.
//! - [`uplift`]: what the engine makes of simulated weak models, in missions on real projects.

pub mod engine_bench;
pub mod fresh;
pub mod gates;
pub mod mutants;
pub mod plot;
pub mod projects;
pub mod releases;
pub mod timing;
pub mod uplift;
