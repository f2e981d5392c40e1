//! What can be done with a change once it was delivered: look at it with its evidence, take it or a part of it back,
//! and ask for something on top of it. The chat and `cli` call it. Only `undo` writes into the user's files. None of it
//! asks a model or starts a mission.

pub(crate) mod follow;
pub(crate) mod review;
pub(crate) mod undo;
