//! One mission: the real engine on a repository that has a folder for each task.
//!
//! `grid` and `verdicts` play it with the model of `model` and the check of `commands`. Whether a result is right is
//! read from the user's files, never from the engine's report. The machine's git configuration must have no effect.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::for_benches::World;
use engine::{Engine, EngineOptions};
use journal::StateDir;
use mission::{Event, FailureClass, Gate, GateVerdict, Outcome, Phase, State};
use serde::{Deserialize, Serialize};

use super::authors::Authored;
use super::commands::FolderTests;
use super::configurations::Configuration;
use super::drawn::Drawn;
use super::model::{Job, Simulated};
use super::rates::Rates;
use super::steps::ReleaseTask;
use super::suites::{self, Suites};
use sim::Random;
use sim::{HostFaults, SimulatedClock, SimulatedHost, Trace};

/// When every mission begins, in milliseconds.
const EPOCH_MS: u64 = 1_767_225_600_000;
/// The longest a mission may take, in virtual time.
const MAX_MISSION_TIME: Duration = Duration::from_secs(14 * 24 * 3600);

/// The result of a mission.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Whether it says that it is done.
    pub done: bool,
    /// Tasks that were integrated and equal the release.
    pub right: usize,
    /// Tasks that were integrated and differ from it.
    pub wrong: usize,
    /// Tasks that were not integrated, and are reported so.
    pub missing: usize,
    pub calls: u64,
    pub tokens: u64,
    /// How many right answers were judged, and how many of them were accepted.
    pub right_judged: u64,
    pub right_accepted: u64,
    pub wrong_judged: u64,
    pub wrong_accepted: u64,
    /// Wrong answers that were accepted, by kind.
    pub let_through: BTreeMap<String, u64>,
    /// Wrong answers by the gate that caught them.
    pub caught: BTreeMap<String, u64>,
    /// Right answers by the gate that rejected them.
    pub rejected: BTreeMap<String, u64>,
    /// What an incomplete mission lacks, in words.
    #[serde(default)]
    pub incomplete_for: Option<String>,
    /// Why it was paused, or what failed, in words.
    pub trouble: Option<String>,
    pub real_ms: u64,
}

/// The setting in which a mission is played.
pub struct Setup<'a> {
    pub steps: &'a [Arc<ReleaseTask>],
    pub suites: &'a Arc<Suites>,
    pub configuration: &'a Configuration,
    pub rates: Rates,
}

/// The tasks of a mission of `n`, by folder.
pub fn draw(steps: &[Arc<ReleaseTask>], n: usize, random: &Random) -> BTreeMap<String, Arc<ReleaseTask>> {
    let mut draws = random.fork("tasks");
    let mut deck: Vec<&Arc<ReleaseTask>> = Vec::new();
    let mut tasks = BTreeMap::new();
    for at in 0..n {
        if deck.is_empty() {
            deck = steps.iter().collect();
            draws.shuffle(&mut deck);
        }
        if let Some(step) = deck.pop() {
            tasks.insert(format!("t{at:02}"), step.clone());
        }
    }
    tasks
}

/// Plays the mission of a seed.
///
/// # Errors
/// In words, if its folder could not be made.
pub fn play(setup: &Setup<'_>, n: usize, seed: u64) -> Result<Ended, String> {
    let begun = Instant::now();
    let random = Random::new(seed);
    let tasks = draw(setup.steps, n, &random);
    let place = place(&tasks, setup.configuration)?;
    let job = Arc::new(Job::new(tasks, setup.rates, random.fork("job")));
    let trouble = run(&place, setup, &job, &random)?;
    let mut ended = ended_mission(&place.path().join("project"), &events(&place)?, &job);
    ended.trouble = ended.trouble.or(trouble);
    ended.real_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(ended)
}

/// The events of a mission of the first release alone: every Coder gives this answer, every author of tests writes
/// these tests, and every Reviewer approves.
///
/// # Errors
/// In words, if its folder could not be made.
pub fn judged(setup: &Setup<'_>, answer: Drawn, tests: Option<Authored>) -> Result<Vec<Event>, String> {
    let random = Random::new(1);
    let tasks = draw(setup.steps.get(..1).unwrap_or_default(), 1, &random);
    let place = place(&tasks, setup.configuration)?;
    let job =
        Job { forced: Some(answer), forced_tests: tests, ..Job::new(tasks, setup.rates, random.fork("job")) };
    run(&place, setup, &Arc::new(job), &random)?;
    events(&place)
}

/// A folder with the project and the settings of a mission.
fn place(
    tasks: &BTreeMap<String, Arc<ReleaseTask>>,
    configuration: &Configuration,
) -> Result<tempfile::TempDir, String> {
    let place = suites::in_memory().map_err(|why| format!("a folder for a mission: {why}"))?;
    make(&place.path().join("project"), &place.path().join("config"), tasks, configuration)
        .map_err(|why| format!("the project of a mission: {why}"))?;
    Ok(place)
}

fn events(place: &tempfile::TempDir) -> Result<Vec<Event>, String> {
    let said = |why: &dyn std::fmt::Display| format!("the journal of a mission: {why}");
    let (data, root) = (place.path().join("data"), place.path().join("project"));
    let state_dir = StateDir::open(&data, &root).map_err(|why| said(&why))?;
    let missions = state_dir.list_missions().map_err(|why| said(&why))?;
    let mission = missions.into_iter().next().ok_or("the mission has left no journal")?;
    Ok(journal::read::<Event>(&mission.journal_path()).map_err(|why| said(&why))?.events)
}

/// Runs the mission; returns what did not end, in words, or `None`.
fn run(
    place: &tempfile::TempDir,
    setup: &Setup<'_>,
    job: &Arc<Job>,
    random: &Random,
) -> Result<Option<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    let mut blocking = random.fork("blocking");
    engine::for_benches::block_in_virtual_time(Some(Box::new(move || {
        let mut takes = || Duration::from_millis(blocking.below(30) as u64);
        (takes(), takes())
    })));
    let options = EngineOptions {
        directory: place.path().join("project"),
        data_home: place.path().join("data"),
        config_home: place.path().join("config"),
        ..EngineOptions::default()
    };
    let commands = FolderTests {
        suites: setup.suites.clone(),
        folders: job.tasks.iter().map(|(folder, step)| (folder.clone(), step.package)).collect(),
    };
    let ended = runtime.block_on(async {
        let clock = Arc::new(SimulatedClock::new(EPOCH_MS, random.fork("names")));
        let model = Arc::new(Simulated(job.clone()));
        let host = SimulatedHost::new(model, HostFaults::default(), random.fork("host"), Trace::default(), 0);
        let world = World { clock, commands: Arc::new(commands), observer: None };
        let engine = Arc::new(Engine::in_world(options, world));
        host.serve(&engine);
        tokio::select! {
            biased;
            () = engine.command("Make every release", Some("user".into()), Arc::new(host.clone())) => None,
            () = tokio::time::sleep(MAX_MISSION_TIME) => Some("the mission does not end".to_string()),
        }
    });
    drop(runtime);
    engine::for_benches::block_in_virtual_time(None);
    Ok(ended)
}

fn make(
    root: &Path,
    config: &Path,
    tasks: &BTreeMap<String, Arc<ReleaseTask>>,
    configuration: &Configuration,
) -> std::io::Result<()> {
    for (folder, step) in tasks {
        suites::write(&root.join(folder), &step.base)?;
    }
    let manifest = "{\"name\":\"packages\",\"private\":true,\"scripts\":{\"test\":\"node --test\"}}\n";
    std::fs::write(root.join("package.json"), manifest)?;
    std::fs::create_dir_all(config.join("opencode"))?;
    std::fs::write(config.join("opencode/opencode.toml"), configuration.toml())?;
    git(root, &["init", "-q", "-b", "main"])?;
    git(root, &["add", "-A"])?;
    git(root, &["commit", "-q", "-m", "begin"])
}

fn git(root: &Path, args: &[&str]) -> std::io::Result<()> {
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .args(["-c", "user.name=u", "-c", "user.email=u@localhost", "-c", "init.templateDir="])
        .args(args)
        .current_dir(root)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(std::io::Error::other(format!("git {args:?}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// The result from the user's files and the journal.
fn ended_mission(root: &Path, events: &[Event], job: &Job) -> Ended {
    let state = State::fold(events.iter());
    let mut ended = Ended {
        done: state.outcome == Some(Outcome::Done),
        calls: state.usage.calls,
        tokens: state.usage.tokens.input + state.usage.tokens.output,
        trouble: state.paused.as_ref().map(ToString::to_string),
        ..Ended::default()
    };
    for (folder, step) in &job.tasks {
        let integrated = state.tasks.iter().any(|(id, task)| {
            Job::folder(id) == folder && matches!(task.phase, Phase::Integrated { .. }) && !task.compound
        });
        let tree = step.own(suites::read(&root.join(folder)));
        match (integrated, tree == step.head, tree == step.base) {
            (_, true, _) => ended.right += 1,
            (false, _, true) => ended.missing += 1,
            _ => ended.wrong += 1,
        }
    }
    count(events, job, &mut ended);
    ended
}

/// Counts each accepted submission with the verdicts of the gates on it.
pub(super) fn count(events: &[Event], job: &Job, ended: &mut Ended) {
    let log = job.log();
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut judging: BTreeMap<&str, Drawn> = BTreeMap::new();
    let mut last_gate: BTreeMap<&str, Gate> = BTreeMap::new();
    for event in events {
        match event {
            Event::WorkAccepted { task, .. } => {
                let nth = taken.entry(task).or_default();
                if let Some(drawn) = log.submitted.get(task).and_then(|all| all.get(*nth)) {
                    judging.insert(task, *drawn);
                }
                *nth += 1;
            }
            Event::GateJudged { task: Some(task), gate, verdict: GateVerdict::Fail, .. } => {
                last_gate.insert(task, *gate);
            }
            Event::TaskPassed { task, .. } => {
                let Some(drawn) = judging.remove(task.as_str()) else { continue };
                if drawn == Drawn::Right {
                    ended.right_judged += 1;
                    ended.right_accepted += 1;
                } else {
                    ended.wrong_judged += 1;
                    ended.wrong_accepted += 1;
                    let name = job.tasks.get(Job::folder(task)).map_or("wrong", |step| step.name_of(drawn));
                    *ended.let_through.entry(name.into()).or_default() += 1;
                }
            }
            Event::AttemptFailed { task, class, .. } => {
                let Some(drawn) = judging.remove(task.as_str()) else { continue };
                if *class == FailureClass::Host {
                    continue;
                }
                let gate = last_gate.get(task.as_str()).map_or(class.name(), |gate| gate.name());
                let by = if drawn == Drawn::Right {
                    ended.right_judged += 1;
                    &mut ended.rejected
                } else {
                    ended.wrong_judged += 1;
                    &mut ended.caught
                };
                *by.entry(gate.into()).or_default() += 1;
            }
            _ => {}
        }
    }
}
