//! Analysis and planning: from the objective to tasks, packages and an estimate.
//!
//! Roles only read here; `packages` alone changes files, manifests and lockfiles. Whether a plan stands is decided by
//! `mission::graph` and, where it names files that are there, by `existing_files`.

pub(crate) mod clarify;
pub(crate) mod estimate;
pub(crate) mod existing_files;
pub(crate) mod packages;
pub(crate) mod partial;
pub(crate) mod planner;
pub(crate) mod reading;
pub(crate) mod searcher;
