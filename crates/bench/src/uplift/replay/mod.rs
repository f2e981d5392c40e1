//! A mission without files: the real orchestrator, state machine, ladder and journal, with kept verdicts of the gates
//! ([`Verdicts`]). This makes thousands of missions affordable; [`crate::uplift::mission`] shows that the results
//! agree.

mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::for_benches::Clock;
use engine::for_benches::{Actor, Effects, Events, Orchestrator, Permission, Record, Wish};
use engine::{Host, HostFuture, HostRequest};
use journal::{Journal, Redactor};
use mission::mailbox::{Brief, parse_plan};
use mission::{
    CheckSummary, Effect, Event, FailureClass, Gate, GateVerdict, Issue, ItemVerdict, Outcome, Panel,
    PauseReason, Policy, Role, State, TaskId, Tokens, TrackRecord,
};
use serde_json::Value;

use crate::uplift::authors::Authored;
use crate::uplift::configurations::Configuration;
use crate::uplift::drawn::Drawn;
use crate::uplift::mission::{Ended, Setup, count, draw};
use crate::uplift::model::{Job, planned};
use crate::uplift::rates::SAME_EYES;
use crate::uplift::steps::ReleaseTask;
use crate::uplift::suites;
use crate::uplift::verdicts::{Verdict, Verdicts};
use sim::Random;
use sim::SimulatedClock;

const EPOCH_MS: u64 = 1_767_225_600_000;
/// Tokens of a turn of Searcher or Planner, and of each task in a plan.
const ASKED: u64 = 2_000;
const PLANNED: u64 = 150;
/// Bytes of a token.
const TOKEN: u64 = 4;
/// The beginning of an objection, before the folder and what the Reviewer finds there.
const NAMED: &str = "fixed: ";
/// How many answers the engine draws if an answer has no work.
const DRAWS: u32 = 3;

/// Plays the mission of a seed.
///
/// # Errors
/// In words, if the journal cannot be written or a verdict cannot be found.
pub fn play(setup: &Setup<'_>, verdicts: &Arc<Verdicts>, n: usize, seed: u64) -> Result<Ended, String> {
    let begun = Instant::now();
    let random = Random::new(seed);
    let tasks = draw(setup.steps, n, &random);
    let job = Arc::new(Job::new(tasks, setup.rates, random.fork("job")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    let place = suites::in_memory().map_err(|why| format!("a folder for a mission: {why}"))?;
    let world = Replay {
        job: job.clone(),
        verdicts: verdicts.clone(),
        configuration: *setup.configuration,
        current: Mutex::default(),
        tests: Mutex::default(),
        integrated: Mutex::default(),
        trouble: Mutex::default(),
    };
    let world = Arc::new(world);
    let state = runtime.block_on(mission(&world, place.path(), &random))?;
    if let Some(why) = world.trouble().take() {
        return Err(why);
    }
    let events = journal::read::<Event>(&place.path().join("events")).map_err(|e| e.to_string())?.events;
    let mut ended = ended_replay(&state, &world);
    count(&events, &job, &mut ended);
    ended.real_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(ended)
}

async fn mission(world: &Arc<Replay>, folder: &std::path::Path, random: &Random) -> Result<State, String> {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(EPOCH_MS, random.fork("names")));
    let redactor = Redactor::shapes_only();
    let mut journal = Journal::create(&folder.join("events"), redactor.clone()).map_err(|e| e.to_string())?;
    let started = Event::MissionStarted {
        mission: "m-simulated".into(),
        objective: "Make every release".into(),
        policy: world.configuration.policy(),
        at_ms: clock.now_ms(),
    };
    journal.append(&started).map_err(|e| e.to_string())?;
    let state = State::fold([&started]);
    let record = Record::new(journal, folder.join("board"), redactor, Arc::new(Silent), None);
    let handle = |orchestrator| {
        let hands = Hands { world: world.clone(), orchestrator, clock: clock.clone() };
        Arc::new(Handle(Arc::new(hands))) as Arc<_>
    };
    Ok(Actor::new(record, state, clock.clone(), handle).run().await)
}

/// The result, as [`crate::uplift::mission`] reads it from the user's files, here from the answers that were
/// integrated.
fn ended_replay(state: &State, world: &Replay) -> Ended {
    let mut ended = Ended {
        done: state.outcome == Some(Outcome::Done),
        calls: state.usage.calls,
        tokens: state.usage.tokens.input + state.usage.tokens.output,
        trouble: state.paused.as_ref().map(ToString::to_string),
        ..Ended::default()
    };
    let integrated = world.integrated();
    for folder in world.job.tasks.keys() {
        match integrated.get(folder) {
            None => ended.missing += 1,
            Some(Drawn::Right) => ended.right += 1,
            Some(_) => ended.wrong += 1,
        }
    }
    if !ended.done {
        let why = match (ended.missing, ended.wrong) {
            (1.., _) => "a task was not integrated",
            (0, 1..) => "what was integrated wrong was found, and not fixed",
            (0, 0) => "everything is right, and a review says that it is not",
        };
        ended.incomplete_for = Some(why.into());
    }
    ended
}

struct Replay {
    job: Arc<Job>,
    verdicts: Arc<Verdicts>,
    configuration: Configuration,
    /// The content of each task's slot.
    current: Mutex<BTreeMap<TaskId, Drawn>>,
    /// The tests of another Coder for each task.
    tests: Mutex<BTreeMap<TaskId, Authored>>,
    /// The content of each folder of the head.
    integrated: Mutex<BTreeMap<String, Drawn>>,
    trouble: Mutex<Option<String>>,
}

impl Replay {
    fn current(&self) -> MutexGuard<'_, BTreeMap<TaskId, Drawn>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn integrated(&self) -> MutexGuard<'_, BTreeMap<String, Drawn>> {
        self.integrated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tests(&self) -> MutexGuard<'_, BTreeMap<TaskId, Authored>> {
        self.tests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict of the gates without models on an answer to a task, with the task's tests.
    fn verdict(&self, step: &Arc<ReleaseTask>, task: &TaskId, drawn: Drawn) -> Result<Verdict, String> {
        let tests = self.tests().get(task).copied();
        let verdict = self.verdicts.of(step, drawn, tests.is_some())?;
        Ok(match tests {
            Some(Authored::Wrong) => Verdicts::with_wrong_tests(step, verdict),
            _ => verdict,
        })
    }

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for the integrated tree, equal for equal content. A task that is the whole mission is judged under this
    /// name.
    fn tree(&self) -> String {
        let integrated = self.integrated();
        if let (1, Some((folder, drawn))) = (self.job.tasks.len(), integrated.iter().next()) {
            return alone(folder, *drawn);
        }
        let mut hasher = DefaultHasher::new();
        integrated.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// The plan of a further cycle: tasks that were not integrated, and objections of Reviewers.
    fn next_plan(&self, state: &State) -> Value {
        let integrated = self.integrated();
        let objected: BTreeSet<&str> = state
            .asked_for
            .iter()
            .filter_map(|asked| asked.item.strip_prefix(NAMED)?.split(' ').next())
            .collect();
        let due =
            self.job.tasks.iter().filter(|(folder, _)| {
                !integrated.contains_key(*folder) || objected.contains(folder.as_str())
            });
        let tasks: Vec<Value> =
            due.map(|(folder, step)| planned(&format!("{folder}-c{}", state.cycle), folder, step)).collect();
        serde_json::json!({ "tasks": tasks, "acceptance": ["every release is made"] })
    }

    fn draws(&self, what: &str, task: &str, attempt: u32, fix: u32) -> Random {
        self.job.random.fork(&format!("{what} {task} {attempt} {fix}"))
    }
}

struct Hands {
    world: Arc<Replay>,
    orchestrator: Orchestrator,
    clock: Arc<dyn Clock>,
}

impl Hands {
    async fn may_ask(&self, role: Role, task: Option<&TaskId>, draw: u32) -> bool {
        let wish = Wish { role, task: task.cloned(), draw, models: Vec::new(), session: None, worker: None };
        matches!(self.orchestrator.ask(wish).await, Ok(Permission::Granted { .. }))
    }

    async fn think(&self, random: &mut Random) {
        tokio::time::sleep(Duration::from_millis(5_000 + random.below(40_000) as u64)).await;
    }

    async fn search(&self) -> Vec<Event> {
        if !self.may_ask(Role::Searcher, None, 1).await {
            return Vec::new();
        }
        let brief = Brief {
            summary: "packages".into(),
            files: Vec::new(),
            conventions: Vec::new(),
            risks: Vec::new(),
            decisions: Vec::new(),
        };
        vec![spent(Role::Searcher, None, ASKED), Event::BriefAccepted { brief }]
    }

    async fn plan(&self, state: &State, task: Option<TaskId>) -> Vec<Event> {
        let id = task.clone().unwrap_or_default();
        let mut random = self.world.draws("plan of", &id, state.cycle, 0);
        let taken: BTreeSet<TaskId> = state.tasks.keys().cloned().collect();
        let depth = task.as_ref().and_then(|id| state.tasks.get(id)).map_or(0, |task| task.depth + 1);
        let check = |plan: &Value| {
            parse_plan(plan).and_then(|plan| mission::graph::check(plan, &state.policy, &taken, depth))
        };
        let mut events = Vec::new();
        let right = || match task.is_none() && state.cycle > 1 {
            true => self.world.next_plan(state),
            false => self.world.job.right_plan(&id),
        };
        let mut first = self.world.job.faulty(right(), &mut random);
        for n in 1..=DRAWS {
            if !self.may_ask(Role::Planner, task.as_ref(), n).await {
                return Vec::new();
            }
            events.push(spent(
                Role::Planner,
                task.clone(),
                ASKED + PLANNED * self.world.job.tasks.len() as u64,
            ));
            // Prose is drawn again; an invalid plan is fixed in the same turn
            if let Some(plan) = first.take() {
                let checked = check(&plan).or_else(|_| check(&right()));
                events.push(match checked {
                    Ok(checked) => {
                        Event::PlanAccepted { plan: checked.plan, notes: checked.notes, parent: task }
                    }
                    Err(problems) => Event::PlanFailed {
                        class: FailureClass::Malformed,
                        reason: problems.join("; "),
                        parent: task,
                    },
                });
                return events;
            }
            first = Some(right());
        }
        events
    }

    async fn judge_task(&self, task: TaskId, attempt: u32, fix: u32) -> Vec<Event> {
        let world = &self.world;
        let Some(step) = world.job.tasks.get(Job::folder(&task)).cloned() else { return Vec::new() };
        let Some(drawn) = world.current().get(&task).copied() else { return Vec::new() };
        let verdict = match world.verdict(&step, &task, drawn) {
            Ok(verdict) => verdict,
            Err(why) => return self.cannot(why),
        };
        let tree = alone(Job::folder(&task), drawn);
        let said = |gate: Gate, verdict: GateVerdict| Event::GateJudged {
            task: Some(task.clone()),
            gate,
            verdict,
            tree: tree.clone(),
            detail: String::new(),
            worker: None,
        };
        let (gates, rejected) = verdict.without(|gate| world.configuration.off(gate));
        let events: Vec<Event> = gates.into_iter().map(|(gate, verdict)| said(gate, verdict)).collect();
        if self.orchestrator.record(events).await.is_err() {
            return Vec::new();
        }
        if let Some((class, issues)) = rejected {
            return vec![Event::AttemptFailed { task, class, issues }];
        }
        let (mut approvals, quorum) = (0, world.configuration.quorum);
        let mut events = Vec::new();
        let mut random = world.draws("review", &task, attempt, fix);
        let mut eyes = world.job.random.fork(&format!("eyes {} {drawn:?}", Job::folder(&task)));
        let right = drawn == Drawn::Right;
        let errs = world.job.rates.review_errs(right);
        let shared = eyes.chance(errs);
        if !world.configuration.off(Gate::Review) {
            for _ in 0..quorum {
                if !self.may_ask(Role::Reviewer, Some(&task), 1).await {
                    return Vec::new();
                }
                let erring = if random.chance(SAME_EYES) { shared } else { random.chance(errs) };
                approvals += u32::from(right != erring);
                events.push(spent(Role::Reviewer, Some(task.clone()), verdict.reviewer.max(ASKED)));
            }
            let pass = approvals * 2 > quorum;
            events.push(said(Gate::Review, if pass { GateVerdict::Pass } else { GateVerdict::Fail }));
            if !pass {
                let issues = vec![Issue::new("reviewer", "it is not what the release does")];
                events.push(Event::AttemptFailed { task, class: FailureClass::Review, issues });
                return events;
            }
        }
        let at_ms = self.clock.now_ms();
        let commit = format!("commit {task} {attempt} {fix}");
        events.push(Event::TaskPassed { task, commit, tree, verified_by: Vec::new(), at_ms });
        events
    }

    async fn integrate(&self, tasks: Vec<TaskId>, head: String) -> Vec<Event> {
        let started = Event::BatchStarted { tasks: tasks.clone(), head: head.clone() };
        if self.orchestrator.record(vec![started]).await.is_err() {
            return Vec::new();
        }
        for task in &tasks {
            if let Some(drawn) = self.world.current().get(task).copied() {
                self.world.integrated().insert(Job::folder(task).to_string(), drawn);
            }
        }
        let commit = tasks.last().map(|task| format!("head with {task}")).unwrap_or(head);
        let tree = self.world.tree();
        vec![Event::Integrated { tasks, tree, commit, checks: Vec::new(), at_ms: self.clock.now_ms() }]
    }

    /// One verdict of each Reviewer on the integrated work.
    async fn review_objective(&self, state: &State, cycle: u32) -> Vec<Event> {
        let world = &self.world;
        let integrated = world.integrated().clone();
        let folders: Vec<&String> = world.job.tasks.keys().collect();
        let wrong: Vec<&String> = folders
            .iter()
            .copied()
            .filter(|folder| integrated.get(*folder).is_some_and(|d| *d != Drawn::Right))
            .collect();
        let all_integrated = integrated.len() == folders.len();
        // Only for integrated work: the engine reports what is missing, and then no Reviewer approves of the whole
        let errs = world.job.rates.review_errs(wrong.is_empty());
        let shared = world.job.random.fork(&format!("eyes of all {integrated:?}")).chance(errs);
        let mut random = world.draws("review of all", "", cycle, 0);
        let quorum = world.configuration.quorum;
        let panel = match world.configuration.doubts {
            true => state.panel(quorum),
            false => Panel::new(quorum, TrackRecord::default(), all_integrated, false),
        };
        let (mut objections, mut events) = (0, Vec::new());
        let (mut asked, mut named) = (0, BTreeSet::new());
        loop {
            let more = panel.next(asked, asked - objections, objections);
            if more == 0 {
                break;
            }
            for _ in 0..more {
                if !self.may_ask(Role::Reviewer, None, 1).await {
                    return Vec::new();
                }
                let erring = if random.chance(SAME_EYES) { shared } else { random.chance(errs) };
                if wrong.is_empty() == erring {
                    // Each names one folder, a wrong one if there is one
                    let among = if wrong.is_empty() { &folders } else { &wrong };
                    let one = among.get(random.below(among.len()));
                    named.extend(one.map(|folder| objection(folder, integrated.get(*folder).copied())));
                }
                objections += u32::from(wrong.is_empty() == erring);
                events.push(spent(Role::Reviewer, None, ASKED + PLANNED * folders.len() as u64));
            }
            asked += more;
        }
        let approved = panel.met(asked, asked - objections, objections) == Some(true);
        let met = all_integrated && (approved || !world.configuration.reviews_objective);
        let said = |item: String| ItemVerdict { item, evidence: "as the change shows".into() };
        // As in the engine, an objection is a separate item, and the next review answers it, too
        let unmet = |item: &str| {
            if let Some(folder) = item.strip_prefix('`').and_then(|item| item.split('`').next()) {
                return !integrated.contains_key(folder)
                    || named.contains(&objection(folder, integrated.get(folder).copied()));
            }
            !item.starts_with(NAMED) || named.contains(item)
        };
        let items = state.objective_items().into_iter().map(said);
        let (unmet, met): (Vec<ItemVerdict>, Vec<ItemVerdict>) =
            items.partition(|verdict| !met && unmet(&verdict.item));
        let mut unmet = unmet;
        if !unmet.is_empty() {
            named.retain(|item| unmet.iter().all(|known| known.item != *item));
            unmet.extend(named.into_iter().map(said));
        }
        let tree = state.integrated_tree.clone().unwrap_or_default();
        events.push(Event::ObjectiveReviewed { cycle, met, unmet, tree });
        events
    }

    fn cannot(&self, why: String) -> Vec<Event> {
        *self.world.trouble() = Some(why.clone());
        vec![Event::Paused { reason: PauseReason::Project(why), at_ms: self.clock.now_ms() }]
    }

    async fn carry_out(self: Arc<Hands>, effect: Effect, state: Arc<State>) -> Vec<Event> {
        match effect {
            Effect::TakeBase => vec![Event::BaseTaken {
                commit: "base".into(),
                tree: "tree".into(),
                changed: Vec::new(),
                left_out: Vec::new(),
            }],
            Effect::CheckBase => {
                let check = CheckSummary {
                    name: "test".into(),
                    run: "npm test".into(),
                    verdict: GateVerdict::Pass,
                    detail: String::new(),
                    kind: None,
                    covers: Vec::new(),
                    misses: Vec::new(),
                    own: false,
                    took_ms: None,
                    worker: None,
                };
                vec![Event::BaseChecked {
                    checks: vec![check],
                    setup: Vec::new(),
                    ended_by: None,
                    refused: Vec::new(),
                }]
            }
            Effect::AskSearcher => self.search().await,
            Effect::Clarify => Vec::new(),
            Effect::AskPlanner { task } => self.plan(&state, task).await,
            Effect::WriteTests { task, draw, .. } => self.write_tests(&state, task, draw).await,
            Effect::ReviewTests { task, .. } => self.review_tests(&state, task).await,
            Effect::Work { task, kind, attempt, fix, candidates, .. } => {
                self.work(&state, task, kind, (attempt, fix, candidates)).await
            }
            Effect::Judge { task, attempt, fix, .. } => self.judge_task(task, attempt, fix).await,
            Effect::Integrate { tasks, head } => self.integrate(tasks, head).await,
            Effect::Estimate => {
                vec![Event::Estimated { estimate: mission::estimate::estimate(&state, &[]) }]
            }
            Effect::ReviewObjective { cycle, .. } => self.review_objective(&state, cycle).await,
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
            other => self.cannot(format!("the mission asks for {other:?}, which is not replayed")),
        }
    }
}

/// The tree of one task on the base.
fn alone(folder: &str, drawn: Drawn) -> String {
    format!("{folder} {drawn:?}")
}

/// The text of an objection, equal if the same fault is found again.
fn objection(folder: &str, integrated: Option<Drawn>) -> String {
    format!("{NAMED}{folder} {integrated:?}")
}

fn spent(role: Role, task: Option<TaskId>, tokens: u64) -> Event {
    let tokens = Tokens { input: tokens, ..Tokens::default() };
    Event::RoleSpent { role, task, tokens, cost_usd: 0.0, estimated: false, requests: 1, paged: 0 }
}

struct Handle(Arc<Hands>);

impl Effects for Handle {
    fn carry_out(&self, effect: Effect, state: Arc<State>) -> Events {
        Box::pin(self.0.clone().carry_out(effect, state))
    }
}

/// A host that answers nothing.
struct Silent;

impl Host for Silent {
    fn call(&self, request: HostRequest) -> HostFuture {
        let action = request.action();
        Box::pin(std::future::ready(Err(engine::HostError { action, message: "nobody is there".into() })))
    }

    fn say(&self, _text: &str) {}
}

impl Configuration {
    /// The policy that the engine makes from [`Configuration::toml`].
    fn policy(&self) -> Policy {
        Policy {
            parallel: 4,
            fixes: self.fixes,
            fresh: self.fresh,
            splits: self.splits,
            candidates: self.candidates,
            independent_tests: self.independent_tests(),
            max_cycles: self.max_cycles,
            calls: None,
            task_calls: None,
            wall_ms: None,
            ..Policy::default()
        }
    }
}
