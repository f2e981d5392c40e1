//! Plays one seed: lives of the process, one after the other, until the mission has ended.
//!
//! It combines the other files. It draws no fault. It checks only that the user's repository is unchanged and that
//! lives and stops end in time; `invariants` checks the rest. A bug is planted only if a test asks for it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use engine::for_benches::World;
use engine::{Engine, EngineOptions};
use journal::StateDir;
use mission::{Delivery, Outcome, PauseReason, State};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use super::checking::{SimulatedCommands, SimulatedWorkers};
use super::clock::{EPOCH_MS, SimulatedClock};
use super::disk::Disk;
use super::faults::{FaultPlan, HostFaults, ModelFaults, TROUBLED, When};
use super::host::SimulatedHost;
use super::invariants::Watch;
use super::model::Model;
use super::project::Place;
use super::scenario::Scenario;
use super::trace::Trace;
use super::truth;
use super::user::User;
use super::worker::Worker;
use crate::Random;

/// The most lives: first those with faults, then calm ones in which the mission must end.
const LIVES: usize = TROUBLED + 6;
/// The longest that one life may take, in virtual time.
const LIFE: Duration = Duration::from_secs(48 * 3600);

/// The longest time that a stop may take: aborts without effect, and work that cannot be cut off.
const STOPS: Duration = Duration::from_millis(2_500);

/// A planted defect, to see that the simulation finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bug {
    #[default]
    None,
    /// The checks always pass.
    BlindChecks,
    /// A role writes into the user's own files.
    WritesToTheUser,
    /// The state that the observer sees lacks an integrated task.
    ForgetsWhatIsIntegrated,
    /// The state that the observer sees has more calls than its limit.
    ForgetsTheBudget,
    /// A role creates a branch in the user's own repository.
    MakesABranch,
    /// The mark of a task is written twice in its slot.
    DoesTwice,
}

/// The result of a seed.
#[derive(Clone, Debug)]
pub struct Played {
    pub seed: u64,
    /// How it ended; `None` if it did not.
    pub outcome: Option<Outcome>,
    /// Why the mission was paused at the end, if it was.
    pub paused: Option<PauseReason>,
    pub lives: usize,
    /// Steps on disk in all lives.
    pub steps: u64,
    /// The steps by name.
    pub steps_by_name: BTreeMap<String, u64>,
    pub virtual_ms: u64,
    /// The journal, with the folder of the run left out.
    pub journal: String,
    pub faults: Vec<String>,
    pub violations: Vec<String>,
    pub said: String,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Played { seed, outcome, paused, lives, steps, .. } = self;
        let time = self.virtual_ms / 1000;
        writeln!(
            f,
            "seed {seed}: {outcome:?}, paused: {paused:?}, {lives} lives, {steps} steps on disk, {time} s"
        )?;
        for (title, lines) in [("broken", &self.violations), ("what went wrong", &self.faults)] {
            writeln!(f, "  {title}:")?;
            lines.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        }
        writeln!(f, "  replay: cargo run --release -p sim --bin simulate -- --seed {seed}")
    }
}

/// Plays a seed with the simulation's own models.
pub fn run(seed: u64) -> Played {
    run_with(&Scenario::draw(seed), Bug::None)
}

pub fn run_with(scenario: &Scenario, bug: Bug) -> Played {
    let trace = Trace::default();
    let mut played = Played {
        seed: scenario.seed,
        outcome: None,
        paused: None,
        lives: 0,
        steps: 0,
        steps_by_name: BTreeMap::new(),
        virtual_ms: 0,
        journal: String::new(),
        faults: Vec::new(),
        violations: Vec::new(),
        said: String::new(),
    };
    match Place::new(scenario.files, scenario.red) {
        Ok(place) => play(scenario, bug, &place, &trace, &mut played),
        Err(error) => trace.broken(format!("the project could not be made: {error}")),
    }
    played.faults = trace.faults();
    played.violations = trace.violations();
    played
}

fn play(scenario: &Scenario, bug: Bug, place: &Place, trace: &Trace, played: &mut Played) {
    let random = Random::new(scenario.seed).fork("run");
    let user = User::new(&place.root(), random.fork("user"), trace.clone());
    let watch = Watch::new(place.root(), place.data_home(), user.clone(), trace.clone());
    let repository = Arc::new(Mutex::new(fingerprint(&place.root().join(".git"))));
    let run = Run { scenario, bug, place, user, watch, trace, repository };
    let calm = scenario.faults.calm();
    let mut state = State::default();
    for life in 0..LIVES {
        let troubled = life < TROUBLED;
        let faults = if troubled { &scenario.faults } else { &calm };
        let mut settings = scenario.settings.toml(troubled);
        if faults.queue.is_some() {
            settings.push_str("[dispatch]\nqueue = \"nats://simulated:4222\"\n");
        }
        let written = std::fs::write(place.config_home().join("opencode/opencode.toml"), settings);
        if let Err(error) = written {
            return trace.broken(format!("the settings could not be written: {error}"));
        }
        let begin = Begin {
            life,
            faults,
            resume: !state.mission.is_empty(),
            elapsed_ms: played.virtual_ms,
            random: random.fork(&format!("life {life}")),
        };
        played.lives += 1;
        one_life(&run, &begin, played);
        state = run.watch.end();
        if state.outcome.is_some() {
            break;
        }
        // The user returns later
        played.virtual_ms += 60_000;
    }
    played.outcome = state.outcome;
    played.paused.clone_from(&state.paused);
    if state.outcome.is_none() {
        trace.broken(format!("it has not ended after {LIVES} lives; paused: {:?}", state.paused));
    }
    run.untouched(&state);
    played.journal = journal(place);
    if scenario.faults.undo && matches!(state.delivery, Delivery::Delivered { branch: None, .. }) {
        undo(&run);
    }
}

struct Begin<'a> {
    life: usize,
    faults: &'a FaultPlan,
    resume: bool,
    elapsed_ms: u64,
    random: Random,
}

/// What is common to all lives of a run.
struct Run<'a> {
    scenario: &'a Scenario,
    bug: Bug,
    place: &'a Place,
    user: User,
    watch: Watch,
    trace: &'a Trace,
    /// The user's own repository as the user left it.
    repository: Arc<Mutex<Repository>>,
}

/// Path to content of everything in a `.git` folder.
type Repository = BTreeMap<String, Vec<u8>>;

impl Run<'_> {
    fn untouched(&self, state: &State) {
        let before = self.repository.lock().unwrap_or_else(PoisonError::into_inner);
        let branch = match &state.delivery {
            Delivery::Delivered { branch, .. } => branch.as_deref(),
            _ => None,
        };
        untouched(&before, &fingerprint(&self.place.root().join(".git")), branch, self.trace);
    }

    fn options(&self) -> EngineOptions {
        EngineOptions {
            directory: self.place.root(),
            data_home: self.place.data_home(),
            config_home: self.place.config_home(),
            interactive: true,
            ..EngineOptions::default()
        }
    }
}

fn undo(run: &Run) {
    let Ok(runtime) = Builder::new_current_thread().enable_time().start_paused(true).build() else {
        return run.trace.broken("no runtime could be made");
    };
    let before = truth::read(&run.place.root());
    let said = runtime.block_on(async {
        let random = Random::new(run.scenario.seed);
        let model = Arc::new(Worker::new(run.scenario.plan.clone(), ModelFaults::default()));
        let host = SimulatedHost::new(model, HostFaults::default(), random, run.trace.clone(), 0);
        Engine::new(run.options()).command("undo", None, Arc::new(host.clone())).await;
        host.said()
    });
    run.watch.undone(&before, &said);
}

fn one_life(run: &Run, begin: &Begin, played: &mut Played) {
    let Ok(runtime) = Builder::new_current_thread().enable_time().start_paused(true).build() else {
        return run.trace.broken("no runtime could be made");
    };
    let disk = plug_in_disk(run, begin);
    let mut blocking = begin.random.fork("blocking");
    engine::for_benches::block_in_virtual_time(Some(Box::new(move || {
        let mut takes = || Duration::from_millis(blocking.below(30) as u64);
        (takes(), takes())
    })));
    runtime.block_on(play_mission(run, begin, &disk, played));
    drop(runtime);
    engine::for_benches::block_in_virtual_time(None);
    Disk::unplug();
    played.steps += disk.taken();
    for (name, count) in disk.by_name() {
        *played.steps_by_name.entry(name).or_default() += count;
    }
}

/// The disk of this life with its faults, and the user's edits between its steps.
fn plug_in_disk(run: &Run, begin: &Begin) -> Disk {
    let disk = Disk::new(
        begin.faults.crashes.get(begin.life).copied().flatten(),
        begin.faults.disk_full.get(begin.life).cloned().unwrap_or_default(),
        run.trace.clone(),
    );
    disk.crash_writing(begin.faults.crashes_writing.get(begin.life).copied().flatten());
    let (edits, editor, this) = (begin.faults.edits.clone(), run.user.clone(), begin.life);
    disk.before_steps(Box::new(move |step, file| {
        let due = |when: &&When| match **when {
            When::At(_) => false,
            When::Step { life, step: at } => life == this && at == step,
            When::Writing { life, file: at } => life == this && Some(at) == file,
        };
        edits.iter().filter(due).for_each(|_| editor.edit());
    }));
    disk.plug_in();
    disk
}

/// Starts or resumes the mission, until it ends, the process crashes, or the time limit is reached.
async fn play_mission(run: &Run<'_>, begin: &Begin<'_>, disk: &Disk, played: &mut Played) {
    let clock = Arc::new(SimulatedClock::new(EPOCH_MS + begin.elapsed_ms, begin.random.fork("names")));
    let model: Arc<dyn Model> = Arc::new(Worker::new(run.scenario.plan.clone(), begin.faults.model.clone()));
    let host = SimulatedHost::new(
        model,
        begin.faults.host.clone(),
        begin.random.fork("host"),
        run.trace.clone(),
        begin.elapsed_ms,
    );
    run.watch.begin(disk.clone(), host.clone(), clock.clone());
    let engine = Arc::new(Engine::in_world(run.options(), world(run, begin, &clock)));
    host.serve(&engine);
    plant_bug(run);
    let asked_to_stop = stop_later(run, begin, &engine);
    let_the_user_work(run, begin);
    let text = if begin.resume { "resume" } else { "Mark every task as done" };
    tokio::select! {
        biased;
        () = disk.crash() => {}
        () = engine.command(text, Some("user".into()), Arc::new(host.clone())) => {}
        () = sleep(LIFE) => run.trace.broken(format!("life {} does not end", begin.life)),
    }
    if let Some(took) = asked_to_stop.get().map(Instant::elapsed).filter(|took| *took > STOPS) {
        run.trace.broken(format!("it took {} ms to stop", took.as_millis()));
    }
    use engine::for_benches::Clock;
    played.virtual_ms = clock.now_ms() - EPOCH_MS;
    played.said.push_str(&host.said());
}

fn world(run: &Run, begin: &Begin, clock: &Arc<SimulatedClock>) -> World {
    let bug = run.bug;
    let commands =
        SimulatedCommands::new(begin.faults.checks.clone(), begin.random.fork("checks"), run.trace.clone());
    let commands = if bug == Bug::BlindChecks { commands.blind() } else { commands };
    let commands = match &begin.faults.queue {
        Some(faults) => {
            let random = begin.random.fork("workers");
            commands.with(SimulatedWorkers::new(faults.clone(), random, run.trace.clone()))
        }
        None => commands,
    };
    let observer: Arc<dyn engine::for_benches::Observer> = match bug {
        Bug::ForgetsWhatIsIntegrated | Bug::ForgetsTheBudget => Arc::new(Forgetful(run.watch.clone(), bug)),
        _ => Arc::new(run.watch.clone()),
    };
    World { clock: clock.clone(), commands: Arc::new(commands), observer: Some(observer) }
}

/// Starts the planted bug, if there is one.
fn plant_bug(run: &Run) {
    let place = &run.place;
    match run.bug {
        Bug::WritesToTheUser => drop(tokio::spawn(writes_to_the_user(place.root()))),
        Bug::MakesABranch => drop(tokio::spawn(makes_a_branch(place.root()))),
        Bug::DoesTwice => drop(tokio::spawn(does_twice(place.data_home(), place.root()))),
        _ => {}
    }
}

/// Stops the mission at the planned time of this life. The returned cell gets the time of the stop.
fn stop_later(run: &Run, begin: &Begin, engine: &Arc<Engine>) -> Arc<OnceLock<Instant>> {
    let asked_to_stop: Arc<OnceLock<Instant>> = Arc::default();
    if let Some(at) = begin.faults.stops.get(begin.life).copied().flatten() {
        let (engine, trace, asked) = (engine.clone(), run.trace.clone(), asked_to_stop.clone());
        tokio::spawn(async move {
            sleep(Duration::from_millis(at)).await;
            trace.fault("stop");
            // Only this task sets it, once
            let _ = asked.set(Instant::now());
            engine.stop("Esc").await;
        });
    }
    asked_to_stop
}

/// Lets the user edit and commit at the planned times.
fn let_the_user_work(run: &Run, begin: &Begin) {
    for at in begin.faults.edits.iter().filter_map(|when| match when {
        When::At(at) => at.checked_sub(begin.elapsed_ms),
        When::Step { .. } | When::Writing { .. } => None,
    }) {
        let user = run.user.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(at)).await;
            user.edit();
        });
    }
    for at in begin.faults.commits.iter().filter_map(|at| at.checked_sub(begin.elapsed_ms)) {
        let (user, repository, root) = (run.user.clone(), run.repository.clone(), run.place.root());
        let trace = run.trace.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(at)).await;
            let mut repository = repository.lock().unwrap_or_else(PoisonError::into_inner);
            untouched(&repository, &fingerprint(&root.join(".git")), None, &trace);
            if user.commit() {
                *repository = fingerprint(&root.join(".git"));
            }
        });
    }
}

async fn writes_to_the_user(root: std::path::PathBuf) {
    sleep(Duration::from_secs(30)).await;
    // A planted bug; if the write fails, the test finds nothing
    let _ = std::fs::write(root.join("data/f0.dat"), "overwritten\n");
}

async fn makes_a_branch(root: std::path::PathBuf) {
    sleep(Duration::from_secs(30)).await;
    let head = std::fs::read(root.join(".git/refs/heads/main")).unwrap_or_default();
    let _ = std::fs::write(root.join(".git/refs/heads/stray"), head);
}

async fn does_twice(data_home: std::path::PathBuf, root: std::path::PathBuf) {
    let Ok(state) = StateDir::open(&data_home, &root) else { return };
    // A slot has the project's name, in its own folder
    let data = Path::new(root.file_name().unwrap_or_default()).join("data");
    loop {
        sleep(Duration::from_secs(1)).await;
        for slot in std::fs::read_dir(state.slots()).into_iter().flatten().flatten() {
            for file in std::fs::read_dir(slot.path().join(&data)).into_iter().flatten().flatten() {
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                let once = text.lines().find(|line| {
                    line.starts_with("done ") && text.lines().filter(|other| other == line).count() == 1
                });
                if let Some(line) = once {
                    let _ = std::fs::write(file.path(), format!("{line}\n{text}"));
                }
            }
        }
    }
}

/// An observer with a planted bug.
struct Forgetful(Watch, Bug);

impl engine::for_benches::Observer for Forgetful {
    fn changed(&self, state: &State) {
        let mut state = state.clone();
        if self.1 == Bug::ForgetsTheBudget {
            state.policy.calls = state.usage.calls.checked_sub(1);
        } else {
            state.tasks.update(|task| task.phase.is_final(), |task| task.phase = mission::Phase::Waiting);
        }
        engine::for_benches::Observer::changed(&self.0, &state);
    }
}

/// Checks that the user's repository is unchanged except for the delivered branch.
fn untouched(before: &Repository, after: &Repository, branch: Option<&str>, trace: &Trace) {
    if let Some(name) = branch
        && !after.contains_key(&format!("refs/heads/{name}"))
    {
        trace.broken(format!("the branch `{name}` was not left"));
    }
    let ours = |path: &String| {
        let branches = path.strip_prefix("refs/heads/").or_else(|| path.strip_prefix("logs/refs/heads/"));
        path.starts_with("objects/") || branches.is_some_and(|branch| branch.starts_with("orchestrator"))
    };
    for path in before.keys().chain(after.keys()).filter(|path| !ours(path)) {
        if before.get(path) != after.get(path) {
            trace.broken(format!("`.git/{path}` of the user has changed"));
        }
    }
}

fn fingerprint(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                found.insert(name.to_string_lossy().into_owned(), std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

fn journal(place: &Place) -> String {
    let missions = StateDir::open(&place.data_home(), &place.root()).and_then(|dir| dir.list_missions());
    let mission = missions.ok().and_then(|missions| missions.into_iter().next());
    let text = mission.and_then(|mission| std::fs::read_to_string(mission.journal_path()).ok());
    text.unwrap_or_default().replace(&*place.path().to_string_lossy(), "<place>")
}
