//! Python: `outline`, `gaps`, and `problems`, because the grammar accepts code that Python rejects.

pub(crate) mod gaps;
pub(crate) mod outline;
pub(crate) mod problems;
