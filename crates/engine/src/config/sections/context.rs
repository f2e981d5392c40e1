//! `[context]`: how much a role starts with. Types and defaults only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::ModelId;

/// `[context]`: what a role is given to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// Tokens of context that a role starts with.
    #[schemars(range(min = 1_000, max = 1_000_000))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub budget: usize,
    /// What happens to texts that a role no longer needs, such as a file that it has written or that has changed since.
    #[schemars(extend("x-tightens" = ["auto", "off"]))]
    pub paging: PagingMode,
    /// How a Coder's prompt shows long files of its task.
    #[schemars(extend("x-tightens" = ["auto", "off"]))]
    pub slices: SliceMode,
    /// An embedding model of a provider in OpenCode, as `provider/model`: one more voice in the ranking of files. It reads the
    /// beginning of up to 2,000 files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ModelId")]
    #[schemars(extend("x-tightens" = "never"))]
    pub embeddings: Option<ModelId>,
}

/// How a prompt shows long files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SliceMode {
    /// Their signatures, and the bodies that fit the task
    Auto,
    /// The whole files, as far as the budget allows
    Off,
}

/// What happens to texts that a role no longer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagingMode {
    /// A line that names a page replaces them if that saves more than it costs
    Auto,
    /// They stay in every request
    Off,
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self { budget: 24_000, paging: PagingMode::Auto, slices: SliceMode::Auto, embeddings: None }
    }
}
