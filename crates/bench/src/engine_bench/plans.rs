//! Plans to run, with drawn shapes and durations.
//!
//! `bench_engine` draws them, `mission` runs them. It runs nothing: the bounds are computed without the scheduler,
//! because they measure it. They rely on tasks that wait only for lower numbers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use mission::mailbox::{Plan, PlannedTask};

use sim::Random;

/// A plan, and how long each of its tasks takes in milliseconds.
#[derive(Clone, Debug)]
pub struct Work {
    pub plan: Plan,
    pub durations: BTreeMap<String, u64>,
}

fn task(i: usize, depends_on: Vec<String>) -> PlannedTask {
    PlannedTask {
        id: format!("task-{i}"),
        title: format!("task number {i}"),
        instructions: "write the function and its test".into(),
        files: vec![format!("src/module_{i}.rs")],
        depends_on,
        acceptance: vec!["the test passes".into()],
        ..PlannedTask::default()
    }
}

/// `n` tasks in layers of 100, each waiting for two of the layer before.
pub fn layers(n: usize) -> Plan {
    let before = |i: usize| match i.checked_sub(100) {
        Some(first) => vec![format!("task-{first}"), format!("task-{}", first + 1)],
        None => Vec::new(),
    };
    Plan { tasks: (0..n).map(|i| task(i, before(i))).collect(), ..Plan::default() }
}

/// `n` tasks, each waiting for up to three of those before it, that take between one and a hundred seconds.
pub fn random(n: usize, random: &mut Random) -> Work {
    let mut tasks = Vec::with_capacity(n);
    let mut durations = BTreeMap::new();
    for i in 0..n {
        let mut depends_on: Vec<String> =
            (0..random.below(4)).filter(|_| i > 0).map(|_| format!("task-{}", random.below(i))).collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        durations.insert(format!("task-{i}"), 1000 + random.below(99_000) as u64);
        tasks.push(task(i, depends_on));
    }
    random.shuffle(&mut tasks);
    Work { plan: Plan { tasks, ..Plan::default() }, durations }
}

impl Work {
    /// The sum of all durations.
    pub fn total_ms(&self) -> u64 {
        self.durations.values().sum()
    }

    /// When the work ends if the scheduler knows the duration of each task, and gives a free worker the task with
    /// the longest remaining chain. This is not optimal, but an engine cannot know as much.
    pub fn foreseen_ms(&self, workers: u32) -> u64 {
        let mut dependants: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
        for task in &self.plan.tasks {
            waits.insert(&task.id, task.depends_on.len());
            for on in &task.depends_on {
                dependants.entry(on).or_default().push(&task.id);
            }
        }
        let number = |id: &str| id.strip_prefix("task-").and_then(|n| n.parse::<usize>().ok());
        let mut ids: Vec<&str> = waits.keys().copied().collect();
        // A task waits only for tasks with a lower number
        ids.sort_by_key(|id| Reverse(number(id)));
        let mut chain: BTreeMap<&str, u64> = BTreeMap::new();
        for id in ids {
            let behind = dependants.get(id).into_iter().flatten().filter_map(|other| chain.get(other)).max();
            chain.insert(
                id,
                behind.copied().unwrap_or_default() + self.durations.get(id).copied().unwrap_or_default(),
            );
        }
        let urgency = |id: &str| chain.get(id).copied().unwrap_or_default();
        let mut ready: BinaryHeap<(u64, &str)> =
            waits.iter().filter(|(_, count)| **count == 0).map(|(id, _)| (urgency(id), *id)).collect();
        let mut running: BinaryHeap<Reverse<(u64, &str)>> = BinaryHeap::new();
        let mut now = 0;
        loop {
            while running.len() < workers as usize
                && let Some((_, id)) = ready.pop()
            {
                running.push(Reverse((now + self.durations.get(id).copied().unwrap_or_default(), id)));
            }
            let Some(Reverse((end, id))) = running.pop() else { return now };
            now = end;
            for other in dependants.get(id).into_iter().flatten() {
                let left = waits.entry(other).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push((urgency(other), other));
                }
            }
        }
    }

    /// The duration of the longest chain of tasks that wait for each other, in milliseconds.
    pub fn longest_ms(&self) -> u64 {
        let tasks: BTreeMap<&str, &PlannedTask> =
            self.plan.tasks.iter().map(|t| (t.id.as_str(), t)).collect();
        let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
        // A task waits only for tasks with a lower number
        let mut order: Vec<(usize, &str)> =
            tasks.keys().filter_map(|id| Some((id.strip_prefix("task-")?.parse().ok()?, *id))).collect();
        order.sort_unstable();
        for (_, id) in order {
            let Some(task) = tasks.get(id) else { continue };
            let start = task
                .depends_on
                .iter()
                .filter_map(|d| ends.get(d.as_str()))
                .max()
                .copied()
                .unwrap_or_default();
            ends.insert(id, start + self.durations.get(id).copied().unwrap_or_default());
        }
        ends.values().max().copied().unwrap_or_default()
    }

    /// A lower bound, in milliseconds: no schedule on `workers` ends earlier.
    pub fn bound_ms(&self, workers: u32) -> u64 {
        self.longest_ms().max(self.total_ms().div_ceil(u64::from(workers.max(1))))
    }
}
