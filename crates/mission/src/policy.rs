//! The limits and choices that a mission starts with, as the user configured them.
//!
//! The engine fills it from the configuration. Journals contain it, so a new field needs a default. It knows no file
//! format.

use serde::{Deserialize, Serialize};

/// How many failures of the Searcher, the Planner or the review of the whole the mission accepts before it continues
/// without.
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

/// The user's settings for a mission. They are fixed when it starts, so that a later edit of the configuration does not
/// change the meaning of a journal. `None` means no limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The most tasks that run at the same time.
    pub parallel: u32,
    /// Repairs in the same session, for each attempt.
    pub fixes: u32,
    /// New attempts from a clean base after the first.
    pub fresh: u32,
    /// The number of fallback models for a Coder's attempts.
    pub fallbacks: u32,
    /// How often a task, including its parts, may be split because it failed.
    pub splits: u32,
    /// The number of Coders that make one attempt in parallel, at most `parallel`.
    pub candidates: u32,
    /// Whether another Coder writes the tests of a change in behaviour before the change is made.
    pub independent_tests: bool,
    /// The most plans of the objective: each one after the first is for what is still missing.
    pub max_cycles: u32,
    /// Ask the user before the first task starts.
    pub approve_plan: bool,
    /// Ask the user what the brief leaves open, before the plan.
    pub clarify: bool,
    /// What happens to packages that a plan wants to add.
    pub dependencies: NewDependencies,
    /// Whether a failed set-up pauses the mission; otherwise checks that need it give no evidence.
    pub pause_on_setup: bool,
    /// The most prompts to roles.
    pub calls: Option<u64>,
    /// The most prompts to roles for one task.
    pub task_calls: Option<u64>,
    /// The most requests to models, of all prompts.
    pub requests: Option<u64>,
    /// The most requests to models for one task, and for one prompt.
    pub task_requests: Option<u64>,
    /// The longest running time, in milliseconds.
    pub wall_ms: Option<u64>,
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    /// The most tokens of one task.
    pub task_tokens: Option<u64>,
    /// The most US dollars of one task.
    pub task_cost_usd: Option<f64>,
    /// The mission pauses when no model has answered for this many milliseconds.
    pub outage_ms: u64,
    /// The most tasks of one plan.
    pub max_tasks: u32,
    /// The most files of one task.
    pub max_files: u32,
    /// The most lines of one task's files together, before the task.
    pub max_lines: u32,
    /// The deepest nesting of compound tasks.
    pub max_depth: u32,
    /// The mission pauses after this many failures of the host or the provider in a row for one task.
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
