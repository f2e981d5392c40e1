//! Kinds of project that build native programs in C and its relatives, a file each. Like its neighbours, each names commands
//! and runs nothing.

pub(in crate::discover) mod autotools;
pub(in crate::discover) mod cmake;
pub(in crate::discover) mod meson;
