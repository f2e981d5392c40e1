//! Plans to run: their shape is drawn, their durations too.

use std::collections::BTreeMap;

use mission::mailbox::{Plan, PlannedTask};

use crate::Random;

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

    /// The longest chain of tasks that wait for each other.
    pub fn longest_ms(&self) -> u64 {
        let tasks: BTreeMap<&str, &PlannedTask> =
            self.plan.tasks.iter().map(|t| (t.id.as_str(), t)).collect();
        let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
        // a task waits only for ones of a lower number
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

    /// No schedule on `workers` ends earlier.
    pub fn bound_ms(&self, workers: u32) -> u64 {
        self.longest_ms().max(self.total_ms().div_ceil(u64::from(workers.max(1))))
    }
}
