//! The benchmarks in simulated worlds, with the packages and wrong changes that they use. Not published.
//!
//! All random draws come from one seed, so that a failed run can be repeated.
//!
//! - [`engine_bench`]: the orchestrator, the state machine and the journal in a world without models.
//! - [`fresh`]: the Guardian's findings in correct changes that no rule was tuned by.
//! - [`gates`]: how many wrong changes the gates let through.
//! - [`mutants`]: wrong versions of a correct change, as weak models produce them.
//! - [`plot`]: figures as SVG.
//! - [`projects`]: published packages and the changes between their versions.
//! - [`releases`]: releases as missions for a real model, and whether their results are right.
//! - [`scale`]: checks of tasks on workers, through a real server.
//! - [`timing`]: statistics of measured times.
//! - [`uplift`]: what the engine achieves with simulated weak models, in missions on real projects.

pub mod engine_bench;
pub mod fresh;
pub mod gates;
pub mod mutants;
pub mod plot;
pub mod projects;
pub mod releases;
pub mod scale;
pub mod timing;
pub mod uplift;
