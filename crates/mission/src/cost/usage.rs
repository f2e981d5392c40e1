//! What was used: prompts, tokens and money, added up by mission, role and task.
//!
//! It holds sums and no limit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::Role;

/// Tokens of one or many answers, as the provider reported them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Input tokens that were not read from the provider's cache.
    pub input: u64,
    /// Output tokens, including reasoning.
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

impl Tokens {
    pub fn total(&self) -> u64 {
        [self.output, self.cache_read, self.cache_write]
            .iter()
            .fold(self.input, |sum, n| sum.saturating_add(*n))
    }

    pub fn add(&mut self, other: &Tokens) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
    }
}

/// What a mission, or one role in it, has used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompts sent.
    pub calls: u64,
    /// Requests to models: one for each answer of the model to a prompt.
    #[serde(default)]
    pub requests: u64,
    /// Tokens that paging kept out of the requests.
    #[serde(default)]
    pub paged: u64,
    pub tokens: Tokens,
    /// US dollars, as OpenCode computed them from the model's price.
    pub cost_usd: f64,
}

impl Usage {
    pub fn spend(&mut self, tokens: &Tokens, cost_usd: f64) {
        self.tokens.add(tokens);
        if cost_usd.is_finite() && cost_usd > 0.0 {
            self.cost_usd += cost_usd;
        }
    }
}

/// What each role has used.
pub type UsageByRole = BTreeMap<Role, Usage>;
