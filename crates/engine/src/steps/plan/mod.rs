//! Analysis and planning: from the objective to tasks, packages and an estimate.
//!
//! Roles only read here; only `packages` changes files: manifests and lockfiles. `mission::graph` decides whether a
//! plan is valid; `existing_files` checks the existing files that it names.

pub(crate) mod clarify;
pub(crate) mod estimate;
pub(crate) mod existing_files;
pub(crate) mod packages;
pub(crate) mod partial;
pub(crate) mod planner;
pub(crate) mod reading;
pub(crate) mod searcher;
