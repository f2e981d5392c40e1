//! From base to delivery: taking the base, integrating changes, writing the result into the user's tree.

pub(crate) mod base;
pub(crate) mod delivery;
pub(crate) mod integrator;
pub(crate) mod merged_tree;
