//! The simulated model: it knows the right answer to each task, and errs as its [`Rates`] say.
//!
//! `mission` puts it behind the simulated host; `replay` and `baselines` draw from the same [`Job`]. It asks no
//! language model. It writes no file itself, and the engine only sees what a role writes and submits.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mission::{Role, Tokens};
use serde_json::{Value, json};

use super::authors::Authored;
use super::drawn::{self, Drawn, Slip};
use super::rates::{Rates, SAME_EYES};
use super::steps::ReleaseTask;
use super::suites;
use crate::projects::Tree;
use sim::Random;
use sim::{Model, ModelStep, Reply, Session, header};

/// How many refused submissions it fixes.
const MAX_FIXES: u32 = 4;
/// Bytes of a token.
const TOKEN: u64 = 4;

/// What all sessions of a mission share.
pub struct Job {
    /// The tasks by folder, which is also the task's id.
    pub tasks: BTreeMap<String, Arc<ReleaseTask>>,
    pub rates: Rates,
    /// Draws for the mission as a whole, not for a session.
    pub random: Random,
    /// Every Coder gives this answer, and every Reviewer approves.
    pub forced: Option<Drawn>,
    /// Every author of tests submits these.
    pub forced_tests: Option<Authored>,
    pub log: Mutex<Log>,
}

#[derive(Default)]
pub struct Log {
    /// The model's chance at each task; parts of a split task have other chances.
    pub chances: BTreeMap<String, f64>,
    /// The accepted submissions of each task, in order.
    pub submitted: BTreeMap<String, Vec<Drawn>>,
    /// The last answer to each task.
    pub(super) last: BTreeMap<String, Drawn>,
    /// The last tests that an author wrote for each task.
    tests: BTreeMap<String, Authored>,
}

impl Job {
    pub fn new(tasks: BTreeMap<String, Arc<ReleaseTask>>, rates: Rates, random: Random) -> Job {
        Job { tasks, rates, random, forced: None, forced_tests: None, log: Mutex::default() }
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a task; a part of a split task has the folder of the whole.
    pub fn folder(task: &str) -> &str {
        task.split('-').next().unwrap_or(task)
    }

    pub(super) fn chance(&self, task: &str) -> f64 {
        let mut draws = self.random.fork(&format!("chance {task}"));
        *self.log().chances.entry(task.to_string()).or_insert_with(|| self.rates.of_task(&mut draws))
    }

    /// A plan without mistakes; `task`: the task to split, or empty.
    pub fn right_plan(&self, task: &str) -> Value {
        if task.is_empty() {
            return self.plan();
        }
        let folder = Job::folder(task);
        let Some(step) = self.tasks.get(folder) else { return Value::Null };
        // The same task under another name, with the same files
        json!({ "tasks": [planned(&format!("{task}-r"), folder, step)] })
    }

    /// The Planner's first submission, which may be invalid; `None`: prose.
    pub fn drawn_plan(&self, task: &str, random: &mut Random) -> Option<Value> {
        self.faulty(self.right_plan(task), random)
    }

    pub(super) fn faulty(&self, mut plan: Value, random: &mut Random) -> Option<Value> {
        if random.chance(self.rates.plan_faults()) {
            let fault = random.below(5);
            if let Some(task) = plan.pointer_mut("/tasks/0") {
                match fault {
                    0 => task["depends_on"] = json!(["nobody"]),
                    1 => task["depends_on"] = json!([task["id"].clone()]),
                    2 => task["files"] = json!(["../outside.js"]),
                    3 => task["acceptance"] = json!([]),
                    _ => return None,
                }
            }
        }
        Some(plan)
    }

    fn plan(&self) -> Value {
        let mut draws = self.random.fork("plan");
        let names: Vec<&String> = self.tasks.keys().collect();
        let tasks: Vec<Value> = self
            .tasks
            .iter()
            .enumerate()
            .map(|(at, (id, step))| {
                let mut task = planned(id, id, step);
                // Some wait for another, as in real plans
                if at > 0 && draws.chance(0.15) {
                    task["depends_on"] = json!([names[draws.below(at)]]);
                }
                task
            })
            .collect();
        json!({ "tasks": tasks, "acceptance": ["every release is made"] })
    }
}

pub(super) fn planned(id: &str, folder: &str, step: &ReleaseTask) -> Value {
    let files: Vec<String> = step.files().iter().map(|path| format!("{folder}/{path}")).collect();
    let mut task = json!({
        "id": id,
        "title": format!("Make {}", step.title),
        "instructions": format!("Change `{folder}` as release {} does.", step.title),
        "files": files,
        "acceptance": [format!("`{folder}` does what the release does")],
    });
    if !step.pool.is_empty() {
        task["behaviour"] = json!(true);
    }
    if let Some(reason) = &step.edits_tests {
        task["edits_tests"] = json!(reason);
    }
    task
}

/// One model for all roles.
pub struct Simulated(pub Arc<Job>);

impl Model for Simulated {
    fn open(&self, role: Role, directory: &Path, random: Random) -> Box<dyn Session> {
        Box::new(Speaker {
            job: self.0.clone(),
            role,
            directory: directory.to_path_buf(),
            random,
            task: String::new(),
            acts: VecDeque::new(),
            submit: (String::new(), Value::Null),
            answer: None,
            tests: None,
            fixes: 0,
            tokens: Tokens::default(),
        })
    }
}

enum Do {
    Think,
    Write(String, Option<String>),
    Submit,
    Prose,
}

struct Speaker {
    job: Arc<Job>,
    role: Role,
    directory: PathBuf,
    random: Random,
    task: String,
    acts: VecDeque<Do>,
    submit: (String, Value),
    answer: Option<Drawn>,
    /// The tests of an author.
    tests: Option<Authored>,
    fixes: u32,
    tokens: Tokens,
}

impl Session for Speaker {
    fn prompt(&mut self, text: &str) {
        self.tokens.input += text.len() as u64 / TOKEN;
        let asked = header(text, "role");
        self.role = Role::ALL.into_iter().find(|role| asked == Some(role.name())).unwrap_or(self.role);
        self.task = header(text, "task").unwrap_or_default().to_string();
        self.fixes = 0;
        self.acts = VecDeque::from([Do::Think]);
        match self.role {
            Role::Searcher => self.will("mission_brief", json!({ "summary": "packages", "files": [] })),
            Role::Planner => self.plan(),
            Role::Coder if header(text, "part") == Some("tests") => self.write_tests(),
            Role::Coder => self.work(false),
            Role::Fixer => self.work(true),
            Role::Reviewer => self.review(text),
        }
    }

    fn next(&mut self, last: Reply) -> ModelStep {
        if let Reply::Text(answer) = &last {
            self.answered(answer);
        }
        match self.acts.pop_front() {
            None => ModelStep::End("That is all.".into()),
            Some(Do::Prose) => ModelStep::End("I have done everything that you asked for!".into()),
            Some(Do::Think) => {
                ModelStep::Think(Duration::from_millis(5_000 + self.random.below(40_000) as u64))
            }
            Some(Do::Write(path, text)) => {
                self.tokens.output += text.as_deref().map_or(0, str::len) as u64 / TOKEN;
                ModelStep::Write { path, text }
            }
            Some(Do::Submit) => {
                let (tool, arguments) = self.submit.clone();
                self.tokens.output += arguments.to_string().len() as u64 / TOKEN;
                ModelStep::Call { tool, arguments }
            }
        }
    }

    fn cost(&mut self) -> (Tokens, f64) {
        (std::mem::take(&mut self.tokens), 0.0)
    }
}

impl Speaker {
    fn will(&mut self, tool: &str, arguments: Value) {
        self.submit = (tool.into(), arguments);
        self.acts.push_back(Do::Submit);
    }

    fn answered(&mut self, answer: &str) {
        if answer.starts_with("accepted") {
            if let (Role::Coder | Role::Fixer, Some(drawn), None) = (self.role, self.answer, self.tests) {
                self.job.log().submitted.entry(self.task.clone()).or_default().push(drawn);
            }
        } else if answer.starts_with("refused: mission_") && self.fixes < MAX_FIXES {
            self.fixes += 1;
            match self.role {
                Role::Planner => self.will("mission_plan", self.job.right_plan(&self.task)),
                Role::Coder if self.tests.is_some() => self.acts.push_front(Do::Submit),
                // The engine saw that it changed nothing
                Role::Coder | Role::Fixer => self.work(false),
                Role::Searcher | Role::Reviewer => self.acts.push_front(Do::Submit),
            }
        }
    }

    fn plan(&mut self) {
        match self.job.drawn_plan(&self.task, &mut self.random) {
            Some(plan) => self.will("mission_plan", plan),
            None => self.acts.push_back(Do::Prose),
        }
    }

    fn write_tests(&mut self) {
        let folder = Job::folder(&self.task).to_string();
        let Some(step) = self.job.tasks.get(&folder).cloned() else { return self.acts.push_back(Do::Prose) };
        let chance = self.job.chance(&self.task);
        let tests = match (self.job.forced_tests, self.tests) {
            (Some(forced), _) => forced,
            (None, Some(before)) => before.fixed(chance, &mut self.random),
            (None, None) => Authored::drawn(chance, &mut self.random),
        };
        self.tests = Some(tests);
        self.job.log().tests.insert(self.task.clone(), tests);
        let written = tests.files(step.package, &step.pool);
        for (path, text) in written {
            self.acts.push_back(Do::Write(format!("{folder}/{path}"), Some(text)));
        }
        self.will("mission_work", json!({ "status": "done", "summary": "tested" }));
    }

    fn work(&mut self, repair: bool) {
        let folder = Job::folder(&self.task).to_string();
        let Some(step) = self.job.tasks.get(&folder).cloned() else { return self.acts.push_back(Do::Prose) };
        let chance = self.job.chance(&self.task);
        let before = self.job.log().last.get(&self.task).copied();
        // A repair in a new session continues from the content of the slot
        let drawn = match (repair, self.answer.or(before.filter(|_| repair))) {
            _ if self.job.forced.is_some() => self.job.forced.unwrap_or(Drawn::Right),
            (true, Some(current)) => drawn::repaired(step.wrong.len(), chance, current, &mut self.random),
            _ => drawn::fresh(step.wrong.len(), chance, before, &mut self.random),
        };
        self.job.log().last.insert(self.task.clone(), drawn);
        self.answer = Some(drawn);
        let mut done = json!({ "status": "done", "summary": "done" });
        match drawn {
            Drawn::Slip(Slip::Prose) => return self.acts.push_back(Do::Prose),
            Drawn::Slip(Slip::Claim) => {}
            Drawn::Slip(Slip::WrongPath) => {
                let source =
                    step.right.iter().find(|(path, text)| !step.package.is_test(path) && text.is_some());
                if let Some((path, text)) = source {
                    self.acts.push_back(Do::Write(path.clone(), text.clone()));
                }
            }
            Drawn::Right | Drawn::Wrong(..) => {
                self.write(&folder, &step, &step.answer(drawn).unwrap_or_default());
            }
        }
        // The engine ignores the reasons for files that the plan names
        let why = |act: &Do| match act {
            Do::Write(path, _) => Some(json!({ "path": path, "why": "the release changes it" })),
            _ => None,
        };
        done["unplanned"] = self.acts.iter().filter_map(why).collect();
        self.will("mission_work", done);
    }

    /// Writes the answer into the folder.
    fn write(&mut self, folder: &str, step: &ReleaseTask, answer: &engine::for_benches::ChangedFiles) {
        let wanted = step.with(answer);
        let there = step.own(suites::read(&self.directory.join(folder)));
        for (path, text) in differing(&there, &wanted) {
            self.acts.push_back(Do::Write(format!("{folder}/{path}"), text));
        }
    }

    fn review(&mut self, prompt: &str) {
        // Without a task the objective is judged, in all folders
        let folders: Vec<&String> = match Job::folder(&self.task) {
            "" => self.job.tasks.keys().collect(),
            folder => self.job.tasks.keys().filter(|one| *one == folder).collect(),
        };
        let of_tests = prompt.contains("Judge the tests alone");
        let wrong_tests = self.job.log().tests.get(&self.task) == Some(&Authored::Wrong);
        let (mut right, mut integrated, mut seen) = (true, true, String::new());
        for folder in folders {
            let step = self.job.tasks.get(folder);
            let tree = suites::read(&self.directory.join(folder));
            let tree = match step {
                Some(step) => step.own(tree),
                None => tree,
            };
            right &= step.is_some_and(|step| step.head == tree);
            integrated &= step.is_some_and(|step| step.base != tree);
            seen.push_str(&format!("{folder} {} ", suites::digest(&tree)));
        }
        if of_tests {
            (right, seen) = (!wrong_tests, format!("tests of {}", self.task));
        }
        // Half of a Reviewer's errors depend on the change alone
        let mut eyes = self.job.random.fork(&format!("review {seen}"));
        let errs = self.job.rates.review_errs(right);
        let erring = if self.random.chance(SAME_EYES) { eyes.chance(errs) } else { self.random.chance(errs) };
        let missing = self.task.is_empty() && !integrated;
        let approve = (right != erring && !missing) || self.job.forced.is_some();
        let is_item = |id: &&str| id.strip_prefix(['a', 'u']).is_some_and(|n| n.parse::<u32>().is_ok());
        let ids = prompt.lines().filter_map(|line| Some(line.split_once(": ")?.0)).filter(is_item);
        let acceptance: Vec<Value> =
            ids.map(|id| json!({ "id": id, "met": approve, "evidence": "as the change shows" })).collect();
        let path = "package.json";
        let findings = match approve {
            true => json!([]),
            false => {
                json!([{ "path": path, "severity": "error", "message": "it is not what the release does" }])
            }
        };
        let verdict = if approve { "approve" } else { "reject" };
        self.will(
            "mission_review",
            json!({ "verdict": verdict, "findings": findings, "acceptance": acceptance }),
        );
    }
}

/// The writes that turn the tree `there` into `wanted`.
fn differing(there: &Tree, wanted: &Tree) -> Vec<(String, Option<String>)> {
    let written = wanted.iter().filter(|(path, text)| there.get(*path) != Some(text));
    let removed = there.keys().filter(|path| !wanted.contains_key(*path)).map(|path| (path.clone(), None));
    written.map(|(path, text)| (path.clone(), Some(text.clone()))).chain(removed).collect()
}
