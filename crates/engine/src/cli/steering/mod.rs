//! Commands that act on a mission which runs, waits or was delivered: start, watch, correct, answer, stop, review,
//! undo; and what missions taught, `memory`.
//!
//! Each reads its arguments, calls `missions`, and prints the result. `missions` decides what a mission allows.

pub(super) mod answers;
pub(super) mod launch;
pub(super) mod memory;
pub(super) mod objectives;
pub(super) mod plan;
pub(super) mod queue;
pub(super) mod review;
pub(super) mod stop;
pub(super) mod tell;
pub(super) mod undo;
pub(super) mod watch;
