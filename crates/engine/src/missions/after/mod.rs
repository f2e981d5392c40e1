//! What a user can do with a delivered change: review it with its evidence, undo it or a part of it, and ask for a
//! further change. The chat and `cli` call it. Only `undo` writes into the user's files. It asks no model and starts no
//! mission.

pub(crate) mod follow;
pub(crate) mod review;
pub(crate) mod undo;
