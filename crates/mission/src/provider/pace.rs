//! How many tasks run at once while a provider asks for fewer requests.
//!
//! It only keeps a limit; it starts and stops nothing.

use serde::{Deserialize, Serialize};

/// Rate limits within this time count as one, because parallel prompts are refused together.
const TOGETHER_MS: u64 = 5_000;

/// How many tasks the provider accepts at once: halved at a rate limit, raised by one for each round of answers
/// (additive increase, multiplicative decrease).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// `None`: no limit.
    limit: Option<f64>,
    cut_ms: Option<u64>,
}

impl Pace {
    pub(super) fn cut(&mut self, most: u32, now_ms: u64) {
        if self.cut_ms.is_some_and(|before| now_ms.saturating_sub(before) < TOGETHER_MS) {
            return;
        }
        self.cut_ms = Some(now_ms);
        self.limit = Some((self.limit.unwrap_or(f64::from(most)).min(f64::from(most)) / 2.0).max(1.0));
    }

    pub(super) fn raise(&mut self, most: u32) {
        if let Some(limit) = self.limit {
            let raised = limit + 1.0 / limit.max(1.0);
            self.limit = Some(raised).filter(|limit| *limit < f64::from(most));
        }
    }

    pub fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    pub(super) fn parallel(&self, most: u32) -> u32 {
        let most = most.max(1);
        self.limit.map_or(most, |limit| (limit as u32).clamp(1, most))
    }
}
