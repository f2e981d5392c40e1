//! The steps of a mission, a folder for each phase; each carries out effects that the state machine decided.
//!
//! `missions/effects.rs` calls them. A step answers with events and changes no state itself; what is due next is not
//! its to say.

pub(crate) mod context;
pub(crate) mod integration;
pub(crate) mod kept_index;
pub(crate) mod plan;
pub(crate) mod review;
pub(crate) mod work;
pub(crate) mod workers;
