//! `[context]`: how much a role starts with. Types and defaults only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[context]`: what a role is given to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// Tokens of context that a role starts with.
    #[schemars(range(min = 1_000, max = 1_000_000))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub budget: usize,
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self { budget: 24_000 }
    }
}
