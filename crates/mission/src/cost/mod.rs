//! What a mission costs: estimated before it starts, metered while a session runs, added up, and limited.
//!
//! Pure numbers: what a host reports, and what its models cost, comes as arguments. It pauses nothing: whether
//! something may still be spent is asked of `permit`.

pub mod budget;
pub mod estimate;
pub mod meter;
pub mod repair;
pub mod span;
pub mod usage;
