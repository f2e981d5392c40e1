//! What a mission is expected to take, as a range. Data only, for events, the state and the board; `estimate.rs`
//! computes it.

use serde::{Deserialize, Serialize};

/// A range: `low` is for a mission that goes well, `high` for one that does not. Most missions are expected in
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span<T> {
    pub low: T,
    pub high: T,
}

/// What the whole mission takes, including what it has used already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Prompts to roles.
    pub calls: Span<u64>,
    pub tokens: Span<u64>,
    /// US dollars; `None` if no price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Span<f64>>,
    /// Milliseconds of running time.
    pub time_ms: Span<u64>,
    /// The number of past missions that it is based on; 0: it uses the defaults.
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
