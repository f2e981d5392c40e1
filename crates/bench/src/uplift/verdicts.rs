//! The verdicts of the real gates on each answer: found once, by a mission of that one task with that one answer, and
//! kept on disk.
//!
//! `replay`, `predict` and `baselines` read them; `mission` plays. Every Reviewer approves there: reviews are drawn
//! elsewhere. A verdict counts only for the build that found it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::for_benches::Lint;
use mission::{Basis, Event, FailureClass, Gate, GateVerdict, Issue, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::authors::{Authored, WRONG_CASE};
use super::configurations::Configuration;
use super::drawn::{Drawn, Slip};
use super::mission::{Setup, judged};
use super::rates::Rates;
use super::steps::ReleaseTask;
use super::suites::{Suites, digest};
use crate::projects::cache;

pub type AnswerFailure = (FailureClass, Vec<Issue>);
type Refused = Option<Vec<Issue>>;
/// Behaviour, form and lines of an answer, by which the engine compares candidates.
type Does = (String, String, u32);

/// The verdict on an answer that every Reviewer approves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The gates' verdicts, in the order in which they looked.
    pub gates: Vec<(Gate, GateVerdict)>,
    /// Why it was rejected; `None` if it was accepted.
    pub failure: Option<AnswerFailure>,
    /// The verdicts of Guardian and tests, each alone: used if an earlier gate is switched off.
    pub alone: Vec<(Gate, GateVerdict)>,
    /// Tokens of the Coder and of one Reviewer.
    pub coder: u64,
    pub reviewer: u64,
}

impl Verdict {
    pub fn accepted(&self) -> bool {
        self.failure.is_none()
    }

    /// The verdicts while some gates are off, up to the first that fails, and that failure. If a gate that is off would
    /// have failed, later verdicts are known only for Guardian and tests.
    pub fn without(&self, off: impl Fn(Gate) -> bool) -> (Vec<(Gate, GateVerdict)>, Option<AnswerFailure>) {
        let judged = |gate: Gate| {
            let find =
                |list: &[(Gate, GateVerdict)]| list.iter().find(|(of, _)| *of == gate).map(|(_, v)| *v);
            find(&self.gates).or_else(|| find(&self.alone))
        };
        let mut said = Vec::new();
        for gate in Gate::ALL.iter().copied().filter(|gate| gate.basis() != Basis::Model) {
            let Some(verdict) = judged(gate).filter(|_| !off(gate)) else { continue };
            said.push((gate, verdict));
            if verdict == GateVerdict::Fail {
                let class = match gate.basis() {
                    Basis::Paths => FailureClass::Scope,
                    Basis::Source => FailureClass::Lint,
                    Basis::OtherCoder | Basis::Runs => FailureClass::Test,
                    Basis::Model => FailureClass::Review,
                };
                let own = self.failure.clone().filter(|_| self.gates.contains(&(gate, verdict)));
                return (said, Some(own.unwrap_or((class, vec![Issue::new(gate.name(), "it is wrong")]))));
            }
        }
        let by_a_gate = self.gates.iter().any(|(_, verdict)| *verdict == GateVerdict::Fail);
        // No gate rejected it: the submission could not be judged, or did not merge
        (said, self.failure.clone().filter(|_| !by_a_gate))
    }
}

pub struct Verdicts {
    known: Mutex<HashMap<String, Verdict>>,
    file: Mutex<File>,
    /// Earlier lookups, by release and answer: hashing a folder takes longer than everything else.
    looked: Mutex<HashMap<(String, Drawn, bool), Verdict>>,
    /// Why tests are refused; empty if they are accepted.
    written: Mutex<HashMap<(String, Authored), Refused>>,
    does: Mutex<HashMap<(String, Drawn), Does>>,
    passes: Mutex<HashMap<(String, Drawn), bool>>,
    suites: Arc<Suites>,
    lint: Mutex<Lint>,
    /// The build, as part of each key.
    build: String,
}

#[derive(Serialize, Deserialize)]
struct KeptVerdict {
    build: String,
    key: String,
    verdict: Verdict,
}

impl Verdicts {
    /// Opens the verdicts of earlier runs of this build; `any_build`: also those of others.
    pub fn open(suites: Arc<Suites>, any_build: bool) -> Result<Verdicts, String> {
        Verdicts::at(&cache().join("uplift"), suites, any_build)
    }

    /// Opens the verdicts in this folder.
    pub fn at(folder: &Path, suites: Arc<Suites>, any_build: bool) -> Result<Verdicts, String> {
        let path = folder.join("verdicts.jsonl");
        let said = |why: std::io::Error| format!("`{}`: {why}", path.display());
        let build = build().map_err(said)?;
        let mut known = HashMap::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                // A line that an interruption cut short is skipped
                if let Ok(line) = serde_json::from_str::<KeptVerdict>(&line.map_err(said)?)
                    && (any_build || line.build == build)
                {
                    known.insert(line.key, line.verdict);
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(said)?;
        Ok(Verdicts {
            looked: Mutex::default(),
            written: Mutex::default(),
            does: Mutex::default(),
            passes: Mutex::default(),
            known: Mutex::new(known),
            file: Mutex::new(file),
            suites,
            lint: Mutex::default(),
            build,
        })
    }

    /// The number of known verdicts.
    pub fn count(&self) -> usize {
        lock(&self.known).len()
    }

    pub fn build(&self) -> &str {
        &self.build
    }

    /// The verdict on an answer if the task's tests also ask for something that the release does not do.
    pub fn with_wrong_tests(step: &ReleaseTask, verdict: Verdict) -> Verdict {
        let before = |gate: Gate| gate < Gate::IndependentTests;
        if verdict.gates.iter().any(|(gate, said)| before(*gate) && *said == GateVerdict::Fail) {
            return verdict;
        }
        let failed = (Gate::IndependentTests, GateVerdict::Fail);
        let mut issues = match &verdict.failure {
            Some((_, issues)) if verdict.gates.contains(&failed) => issues.clone(),
            _ => Vec::new(),
        };
        let message = format!("`{WRONG_CASE}` fails: it asks for something else");
        let path = step.pool.keys().next().cloned().unwrap_or_default();
        issues.push(Issue::new(mission::independent::SOURCE, message).at(path, None));
        let mut gates: Vec<(Gate, GateVerdict)> =
            verdict.gates.iter().filter(|(gate, _)| before(*gate)).copied().collect();
        gates.push(failed);
        Verdict { gates, failure: Some((FailureClass::Test, issues)), ..verdict }
    }

    /// Every possible answer to a release, except those without work.
    pub fn answers(step: &ReleaseTask) -> Vec<Drawn> {
        let mut all = vec![Drawn::Right, Drawn::Slip(Slip::WrongPath)];
        for at in 0..step.wrong.len() {
            all.extend([Drawn::Wrong(at, true), Drawn::Wrong(at, false)]);
        }
        all
    }

    /// # Errors
    /// In words, if the mission that judges could not be played.
    ///
    /// `tested`: whether another Coder has written the tests of the task.
    pub fn of(&self, step: &Arc<ReleaseTask>, drawn: Drawn, tested: bool) -> Result<Verdict, String> {
        let name = (step.title.clone(), drawn, tested);
        if let Some(verdict) = lock(&self.looked).get(&name) {
            return Ok(verdict.clone());
        }
        let verdict = self.found(step, drawn, tested)?;
        lock(&self.looked).insert(name, verdict.clone());
        Ok(verdict)
    }

    /// Why the engine refuses an author's tests; `None` if it accepts them.
    ///
    /// # Errors
    /// As [`Verdicts::of`].
    pub fn of_tests(&self, step: &Arc<ReleaseTask>, tests: Authored) -> Result<Option<Vec<Issue>>, String> {
        let name = (step.title.clone(), tests);
        if let Some(refused) = lock(&self.written).get(&name) {
            return Ok(refused.clone());
        }
        let key = format!("{}/tests {tests:?} {}", key(step, Drawn::Right), digest(&step.pool));
        let known = lock(&self.known).get(&key).cloned();
        let verdict = match known {
            Some(verdict) => verdict,
            None => {
                let mut verdict = self.ask(step, Drawn::Right, Some(tests))?.1;
                // Only the verdict on the tests is kept
                verdict.gates.clear();
                self.keep(key, &verdict);
                verdict
            }
        };
        let refused = verdict.failure.map(|(_, issues)| issues);
        lock(&self.written).insert(name, refused.clone());
        Ok(refused)
    }

    /// Behaviour and form of an answer, each as a text that is equal for equal answers, and the number of lines that it
    /// changes.
    pub fn does(&self, step: &ReleaseTask, drawn: Drawn) -> Does {
        let name = (step.title.clone(), drawn);
        let known = lock(&self.does).get(&name).cloned();
        known.unwrap_or_else(|| {
            let answer = step.answer(drawn).unwrap_or_default();
            let form = engine::for_benches::form(&step.base, &answer);
            let does = (engine::for_benches::behaviour(&step.base, &answer), form, lines(step, &answer));
            lock(&self.does).insert(name, does.clone());
            does
        })
    }

    /// Plays the mission that judges; returns its verdicts on the answer and on the tests.
    fn ask(
        &self,
        step: &Arc<ReleaseTask>,
        drawn: Drawn,
        tests: Option<Authored>,
    ) -> Result<(Option<Verdict>, Verdict), String> {
        let steps = [step.clone()];
        let configuration =
            if tests.is_some() { &Configuration::JUDGING_TESTED } else { &Configuration::JUDGING };
        let setup = Setup { steps: &steps, suites: &self.suites, configuration, rates: Rates::new(1.0) };
        // In its own thread, because the caller may be inside a runtime
        let events = std::thread::scope(|scope| scope.spawn(|| judged(&setup, drawn, tests)).join());
        let events = events.map_err(|_| "the mission that judges panicked".to_string())??;
        Ok((read(&events), read_tests(&events)))
    }

    fn keep(&self, key: String, verdict: &Verdict) {
        let line = KeptVerdict { build: self.build.clone(), key: key.clone(), verdict: verdict.clone() };
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            // A verdict that cannot be kept is computed again next time
            let _ = lock(&self.file).write_all(text.as_bytes());
        }
        lock(&self.known).insert(key, verdict.clone());
    }

    fn found(&self, step: &Arc<ReleaseTask>, drawn: Drawn, tested: bool) -> Result<Verdict, String> {
        let key = match tested {
            false => key(step, drawn),
            true => format!("{}/tested {}", key(step, drawn), digest(&step.pool)),
        };
        if let Some(verdict) = lock(&self.known).get(&key) {
            return Ok(verdict.clone());
        }
        let mut verdict = self
            .ask(step, drawn, tested.then_some(Authored::Right))?
            .0
            .ok_or_else(|| format!("the gates came to nothing about {drawn:?} of {}", step.title))?;
        if let Some(answer) = step.answer(drawn) {
            let fails = |fails| if fails { GateVerdict::Fail } else { GateVerdict::Pass };
            let lint = lock(&self.lint).judge_files(&step.base, &answer, step.edits_tests.as_deref()).verdict;
            let tests = fails(!self.tests_pass(step, drawn));
            verdict.alone = vec![(Gate::Guardian, lint), (Gate::Checks, tests)];
        }
        self.keep(key, &verdict);
        Ok(verdict)
    }

    /// Whether the project's own tests alone let an answer through.
    pub fn tests_pass(&self, step: &ReleaseTask, drawn: Drawn) -> bool {
        let name = (step.title.clone(), drawn);
        if let Some(passes) = lock(&self.passes).get(&name) {
            return *passes;
        }
        let Some(answer) = step.answer(drawn) else { return true };
        let base = ReleaseTask::tests_of(step.package, &step.base, &self.suites);
        let now = ReleaseTask::tests_of(step.package, &step.with(&answer), &self.suites);
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
            // The tokens of the author of tests are counted separately
            Event::AttemptStarted { .. } => verdict.coder = 0,
            Event::TaskPassed { .. } => over = true,
            Event::AttemptFailed { class, issues, .. } => {
                over = true;
                verdict.failure = Some((*class, issues.clone()));
            }
            // A change that passes alone but not after the merge is rejected, too
            Event::BatchFailed { class, issues, .. } => verdict.failure = Some((*class, issues.clone())),
            _ => {}
        }
    }
    over.then_some(verdict)
}

/// The verdict on the tests that an author wrote.
fn read_tests(events: &[Event]) -> Verdict {
    let nothing = (FailureClass::Test, vec![Issue::new("engine", "nothing was submitted")]);
    let mut verdict =
        Verdict { gates: Vec::new(), failure: Some(nothing), alone: Vec::new(), coder: 0, reviewer: 0 };
    for event in events {
        match event {
            Event::TestsWritten { .. } => verdict.failure = None,
            Event::TestsRejected { issues, .. } => {
                verdict.failure = Some((FailureClass::Test, issues.clone()));
            }
            Event::AttemptStarted { .. } => break,
            _ => {}
        }
    }
    verdict
}

/// The number of lines that an answer adds and removes.
fn lines(step: &ReleaseTask, answer: &engine::for_benches::ChangedFiles) -> u32 {
    let mut count = 0_usize;
    for (path, text) in answer {
        let mut left: HashMap<&str, i64> = HashMap::new();
        for line in step.base.get(path).map(String::as_str).unwrap_or_default().lines() {
            *left.entry(line).or_default() -= 1;
        }
        for line in text.as_deref().unwrap_or_default().lines() {
            *left.entry(line).or_default() += 1;
        }
        count += left.values().map(|n| n.unsigned_abs() as usize).sum::<usize>();
    }
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn key(step: &ReleaseTask, drawn: Drawn) -> String {
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
