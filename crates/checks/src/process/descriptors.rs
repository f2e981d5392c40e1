//! Keeps children from inheriting open files and sockets of this process.
//!
//! OpenCode, and libraries in it, open files and sockets that a child would inherit. A confined command could use them
//! in spite of all rules, because rules only apply when something is opened. Nothing is closed in this process.

/// The first number after the three streams.
const FIRST: i32 = 3;

/// Keeps children from inheriting what is open now. Called right before each start.
pub(super) fn keep_to_ourselves() {
    close_fds::CloseFdsBuilder::new().threadsafe(true).cloexecfrom(FIRST);
}
