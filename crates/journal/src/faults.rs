//! Faults for simulations: which writes of events fail, and how.
//!
//! Only `sim` sets them, for its own thread; by default nothing fails. This file touches no disk: `log.rs` asks before
//! each event and does what the fault says.

use std::cell::RefCell;
use std::io;

/// How writing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written, and the journal knows it: a full disk.
    Refused,
    /// A part of the line was written and could not be removed: a power cut.
    Torn,
    /// The line was written, but the writer was told that it failed.
    Lost,
}

/// Called before each event is written; returns the fault of this write, if any.
pub type Faults = Box<dyn FnMut() -> Option<Fault>>;

thread_local! {
    static FAULTS: RefCell<Option<Faults>> = const { RefCell::new(None) };
}

/// Lets `faults` say which events that are written on this thread fail; `None` ends it.
pub fn set_faults(faults: Option<Faults>) {
    FAULTS.set(faults);
}

pub(crate) fn next() -> Option<Fault> {
    FAULTS.with_borrow_mut(|faults| faults.as_mut().and_then(|faults| faults()))
}

pub(crate) fn error() -> io::Error {
    io::ErrorKind::StorageFull.into()
}
