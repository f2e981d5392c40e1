//! Kinds of project that run on the JVM, one file each. Each file names commands and runs nothing.

pub(in crate::discover) mod gradle;
pub(in crate::discover) mod maven;
pub(in crate::discover) mod sbt;
