//! Python.

pub(crate) mod gaps;
pub(crate) mod outline;
pub(crate) mod problems;
