//! A world in which every answer is right and takes a drawn time.
//!
//! `mission` gives it to the real orchestrator, which still decides which role may ask. It has no model, git or check,
//! and nothing fails: retries are not measured. An unknown effect pauses the mission.

use std::sync::Arc;
use std::time::Duration;

use engine::for_benches::Clock;
use engine::for_benches::{Effects, Events, Orchestrator, Permission, Wish};
use mission::mailbox::Brief;
use mission::{
    Effect, Event, FailureClass, Gate, GateVerdict, ItemVerdict, PauseReason, Role, State, TaskId, Tokens,
};

use super::Work;

pub struct World {
    pub work: Arc<Work>,
    pub orchestrator: Orchestrator,
    pub clock: Arc<dyn Clock>,
}

/// The simulated clock of tokio, as milliseconds.
pub struct VirtualClock(pub tokio::time::Instant);

impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

const TOKENS: Tokens = Tokens { input: 3000, output: 500, cache_read: 0, cache_write: 0 };

impl World {
    async fn may_ask(&self, role: Role, task: Option<&TaskId>) -> bool {
        let wish =
            Wish { role, task: task.cloned(), draw: 1, models: Vec::new(), session: None, worker: None };
        matches!(self.orchestrator.ask(wish).await, Ok(Permission::Granted { .. }))
    }

    async fn work(&self, state: &State, task: &TaskId) -> Vec<Event> {
        let base = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
        let started = Event::AttemptStarted { task: task.clone(), slot: 1, base, at_ms: self.clock.now_ms() };
        if self.orchestrator.record(vec![started]).await.is_err()
            || !self.may_ask(Role::Coder, Some(task)).await
        {
            return Vec::new();
        }
        let duration = self.work.durations.get(task).copied().unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(duration)).await;
        vec![
            Event::RoleSpent {
                role: Role::Coder,
                task: Some(task.clone()),
                tokens: TOKENS,
                cost_usd: 0.01,
                estimated: false,
                requests: 1,
                paged: 0,
            },
            Event::WorkAccepted {
                task: task.clone(),
                summary: "written".into(),
                unchanged: false,
                unplanned: Vec::new(),
            },
        ]
    }

    async fn pass_gates(&self, task: &TaskId) -> Vec<Event> {
        let tree = format!("tree-{task}");
        let judged = |gate| Event::GateJudged {
            task: Some(task.clone()),
            gate,
            verdict: GateVerdict::Pass,
            tree: tree.clone(),
            detail: "1 file".into(),
            worker: None,
        };
        let gates =
            vec![judged(Gate::Scope), judged(Gate::Guardian), judged(Gate::Checks), judged(Gate::Review)];
        if self.orchestrator.record(gates).await.is_err() || !self.may_ask(Role::Reviewer, Some(task)).await {
            return Vec::new();
        }
        vec![
            Event::RoleSpent {
                role: Role::Reviewer,
                task: Some(task.clone()),
                tokens: TOKENS,
                cost_usd: 0.01,
                estimated: false,
                requests: 1,
                paged: 0,
            },
            Event::TaskPassed {
                task: task.clone(),
                commit: format!("commit-{task}"),
                tree,
                verified_by: vec!["npm test".into()],
                at_ms: self.clock.now_ms(),
            },
        ]
    }

    async fn integrate(&self, tasks: Vec<TaskId>, head: String) -> Vec<Event> {
        let started = Event::BatchStarted { tasks: tasks.clone(), head: head.clone() };
        if self.orchestrator.record(vec![started]).await.is_err() {
            return Vec::new();
        }
        let commit = tasks.last().map(|t| format!("head-{t}")).unwrap_or(head);
        vec![Event::Integrated {
            tasks,
            tree: format!("tree-of-{commit}"),
            commit,
            checks: Vec::new(),
            at_ms: self.clock.now_ms(),
        }]
    }

    async fn carry_out(self: Arc<World>, effect: Effect, state: Arc<State>) -> Vec<Event> {
        match effect {
            Effect::TakeBase => vec![Event::BaseTaken {
                commit: "base".into(),
                tree: "tree".into(),
                changed: Vec::new(),
                left_out: Vec::new(),
            }],
            Effect::CheckBase => {
                vec![Event::BaseChecked {
                    checks: Vec::new(),
                    setup: Vec::new(),
                    ended_by: None,
                    refused: Vec::new(),
                }]
            }
            Effect::AskSearcher => {
                let brief = Brief {
                    summary: "a project".into(),
                    files: Vec::new(),
                    conventions: Vec::new(),
                    risks: Vec::new(),
                    decisions: Vec::new(),
                };
                vec![Event::BriefAccepted { brief }]
            }
            Effect::Clarify => Vec::new(),
            Effect::AskPlanner { .. } => {
                let policy = state.policy.clone();
                match mission::graph::check(self.work.plan.clone(), &policy, &Default::default(), 0) {
                    Ok(checked) => {
                        vec![Event::PlanAccepted { plan: checked.plan, notes: checked.notes, parent: None }]
                    }
                    Err(problems) => vec![Event::PlanFailed {
                        class: FailureClass::Malformed,
                        reason: problems.join("; "),
                        parent: None,
                    }],
                }
            }
            Effect::Work { task, .. } => self.work(&state, &task).await,
            Effect::Judge { task, .. } => self.pass_gates(&task).await,
            Effect::Integrate { tasks, head } => self.integrate(tasks, head).await,
            Effect::Estimate => {
                vec![Event::Estimated { estimate: mission::estimate::estimate(&state, &[]) }]
            }
            Effect::ReviewObjective { cycle, .. } => {
                if !self.may_ask(Role::Reviewer, None).await {
                    return Vec::new();
                }
                let seen = |item| ItemVerdict { item, evidence: "seen".into() };
                let met = state.objective_items().into_iter().map(seen).collect();
                let tree = state.integrated_tree.clone().unwrap_or_default();
                vec![Event::ObjectiveReviewed { cycle, met, unmet: Vec::new(), tree }]
            }
            Effect::Deliver => {
                vec![Event::Delivered {
                    files: 1,
                    branch: None,
                    note: None,
                    changed: Default::default(),
                    torn: Vec::new(),
                }]
            }
            Effect::Record(event) => vec![event],
            other => {
                let what = format!("the benchmark's mission asks for {other:?}, which its world does not do");
                vec![Event::Paused { reason: PauseReason::Project(what), at_ms: self.clock.now_ms() }]
            }
        }
    }
}

/// The world as the orchestrator holds it, shared with the running effects.
pub struct Handle(pub Arc<World>);

impl Effects for Handle {
    fn carry_out(&self, effect: Effect, state: Arc<State>) -> Events {
        Box::pin(self.0.clone().carry_out(effect, state))
    }
}
