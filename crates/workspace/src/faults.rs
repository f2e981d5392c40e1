//! Faults for simulations, for each step that leaves something on disk.
//!
//! `sim` sets them. Outside of simulations there are none, and this file must not change what a step
//! does.

use std::cell::RefCell;
use std::io;

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The step did nothing.
    Refused,
    /// The step was done, but its result was lost.
    Lost,
}

/// Returns the fault of a step, which is described in words.
pub type Faults = Box<dyn FnMut(&str) -> Option<Fault>>;

thread_local! {
    static FAULTS: RefCell<Option<Faults>> = const { RefCell::new(None) };
}

/// Sets the `faults` of the steps on this thread; `None` removes them.
pub fn set_faults(faults: Option<Faults>) {
    FAULTS.set(faults);
}

pub(crate) fn at(step: &str) -> Option<Fault> {
    FAULTS.with_borrow_mut(|faults| faults.as_mut().and_then(|faults| faults(step)))
}

pub(crate) fn error() -> io::Error {
    io::ErrorKind::StorageFull.into()
}
