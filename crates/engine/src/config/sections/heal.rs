//! `[heal]`: how often a failure is fixed, retried or split. Types and defaults only; `mission` decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[heal]`: what is tried for a failing task before it is abandoned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HealConfig {
    /// Repairs of an attempt.
    #[schemars(range(min = 0, max = 10))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub fixes: u32,
    /// New attempts from a clean base.
    #[schemars(range(min = 0, max = 10))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub fresh: u32,
    /// Re-plans of the task into smaller ones.
    #[schemars(range(min = 0, max = 5))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub splits: u32,
    /// Coders that try one task in parallel.
    #[schemars(range(min = 1, max = 8))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub candidates: usize,
}

impl Default for HealConfig {
    fn default() -> Self {
        Self { fixes: 2, fresh: 1, splits: 1, candidates: 1 }
    }
}
