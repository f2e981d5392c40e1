//! `[guardian]`: rules of the project and their severity. Types and defaults only.

use std::collections::BTreeMap;

use crate::config::text_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[guardian]`: the rules that new code is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuardianConfig {
    /// Globs of the project's own ast-grep rules, which run beside the built-in ones. If this key is
    /// not set, matching files without an ast-grep rule are ignored.
    #[schemars(schema_with = "text_kind::inside_paths")]
    #[schemars(extend("x-tightens" = "more"))]
    pub rules: Vec<String>,
    /// The severity of a rule's findings, by the rule's name.
    #[schemars(schema_with = "levels")]
    #[schemars(extend("x-tightens" = ["error", "warning", "off"]))]
    pub severity: BTreeMap<String, RuleLevel>,
}

impl Default for GuardianConfig {
    fn default() -> Self {
        Self { rules: vec!["rules/*.yml".to_owned()], severity: BTreeMap::new() }
    }
}

/// The severity of a rule's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// The rule is not run
    Off,
    /// Findings are reported and block nothing
    Warning,
    /// The gate fails
    Error,
}

/// Only the Guardian knows the names of rules; here any key is accepted.
fn levels(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<RuleLevel>() })
}
