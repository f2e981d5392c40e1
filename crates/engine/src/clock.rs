//! The time and the chance in names, so that a simulation can replace them. A leaf: it knows no other file.

use std::hash::{BuildHasher, Hasher};

/// The time, and the chance in names, as the host tells them.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// A number that hardly comes twice, for names; no secret.
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
