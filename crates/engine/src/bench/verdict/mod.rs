//! The basis of a verdict beside the tree: the base's configuration, its tests, those of the tree, and its builds.
//!
//! Only `project_checks` uses it. Nothing here runs a check or decides what passes.

pub(crate) mod base_configuration;
pub(crate) mod changed_tests;
pub(crate) mod concerned;
mod left_caches;
pub(crate) mod seen_tests;
pub(crate) mod warm_builds;
