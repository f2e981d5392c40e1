//! What a mission is expected to take, as a range. Data only, for events, the state and the board; `estimate.rs` draws it up.

use serde::{Deserialize, Serialize};

/// From a mission that goes well to one that does not; what it takes is expected in between more often than not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span<T> {
    pub low: T,
    pub high: T,
}

/// What the whole mission takes, what it has used by now included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Prompts to roles.
    pub calls: Span<u64>,
    pub tokens: Span<u64>,
    /// US dollars; none where no price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Span<f64>>,
    /// Milliseconds of running time.
    pub time_ms: Span<u64>,
    /// Past missions that it is drawn from; 0: from the defaults.
    pub missions: u32,
}

impl Span<f64> {
    pub(super) fn map<T>(self, change: impl Fn(f64) -> T) -> Span<T> {
        Span { low: change(self.low), high: change(self.high) }
    }

    pub(super) fn times(self, other: Span<f64>) -> Span<f64> {
        Span { low: self.low * other.low, high: self.high * other.high }
    }
}
