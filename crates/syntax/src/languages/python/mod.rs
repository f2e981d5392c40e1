//! Python: `outline`, `gaps`, and `problems`, as its grammar lets through what Python refuses.

pub(crate) mod gaps;
pub(crate) mod outline;
pub(crate) mod problems;
