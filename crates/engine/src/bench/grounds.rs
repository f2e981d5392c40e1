use std::path::PathBuf;
use std::sync::Arc;

use guardian::Guardian;
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use crate::actor::orchestrator::Orchestrator;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::Slots;
use crate::config::Config;
use crate::host::Host;
use crate::world::Commands;

/// What gates stand on: everything that judging a change takes, whoever wrote it.
pub(crate) struct Grounds {
    /// Marks the processes of its checks.
    pub marker: String,
    pub config: Config,
    /// Temporary folders of its checks, one a slot.
    pub tmp: PathBuf,
    pub host: Arc<dyn Host>,
    pub workspace: Workspace,
    pub slots: Slots,
    pub checks: ProjectChecks,
    pub guardian: Arc<Guardian>,
    pub commands: Arc<dyn Commands>,
    pub cancel: CancellationToken,
    /// `None`: a change is judged without a mission.
    pub mission: Option<Orchestrator>,
}
