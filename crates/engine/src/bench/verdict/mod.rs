//! What a verdict rests on beside the tree: the base's configuration, its tests and what its checks built.
//!
//! Only `project_checks` uses it. Nothing here runs a check or says what passes.

pub(crate) mod base_configuration;
pub(crate) mod seen_tests;
pub(crate) mod warm_builds;
