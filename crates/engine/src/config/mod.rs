//! `opencode.toml`: what a user may set, and how it is read.
//!
//! Each section has its own file here: plain types whose defaults are the documented ones and whose
//! doc comments become the JSON Schema. [`load`] checks every source against that schema, lists all
//! problems with their places, and merges the sources.
//!
//! **Invariant**: no I/O. Texts come in, values and texts go out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod describe;
mod layer;
mod load;
mod loosened;
mod problem;
pub(crate) mod queue_of_run;
#[cfg(test)]
mod reference;
pub(crate) mod roles_of_worker;
mod schema;
mod sections;
pub(crate) mod settings;
mod show;
#[cfg(test)]
mod tests;
mod text_kind;
mod validate;
mod values;

pub use load::{OPTIONS, Origin, Origins, load};
pub use loosened::{Trusted, Withheld};
pub use problem::{ConfigProblem, Source};
pub use schema::schema;
pub use sections::budget::{BudgetConfig, TaskBudgetConfig};
pub use sections::checks::{CheckCommand, ChecksConfig};
pub use sections::command::CommandConfig;
pub use sections::context::{ContextConfig, PagingMode, SliceMode};
pub(crate) use sections::dispatch::wrong_address;
pub use sections::dispatch::{DispatchConfig, Trust as DispatchTrust};
pub use sections::guardian::{GuardianConfig, RuleLevel};
pub use sections::heal::HealConfig;
pub use sections::mission::{Clarify, Deliver, MissionConfig, NewDependencies, TestAuthor};
pub use sections::review::ReviewConfig;
pub use sections::roles::{ReadingRoleConfig, RoleSettings, RolesConfig, WritingRoleConfig};
pub use sections::sandbox::SandboxConfig;
pub use sections::workspace::{Setup, SetupFailure, WorkspaceConfig};
pub use show::show;
pub use values::{Limit, ModelId, Span};

/// The settings of opencode-orchestrator, read from `opencode.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How a mission is run and where its result goes.
    pub mission: MissionConfig,
    /// Hard limits. Reaching one pauses the mission, which can be resumed.
    pub budget: BudgetConfig,
    /// What the command in OpenCode is called.
    pub command: CommandConfig,
    /// What each role works with.
    pub roles: RolesConfig,
    /// Who judges a finished task.
    pub review: ReviewConfig,
    /// How far a failing task is helped before it is abandoned.
    pub heal: HealConfig,
    /// The project's own commands that a change has to pass.
    pub checks: ChecksConfig,
    /// The rules that new code is held to.
    pub guardian: GuardianConfig,
    /// What keeps the project's commands from everything but their slot.
    pub sandbox: SandboxConfig,
    /// How a slot is made ready for work.
    pub workspace: WorkspaceConfig,
    /// What a role is given to read.
    pub context: ContextConfig,
    /// Machines beside this one.
    pub dispatch: DispatchConfig,
    /// Where each value was set. Not part of the file, nor of what is serialised.
    #[serde(skip)]
    pub origins: Origins,
    /// What a source that is not trusted would loosen. Not part of the file either.
    #[serde(skip)]
    pub withheld: Vec<Withheld>,
}
