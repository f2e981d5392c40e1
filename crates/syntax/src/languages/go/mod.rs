//! Go.

pub(crate) mod gaps;
pub(crate) mod outline;
