//! `[roles.*]`: models, time limits and the shell of each role. Types and defaults only.

use std::collections::BTreeMap;
use std::time::Duration;

use mission::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::text_kind;
use crate::config::values::{ModelId, Span};

/// `[roles.*]`: what each role works with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RolesConfig {
    /// Reads the project and writes the brief.
    pub searcher: ReadingRoleConfig,
    /// Makes the task graph from the brief.
    pub planner: ReadingRoleConfig,
    /// Carries out a task in its slot.
    pub coder: WritingRoleConfig,
    /// Judges a finished task by its diff.
    pub reviewer: ReadingRoleConfig,
    /// Fixes what a gate found.
    pub fixer: WritingRoleConfig,
}

/// One role's settings, whichever kind it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoleSettings<'a> {
    /// `None`: OpenCode's default model.
    pub model: Option<&'a ModelId>,
    /// Tried in this order when `model` fails.
    pub fallback: &'a [ModelId],
    /// Of the model, as OpenCode names it.
    pub variant: Option<&'a str>,
    /// Of each request.
    pub options: &'a BTreeMap<String, Value>,
    /// How long one prompt may take.
    pub timeout: Duration,
    /// Always false for a role that only reads.
    pub bash: bool,
}

impl RolesConfig {
    /// The settings of a role.
    pub fn of(&self, role: Role) -> RoleSettings<'_> {
        match role {
            Role::Searcher => self.searcher.settings(),
            Role::Planner => self.planner.settings(),
            Role::Coder => self.coder.settings(),
            Role::Reviewer => self.reviewer.settings(),
            Role::Fixer => self.fixer.settings(),
        }
    }
}

/// A role that only reads: searcher, planner, reviewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingRoleConfig {
    /// The model, as `provider/model`. Unset: OpenCode's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ModelId")]
    #[schemars(extend("x-tightens" = "never"))]
    pub model: Option<ModelId>,
    /// Models to try, in this order, when `model` fails.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub fallback: Vec<ModelId>,
    /// A variant of the model, such as "high" for more reasoning; fallbacks use theirs of the same name. OpenCode must know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    #[schemars(extend("x-tightens" = "never"))]
    pub variant: Option<String>,
    /// Options of each request: `temperature`, `top_p`, `top_k`, `max_output_tokens`, and options of the provider.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "text_kind::options")]
    #[schemars(extend("x-tightens" = "never"))]
    pub options: BTreeMap<String, Value>,
    /// How long one prompt may take.
    #[schemars(schema_with = "text_kind::span")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub timeout: Span,
}

impl ReadingRoleConfig {
    fn settings(&self) -> RoleSettings<'_> {
        RoleSettings {
            model: self.model.as_ref(),
            fallback: &self.fallback,
            variant: self.variant.as_deref(),
            options: &self.options,
            timeout: self.timeout.get(),
            bash: false,
        }
    }
}

impl Default for ReadingRoleConfig {
    fn default() -> Self {
        Self {
            model: None,
            fallback: Vec::new(),
            variant: None,
            options: BTreeMap::new(),
            timeout: DEFAULT_TIMEOUT,
        }
    }
}

/// A role that writes files in a slot: coder, fixer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WritingRoleConfig {
    /// The model, as `provider/model`. Unset: OpenCode's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ModelId")]
    #[schemars(extend("x-tightens" = "never"))]
    pub model: Option<ModelId>,
    /// Models to try, in this order, when `model` fails.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub fallback: Vec<ModelId>,
    /// A variant of the model, such as "high" for more reasoning; fallbacks use theirs of the same name. OpenCode must know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    #[schemars(extend("x-tightens" = "never"))]
    pub variant: Option<String>,
    /// Options of each request: `temperature`, `top_p`, `top_k`, `max_output_tokens`, and options of the provider.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "text_kind::options")]
    #[schemars(extend("x-tightens" = "never"))]
    pub options: BTreeMap<String, Value>,
    /// How long one prompt may take.
    #[schemars(schema_with = "text_kind::span")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub timeout: Span,
    /// Give the role a shell. It is confined as checks are and needs Landlock.
    #[schemars(extend("x-tightens" = ["false", "true"]))]
    pub bash: bool,
}

impl WritingRoleConfig {
    fn settings(&self) -> RoleSettings<'_> {
        RoleSettings {
            model: self.model.as_ref(),
            fallback: &self.fallback,
            variant: self.variant.as_deref(),
            options: &self.options,
            timeout: self.timeout.get(),
            bash: self.bash,
        }
    }
}

impl Default for WritingRoleConfig {
    fn default() -> Self {
        Self {
            model: None,
            fallback: Vec::new(),
            variant: None,
            options: BTreeMap::new(),
            timeout: DEFAULT_TIMEOUT,
            bash: false,
        }
    }
}

const DEFAULT_TIMEOUT: Span = Span::from_secs(10 * 60);
