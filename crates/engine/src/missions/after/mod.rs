//! What can be done with a change once it was delivered: look at it with its evidence, take it or a part of it back, and ask for
//! something on top of it.

pub(crate) mod follow;
pub(crate) mod review;
pub(crate) mod undo;
