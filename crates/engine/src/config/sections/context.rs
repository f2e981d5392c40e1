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
    /// What a role's session does with texts that it needs no more, such as a file that it wrote or that was changed since.
    #[schemars(extend("x-tightens" = ["auto", "off"]))]
    pub paging: PagingMode,
    /// How a Coder's prompt shows long files of its task.
    #[schemars(extend("x-tightens" = ["auto", "off"]))]
    pub slices: SliceMode,
}

/// How long files stand in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SliceMode {
    /// Their signatures, and the bodies that fit the task
    Auto,
    /// All of them, as far as the budget allows
    Off,
}

/// What becomes of texts that a role needs no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagingMode {
    /// A line that names a page takes their place, where that costs less than it saves
    Auto,
    /// They stay in every request
    Off,
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self { budget: 24_000, paging: PagingMode::Auto, slices: SliceMode::Auto }
    }
}
