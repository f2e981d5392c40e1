//! The models of the simulation: they know what to do, and err as often as their faults say.
//!
//! They learn their task from prompts, as real models do, and read the files of their slot. They write no file:
//! `host` does, if the engine allows it. `truth` says what is right.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mission::{Role, Tokens};
use serde_json::{Value, json};

use super::faults::ModelFaults;
use super::model::{Model, ModelStep, Reply, Session, header, listed};
use super::{scenario, truth};
use crate::Random;

/// The most that one turn costs.
pub(super) const MOST_TOKENS: u64 = 2_000;
pub(super) const MOST_USD: f64 = 0.02;
/// The first word of a line that no task writes.
const NEVER: &str = "never";
/// How many refused submissions it fixes.
const MAX_FIXES: u32 = 4;

pub struct Worker {
    plan: Value,
    faults: ModelFaults,
}

impl Worker {
    /// `plan`: what its Planner submits.
    pub fn new(plan: Value, faults: ModelFaults) -> Worker {
        Worker { plan, faults }
    }
}

impl Model for Worker {
    fn open(&self, role: Role, directory: &Path, random: Random) -> Box<dyn Session> {
        Box::new(Speaker {
            role,
            directory: directory.to_path_buf(),
            random,
            plan: self.plan.clone(),
            faults: self.faults.clone(),
            task: String::new(),
            files: Vec::new(),
            written: Vec::new(),
            acts: VecDeque::new(),
            submit: (String::new(), Value::Null),
            fixes: 0,
        })
    }
}

/// A planned action; files are read when it is carried out.
enum Act {
    Think,
    Mark(String),
    Test(String, String),
    Break(String),
    /// Changes the word of a file; files that need the old word fail.
    Reword(String),
    Need(String),
    Fix(String),
    Check,
    Submit,
    Prose,
}

struct Speaker {
    role: Role,
    directory: PathBuf,
    random: Random,
    plan: Value,
    faults: ModelFaults,
    task: String,
    files: Vec<String>,
    /// Files that it wrote in this session. It gives a reason for each, whether the plan names it or not.
    written: Vec<String>,
    acts: VecDeque<Act>,
    submit: (String, Value),
    fixes: u32,
}

impl Session for Speaker {
    fn prompt(&mut self, text: &str) {
        let asked = header(text, "role");
        self.role = Role::ALL.into_iter().find(|role| asked == Some(role.name())).unwrap_or(self.role);
        self.task = header(text, "task").unwrap_or_default().to_string();
        let mut files = listed(text, "Files: ");
        // Another Coder writes the tests
        files.retain(|file| !file.ends_with(".py"));
        if !files.is_empty() {
            self.files = files;
        }
        self.fixes = 0;
        self.acts = VecDeque::from([Act::Think]);
        match self.role {
            Role::Searcher => {
                let mut brief = json!({ "summary": "a simulated project", "files": [] });
                if self.random.fork("decisions").chance(0.5) {
                    brief["decisions"] =
                        json!([{ "question": "Which way?", "choices": ["this", "that"], "default": "this" }]);
                }
                self.submit_with("mission_brief", brief);
            }
            Role::Planner => {
                let plan = match (self.task.is_empty(), listed(text, "Ids in use: ")) {
                    (true, used) if used.is_empty() => self.plan.clone(),
                    // A plan for what is missing, with ids that no earlier plan has
                    (true, used) => scenario::parts(&mut self.random, &format!("n{}", used.len())),
                    (false, _) => scenario::parts(&mut self.random, &self.task),
                };
                self.submit_with("mission_plan", plan);
            }
            Role::Coder if header(text, "part") == Some("tests") => self.test(),
            Role::Coder => self.code(text.contains("\n# Tests of this task\n")),
            Role::Fixer => self.fix(text),
            Role::Reviewer => self.review(text),
        }
    }

    fn next(&mut self, last: Reply) -> ModelStep {
        if let Reply::Text(answer) = &last
            && answer.starts_with("refused: mission_")
            && self.fixes < MAX_FIXES
        {
            self.fixes += 1;
            self.acts.push_front(Act::Submit);
        }
        loop {
            let Some(act) = self.acts.pop_front() else { return ModelStep::End("That is all.".into()) };
            if let Some(step) = self.step(act) {
                return step;
            }
        }
    }

    fn cost(&mut self) -> (Tokens, f64) {
        let input = 100 + self.random.below(MOST_TOKENS as usize / 2) as u64;
        let output = 10 + self.random.below(MOST_TOKENS as usize / 4) as u64;
        let usd = self.random.below(20) as f64 / 1000.0;
        (Tokens { input, output, ..Tokens::default() }, usd)
    }
}

impl Speaker {
    fn submit_with(&mut self, tool: &str, arguments: Value) {
        self.submit = (tool.into(), arguments);
        if self.random.chance(self.faults.prose) {
            self.acts.push_back(Act::Prose);
            return;
        }
        self.acts.push_back(Act::Submit);
        if self.random.chance(self.faults.duplicate) {
            self.acts.push_back(Act::Submit);
        }
    }

    /// Writes tests of the task, right or wrong.
    fn test(&mut self) {
        let path = format!("tests/test_{}.py", self.task.replace('-', "_"));
        let wrong = self.random.chance(self.faults.wrong_tests);
        let line = match (wrong, self.random.chance(0.4)) {
            (false, _) => format!("done {}", self.task),
            (true, true) => "region 0".into(),
            (true, false) => format!("{NEVER} {}", self.task),
        };
        let wanted: Vec<(String, String)> =
            self.files.iter().map(|file| (file.clone(), line.clone())).collect();
        self.acts.push_back(Act::Test(path, truth::test_file(&wanted)));
        if self.random.chance(self.faults.strays) {
            self.acts.extend(self.files.first().cloned().map(Act::Mark));
        }
        self.submit_with("mission_work", json!({ "status": "done", "summary": "tested" }));
    }

    /// Works on the task; `tested`: another Coder has written its tests.
    fn code(&mut self, tested: bool) {
        if self.random.chance(self.faults.blocked) {
            let wish = match self.random.chance(0.5) {
                true => {
                    json!({ "status": "blocked", "summary": "in the way", "needs_files": ["data/f0.dat"] })
                }
                false => json!({ "status": "blocked", "summary": "in the way", "question": "which one?" }),
            };
            return self.submit_with("mission_work", wish);
        }
        for file in self.files.clone() {
            self.acts.push_back(Act::Mark(file.clone()));
            if self.random.chance(self.faults.rewords) {
                self.acts.push_back(Act::Reword(file.clone()));
            }
            if self.random.chance(self.faults.needs) {
                self.acts.push_back(Act::Need(file.clone()));
            }
            if self.random.chance(self.faults.wrong) {
                self.acts.push_back(Act::Break(file));
            }
        }
        if self.random.chance(self.faults.strays) {
            let tests = format!("tests/test_{}.py", self.task.replace('-', "_"));
            let stray =
                ["data/f0.dat", "data/f1.dat", "README.md", "../outside.dat", "data/stray.dat", &tests];
            let path = stray[self.random.below(stray.len() - usize::from(!tested))].to_string();
            self.acts.push_back(Act::Mark(path));
        }
        if self.random.chance(0.2) {
            self.acts.push_back(Act::Check);
        }
        self.acts.push_back(Act::Think);
        self.submit_with("mission_work", json!({ "status": "done", "summary": "marked" }));
    }

    fn fix(&mut self, prompt: &str) {
        let named = prompt.lines().filter_map(|line| line.strip_prefix("- data/")?.split(':').next());
        let mut files: Vec<String> = named.map(|file| format!("data/{file}")).collect();
        files.extend(self.files.clone());
        files.sort();
        files.dedup();
        for file in files {
            if !self.random.chance(self.faults.wrong) {
                self.acts.push_back(Act::Fix(file));
            }
        }
        for file in self.files.clone() {
            self.acts.push_back(Act::Mark(file));
        }
        self.acts.push_back(Act::Think);
        self.submit_with("mission_work", json!({ "status": "done", "summary": "fixed" }));
    }

    fn review(&mut self, prompt: &str) {
        let ids = prompt.lines().filter_map(|line| Some(line.split_once(": ")?.0));
        let is_item = |id: &&str| id.strip_prefix(['a', 'u']).is_some_and(|n| n.parse::<u32>().is_ok());
        let items: Vec<&str> = ids.filter(is_item).collect();
        let errs = self.random.chance(self.faults.rejects);
        let wrong =
            prompt.contains(&format!("assert \"{NEVER} ")) && prompt.contains("Judge the tests alone");
        let reject = wrong != errs;
        let acceptance: Vec<Value> = items
            .iter()
            .map(|id| json!({ "id": id, "met": !reject, "evidence": "the line is there" }))
            .collect();
        let findings = match reject {
            true => {
                json!([{ "path": "data/f0.dat", "line": 1, "severity": "error", "message": "not liked" }])
            }
            false => json!([]),
        };
        let verdict = if reject { "reject" } else { "approve" };
        let review = json!({ "verdict": verdict, "findings": findings, "acceptance": acceptance });
        self.submit_with("mission_review", review);
    }

    /// The step of an action; `None` if there is nothing to do.
    fn step(&mut self, act: Act) -> Option<ModelStep> {
        match act {
            Act::Think => {
                Some(ModelStep::Think(Duration::from_millis(500 + self.random.below(40_000) as u64)))
            }
            Act::Prose => Some(ModelStep::End("I have done everything you asked for!".into())),
            Act::Check => {
                Some(ModelStep::Call { tool: "mission_check".into(), arguments: json!({ "name": "test" }) })
            }
            Act::Submit => Some(self.submitted()),
            Act::Mark(path) => self.write(path, |speaker, path, text| {
                let line = format!("done {}", speaker.task);
                let region = speaker.region();
                let text = text.unwrap_or_else(|| truth::fresh(path, "fresh"));
                if text.lines().any(|other| other == line) {
                    text
                } else {
                    truth::insert(&text, region, &line)
                }
            }),
            Act::Test(path, tests) => self.write(path, |_, _, _| tests),
            Act::Break(path) => self.write(path, |speaker, _, text| {
                let line = format!("broken {}", speaker.task);
                truth::insert(&text.unwrap_or_default(), speaker.region(), &line)
            }),
            Act::Reword(path) => self.write(path, |speaker, _, text| {
                let word = format!("has {}", speaker.task);
                let text = text.unwrap_or_default();
                let lines =
                    text.lines().map(|line| if line.starts_with("has ") { word.as_str() } else { line });
                lines.collect::<Vec<_>>().join("\n") + "\n"
            }),
            Act::Need(path) => {
                let line = self.need();
                self.write(path, |speaker, _, text| match &line {
                    Some(line) => truth::insert(&text.unwrap_or_default(), speaker.region(), line),
                    None => text.unwrap_or_default(),
                })
            }
            Act::Fix(path) => {
                let directory = self.directory.clone();
                self.write(path, |_, _, text| fixed(&text.unwrap_or_default(), &directory))
            }
        }
    }

    fn submitted(&mut self) -> ModelStep {
        let (tool, mut arguments) = self.submit.clone();
        if arguments["status"] == "done" {
            let why = |path: &String| json!({ "path": path, "why": "it needs a line" });
            arguments["unplanned"] = self.written.iter().map(why).collect();
        }
        if self.random.chance(self.faults.malformed) {
            arguments = match self.random.below(4) {
                0 => Value::Null,
                1 => json!("{\"tasks\": [ "),
                2 => json!({}),
                // The engine understands this form, too
                _ => Value::String(arguments.to_string()),
            };
        } else if self.random.chance(self.faults.wrong_ids) {
            if let Some(on) = arguments.pointer_mut("/tasks/0/depends_on") {
                *on = json!(["nobody"]);
            }
            if let Some(id) = arguments.pointer_mut("/acceptance/0/id") {
                *id = json!("a99");
            }
        }
        ModelStep::Call { tool, arguments }
    }

    fn write(
        &mut self,
        path: String,
        change: impl FnOnce(&mut Speaker, &str, Option<String>) -> String,
    ) -> Option<ModelStep> {
        let before = std::fs::read_to_string(self.directory.join(&path)).ok();
        let text = change(self, &path, before.clone());
        if before.as_ref() == Some(&text) || (before.is_none() && text.is_empty()) {
            return None;
        }
        self.written.push(path.clone());
        Some(ModelStep::Write { path, text: Some(text) })
    }

    /// The region to write in: mostly the task's own.
    fn region(&mut self) -> usize {
        if self.random.chance(self.faults.clashes) {
            return 0;
        }
        self.task.bytes().map(usize::from).sum::<usize>() % truth::REGIONS
    }

    fn need(&mut self) -> Option<String> {
        let files: Vec<(String, String)> = truth::read(&self.directory).into_iter().collect();
        let (path, text) = self.random.pick(&files)?;
        let word = text.lines().find_map(|line| line.strip_prefix("has "))?;
        Some(format!("needs {path} {word}"))
    }
}

/// The text without the lines that make it fail. Both sides of a conflict stay.
fn fixed(text: &str, directory: &Path) -> String {
    let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("broken ") || marks.iter().any(|mark| line.starts_with(mark)) {
            continue;
        }
        let mut words = line.split(' ');
        let line = match (words.next(), words.next()) {
            (Some("needs"), Some(file)) => {
                let other = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
                match other.lines().find_map(|line| line.strip_prefix("has ")) {
                    Some(word) => format!("needs {file} {word}"),
                    None => continue,
                }
            }
            _ => line.to_string(),
        };
        lines.push(line);
    }
    lines.join("\n") + "\n"
}
