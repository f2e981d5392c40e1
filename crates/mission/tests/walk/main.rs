//! Random missions: with any plausible events in any order, a mission ends, always has an effect to run, and equals the
//! fold of its events.

// A helper that cannot continue must fail the test
#![allow(clippy::panic)]

mod corrections;
mod decisions;
mod dice;
mod outcomes;
mod questions;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use dice::Dice;
use mission::mailbox::{Plan, PlannedDependency, PlannedTask};
use mission::{
    Board, CheckSummary, Effect, Event, FailureClass, GateVerdict, Issue, NewDependencies, PauseReason,
    Phase, Policy, Role, State, TaskId, Tokens, decide, graph,
};
use outcomes::failed;
use proptest::prelude::*;
use support::{Mission, brief};

/// Far more events than any of these missions needs.
const MOST_EVENTS: usize = 20_000;

/// The remaining work of a running effect.
struct Running {
    effect: Effect,
    /// How many events it has recorded so far.
    told: usize,
    /// For a merge: the units that are still to be integrated.
    batches: Vec<Vec<TaskId>>,
}

struct Walk {
    mission: Mission,
    dice: Dice,
    running: BTreeMap<String, Running>,
    /// Files that tasks were refused, with the task that held them.
    held: BTreeMap<TaskId, (TaskId, String)>,
    now: u64,
    /// How many failures of the host and stops by the user may still happen: they do not count for a task, so they are
    /// bounded here.
    troubles: usize,
    /// One in this many things goes wrong.
    faults: usize,
}

impl Walk {
    fn tell(&mut self, event: Event) {
        assert!(
            self.mission.events.len() < MOST_EVENTS,
            "the mission does not end: {:?}",
            Board::of(&self.mission.state, 0)
        );
        self.mission.tell(event);
    }

    /// Starts the decided effects, as the engine does.
    fn start_what_is_decided(&mut self) {
        loop {
            let effects = decide(&self.mission.state, self.now);
            assert_eq!(effects, decide(&self.mission.state, self.now), "decide is idempotent");
            self.check(&effects);
            let mut recorded = Vec::new();
            for effect in effects {
                match effect.key() {
                    None => {
                        let Effect::Record(event) = effect else { panic!("{effect:?} has no key") };
                        recorded.push(event);
                    }
                    Some(key) => {
                        let fresh = Running { effect, told: 0, batches: Vec::new() };
                        self.running.entry(key.to_string()).or_insert(fresh);
                    }
                }
            }
            if recorded.is_empty() {
                return;
            }
            for event in recorded {
                self.tell(event);
            }
        }
    }

    fn trouble(&mut self) -> bool {
        let trouble = self.troubles > 0 && self.dice.one_in(self.faults * 4);
        self.troubles -= usize::from(trouble);
        trouble
    }

    /// Lets one thing happen.
    fn step(&mut self) {
        self.now += 10;
        if self.mission.state.paused.is_some() {
            self.running.clear();
            if self.mission.state.policy.clarify && self.dice.one_in(4) {
                self.edit();
            }
            let mut policy = Policy { tokens: None, ..self.mission.state.policy.clone() };
            if self.dice.one_in(3) {
                policy.dependencies = NewDependencies::Deny;
            }
            return self.tell(Event::Resumed { at_ms: self.now, policy: Some(policy) });
        }
        if self.troubles > 0 && self.dice.one_in(self.faults * 20) {
            self.troubles -= 1;
            self.running.clear();
            // A stop, or a crash, which records nothing
            if self.dice.one_in(2) {
                self.tell(Event::Paused { reason: PauseReason::Stopped("Esc".into()), at_ms: self.now });
            }
            return self.tell(Event::Resumed { at_ms: self.now, policy: None });
        }
        if self.mission.state.corrections.len() < 3 && self.dice.one_in(self.faults * 12) {
            self.correct();
        }
        let nth = self.dice.roll(self.running.len());
        let Some(key) = self.running.keys().nth(nth).cloned() else { panic!("nothing runs") };
        let Some(mut running) = self.running.remove(&key) else { return };
        let ended = self.happen(&mut running);
        if !ended {
            running.told += 1;
            self.running.insert(key, running);
        }
    }

    /// Lets an effect make a step; returns whether it has ended.
    fn happen(&mut self, running: &mut Running) -> bool {
        match running.effect.clone() {
            Effect::TakeBase => {
                let (commit, tree) = ("base".into(), "t0".into());
                self.tell(Event::BaseTaken { commit, tree, changed: vec![], left_out: vec![] });
            }
            Effect::CheckBase => {
                let checks = if self.dice.one_in(4) { vec![] } else { vec![check()] };
                self.tell(Event::BaseChecked { checks, setup: Vec::new(), ended_by: None, refused: vec![] });
            }
            Effect::AskSearcher => {
                let event = match (self.trouble(), self.dice.one_in(self.faults)) {
                    (true, _) => Event::BriefFailed { class: FailureClass::Host, reason: "502".into() },
                    (_, true) => {
                        Event::BriefFailed { class: FailureClass::Malformed, reason: "prose".into() }
                    }
                    _ => Event::BriefAccepted { brief: self.asking(brief()) },
                };
                self.tell(event);
            }
            Effect::AskPlanner { task } => self.plan(task),
            Effect::AmendPlan => self.amend(),
            Effect::Clarify => self.clarify(),
            Effect::WriteTests { task, .. } if running.told == 0 => {
                let unneeded = self.dice.one_in(4);
                if !self.trouble() && !unneeded {
                    self.tell(Event::TestsStarted { task, slot: 1, base: "base".into(), at_ms: self.now });
                    return false;
                }
                self.tell(if unneeded {
                    Event::TestsSkipped { task, reason: "prose".into(), tried: false, kept: None }
                } else {
                    failed(&task, FailureClass::Host)
                });
            }
            Effect::WriteTests { task, .. } => return self.tests(task),
            Effect::ReviewTests { task, .. } => {
                let event = match (self.trouble(), self.dice.one_in(2)) {
                    (true, _) => Event::JudgeFailed { task, reason: "502".into(), class: FailureClass::Host },
                    (_, true) => self.mission.found_wrong(&task, self.dice.one_in(2)),
                    _ => Event::TestsUpheld { task, reason: "it is right".into() },
                };
                self.tell(event);
            }
            Effect::Work { task, kind: mission::WorkKind::Fresh, .. } if running.told == 0 => {
                if self.trouble() {
                    self.tell(failed(&task, FailureClass::Host));
                    return true;
                }
                if self.dice.one_in(self.faults * 8) {
                    self.tell(failed(&task, FailureClass::Conflict));
                    return true;
                }
                self.tell(Event::AttemptStarted { task, slot: 1, base: "base".into(), at_ms: self.now });
                return false;
            }
            Effect::Work { task, .. } if running.told == 0 => {
                self.tell(Event::FixStarted {
                    task,
                    base: "base".into(),
                    fresh: false,
                    why: String::new(),
                    at_ms: self.now,
                });
                return false;
            }
            Effect::Work { task, .. } => return self.work(task),
            Effect::Judge { task, .. } => self.judge(task),
            Effect::Integrate { tasks, head } => return self.integrate(running, tasks, head),
            Effect::AddPackages { parent } => self.add_packages(parent),
            Effect::Estimate => {
                let estimate = mission::estimate::estimate(&self.mission.state, &[]);
                self.tell(Event::Estimated { estimate });
            }
            Effect::ReviewObjective { cycle, .. } => self.review_objective(cycle),
            Effect::Deliver => return self.deliver(running.told),
            Effect::Record(event) => panic!("{event:?} is not to be carried out"),
        }
        true
    }

    /// Plays an author of tests.
    fn tests(&mut self, task: TaskId) -> bool {
        let issues = vec![Issue::new("tests", "they pass")];
        let event = if self.trouble() {
            Event::AttemptFailed { task, class: FailureClass::Host, issues }
        } else if self.dice.one_in(self.faults) {
            let to_fix = self.dice.one_in(2);
            self.tell(Event::TestsRejected { task, issues, to_fix });
            return !to_fix;
        } else {
            let (commit, tree) = (format!("t-{task}"), "t".into());
            let paths = vec![format!("{task}.test")];
            Event::TestsWritten { task, commit, tree, paths, detail: "red".into(), at_ms: self.now }
        };
        self.tell(event);
        true
    }

    fn work(&mut self, task: TaskId) -> bool {
        let state = &self.mission.state;
        let Some(known) = state.tasks.get(&task) else { return true };
        let tokens = Tokens { input: 10, output: 5, ..Tokens::default() };
        if self.dice.one_in(2) {
            let path = format!("f{}", self.dice.roll(8));
            let attempt = known.coder_prompts + 1;
            let event = match state.holder(&path, &task).map(|t| t.id.clone()) {
                _ if self.dice.one_in(3) => Event::RoleAsked {
                    role: Role::Coder,
                    task: Some(task),
                    attempt,
                    at_ms: self.now,
                    draw: 1,
                    model: None,
                    session: None,
                    worker: None,
                },
                None => Event::ScopeWidened { task, path },
                Some(held_by) => {
                    self.held.insert(task.clone(), (held_by.clone(), path.clone()));
                    Event::ScopeRefused { task, path, held_by }
                }
            };
            self.tell(event);
            return false;
        }
        // By now the other task may be integrated, be lost, or wait for this task
        if let Some((after, path)) = self.held.remove(&task) {
            self.tell(Event::TaskOrdered { task, after, path });
            return true;
        }
        self.tell(Event::RoleSpent {
            role: Role::Coder,
            task: Some(task.clone()),
            tokens,
            cost_usd: 0.25,
            estimated: false,
            requests: 1,
            paged: 0,
        });
        let issues = vec![Issue::new("engine", "no")];
        let event = if self.trouble() {
            Event::AttemptFailed { task, class: FailureClass::Host, issues }
        } else if self.dice.one_in(self.faults) {
            let classes =
                [FailureClass::Malformed, FailureClass::Blocked, FailureClass::Timeout, FailureClass::Budget];
            Event::AttemptFailed { task, class: classes[self.dice.roll(classes.len())], issues }
        } else {
            let again = self.mission.state.tasks.get(&task).is_some_and(|task| task.cycle > 1);
            let unchanged = again && self.dice.one_in(3);
            Event::WorkAccepted { task, summary: "written".into(), unchanged, unplanned: vec![] }
        };
        self.tell(event);
        true
    }

    fn plan(&mut self, parent: Option<TaskId>) {
        let failed = |class, parent| Event::PlanFailed { class, reason: "no plan".into(), parent };
        if self.trouble() {
            return self.tell(failed(FailureClass::Host, parent));
        }
        let state = &self.mission.state;
        let depth = parent.as_ref().and_then(|p| state.tasks.get(p)).map_or(0, |t| t.depth + 1);
        // The Planner only knows the ids that existed when it began
        let taken = if self.dice.one_in(3) { BTreeSet::new() } else { state.tasks.keys().cloned().collect() };
        let policy = state.policy.clone();
        let plan = self.dream(parent.as_deref());
        let event = match graph::check(plan, &policy, &taken, depth) {
            Ok(graph::Checked { plan, notes }) => Event::PlanAccepted { plan, notes, parent },
            Err(_) => failed(FailureClass::Malformed, parent),
        };
        self.tell(event);
    }

    /// A plan that is usually valid.
    fn dream(&mut self, parent: Option<&str>) -> Plan {
        let count = 1 + self.dice.roll(if parent.is_some() { 4 } else { 9 });
        let prefix = match parent {
            Some(parent) if !self.dice.one_in(3) => format!("{}-", &parent[..parent.len().min(12)]),
            // A later plan, mostly with its own ids
            _ if self.mission.state.cycle > 1 && !self.dice.one_in(4) => {
                format!("c{}-", self.mission.state.cycle)
            }
            _ => "t".into(),
        };
        let mut tasks: Vec<PlannedTask> = Vec::new();
        for i in 0..count {
            let mut depends_on = Vec::new();
            for _ in 0..self.dice.roll(3) {
                if !tasks.is_empty() {
                    depends_on.push(tasks[self.dice.roll(tasks.len())].id.clone());
                }
            }
            let files = (0..=self.dice.roll(2)).map(|_| format!("f{}", self.dice.roll(8))).collect();
            tasks.push(PlannedTask {
                id: format!("{prefix}{i}"),
                instructions: "do it".into(),
                files,
                depends_on,
                acceptance: vec!["it is done".into()],
                group: self.dice.one_in(4).then(|| format!("g{}", self.dice.roll(2))),
                compound: self.dice.one_in(6),
                edits_config: self.dice.one_in(12).then(|| "a script".into()),
                behaviour: self.dice.one_in(2).then_some(true),
                ..PlannedTask::default()
            });
        }
        let package = PlannedDependency { manager: "npm".into(), name: "x".into(), ..Default::default() };
        let wanted = self.mission.state.policy.dependencies != NewDependencies::Deny && self.dice.one_in(4);
        let dependencies = if wanted { vec![package] } else { Vec::new() };
        Plan { tasks, dependencies, ..Plan::default() }
    }

    /// Groups are integrated together or not at all.
    fn units(&self, tasks: &[TaskId]) -> Vec<Vec<TaskId>> {
        let mut units: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
        for id in tasks {
            let group = self.mission.state.tasks[id].group.clone();
            units
                .entry(group.map_or(format!("task {id}"), |g| format!("group {g}")))
                .or_default()
                .push(id.clone());
        }
        units.into_values().collect()
    }
}

fn check() -> CheckSummary {
    let (name, run, detail) = ("test".into(), "npm test".into(), "12 passed".into());
    CheckSummary {
        name,
        run,
        verdict: GateVerdict::Pass,
        detail,
        kind: None,
        covers: Vec::new(),
        misses: Vec::new(),
        own: false,
        took_ms: None,
        worker: None,
    }
}

fn walk(seed: u64, policy: Policy, faults: usize) -> Mission {
    let mission = Mission::new(policy);
    let (dice, running) = (Dice(seed), BTreeMap::new());
    let mut walk = Walk { mission, dice, running, held: BTreeMap::new(), now: 1_000, troubles: 30, faults };
    walk.start_what_is_decided();
    while walk.mission.state.outcome.is_none() {
        walk.step();
        walk.start_what_is_decided();
    }
    walk.mission
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let ladder = (0..3_u32, 0..3_u32, 0..3_u32, 0..3_u32, 1..4_u32);
    let at_once = (1..5_u32, 1..4_u32);
    (at_once, ladder, prop::option::of(50..500_u64), any::<(bool, bool, bool)>()).prop_map(
        |(
            (parallel, candidates),
            (fixes, fresh, fallbacks, splits, max_cycles),
            tokens,
            (approve_plan, independent_tests, clarify),
        )| Policy {
            parallel,
            candidates,
            fixes,
            fresh,
            fallbacks,
            splits,
            max_cycles,
            tokens,
            approve_plan,
            independent_tests,
            clarify,
            host_failures: 3,
            ..Policy::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_mission_ends_and_never_stands_still(seed in any::<u64>(), policy in any_policy(), faults in 1..9_usize) {
        let Mission { state, events } = walk(seed, policy, faults + 1);
        for task in state.tasks.values() {
            prop_assert!(state.tasks.is_empty() || task.phase.is_final());
            prop_assert!(task.attempt <= state.policy.fresh + 1 + state.policy.fallbacks + task.granted, "{} began {} times", task.id, task.attempt);
            prop_assert!(task.fixes <= state.policy.fixes);
            prop_assert!(task.splits <= state.policy.splits && task.depth < state.policy.max_depth);
        }
        prop_assert!(state.cycle <= state.policy.max_cycles);
        // A group is integrated as a whole or not at all, and so are the parts of a compound task
        for a in state.tasks.values().filter(|t| matches!(t.phase, Phase::Integrated { .. })) {
            for b in state.tasks.values() {
                let together = (a.group.is_some() && a.group == b.group) || b.parent.as_ref() == Some(&a.id);
                prop_assert!(!together || matches!(b.phase, Phase::Integrated { .. }), "{} integrated without {}", a.id, b.id);
            }
            for needed in a.depends_on.difference(&a.runs_after) {
                prop_assert!(matches!(state.tasks[needed].phase, Phase::Integrated { .. }), "{} integrated without {needed}", a.id);
            }
        }
        // Reading the journal again gives the same state
        prop_assert_eq!(&State::fold(&events), &state);
        let lines: Vec<String> = events.iter().map(|e| serde_json::to_string(e).unwrap()).collect();
        let read: Vec<Event> = lines.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
        prop_assert_eq!(&State::fold(&read), &state);
        let board = Board::of(&state, state.seen_ms);
        prop_assert_eq!(board.tasks.len(), state.tasks.len());
    }
}

/// Events in any order, also impossible ones: the fold and the decisions after it are total.
#[test]
fn any_order_of_events_is_survived() {
    for seed in 0..60 {
        let mut events = walk(seed, Policy::default(), 3).events;
        let mut dice = Dice(seed);
        for i in (1..events.len()).rev() {
            events.swap(i, dice.roll(i + 1));
        }
        let mut state = State::default();
        for event in &events {
            state.apply(event);
            assert_eq!(decide(&state, u64::MAX), decide(&state, u64::MAX));
            Board::of(&state, u64::MAX);
            graph::widest(state.tasks.values());
        }
    }
}

/// A split task is not cancelled while its parts are being merged: its group would be integrated without it.
#[test]
fn what_is_merged_takes_the_task_along_that_it_is_a_part_of() {
    let policy = Policy {
        parallel: 3,
        fixes: 1,
        fresh: 1,
        fallbacks: 1,
        splits: 1,
        host_failures: 3,
        ..Policy::default()
    };
    let Mission { state, .. } = walk(587_702_163_153_589_039, policy, 9);
    for integrated in state.tasks.values().filter(|t| matches!(t.phase, Phase::Integrated { .. })) {
        let parent = integrated
            .parent
            .as_ref()
            .map(|id| &state.tasks[id])
            .filter(|p| p.group.is_some() && p.group == integrated.group);
        assert!(
            parent.is_none_or(|p| matches!(p.phase, Phase::Integrated { .. })),
            "{} without its parent",
            integrated.id
        );
    }
}

/// A task that is cancelled between the decision to merge it and the start of the merge is not integrated.
#[test]
fn what_was_cancelled_before_its_merge_began_is_not_integrated() {
    let policy = Policy {
        parallel: 4,
        fixes: 0,
        fresh: 1,
        fallbacks: 1,
        splits: 0,
        max_cycles: 1,
        independent_tests: true,
        host_failures: 3,
        ..Policy::default()
    };
    for (seed, faults) in [(412_258_322_734_684_213, 9), (12_797_104, 10)] {
        let Mission { state, .. } = walk(seed, policy.clone(), faults);
        for integrated in state.tasks.values().filter(|t| matches!(t.phase, Phase::Integrated { .. })) {
            let group = |t: &&mission::Task| t.group.is_some() && t.group == integrated.group;
            for other in state.tasks.values().filter(group) {
                assert!(
                    matches!(other.phase, Phase::Integrated { .. }),
                    "{} without {}",
                    integrated.id,
                    other.id
                );
            }
        }
    }
}
