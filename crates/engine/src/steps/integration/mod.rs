//! From base to delivery: taking the base, integrating changes, writing the result into the user's tree.
//!
//! It asks no model. Only `delivery` writes into the user's files. A task that does not merge or pass fails here, and
//! `steps/work` fixes it.

pub(crate) mod base;
pub(crate) mod delivery;
pub(crate) mod integrator;
pub(crate) mod merged_tree;
