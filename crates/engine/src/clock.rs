//! The current time and unique numbers for names, so that a simulation can replace them. A leaf: it uses no
//! other file.

use std::hash::{BuildHasher, Hasher};

/// Provides the current time and unique numbers for names.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// A number for names that is very unlikely to repeat; it is not secret.
    fn unique(&self) -> u64 {
        std::hash::RandomState::new().build_hasher().finish()
    }
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
    }
}
