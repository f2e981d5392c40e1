//! `[review]`: how many Reviewers vote. Types and defaults only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[review]`: how many Reviewers judge a finished task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewConfig {
    /// The number of Reviewers that vote; odd, so that a vote has a majority.
    #[schemars(range(min = 1, max = 15), extend("not" = { "multipleOf": 2 }))]
    #[schemars(extend("x-tightens" = "higher"))]
    pub quorum: usize,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        Self { quorum: 1 }
    }
}
