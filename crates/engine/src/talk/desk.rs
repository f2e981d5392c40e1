//! Everything that is needed to talk to a role: the host, its sessions and models, and the orchestrator that permits
//! and counts prompts.
//!
//! Conversations hold it. It knows no task's slot, and not what a role is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use journal::{MissionDir, Redactor};
use mission::{MissionId, Role};
use serde_json::Value;

use crate::actor::orchestrator::Orchestrator;
use crate::clock::Clock;
use crate::config::Config;
use crate::far::owner::Far;
use crate::host::{Host, Models};
use crate::talk::session::Sessions;

pub(crate) struct Desk {
    pub mission: MissionId,
    pub host: Arc<dyn Host>,
    pub sessions: Sessions,
    pub orchestrator: Orchestrator,
    pub config: Arc<Config>,
    /// The host's knowledge of the models that may be asked.
    pub models: Models,
    /// The session in which the user started the mission; sessions of roles are its children.
    pub parent: Option<String>,
    /// The folder in which the mission keeps its pages.
    pub dir: MissionDir,
    pub redactor: Redactor,
    pub clock: Arc<dyn Clock>,
    /// Sessions of roles on other machines, if the user allows it.
    pub far: Option<Far>,
}

impl Desk {
    pub fn timeout(&self, role: Role) -> Duration {
        self.config.roles.of(role).timeout
    }

    /// The options for requests to a role's model.
    pub fn options(&self, role: Role) -> BTreeMap<String, Value> {
        self.config.roles.of(role).options.clone()
    }

    /// Whether the user gave a role a shell. A repair in its Coder's session has the Coder's tools.
    pub fn may_run_commands(&self, role: Role) -> bool {
        role.writes() && self.config.roles.of(role).bash
    }
}
