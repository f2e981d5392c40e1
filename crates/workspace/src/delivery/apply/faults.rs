//! Faults for tests: the step at which the next delivery of this thread fails or "crashes".
//!
//! It is compiled for tests only.

use std::cell::Cell;
use std::io;
use std::path::Path;

use crate::error::{At, Error};

/// The action before the step with this number.
type Meanwhile = (usize, Box<dyn FnOnce()>);

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static CRASH: Cell<bool> = const { Cell::new(false) };
    static MEANWHILE: Cell<Option<Meanwhile>> = const { Cell::new(None) };
}

/// Lets somebody else act just before that step.
pub(crate) fn meanwhile(steps: usize, act: impl FnOnce() + 'static) {
    MEANWHILE.set(Some((steps, Box::new(act))));
}

pub(crate) fn fail_after(steps: usize) {
    LEFT.set(Some(steps));
    CRASH.set(false);
}

pub(crate) fn crash_after(steps: usize) {
    LEFT.set(Some(steps));
    CRASH.set(true);
}

pub(super) fn trip(path: &Path) -> Result<(), Error> {
    match MEANWHILE.take() {
        Some((0, act)) => act(),
        Some((left, act)) => MEANWHILE.set(Some((left - 1, act))),
        None => {}
    }
    match LEFT.get() {
        Some(0) => {
            LEFT.set(None);
            Err(io::Error::from(io::ErrorKind::StorageFull)).at("write", path)
        }
        Some(left) => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
        None => Ok(()),
    }
}

pub(super) fn crashed() -> bool {
    CRASH.replace(false)
}
