//! What this process has open stays with this process.
//!
//! OpenCode, and libraries in it, open files and sockets that a child would inherit. A confined command could use them
//! past every rule, since rules are asked when something is opened. It closes nothing here: only children go without.

/// The first number after the three streams.
const FIRST: i32 = 3;

/// From now on, children that are started do not get what is open now. Called right before each start.
pub(super) fn keep_to_ourselves() {
    close_fds::CloseFdsBuilder::new().threadsafe(true).cloexecfrom(FIRST);
}
