//! `[checks]`: what the user says of found checks, and commands that the user adds. Types and defaults only.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::layer::{Layer, Node};
use crate::config::problem::ConfigProblem;
use crate::config::text_kind;
use crate::config::values::Span;

/// `[checks]`: the project's own commands that a change has to pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChecksConfig {
    /// Find the build, type, lint and test commands of the project.
    #[schemars(extend("x-tightens" = ["true", "false"]))]
    pub auto: bool,
    /// Found checks that do not run, by name or glob.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub exclude: Vec<String>,
    /// Refused commands that may run, by name or glob; `opencode-orchestrator checks` lists them.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub allow: Vec<String>,
    /// New names for found checks: the found name, then the new one.
    #[schemars(extend("x-tightens" = "never"))]
    pub rename: BTreeMap<String, String>,
    /// Time limits of found checks, by name; a renamed check by its new name.
    #[schemars(schema_with = "text_kind::spans")]
    #[schemars(extend("x-tightens" = "never"))]
    pub timeout: BTreeMap<String, Span>,
    /// More commands. One with the name of a found check replaces it.
    #[schemars(extend("x-tightens" = "never"))]
    pub command: Vec<CheckCommand>,
}

impl Default for ChecksConfig {
    fn default() -> Self {
        Self {
            auto: true,
            exclude: Vec::new(),
            allow: Vec::new(),
            rename: BTreeMap::new(),
            timeout: BTreeMap::new(),
            command: Vec::new(),
        }
    }
}

/// `[[checks.command]]`: one command, run by a shell in the root of the slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckCommand {
    /// The name in reports and in `mission_check`.
    #[schemars(schema_with = "text_kind::check_name")]
    pub name: String,
    /// The command line.
    #[schemars(schema_with = "text_kind::command_line")]
    pub run: String,
    /// How long it may take.
    #[serde(default = "default_timeout")]
    #[schemars(schema_with = "text_kind::span")]
    pub timeout: Span,
}

fn default_timeout() -> Span {
    Span::from_secs(10 * 60)
}

/// Problems for two commands with the same name: reports and `mission_check` could not distinguish them.
pub(crate) fn same_name_twice(layer: &Layer) -> Vec<ConfigProblem> {
    let commands =
        layer.root.get("checks").and_then(|checks| checks.get("command")).map_or(&[][..], Node::items);
    let mut seen = BTreeSet::new();
    commands
        .iter()
        .filter_map(|command| command.get("name"))
        .filter_map(|name| Some((name, name.text()?)))
        .filter(|(_, text)| !seen.insert(*text))
        .map(|(name, text)| {
            layer
                .problem(name.at, format!("two commands in `[[checks.command]]` are named `{text}`"))
                .hint("give each command a name of its own")
        })
        .collect()
}
