//! The worker's side. A bay computes one verdict at a time, with the code of the local verdict: fresh
//! checkout, set-up, the base's configuration, checks.
//!
//! A bay has its own state folder, and neither a checkout of the user nor a mission. Between jobs it stays
//! ready for the same base, with its outcomes and warm builds. `cli/machines/worker` gives it jobs. It must
//! run commands only as the settings of the worker's own user allow.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use checks::{End, Outcome};
use queue::{Job, Queue};
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use crate::bench::Bench;
use crate::bench::confine::FilterSandbox;
use crate::bench::dispatch::home::{Home, NAME, forget_project};
use crate::bench::dispatch::verdict_job::{Lone, VerdictAnswer, VerdictJob};
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::Slots;
use crate::blocking::blocking;
use crate::config::Config;
use crate::host::Nobody;
use crate::world::Processes;

pub(crate) struct Bay {
    home: Home,
    config: Config,
    cancel: CancellationToken,
    ready: Option<Ready>,
}

/// What a bay keeps for the next job with the same base.
struct Ready {
    of_base: String,
    bench: Arc<Bench>,
    checks: ProjectChecks,
    /// Why this machine cannot judge changes of this base, if it cannot.
    unable: Option<String>,
}

impl Bay {
    /// Opens the first bay below `data_home` that no other process uses.
    pub fn open(data_home: &Path, config: Config, now_ms: u64) -> Result<Bay, String> {
        let home = Home::open(data_home, now_ms)?;
        Ok(Bay { home, config, cancel: CancellationToken::new(), ready: None })
    }

    /// What the bay is ready for ([`Job::prepares`]).
    pub fn ready_for(&self) -> Option<&str> {
        self.ready.as_ref().filter(|ready| ready.unable.is_none()).map(|ready| ready.of_base.as_str())
    }

    /// Ends the commands that run, for good.
    pub fn stop(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Computes the verdict of a job. The error says why this machine cannot.
    pub async fn run(&mut self, job: &Job, queue: &Queue) -> Result<VerdictAnswer, String> {
        let wanted: VerdictJob = serde_json::from_value(job.body.clone())
            .map_err(|error| format!("the job cannot be read (another version?): {error}"))?;
        let ready = self.ready(&wanted).await?;
        if let Some(why) = &ready.unable {
            return Err(why.clone());
        }
        let workspace = &ready.bench.workspace;
        for (name, lone) in wanted.packs().iter().zip([&wanted.base, &wanted.change]) {
            fetch(workspace, queue, name, lone).await?;
        }
        let (base, change) = (&wanted.base, &wanted.change);
        ready.checks.ensure_base_for(&base.commit, &change.tree).await?;
        if let Some(why) = differs(&ready.checks, &wanted) {
            ready.unable = Some(why.clone());
            return Err(why);
        }
        let _slot_is_ours = ready.checks.hold_checking_slot().await;
        let slot =
            ready.checks.prepare_checking_slot(&change.commit).await.map_err(|error| error.to_string())?;
        let judged = ready.checks.run_and_compare(&slot, &change.tree, wanted.keeps_tests).await?;
        let outcomes: BTreeMap<String, Outcome> =
            judged.into_iter().map(|one| (one.check.name, (*one.outcome).clone())).collect();
        let cannot = |(name, outcome): (&String, &Outcome)| match &outcome.end {
            End::NotFound { .. } | End::CouldNotStart { .. } | End::Cancelled => {
                Some(format!("`{name}` {}", outcome.end))
            }
            _ => None,
        };
        if let Some(why) = outcomes.iter().find_map(cannot) {
            return Err(why);
        }
        let on_base = |name: &String| Some((name.clone(), (*ready.checks.on_base(name)?).clone()));
        let base = outcomes.keys().filter_map(on_base).collect();
        Ok(VerdictAnswer { tree: change.tree.clone(), base, change: outcomes })
    }

    /// Prepares the bay for the job's base, and removes what belongs to another base.
    async fn ready(&mut self, job: &VerdictJob) -> Result<&mut Ready, String> {
        let of_base = job.of_base();
        if self.ready.as_ref().is_none_or(|ready| ready.of_base != of_base) {
            self.ready = None;
            let (root, state) = (self.home.root.clone(), self.home.state.clone());
            let mut config = self.config.clone();
            config.workspace.setup = job.setup.clone();
            config.workspace.copy.clear();
            let (sandbox, slots) = (config.sandbox.settings(), config.workspace.slots());
            let workspace = blocking(move || {
                forget_project(&state);
                let workspace = Workspace::open_at(&root, &state, slots.as_deref())?;
                workspace.confine_filters(Arc::new(FilterSandbox(sandbox)));
                Ok::<_, workspace::Error>(workspace)
            });
            let workspace = workspace.await.map_err(|error| error.to_string())?;
            let bench = Arc::new(Bench {
                host: Arc::new(Nobody),
                slots: Slots::new(workspace.clone(), 1, Vec::new(), Vec::new()),
                workspace,
                config: Arc::new(config),
                commands: Arc::new(Processes),
                downloads: Default::default(),
                cancel: self.cancel.clone(),
                tmp: self.home.state.join("tmp"),
                marker: format!("{NAME}-{}", std::process::id()),
            });
            let checks = ProjectChecks::given(bench.clone(), job.checks.clone());
            self.ready = Some(Ready { of_base, bench, checks, unable: None });
        }
        self.ready.as_mut().ok_or_else(|| "the bay is not ready".to_string())
    }
}

impl Drop for Bay {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Fetches a commit that is not here, and checks that it has the tree that the job names.
pub(crate) async fn fetch(
    workspace: &Workspace,
    queue: &Queue,
    pack: &str,
    lone: &Lone,
) -> Result<(), String> {
    let tree =
        |workspace: Workspace, commit: String| async move { blocking(move || workspace.tree(&commit)).await };
    let mut found = tree(workspace.clone(), lone.commit.clone()).await;
    if found.is_err() {
        let bytes = queue.pack(pack).await.map_err(|error| error.to_string())?;
        let to = workspace.clone();
        blocking(move || to.unpack(bytes)).await.map_err(|error| error.to_string())?;
        found = tree(workspace.clone(), lone.commit.clone()).await;
    }
    match found {
        Ok(tree) if tree == lone.tree => Ok(()),
        Ok(_) => Err("the pack contains another tree than the job names".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Why a check of the base ends differently here than at the owner, if one does: something is missing on one
/// of the machines, such as a toolchain, a service or a file.
fn differs(checks: &ProjectChecks, job: &VerdictJob) -> Option<String> {
    job.passed_on_base.iter().find_map(|(name, passed)| {
        let here = checks.on_base(name)?;
        (here.end.success() != *passed).then(|| {
            let there = if *passed { "passes" } else { "fails" };
            format!("`{name}` on the base {} here, and {there} at the owner", here.end)
        })
    })
}
