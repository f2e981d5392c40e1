//! `[budget]`: limits that pause a mission. Types and defaults only; `mission` counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::text_kind;
use crate::config::values::{Limit, Span};

/// `[budget]`: hard limits of a mission. A mission that reaches one pauses and can be resumed.
/// `"none"` removes a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetConfig {
    /// Prompts sent to roles.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub calls: Limit<u64>,
    /// Requests sent to models. One prompt takes several: one for each answer of the model.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub requests: Limit<u64>,
    /// Running time; pauses do not count.
    #[schemars(schema_with = "text_kind::limit_of_time")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub wall: Limit<Span>,
    /// Tokens in and out, of all roles.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub tokens: Limit<u64>,
    /// US dollars, as OpenCode reports them. Refused if a role's model has no price.
    #[schemars(schema_with = "text_kind::limit_of_money")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub cost_usd: Limit<f64>,
    /// The mission pauses if no model has answered for this long and several requests have failed in a row.
    #[schemars(schema_with = "text_kind::span")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub outage: Span,
    /// Limits of each task.
    pub task: TaskBudgetConfig,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            calls: Limit::At(200),
            requests: Limit::At(3_000),
            wall: Limit::At(Span::from_secs(4 * 60 * 60)),
            tokens: Limit::None,
            cost_usd: Limit::None,
            outage: Span::from_secs(30 * 60),
            task: TaskBudgetConfig::default(),
        }
    }
}

/// `[budget.task]`: limits of each task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TaskBudgetConfig {
    /// Prompts sent to roles on behalf of one task.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub calls: Limit<u64>,
    /// Requests sent to models on behalf of one task, and the most that one prompt of any role may take.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub requests: Limit<u64>,
    /// Tokens in and out, of all roles that work on the task.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub tokens: Limit<u64>,
    /// US dollars, as OpenCode reports them.
    #[schemars(schema_with = "text_kind::limit_of_money")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub cost_usd: Limit<f64>,
}

impl Default for TaskBudgetConfig {
    fn default() -> Self {
        Self { calls: Limit::At(12), requests: Limit::At(300), tokens: Limit::None, cost_usd: Limit::None }
    }
}
