//! `[command]`: what the command in OpenCode is called. Types and defaults only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::text_kind;

/// `[command]`: the command that starts missions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CommandConfig {
    /// Its name. Set another one if a second plugin has a `/task` command, too; only your own file can set it.
    #[schemars(schema_with = "text_kind::command_name")]
    #[schemars(extend("x-tightens" = "never"))]
    pub name: String,
}

impl Default for CommandConfig {
    fn default() -> Self {
        Self { name: "task".to_owned() }
    }
}
