//! What the real gates say of each answer: found once, by a mission of that one task with that one answer, and remembered on
//! disk.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::Lint;
use mission::{Event, FailureClass, Gate, GateVerdict, Issue, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::configurations::Configuration;
use super::mission::{Setup, judged};
use super::rates::{Drawn, Rates, Slip};
use super::steps::Step;
use super::suites::{Suites, digest};
use crate::projects::cache;

pub type Failure = (FailureClass, Vec<Issue>);

/// What became of an answer that every reviewer approves of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// In the order in which they looked.
    pub gates: Vec<(Gate, GateVerdict)>,
    /// Why it was thrown back; `None` where it was accepted.
    pub failure: Option<Failure>,
    /// What Guardian and tests say, each for itself: where one that stands before them is switched off.
    pub alone: Vec<(Gate, GateVerdict)>,
    /// Tokens of the coder and of one reviewer.
    pub coder: u64,
    pub reviewer: u64,
}

impl Verdict {
    pub fn accepted(&self) -> bool {
        self.failure.is_none()
    }

    /// What the gates say while some are off, up to the first that fails, with what follows from that. What stands behind
    /// a gate that is off and would have failed is known of Guardian and tests only.
    pub fn without(&self, off: impl Fn(Gate) -> bool) -> (Vec<(Gate, GateVerdict)>, Option<Failure>) {
        let judged = |gate: Gate| {
            let find =
                |list: &[(Gate, GateVerdict)]| list.iter().find(|(of, _)| *of == gate).map(|(_, v)| *v);
            find(&self.gates).or_else(|| find(&self.alone))
        };
        let mut said = Vec::new();
        for gate in [
            Gate::Scope,
            Gate::Protected,
            Gate::Guardian,
            Gate::IndependentTests,
            Gate::Checks,
            Gate::NewTests,
        ] {
            let Some(verdict) = judged(gate).filter(|_| !off(gate)) else { continue };
            said.push((gate, verdict));
            if verdict == GateVerdict::Fail {
                let class = match gate {
                    Gate::Guardian => FailureClass::Lint,
                    Gate::Scope | Gate::Protected => FailureClass::Scope,
                    _ => FailureClass::Test,
                };
                let own = self.failure.clone().filter(|_| self.gates.contains(&(gate, verdict)));
                return (said, Some(own.unwrap_or((class, vec![Issue::new(gate.name(), "it is wrong")]))));
            }
        }
        let by_a_gate = self.gates.iter().any(|(_, verdict)| *verdict == GateVerdict::Fail);
        // thrown back by no gate: what was handed in could not be judged, or did not merge
        (said, self.failure.clone().filter(|_| !by_a_gate))
    }
}

pub struct Verdicts {
    known: Mutex<HashMap<String, Verdict>>,
    file: Mutex<File>,
    /// What was looked up before, by step and answer: to hash a folder takes longer than all else.
    looked: Mutex<HashMap<(String, Drawn), Verdict>>,
    passes: Mutex<HashMap<(String, Drawn), bool>>,
    suites: Arc<Suites>,
    lint: Mutex<Lint>,
    /// Tells builds apart.
    build: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    build: String,
    key: String,
    verdict: Verdict,
}

impl Verdicts {
    /// With what earlier runs of this build have left; `any_build`: of others, too.
    pub fn open(suites: Arc<Suites>, any_build: bool) -> Result<Verdicts, String> {
        Verdicts::at(&cache().join("uplift"), suites, any_build)
    }

    /// Kept in this folder.
    pub fn at(folder: &Path, suites: Arc<Suites>, any_build: bool) -> Result<Verdicts, String> {
        let path = folder.join("verdicts.jsonl");
        let said = |why: std::io::Error| format!("`{}`: {why}", path.display());
        let build = build().map_err(said)?;
        let mut known = HashMap::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                // a line that was torn by an interruption is worth nothing
                if let Ok(line) = serde_json::from_str::<Line>(&line.map_err(said)?)
                    && (any_build || line.build == build)
                {
                    known.insert(line.key, line.verdict);
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(said)?;
        Ok(Verdicts {
            looked: Mutex::default(),
            passes: Mutex::default(),
            known: Mutex::new(known),
            file: Mutex::new(file),
            suites,
            lint: Mutex::default(),
            build,
        })
    }

    /// How many are known.
    pub fn count(&self) -> usize {
        lock(&self.known).len()
    }

    pub fn build(&self) -> &str {
        &self.build
    }

    /// Every answer that can be given to a step, those that are no work left out.
    pub fn answers(step: &Step) -> Vec<Drawn> {
        let mut all = vec![Drawn::Right, Drawn::Slip(Slip::WrongPath)];
        for at in 0..step.wrong.len() {
            all.extend([Drawn::Wrong(at, true), Drawn::Wrong(at, false)]);
        }
        all
    }

    /// # Errors
    /// In words, where the mission that judges could not be played.
    pub fn of(&self, step: &Arc<Step>, drawn: Drawn) -> Result<Verdict, String> {
        let name = (step.title.clone(), drawn);
        if let Some(verdict) = lock(&self.looked).get(&name) {
            return Ok(verdict.clone());
        }
        let verdict = self.found(step, drawn)?;
        lock(&self.looked).insert(name, verdict.clone());
        Ok(verdict)
    }

    fn found(&self, step: &Arc<Step>, drawn: Drawn) -> Result<Verdict, String> {
        let key = key(step, drawn);
        if let Some(verdict) = lock(&self.known).get(&key) {
            return Ok(verdict.clone());
        }
        let steps = [step.clone()];
        let setup = Setup {
            steps: &steps,
            suites: &self.suites,
            configuration: &Configuration::JUDGING,
            rates: Rates::new(1.0),
        };
        // in a thread of its own: who asks may be within a runtime
        let events = std::thread::scope(|scope| scope.spawn(|| judged(&setup, drawn)).join());
        let events = events.map_err(|_| "the mission that judges panicked".to_string())??;
        let mut verdict = read(&events)
            .ok_or_else(|| format!("the gates came to nothing about {drawn:?} of {}", step.title))?;
        if let Some(answer) = step.answer(drawn) {
            let fails = |fails| if fails { GateVerdict::Fail } else { GateVerdict::Pass };
            let lint = lock(&self.lint).judge(&step.base, &answer, step.edits_tests.as_deref()).verdict;
            let tests = fails(!self.tests_pass(step, drawn));
            verdict.alone = vec![(Gate::Guardian, lint), (Gate::Checks, tests)];
        }
        let line = Line { build: self.build.clone(), key: key.clone(), verdict: verdict.clone() };
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            // what is not kept is computed anew the next time
            let _ = lock(&self.file).write_all(text.as_bytes());
        }
        lock(&self.known).insert(key, verdict.clone());
        Ok(verdict)
    }

    /// Whether the project's own tests alone let an answer through.
    pub fn tests_pass(&self, step: &Step, drawn: Drawn) -> bool {
        let name = (step.title.clone(), drawn);
        if let Some(passes) = lock(&self.passes).get(&name) {
            return *passes;
        }
        let Some(answer) = step.answer(drawn) else { return true };
        let base = Step::tests_of(step.package, &step.base, &self.suites);
        let now = Step::tests_of(step.package, &step.with(&answer), &self.suites);
        let passes = !matches!(checks::compare(Some(&base), &now), checks::Verdict::Fail { .. });
        lock(&self.passes).insert(name, passes);
        passes
    }
}

fn read(events: &[Event]) -> Option<Verdict> {
    let mut verdict = Verdict { gates: Vec::new(), failure: None, alone: Vec::new(), coder: 0, reviewer: 0 };
    let mut over = false;
    for event in events {
        match event {
            Event::RoleSpent { role, tokens, task: Some(_), .. } => {
                let tokens = tokens.input + tokens.output;
                match role {
                    Role::Coder => verdict.coder += tokens,
                    Role::Reviewer => verdict.reviewer += tokens,
                    _ => {}
                }
            }
            Event::GateJudged { task: Some(_), gate, verdict: said, .. } => {
                verdict.gates.push((*gate, *said));
            }
            Event::TaskPassed { .. } => over = true,
            Event::AttemptFailed { class, issues, .. } => {
                over = true;
                verdict.failure = Some((*class, issues.clone()));
            }
            // what passes alone and not when it is merged is thrown back, too
            Event::BatchFailed { class, issues, .. } => verdict.failure = Some((*class, issues.clone())),
            _ => {}
        }
    }
    over.then_some(verdict)
}

fn key(step: &Step, drawn: Drawn) -> String {
    let answer = match step.answer(drawn) {
        Some(answer) => digest(&step.with(&answer)),
        None => format!("{drawn:?}"),
    };
    let reason = step.edits_tests.as_deref().unwrap_or_default();
    format!("{}/{}/{answer}/{reason}", step.package.name(), digest(&step.base))
}

fn build() -> std::io::Result<String> {
    let program = std::fs::read(std::env::current_exe()?)?;
    Ok(Sha256::digest(&program).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
