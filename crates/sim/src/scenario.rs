//! The project, plan, settings and faults of a mission, drawn from its seed.
//!
//! The runner plays it; tests may change it first. It touches no disk: `project` writes the files, the runner
//! writes the settings, and `worker` submits the plan.

use std::fmt::Write;

use serde_json::{Value, json};

use super::faults::FaultPlan;
use super::project::{self, MOST_FILES};
use crate::Random;

/// A project, a plan for it, the user's settings, and the faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    /// Files of the project.
    pub files: usize,
    /// One of its tests fails before the mission.
    pub red: bool,
    /// A plan without mistakes.
    pub plan: Value,
    pub settings: Settings,
    pub faults: FaultPlan,
}

/// The user's settings. Limits apply in lives with faults; calm lives have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub parallel: usize,
    pub branch: bool,
    pub approve_plan: bool,
    /// The user is asked questions before the plan, and does not answer.
    pub clarify: bool,
    pub fixes: u32,
    pub fresh: u32,
    pub quorum: u32,
    /// Whether another Coder writes the tests of changes in behaviour.
    pub tests_first: bool,
    pub max_cycles: u32,
    /// The number of Coders that make one attempt in parallel.
    pub candidates: u32,
    pub timeout_s: u64,
    pub calls: Option<u64>,
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    pub wall_s: Option<u64>,
}

impl Scenario {
    /// The mission of a seed whose changes workers check.
    pub fn with_workers(seed: u64) -> Scenario {
        let drawn = Scenario::draw(seed);
        let faults = drawn.faults.clone().with_workers(&Random::new(seed));
        Scenario { faults, ..drawn }
    }

    pub fn draw(seed: u64) -> Scenario {
        let random = Random::new(seed);
        let faults = FaultPlan::draw(&random.fork("faults"));
        let mut draws = random.fork("project");
        let files = 1 + draws.below(MOST_FILES);
        Scenario {
            seed,
            files,
            red: draws.chance(0.15),
            plan: plan(&mut random.fork("plan"), files, faults.model.clashes > 0.6),
            settings: Settings::draw(&mut random.fork("settings")),
            faults,
        }
    }
}

impl Settings {
    fn draw(random: &mut Random) -> Settings {
        let limited = random.chance(0.25);
        let mut limit = |most: usize| (limited && random.chance(0.5)).then(|| 1 + random.below(most) as u64);
        let (calls, tokens, cents, wall_s) = (limit(60), limit(60_000), limit(60), limit(1_200));
        Settings {
            calls,
            tokens,
            cost_usd: cents.map(|cents| cents as f64 / 100.0),
            wall_s: wall_s.map(|s| s + 30),
            parallel: [1, 2, 3, 4, 8][random.below(5)],
            branch: random.chance(0.15),
            approve_plan: random.chance(0.1),
            clarify: random.fork("clarify").chance(0.3),
            fixes: random.below(3) as u32,
            fresh: random.below(3) as u32,
            quorum: if random.chance(0.15) { 3 } else { 1 },
            timeout_s: [90, 180, 600][random.below(3)],
            tests_first: random.chance(0.8),
            max_cycles: 1 + random.below(3) as u32,
            candidates: [1, 1, 1, 2, 3][random.below(5)],
        }
    }

    /// The settings as text for `opencode.toml`.
    pub fn toml(&self, limited: bool) -> String {
        let or_none = |limit: Option<String>| limit.filter(|_| limited).unwrap_or("\"none\"".into());
        let mut text = format!(
            "[mission]\nparallel = {}\nmax_cycles = {}\ndeliver = \"{}\"\napprove_plan = {}\nclarify = \"{}\"\ntests = \"{}\"\n",
            self.parallel,
            self.max_cycles,
            if self.branch { "branch" } else { "apply" },
            self.approve_plan,
            if self.clarify { "ask" } else { "never" },
            if self.tests_first { "independent" } else { "coder" },
        );
        let _ = write!(
            text,
            "[heal]\nfixes = {}\nfresh = {}\ncandidates = {}\n[review]\nquorum = {}\n",
            self.fixes, self.fresh, self.candidates, self.quorum
        );
        for role in ["searcher", "planner", "coder", "reviewer", "fixer"] {
            let _ = write!(text, "[roles.{role}]\ntimeout = \"{}s\"\n", self.timeout_s);
        }
        let _ = write!(
            text,
            "[budget]\ncalls = {}\ntokens = {}\ncost_usd = {}\nwall = {}\n",
            or_none(self.calls.map(|n| n.to_string())),
            or_none(self.tokens.map(|n| n.to_string())),
            or_none(self.cost_usd.map(|n| format!("{n:.2}"))),
            or_none(self.wall_s.map(|n| format!("\"{n}s\""))),
        );
        text.push_str("[workspace]\nsetup = \"none\"\ncopy = []\n[checks]\nauto = false\n");
        text.push_str("[[checks.command]]\nname = \"test\"\nrun = \"pytest\"\ntimeout = \"5m\"\n");
        text
    }
}

fn plan(random: &mut Random, files: usize, tangled: bool) -> Value {
    // Most are small, so that many seeds fit into a minute
    let most = [1, 2, 3, 6][random.below(4)];
    let count = if tangled { 3 } else { 1 } + random.below(most);
    let tasks: Vec<Value> = (0..count).map(|n| task(random, n, files)).collect();
    json!({ "tasks": tasks, "acceptance": ["every task is marked as done"] })
}

fn task(random: &mut Random, n: usize, files: usize) -> Value {
    let id = format!("t{n}");
    let compound = random.chance(0.08);
    let mut own: Vec<String> = (0..=random.below(2)).map(|_| project::file(random.below(files)).0).collect();
    if random.chance(0.3) {
        own.push(format!("data/new-{n}.dat"));
    }
    own.sort();
    own.dedup();
    if compound {
        own = vec!["data/*".into()];
    }
    let mut task = json!({
        "id": id,
        "title": format!("Task {id}"),
        "instructions": format!("Mark {id} as done in each of its files."),
        "files": own,
        "depends_on": (0..n).filter(|_| random.chance(0.2)).map(|on| format!("t{on}")).collect::<Vec<_>>(),
        "acceptance": [format!("each file has a line for {id}")],
    });
    if compound {
        task["compound"] = json!(true);
    }
    if random.chance(0.15) {
        task["group"] = json!("together");
    }
    if random.chance(0.4) {
        task["behaviour"] = json!(true);
    }
    task
}

/// The plan of a compound task.
pub(super) fn parts(random: &mut Random, of: &str) -> Value {
    let parts: Vec<Value> = (0..=random.below(2))
        .map(|n| {
            let id = format!("{of}-p{n}");
            json!({
                "id": id,
                "title": format!("Part {id}"),
                "instructions": format!("Mark {id} as done in each of its files."),
                "files": [format!("data/{id}.dat")],
                "behaviour": n == 0,
                "acceptance": [format!("each file has a line for {id}")],
            })
        })
        .collect();
    json!({ "tasks": parts })
}
