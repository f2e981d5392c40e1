//! From base to delivery: taking the base, integrating changes, writing the result into the user's tree.
//!
//! No model is asked here. Only `delivery` writes into the user's files; a task that does not merge or pass fails here,
//! and is fixed in `steps/work`.

pub(crate) mod base;
pub(crate) mod delivery;
pub(crate) mod integrator;
pub(crate) mod merged_tree;
