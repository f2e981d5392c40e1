//! The limits and choices that a mission starts with, as the user configured them.
//!
//! The engine fills it from the configuration; a journal keeps it, so a new field needs a default. It knows no file format.

use serde::{Deserialize, Serialize};

/// Times that the Searcher, or the Planner, is asked again before the mission goes on without a brief, or ends.
pub(crate) const ROLE_TRIES: usize = 2;

/// What happens to packages that a plan wants to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewDependencies {
    /// The user is asked.
    Ask,
    Allow,
    /// The plan is rejected.
    Deny,
}

/// What the user settled for a mission; fixed when it starts, so that a later edit of the configuration does not change
/// what a journal means. Limits of `None` are lifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Tasks at once.
    pub parallel: u32,
    /// Repairs in the same session, for each attempt.
    pub fixes: u32,
    /// New attempts from a clean base after the first.
    pub fresh: u32,
    /// Other models that a Coder's attempt may go to.
    pub fallbacks: u32,
    /// Times that a task, with all that comes out of it, is split because it failed.
    pub splits: u32,
    /// Coders that make one attempt side by side, as far as `parallel` lets them.
    pub candidates: u32,
    /// Whether another coder writes the tests of a change in behaviour, before it is made.
    pub independent_tests: bool,
    /// Plans of the objective: after the first, each is for what the one before left missing.
    pub max_cycles: u32,
    /// Ask the user before the first task starts.
    pub approve_plan: bool,
    /// Ask the user what the brief leaves open, before the plan.
    pub clarify: bool,
    /// What happens to packages that a plan wants to add.
    pub dependencies: NewDependencies,
    /// Whether a set-up that fails pauses the mission; otherwise checks that need it are no evidence.
    pub pause_on_setup: bool,
    /// Prompts to roles.
    pub calls: Option<u64>,
    /// Prompts to roles for one task.
    pub task_calls: Option<u64>,
    /// Requests to models, of all prompts.
    pub requests: Option<u64>,
    /// Requests to models for one task, and the most that one prompt may take.
    pub task_requests: Option<u64>,
    /// Milliseconds of running time.
    pub wall_ms: Option<u64>,
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    /// Tokens of one task.
    pub task_tokens: Option<u64>,
    /// US dollars of one task.
    pub task_cost_usd: Option<f64>,
    /// Milliseconds for which no model may answer before the mission is paused.
    pub outage_ms: u64,
    /// Tasks that one plan may hold.
    pub max_tasks: u32,
    /// Files that one task may name.
    pub max_files: u32,
    /// Lines that the files of one task may hold together, as they are before it.
    pub max_lines: u32,
    /// How deep compound tasks may nest.
    pub max_depth: u32,
    /// Failures of the host or the provider in a row, for one task, before the mission is paused.
    pub host_failures: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            parallel: 4,
            fixes: 2,
            fresh: 1,
            fallbacks: 0,
            splits: 1,
            candidates: 1,
            independent_tests: false,
            max_cycles: 3,
            approve_plan: false,
            clarify: false,
            dependencies: NewDependencies::Ask,
            pause_on_setup: true,
            calls: Some(200),
            task_calls: Some(12),
            requests: Some(3_000),
            task_requests: Some(300),
            wall_ms: Some(4 * 3_600_000),
            tokens: None,
            cost_usd: None,
            task_tokens: None,
            task_cost_usd: None,
            outage_ms: 30 * 60_000,
            max_tasks: 200,
            max_files: 20,
            max_lines: 100_000,
            max_depth: 4,
            host_failures: 5,
        }
    }
}
