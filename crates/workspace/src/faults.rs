//! Faults for simulations: what becomes of each step that leaves something on disk.
//!
//! `sim` sets them; outside of simulations there are none, and nothing here may change what a step does.

use std::cell::RefCell;
use std::io;

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of it happened.
    Refused,
    /// It happened, and what came of it was lost.
    Lost,
}

/// Asked at each step, which it is told in words.
pub type Faults = Box<dyn FnMut(&str) -> Option<Fault>>;

thread_local! {
    static FAULTS: RefCell<Option<Faults>> = const { RefCell::new(None) };
}

/// Lets `faults` say which steps that are taken on this thread fail; `None` ends it.
pub fn set_faults(faults: Option<Faults>) {
    FAULTS.set(faults);
}

pub(crate) fn at(step: &str) -> Option<Fault> {
    FAULTS.with_borrow_mut(|faults| faults.as_mut().and_then(|faults| faults(step)))
}

pub(crate) fn error() -> io::Error {
    io::ErrorKind::StorageFull.into()
}
