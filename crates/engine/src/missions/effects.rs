//! Carries out the effects that the state machine decides.
//!
//! It only chooses the step: `mission::decide` has decided what is due.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mission::{Effect, State, WorkKind};

use crate::actor::effects::{Effects, Events};
use crate::actor::orchestrator::keeps_worker;
use crate::blocking::blocking;
use crate::missions::tidy;
use crate::steps::context::MissionContext;
use crate::steps::integration::{base, delivery, integrator};
use crate::steps::plan::{clarify, estimate, packages, planner, searcher};
use crate::steps::review::{dispute, judge_task, objective};
use crate::steps::work::{coder, fixer, test_author};

/// The first wait after a failure of host or provider; it doubles with each failure in a row.
const BACKOFF: Duration = Duration::from_secs(2);
const MAX_BACKOFF: Duration = Duration::from_secs(120);

impl Effects for Arc<MissionContext> {
    fn carry_out(&self, effect: Effect, state: Arc<State>) -> Events {
        let context = self.clone();
        Box::pin(async move {
            match effect {
                Effect::TakeBase => base::take(&context).await,
                Effect::CheckBase => base::check(&context, &state).await,
                Effect::AskSearcher => {
                    wait_for_host(&context, state.host_failures).await;
                    searcher::run(&context, &state).await
                }
                Effect::Clarify => clarify::run(&context).await,
                Effect::AskPlanner { task } => {
                    wait_for_host(&context, state.host_failures).await;
                    planner::run(&context, &state, task).await
                }
                Effect::AmendPlan => {
                    wait_for_host(&context, state.host_failures).await;
                    planner::amend(&context, &state).await
                }
                Effect::WriteTests { task, host_failures, .. } => {
                    wait_for_host(&context, host_failures).await;
                    test_author::run(&context, &state, &task).await
                }
                Effect::ReviewTests { task, host_failures } => {
                    wait_for_host(&context, host_failures).await;
                    dispute::run(&context, &state, &task).await
                }
                Effect::Work { task, kind, host_failures, model, candidates, .. } => {
                    wait_for_host(&context, host_failures).await;
                    match kind {
                        WorkKind::Fresh => coder::run(&context, &state, &task, model, candidates).await,
                        WorkKind::Fix => fixer::run(&context, &state, &task, model).await,
                    }
                }
                Effect::Judge { task, host_failures, .. } => {
                    wait_for_host(&context, host_failures).await;
                    judge_task::judge_task(&context, &state, &task).await
                }
                Effect::Integrate { tasks, .. } => {
                    let failures = tasks.iter().filter_map(|id| state.tasks.get(id)).map(|t| t.host_failures);
                    wait_for_host(&context, failures.max().unwrap_or_default()).await;
                    integrator::integrate(&context, &state, tasks).await
                }
                Effect::AddPackages { parent } => packages::add(&context, parent.as_ref()).await,
                Effect::Estimate => estimate::run(&context, &state),
                Effect::ReviewObjective { host_failures, .. } => {
                    wait_for_host(&context, host_failures).await;
                    objective::review(&context, &state).await
                }
                Effect::Deliver => delivery::deliver(&context, &state).await,
                Effect::Record(event) => vec![event],
            }
        })
    }

    fn settled(&self, state: &State) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let over: Vec<String> = self
            .workers
            .tasks()
            .into_iter()
            .filter(|id| !state.tasks.get(id).is_some_and(|t| keeps_worker(&t.phase)))
            .collect();
        Box::pin(async move {
            for task in over {
                self.workers.take(&task);
            }
        })
    }

    fn closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            for task in self.workers.tasks() {
                self.workers.take(&task);
            }
            // Processes that left their process group are found by the mission's mark
            let (mark, dir) = (self.desk.mission.clone(), self.desk.dir.clone());
            let cleared = blocking(move || {
                checks::sweep(&mark);
                workspace::remove_folder(&dir.tmp_dir());
                dir.clear_tmp()
            });
            if let Err(error) = cleared.await {
                tracing::warn!("{error}");
            }
            tidy::let_go(&self.desk.host, &self.desk.sessions).await;
        })
    }
}

/// Waits before the host is asked again; the wait grows with the failures in a row.
async fn wait_for_host(context: &MissionContext, failures: u32) {
    if failures == 0 {
        return;
    }
    let wait = BACKOFF.saturating_mul(1 << (failures - 1).min(10)).min(MAX_BACKOFF);
    tokio::select! {
        biased;
        () = context.bench.cancel.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
