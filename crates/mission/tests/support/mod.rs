//! A mission in memory: events by short names, effects as lines.

#![allow(dead_code, reason = "each test file uses its part of it")]

use mission::mailbox::{Brief, Plan, PlannedTask};
use mission::{Effect, Event, FailureClass, Gate, GateVerdict, Issue, ItemVerdict, Policy, State, decide};

pub struct Mission {
    pub state: State,
    pub events: Vec<Event>,
}

impl Mission {
    /// A mission with a checked base, a brief and a plan; `plan`: lines `id: files; depends on; group`, `+id`
    /// is compound.
    pub fn with(policy: Policy, plan: &str) -> Mission {
        let mut mission = Mission::briefed(policy);
        mission.plan(None, plan);
        mission
    }

    /// A mission that waits for its plan.
    pub fn briefed(policy: Policy) -> Mission {
        let mut mission = Mission::new(policy);
        mission.tell(Event::BaseTaken {
            commit: "base".into(),
            tree: "t0".into(),
            changed: vec![],
            left_out: vec![],
        });
        mission.tell(Event::BaseChecked { checks: vec![], setup: vec![], ended_by: None, refused: vec![] });
        mission.tell(Event::BriefAccepted { brief: brief() });
        mission
    }

    pub fn new(policy: Policy) -> Mission {
        let mut mission = Mission { state: State::default(), events: Vec::new() };
        mission.tell(Event::MissionStarted {
            mission: "m-00000001".into(),
            objective: "x".into(),
            policy,
            at_ms: 1_000,
        });
        mission
    }

    pub fn tell(&mut self, event: Event) {
        self.state.apply(&event);
        self.events.push(event);
    }

    pub fn plan(&mut self, parent: Option<&str>, text: &str) {
        let event =
            Event::PlanAccepted { plan: plan(text), notes: vec![], parent: parent.map(str::to_string) };
        self.tell(event);
        if parent.is_none() && self.state.estimate.is_none() {
            self.estimated();
        }
    }

    pub fn estimated(&mut self) {
        let estimate = mission::estimate::estimate(&self.state, &[]);
        self.tell(Event::Estimated { estimate });
    }

    /// Records a review of the whole; `unmet`: the items that are not met, all others are.
    pub fn review(&mut self, unmet: &[&str]) {
        let verdict = |item: &str| ItemVerdict { item: item.to_string(), evidence: "seen".into() };
        let items = self.state.objective_items();
        let met =
            items.iter().filter(|item| !unmet.contains(&item.as_str())).map(|item| verdict(item)).collect();
        let tree = self.state.integrated_tree.clone().unwrap_or_default();
        let unmet = unmet.iter().map(|item| verdict(item)).collect();
        self.tell(Event::ObjectiveReviewed { cycle: self.state.cycle, met, unmet, tree });
    }

    pub fn start(&mut self, task: &str) {
        self.tell(Event::AttemptStarted { task: task.into(), slot: 1, base: "base".into(), at_ms: 2_000 });
    }

    pub fn fix(&mut self, task: &str) {
        self.tell(Event::FixStarted {
            task: task.into(),
            base: "base".into(),
            fresh: false,
            why: String::new(),
            at_ms: 2_000,
        });
    }

    pub fn submit(&mut self, task: &str) {
        self.tell(Event::WorkAccepted {
            task: task.into(),
            summary: "written".into(),
            unchanged: false,
            unplanned: vec![],
        });
    }

    /// The Coder of a further cycle submits no change, because there is nothing to do.
    pub fn submit_unchanged(&mut self, task: &str) {
        self.tell(Event::WorkAccepted {
            task: task.into(),
            summary: "it holds".into(),
            unchanged: true,
            unplanned: vec![],
        });
    }

    pub fn fail(&mut self, task: &str, class: FailureClass) {
        let issues = vec![Issue::new("test", "wrong")];
        self.tell(Event::AttemptFailed { task: task.into(), class, issues });
    }

    /// Submits a tree that the checks reject.
    pub fn reject(&mut self, task: &str, tree: &str) {
        self.submit(task);
        self.tell(Event::GateJudged {
            task: Some(task.into()),
            gate: Gate::Checks,
            verdict: GateVerdict::Fail,
            tree: tree.into(),
            detail: "1 failed".into(),
            worker: None,
        });
        self.fail(task, FailureClass::Test);
    }

    /// The event for tests that Reviewers find wrong.
    pub fn found_wrong(&self, task: &str, kept: bool) -> Event {
        let kept = kept.then(|| "kept".to_string());
        mission::independent::found_wrong(&self.state.tasks[task], "no item asks for it".into(), kept)
    }

    pub fn pass(&mut self, task: &str) {
        self.tell(Event::GateJudged {
            task: Some(task.into()),
            gate: Gate::Review,
            verdict: GateVerdict::Pass,
            tree: "t".into(),
            detail: "1 of 1 acceptance items met".into(),
            worker: None,
        });
        self.tell(Event::TaskPassed {
            task: task.into(),
            commit: format!("c-{task}"),
            tree: "t".into(),
            verified_by: vec![],
            at_ms: 3_000,
        });
    }

    /// Plays one task from its start until it is integrated.
    pub fn integrate_one(&mut self, task: &str) {
        self.start(task);
        self.submit(task);
        self.pass(task);
        self.integrate(&[task]);
    }

    pub fn integrate(&mut self, tasks: &[&str]) {
        self.tell(Event::Integrated {
            tasks: tasks.iter().map(|t| t.to_string()).collect(),
            commit: "head".into(),
            tree: "t".into(),
            checks: vec![],
            at_ms: 4_000,
        });
    }

    pub fn order(&mut self, task: &str, after: &str) {
        self.tell(Event::TaskOrdered { task: task.into(), after: after.into(), path: "shared.ts".into() });
    }

    /// Records all events that follow from policy, and returns the running effects.
    pub fn record_policy(&mut self) -> String {
        let mut lines = String::new();
        loop {
            let effects = decide(&self.state, 5_000);
            assert_eq!(effects, decide(&self.state, 5_000), "decide is idempotent");
            let mut recorded = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Record(event) => recorded.push(event),
                    effect => lines.push_str(&format!("{}\n", line(&effect))),
                }
            }
            if recorded.is_empty() {
                return lines;
            }
            for event in recorded {
                lines.push_str(&format!("recorded: {}\n", told(&event)));
                self.tell(event);
            }
        }
    }
}

pub fn brief() -> Brief {
    Brief { summary: "s".into(), files: vec![], conventions: vec![], risks: vec![], decisions: vec![] }
}

pub fn plan(text: &str) -> Plan {
    let words = |part: &str| part.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let task = |line: &str| {
        let (id, rest) = line.split_once(':').unwrap_or((line, ""));
        let mut parts = rest.split(';');
        let mut next = || words(parts.next().unwrap_or_default());
        let id = id.trim();
        PlannedTask {
            id: id.trim_start_matches('+').into(),
            title: "a task".into(),
            instructions: "do it".into(),
            files: next(),
            depends_on: next(),
            acceptance: vec!["it is done".into()],
            group: next().pop(),
            compound: id.starts_with('+'),
            ..PlannedTask::default()
        }
    };
    Plan { tasks: text.lines().filter(|l| !l.trim().is_empty()).map(task).collect(), ..Plan::default() }
}

fn line(effect: &Effect) -> String {
    match effect {
        Effect::Integrate { tasks, .. } => format!("integrate {}", tasks.join(" ")),
        effect => effect.key().map(|key| key.to_string()).unwrap_or_default(),
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::RungChosen { task, rung, why } => format!("{task} {}: {why}", rung.name()),
        Event::TaskAbandoned { task, reason } => format!("{task} abandoned: {reason}"),
        Event::TaskCancelled { task, reason } => format!("{task} cancelled: {reason}"),
        Event::CycleStarted { cycle, missing, .. } => {
            let items: Vec<_> = missing.iter().map(|m| format!("{} ({})", m.item, m.evidence)).collect();
            format!("cycle {cycle} for {}", items.join("; "))
        }
        Event::ObjectiveReviewed { met, unmet, .. } => {
            format!("reviewed: {} met, {} not", met.len(), unmet.len())
        }
        Event::Paused { reason, .. } => format!("paused: {reason}"),
        Event::Ended { outcome, .. } => format!("ended: {outcome:?}"),
        other => format!("{other:?}"),
    }
}
