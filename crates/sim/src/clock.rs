//! The clock of a simulated mission: tokio's paused time, and names from the seed.
//!
//! The runner and the benchmarks give it to the engine. It does not advance the time: only sleeps in the runtime
//! do.

use std::sync::{Mutex, PoisonError};

use engine::for_benches::Clock;
use tokio::time::Instant;

use crate::Random;

/// When every run begins: 2026-01-01, in milliseconds since 1970.
pub(super) const EPOCH_MS: u64 = 1_767_225_600_000;

/// The time of tokio's paused clock, counted from a given time; names come from the seed.
pub struct SimulatedClock {
    from_ms: u64,
    start: Instant,
    names: Mutex<Random>,
}

impl SimulatedClock {
    /// Starts the clock at `from_ms`. Must be called inside a runtime.
    pub fn new(from_ms: u64, names: Random) -> SimulatedClock {
        SimulatedClock { from_ms, start: Instant::now(), names: Mutex::new(names) }
    }
}

impl Clock for SimulatedClock {
    fn now_ms(&self) -> u64 {
        self.from_ms + u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }

    fn unique(&self) -> u64 {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).below(usize::MAX) as u64
    }
}
