//! The steps of a mission, one folder for each phase; each carries out effects that the state machine decided.
//!
//! `missions/effects.rs` calls them. A step returns events and changes no state itself; it does not decide what is
//! due next.

pub(crate) mod context;
pub(crate) mod embeddings;
pub(crate) mod instructions;
pub(crate) mod integration;
pub(crate) mod kept_index;
pub(crate) mod plan;
pub(crate) mod real_path;
pub(crate) mod review;
pub(crate) mod work;
pub(crate) mod workers;
