//! Where work is done and checked: slots, the project's commands, what they say of a tree.

pub(crate) mod base_commands;
pub(crate) mod grounds;
pub(crate) mod known_outcomes;
pub(crate) mod manifests;
pub(crate) mod project_checks;
pub(crate) mod setup;
pub(crate) mod slots;
