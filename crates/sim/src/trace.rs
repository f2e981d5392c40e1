//! The bounded record of a run: faults, and invariants that broke.
//!
//! The other parts write it, and the runner reads it at the end. No part makes decisions by it. The mission's own
//! events are in its journal, not here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most lines that are kept.
const MAX_LINES: usize = 5_000;

/// What happened in a run besides the mission's own events: faults, and invariants that broke.
#[derive(Clone, Default)]
pub struct Trace {
    inner: Arc<Mutex<Lines>>,
}

#[derive(Default)]
struct Lines {
    now_ms: u64,
    faults: Vec<String>,
    broken: Vec<String>,
}

impl Trace {
    /// Sets the time of the following entries, in milliseconds.
    pub fn at(&self, now_ms: u64) {
        self.lock().now_ms = now_ms;
    }

    /// Records an injected fault.
    pub fn fault(&self, what: impl Into<String>) {
        let mut lines = self.lock();
        if lines.faults.len() < MAX_LINES {
            let line = format!("{:>9.3} s  {}", lines.now_ms as f64 / 1000.0, what.into());
            lines.faults.push(line);
        }
    }

    /// Records a broken invariant.
    pub fn broken(&self, what: impl Into<String>) {
        let mut lines = self.lock();
        let what = what.into();
        // Only the first time is recorded: an invariant that stays broken is nothing new
        let known = lines.broken.iter().any(|line| line.ends_with(&what));
        if lines.broken.len() < MAX_LINES && !known {
            let line = format!("{:>9.3} s  {what}", lines.now_ms as f64 / 1000.0);
            lines.broken.push(line);
        }
    }

    pub fn faults(&self) -> Vec<String> {
        self.lock().faults.clone()
    }

    pub fn violations(&self) -> Vec<String> {
        self.lock().broken.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
