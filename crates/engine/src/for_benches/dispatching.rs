//! Changes that workers check, without a mission: the owner's side of a queue for measurements.
//!
//! It uses the code of a mission from the slot to the answer, and checks nothing on this machine but the base.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use workspace::{SlotEntry, Workspace};

use crate::bench::Bench;
use crate::bench::dispatch::owner::{Dispatch, Question};
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::Slots;
use crate::config::{Source, Trusted, load};
use crate::host::Nobody;
use crate::world::Processes;

/// The owner of a project whose changes workers check.
pub struct Dispatching {
    bench: Arc<Bench>,
    checks: ProjectChecks,
    dispatch: Dispatch,
    base: String,
}

impl Dispatching {
    /// `settings`: the user's own opencode.toml, with `[dispatch] queue`. `slots`: how many changes at once.
    pub async fn open(root: &Path, state: &Path, settings: &str, slots: u32) -> Result<Dispatching, String> {
        let own = Source { name: "opencode.toml".into(), text: settings.into() };
        let config = load(Some(own), None, None, Trusted::default())
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let failed = |error: workspace::Error| error.to_string();
        let workspace = Workspace::open(root, state).map_err(failed)?;
        let base = workspace.take_base("measured").map_err(failed)?.commit;
        let dispatch = Dispatch::new(&config).only_by_workers();
        let bench = Arc::new(Bench {
            host: Arc::new(Nobody),
            slots: Slots::new(workspace.clone(), slots, Vec::new(), Vec::new()),
            workspace,
            config: Arc::new(config),
            commands: Arc::new(Processes),
            downloads: Default::default(),
            cancel: CancellationToken::new(),
            tmp: state.join("tmp"),
            marker: "measured".into(),
        });
        let checks = ProjectChecks::new(bench.clone(), KnownOutcomes::default(), None);
        checks.ensure_base(&base).await?;
        Ok(Dispatching { bench, checks, dispatch, base })
    }

    /// Makes a change in a slot, and has it checked by a worker. Returns the worker's name.
    pub async fn check(&self, path: &str, text: &str) -> Result<String, String> {
        let slots = &self.bench.slots;
        let failed = |error: workspace::Error| error.to_string();
        let lease = slots.lease(slots.permit().await, &self.base).await.map_err(failed)?;
        let file = SlotEntry::File { bytes: text.as_bytes().to_vec(), executable: false };
        self.bench.workspace.set_slot_entry(&lease.slot, path, Some(&file)).map_err(failed)?;
        let commit = self.bench.workspace.commit_slot(&lease.slot, &self.base, "change").map_err(failed)?;
        let checks = self.checks.list();
        let on_base: BTreeMap<_, _> = checks
            .iter()
            .filter_map(|check| Some((check.name.clone(), self.checks.on_base(&check.name)?)))
            .collect();
        let (base, tree, folder) = (self.base.as_str(), commit.tree.as_str(), lease.slot.path.as_path());
        let question = Question { base, tree, folder, checks, on_base, keeps_tests: true };
        let claims = self.dispatch.ask(&self.bench, question).await;
        match claims.worker() {
            "" => Err("no worker answered".into()),
            worker => Ok(worker.to_owned()),
        }
    }
}
