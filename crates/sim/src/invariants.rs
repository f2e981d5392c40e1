//! The invariants that must hold after every event, and between and after the lives of the process.
//!
//! The engine shows it each state, and it compares the state with the journal, the commits and the user's files. It
//! controls nothing: a broken invariant goes into the trace and the run continues. Reading is no step on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::for_benches::{Clock, Observer};
use journal::{Reader, StateDir};
use mission::provider::Fault;
use mission::{Delivery, Event, GateVerdict, Phase, State, TaskId};
use workspace::Workspace;

use super::clock::EPOCH_MS;
use super::disk::Disk;
use super::host::SimulatedHost;
use super::trace::Trace;
use super::truth::{self, Files};
use super::user::User;
use super::worker::{MOST_TOKENS, MOST_USD};

/// The most events of one mission; more means a loop.
const MOST_EVENTS: usize = 6_000;
/// How much longer than its budget a mission may run, in milliseconds: a stop waits for aborts.
const WIND_UP_MS: u64 = 30_000;

/// What is remembered across lives of the process.
#[derive(Clone)]
pub(super) struct Watch {
    inner: Arc<Mutex<Seen>>,
}

struct Seen {
    root: PathBuf,
    data_home: PathBuf,
    user: User,
    trace: Trace,
    /// Tests that failed before the mission.
    red: BTreeSet<String>,
    life: Option<Life>,
    integrated: BTreeSet<TaskId>,
    head: String,
    /// The number of events that are known to be durable.
    events: usize,
    /// The most turns of a life that may exceed a budget.
    in_flight: u64,
    workspace: Option<Workspace>,
}

/// What ends with the process.
struct Life {
    disk: Disk,
    host: SimulatedHost,
    clock: Arc<dyn Clock>,
    journal: Option<(Reader<Event>, State)>,
    read: usize,
    /// Prompts of Coders and Fixers that no provider answered; they do not count.
    unanswered: BTreeMap<TaskId, u64>,
}

impl Watch {
    pub(super) fn new(root: PathBuf, data_home: PathBuf, user: User, trace: Trace) -> Watch {
        let red = truth::failing(&user.files());
        Watch {
            inner: Arc::new(Mutex::new(Seen {
                root,
                data_home,
                user,
                trace,
                red,
                life: None,
                integrated: BTreeSet::new(),
                head: String::new(),
                events: 0,
                in_flight: 2,
                workspace: None,
            })),
        }
    }

    pub(super) fn begin(&self, disk: Disk, host: SimulatedHost, clock: Arc<dyn Clock>) {
        self.lock().life =
            Some(Life { disk, host, clock, journal: None, read: 0, unanswered: BTreeMap::new() });
    }

    /// The process has ended: the files on disk must be consistent without it. Returns the state of its journal.
    pub(super) fn end(&self) -> State {
        let mut seen = self.lock();
        seen.life = None;
        let events = seen.events();
        let state = State::fold(&events);
        if events.len() < seen.events {
            let lost = seen.events - events.len();
            seen.trace.broken(format!("{lost} events that were written are not in the journal any more"));
        }
        seen.events = events.len();
        seen.once(&events);
        seen.user_files(&state);
        state
    }

    /// The user undid the delivery; `said` is the answer.
    pub(super) fn undone(&self, before: &Files, said: &str) {
        let seen = self.lock();
        if said.contains("is undone") {
            let named = |line: &str| Some(line.strip_prefix("- `")?.split('`').next()?.to_string());
            let torn: Vec<String> = said.lines().filter_map(named).collect();
            seen.untouched("although the delivery was undone", &torn);
        } else if *before != truth::read(&seen.root) {
            seen.trace.broken(format!("files have changed although nothing was undone: {said}"));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn changed(&self, state: &State) {
        let mut seen = self.lock();
        let Some(mut life) = seen.life.take() else {
            return seen.trace.broken("the mission goes on after its process has ended");
        };
        seen.trace.at(life.clock.now_ms().saturating_sub(EPOCH_MS));
        if !life.disk.is_down() {
            let disk = life.disk.clone();
            disk.without_a_step(|| seen.check_state(&mut life, state));
        }
        seen.life = Some(life);
    }
}

impl Seen {
    fn check_state(&mut self, life: &mut Life, state: &State) {
        if life.journal.is_none() {
            let path = StateDir::open(&self.data_home, &self.root)
                .and_then(|dir| dir.mission(&state.mission))
                .map(|mission| mission.journal_path());
            life.journal =
                path.ok().and_then(|path| Reader::open(&path).ok()).map(|reader| (reader, State::default()));
        }
        let Some((reader, folded)) = &mut life.journal else {
            return self.trace.broken("there is no journal although the mission has begun");
        };
        let events = match reader.poll() {
            Ok(events) => events,
            Err(error) => return self.trace.broken(format!("the journal cannot be read: {error}")),
        };
        life.read += events.len();
        for event in &events {
            if let Event::ProviderFailed { fault, role, task: Some(task), worked: false, .. } = event
                && role.writes()
                && *fault != Fault::Silence
            {
                *life.unanswered.entry(task.clone()).or_default() += 1;
            }
            folded.apply(event);
        }
        if life.read > MOST_EVENTS {
            self.trace.broken(format!("more than {MOST_EVENTS} events"));
        }
        self.events = self.events.max(life.read);
        if folded != state && !life.disk.journal_failed() {
            self.trace.broken(format!("memory and journal differ: {}", difference(folded, state)));
        }
        self.budgets(life, state);
        self.integrated(state);
        self.undelivered(state);
    }

    fn budgets(&mut self, life: &Life, state: &State) {
        let (policy, usage) = (&state.policy, &state.usage);
        let over = |what: &str, used: String, limit: String| {
            self.trace.broken(format!("{used} {what} are used of {limit}"));
        };
        if let Some(limit) = policy.calls.filter(|limit| usage.calls > *limit) {
            over("calls", usage.calls.to_string(), limit.to_string());
        }
        // The excess of an earlier life stays in the sum
        self.in_flight = self.in_flight.max(life.host.peak() + 2);
        let in_flight = self.in_flight;
        if let Some(limit) =
            policy.tokens.filter(|limit| usage.tokens.total() > limit + in_flight * MOST_TOKENS)
        {
            over("tokens", usage.tokens.total().to_string(), limit.to_string());
        }
        if let Some(limit) =
            policy.cost_usd.filter(|limit| usage.cost_usd > limit + in_flight as f64 * MOST_USD)
        {
            over("US dollars", usage.cost_usd.to_string(), limit.to_string());
        }
        let ran = state.elapsed_ms(life.clock.now_ms());
        if let Some(limit) = policy.wall_ms.filter(|limit| ran > limit + WIND_UP_MS) {
            over("ms", ran.to_string(), limit.to_string());
        }
        for task in state.tasks.values() {
            // A Reviewer's prompts count for the gate, not for the task
            let unanswered = life.unanswered.get(&task.id).copied().unwrap_or_default();
            let calls = u64::from(task.coder_prompts + task.fixer_prompts).saturating_sub(unanswered);
            if let Some(limit) = policy.task_calls.filter(|limit| calls > *limit) {
                over(&format!("calls of `{}`", task.id), calls.to_string(), limit.to_string());
            }
        }
    }

    /// Integrated tasks stay integrated, and the head passes the checks that it claims to pass.
    fn integrated(&mut self, state: &State) {
        let now: BTreeSet<TaskId> = state
            .tasks
            .values()
            .filter(|task| matches!(task.phase, Phase::Integrated { .. }))
            .map(|task| task.id.clone())
            .collect();
        for lost in self.integrated.difference(&now) {
            self.trace.broken(format!("`{lost}` was integrated and is not any more"));
        }
        self.integrated = now;
        let Some(head) = state.head.as_ref().filter(|head| head.commit != self.head) else { return };
        self.head.clone_from(&head.commit);
        match self.tree(&head.commit) {
            Ok(files) => {
                let claimed = state.head_checks.iter().any(|check| check.verdict == GateVerdict::Pass);
                let failing = truth::failing(&files);
                let base = if state.base.as_ref() == Some(head) { &failing } else { &self.red };
                let user = truth::failing(&self.user.files());
                let new: Vec<&String> =
                    failing.iter().filter(|test| !base.contains(*test) && !user.contains(*test)).collect();
                if claimed && !new.is_empty() {
                    self.trace.broken(format!("the head {} is red: {new:?}", head.commit));
                }
                self.marks(state, &files, "the head");
            }
            Err(why) => self.trace.broken(format!("the head {} cannot be read: {why}", head.commit)),
        }
    }

    /// These files contain the mark of each integrated task once, and no mark of another task.
    fn marks(&self, state: &State, files: &Files, whose: &str) {
        let done = truth::done(files);
        for task in state.tasks.values() {
            let integrated = matches!(task.phase, Phase::Integrated { .. });
            let marks = done.get(&task.id);
            if integrated && !task.compound && marks.is_none() {
                self.trace.broken(format!("`{}` is integrated and is not in {whose}", task.id));
            }
            if !integrated && marks.is_some() {
                self.trace.broken(format!("`{}` is in {whose} and is not integrated", task.id));
            }
            for (file, times) in marks.into_iter().flatten().filter(|(_, times)| **times > 1) {
                self.trace.broken(format!("`{}` is {times} times in {file} of {whose}", task.id));
            }
        }
        for stranger in done.keys().filter(|id| !state.tasks.contains_key(id)) {
            self.trace.broken(format!("`{stranger}` is in {whose} and no task of the mission"));
        }
    }

    fn tree(&mut self, commit: &str) -> Result<Files, String> {
        if self.workspace.is_none() {
            let dir = StateDir::open(&self.data_home, &self.root).map_err(|error| error.to_string())?;
            let opened = Workspace::open(&self.root, dir.path()).map_err(|error| error.to_string())?;
            self.workspace = Some(opened);
        }
        let Some(workspace) = &self.workspace else { return Err("there is no workspace".into()) };
        let paths = workspace.files(commit).map_err(|error| error.to_string())?;
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let texts = workspace.read_all(commit, &names).map_err(|error| error.to_string())?;
        let texts =
            texts.into_iter().map(|text| String::from_utf8_lossy(&text.unwrap_or_default()).into_owned());
        Ok(paths.into_iter().zip(texts).filter(|(path, _)| !path.starts_with('.')).collect())
    }

    /// The user's own text must be unchanged. In files that the user edited while they contained the mission's work,
    /// and that the mission must name, only the user's lines count.
    fn untouched(&self, when: &str, torn: &[String]) {
        let (mine, there) = (self.user.files(), truth::read(&self.root));
        let names: BTreeSet<&String> = mine.keys().chain(there.keys()).collect();
        let differ = |file: &&&String| mine.get(**file) != there.get(**file);
        let (torn, others): (Vec<&String>, Vec<&String>) =
            names.iter().filter(differ).copied().partition(|file| torn.contains(file));
        if !others.is_empty() {
            self.trace.broken(format!("the user's files differ {when}: {others:?}"));
        }
        let written = self.user.lines();
        for file in torn {
            let text = |files: &Files| files.get(file).cloned().unwrap_or_default();
            let (mine, there) = (text(&mine), text(&there));
            let lost =
                |line: &&String| mine.lines().any(|l| l == *line) && !there.lines().any(|l| l == *line);
            for line in written.iter().filter(lost) {
                self.trace.broken(format!("the user's line `{line}` is gone from `{file}`"));
            }
        }
    }

    fn undelivered(&self, state: &State) {
        match &state.delivery {
            Delivery::Pending => self.untouched("although nothing was delivered", &[]),
            Delivery::Failed { torn, .. } => self.untouched("although the delivery failed", torn),
            _ => {}
        }
    }

    /// The user's files are as they would be without the mission, or contain all of its change.
    fn user_files(&mut self, state: &State) {
        match &state.delivery {
            Delivery::Pending | Delivery::Failed { .. } => self.undelivered(state),
            Delivery::Undone { .. } => {}
            // The process died in the middle: the next one finishes it
            Delivery::Intended { .. } => {}
            Delivery::Delivered { branch: Some(_), torn, .. } => {
                self.untouched("although a branch was left", torn);
            }
            Delivery::Delivered { branch: None, .. } => {
                let files = truth::read(&self.root);
                self.marks(state, &files, "the user's files");
                let head = state.head.as_ref().map(|head| self.tree(&head.commit));
                match head {
                    Some(Ok(head)) if ours(&head) != ours(&files) => {
                        self.trace.broken("the user's files are not what was checked, their own lines aside");
                    }
                    Some(Err(why)) => self.trace.broken(format!("the head cannot be read: {why}")),
                    _ => {}
                }
                let text: Vec<&str> = files.values().flat_map(|text| text.lines()).collect();
                for line in self.user.lines() {
                    let times = text.iter().filter(|other| **other == line).count();
                    if times != 1 {
                        self.trace
                            .broken(format!("the user's line `{line}` is {times} times in their files"));
                    }
                }
                for file in self.user.files().keys().filter(|file| !files.contains_key(*file)) {
                    self.trace.broken(format!("the user's file `{file}` is gone"));
                }
                if files.keys().any(|file| file.ends_with(".next") || file.contains(".opencode")) {
                    self.trace.broken("something was left behind among the user's files");
                }
            }
        }
    }

    /// Each task is integrated once and not worked on afterwards.
    fn once(&self, events: &[Event]) {
        let mut integrated: BTreeMap<&TaskId, usize> = BTreeMap::new();
        let mut paused = false;
        for event in events {
            let counts = matches!(
                event,
                Event::RoleSpent { .. }
                    | Event::Delivered { .. }
                    | Event::DeliveryFailed { .. }
                    | Event::Undone { .. }
                    | Event::FileUndone { .. }
                    | Event::HunkUndone { .. }
                    | Event::HunkKept { .. }
                    | Event::PlanEdited { .. }
                    | Event::Answered { .. }
                    | Event::DefaultsTaken { .. }
                    | Event::Corrected { .. }
                    | Event::Resumed { .. }
            );
            if paused && !counts {
                self.trace.broken(format!("the mission was paused, and then came {event:?}"));
            }
            match event {
                Event::Paused { .. } => paused = true,
                Event::Resumed { .. } => paused = false,
                Event::Integrated { tasks, .. } => {
                    for task in tasks {
                        *integrated.entry(task).or_default() += 1;
                    }
                }
                Event::AttemptStarted { task, .. } | Event::FixStarted { task, .. }
                    if integrated.contains_key(task) =>
                {
                    self.trace.broken(format!("`{task}` was integrated and was begun again"));
                }
                _ => {}
            }
        }
        for (task, times) in integrated.into_iter().filter(|(_, times)| *times > 1) {
            self.trace.broken(format!("`{task}` was integrated {times} times"));
        }
    }

    fn events(&self) -> Vec<Event> {
        let missions = StateDir::open(&self.data_home, &self.root).and_then(|dir| dir.list_missions());
        let Some(mission) = missions.ok().and_then(|missions| missions.into_iter().next()) else {
            return Vec::new();
        };
        match journal::read::<Event>(&mission.journal_path()) {
            Ok(read) => read.events,
            Err(error) => {
                self.trace.broken(format!("the journal cannot be read: {error}"));
                Vec::new()
            }
        }
    }
}

/// The lines that the user did not write, by file.
fn ours(files: &Files) -> BTreeMap<&str, Vec<&str>> {
    let ours = |text| str::lines(text).filter(|line| !line.starts_with("user ")).collect();
    let files = files.iter().map(|(path, text)| (path.as_str(), ours(text)));
    files.filter(|(_, lines): &(&str, Vec<&str>)| !lines.is_empty()).collect()
}

/// The first lines in which two states differ.
fn difference(folded: &State, memory: &State) -> String {
    let (folded, memory) = (format!("{folded:#?}"), format!("{memory:#?}"));
    let lines = folded.lines().zip(memory.lines()).filter(|(a, b)| a != b);
    lines.take(3).map(|(a, b)| format!("{} / {}", a.trim(), b.trim())).collect::<Vec<_>>().join("; ")
}
