//! What a mission costs: estimated before it starts, metered while a session runs, added up, and limited.
//!
//! Pure numbers: what a host reports and what its models cost are arguments. It pauses nothing: `permit`
//! decides whether more may be spent.

pub mod budget;
pub mod estimate;
pub mod meter;
pub mod repair;
pub mod span;
pub mod usage;
