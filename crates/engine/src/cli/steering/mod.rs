//! Commands that act on a mission which runs, waits or was delivered: start, watch, correct, stop, undo it.

pub(super) mod launch;
pub(super) mod objectives;
pub(super) mod queue;
pub(super) mod stop;
pub(super) mod tell;
pub(super) mod undo;
pub(super) mod watch;
