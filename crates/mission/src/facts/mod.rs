//! Data that events carry and the whole state keeps: why a mission waits, and what it knows of the one that it follows.

pub(crate) mod followed;
pub(crate) mod pause;
