//! Kinds of project that build native programs in C and related languages, one file each. Each file names commands and runs
//! nothing.

pub(in crate::discover) mod autotools;
pub(in crate::discover) mod cmake;
pub(in crate::discover) mod meson;
