//! Data that events and the state contain: why a mission waits, what it knows of the mission that it follows, and which
//! files it changed.
//!
//! Data and their words only: nothing here knows `state` or `decide`. Journals contain them, so names stay.

pub(crate) mod changed_files;
pub(crate) mod followed;
pub(crate) mod pause;
