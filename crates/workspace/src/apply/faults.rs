//! Faults for tests: the step at which the next delivery of this thread fails or "crashes".

use std::cell::Cell;
use std::io;
use std::path::Path;

use crate::error::{At, Error};

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static CRASH: Cell<bool> = const { Cell::new(false) };
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
