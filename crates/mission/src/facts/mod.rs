//! Data that events carry and the whole state keeps: why a mission waits, and what it knows of the one that it follows.
//!
//! Data and their words only: nothing here knows `state` or `decide`. Journals hold them, so names stay.

pub(crate) mod followed;
pub(crate) mod pause;
