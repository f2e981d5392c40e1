//! Faults for simulations: what becomes of each event that is written.
//!
//! Only `sim` sets them, for its own thread; without that nothing fails. No file is touched here: `log.rs` asks before
//! each event, and does what the fault says.

use std::cell::RefCell;
use std::io;

/// How writing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written, and the journal knows it: a full disk.
    Refused,
    /// A part of the line was written and nobody could take it back: a power cut.
    Torn,
    /// It was written, and nobody learnt of it.
    Lost,
}

/// Asked before each event is written.
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
