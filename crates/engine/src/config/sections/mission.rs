//! `[mission]`: parallelism, cycles, delivery, who writes tests. Types and defaults only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[mission]`: how a mission is run and where its result goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MissionConfig {
    /// Tasks that run in parallel.
    #[schemars(range(min = 1, max = 64))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub parallel: usize,
    /// Plan-do-check-act rounds before the mission is reported as incomplete.
    #[schemars(range(min = 1, max = 20))]
    #[schemars(extend("x-tightens" = "lower"))]
    pub max_cycles: u32,
    /// Where the finished change goes.
    #[schemars(extend("x-tightens" = ["branch", "apply"]))]
    pub deliver: Deliver,
    /// Ask before the first task starts.
    #[schemars(extend("x-tightens" = ["true", "false"]))]
    pub approve_plan: bool,
    /// Whether the mission asks about open decisions before it plans.
    #[schemars(extend("x-tightens" = ["ask", "never"]))]
    pub clarify: Clarify,
    /// Who writes the tests for a change in behaviour.
    #[schemars(extend("x-tightens" = ["independent", "coder", "none"]))]
    pub tests: TestAuthor,
    /// What happens to packages that a plan wants to add.
    #[schemars(extend("x-tightens" = ["deny", "ask", "allow"]))]
    pub dependencies: NewDependencies,
}

impl Default for MissionConfig {
    fn default() -> Self {
        Self {
            parallel: 4,
            max_cycles: 3,
            deliver: Deliver::Apply,
            approve_plan: false,
            clarify: Clarify::Ask,
            tests: TestAuthor::Independent,
            dependencies: NewDependencies::Ask,
        }
    }
}

/// Where the finished change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deliver {
    /// Into the working tree
    Apply,
    /// Into a branch `orchestrator/<mission id>`; the working tree stays as it is
    Branch,
}

/// Whether questions are asked before the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clarify {
    /// At most three questions are asked if a user can answer; after five minutes the defaults are used
    Ask,
    /// The defaults are used at once
    Never,
}

/// Who writes the tests for a change in behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestAuthor {
    /// A separate coder, who does not see the implementation
    Independent,
    /// The coder of the task
    Coder,
    /// Nobody
    None,
}

/// What happens to packages that a plan wants to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewDependencies {
    /// The user is asked
    Ask,
    /// They are added
    Allow,
    /// The plan is rejected
    Deny,
}
