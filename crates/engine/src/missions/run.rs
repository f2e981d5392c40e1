//! Runs a mission from its first event, or from the end of its journal.
//!
//! It decides nothing: the orchestrator owns the state, `steps` do the work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guardian::Guardian;
use journal::{Journal, MissionDir, ProjectLock, control};
use mission::memory::Memory;
use mission::{Event, Followed, Outcome, PauseReason, Policy, State};
use workspace::Workspace;

use crate::actor::effects::Effects;
use crate::actor::orchestrator::{Actor, Orchestrator};
use crate::actor::past::PastMission;
use crate::actor::providers;
use crate::actor::record::Record;
use crate::bench::Bench;
use crate::bench::confine::FilterSandbox;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::Slots;
use crate::blocking::blocking;
use crate::config::settings::Settings;
use crate::config::{Config, queue_of_run, settings};
use crate::far::hooks::Hooks;
use crate::far::owner::Far;
use crate::gates::verdict::GateContext;
use crate::missions::project::{NO_SUCH, Project};
use crate::missions::running::Running;
use crate::missions::{memory, page, report, tidy, trust};
use crate::steps::context::MissionContext;
use crate::talk::desk::Desk;
use crate::talk::session::Sessions;
use crate::text::{count, visible};

/// How often to look for requests from other processes.
const POLL: Duration = Duration::from_millis(250);

/// The most bytes of a task's diff on the page.
const MAX_DIFF: usize = 8_000;

/// How a mission begins.
pub(crate) enum Start {
    New { objective: String, id: String, lock: ProjectLock, follows: Option<Box<Followed>> },
    Resume { id: Option<String> },
}

/// Runs a mission to its end or pause; all output goes through the host.
pub(crate) async fn run(
    project: &Project,
    start: Start,
    session: Option<String>,
    sessions: &Sessions,
    running: &Running,
    hooks: Arc<dyn Hooks>,
) {
    let prepared = match prepare(project, start).await {
        Ok(prepared) => prepared,
        Err(why) => return project.host.say(&project.redactor.redact(&format!("{why}\n"))),
    };
    let Prepared { lock, config, models, dir, journal, state, workspace, opening } = prepared;
    project.host.progress(&project.redactor.redact(&opening));
    let (guardian, problems) = settings::guardian(&config, &project.root);
    for problem in problems {
        project.host.say(&format!("- {problem}\n"));
    }
    let config = Arc::new(config);
    let used = workspace.clone();
    let slots = Slots::new(
        workspace.clone(),
        state.policy.parallel,
        project.options.slot_files.clone().into_iter().collect(),
        config.workspace.copy.clone(),
    );
    let record = Record::new(
        journal,
        dir.board_path(),
        project.redactor.clone(),
        project.host.clone(),
        project.world.observer.clone(),
    );
    let known = {
        let (path, redactor, root) = (dir.checks_path(), project.redactor.clone(), project.root.clone());
        blocking(move || KnownOutcomes::open(&path, &redactor, &checks::toolchain(&root))).await
    };
    let parts = Parts {
        id: state.mission.clone(),
        config: config.clone(),
        models,
        guardian: Arc::new(guardian),
        workspace,
        slots,
        known,
        dir: dir.clone(),
        session,
        sessions: sessions.clone(),
        hooks,
        memory: memory::learned(project).await,
    };
    let mut shared = None;
    let actor = Actor::new(record, state, project.world.clock.clone(), |orchestrator| {
        let context = context(project, parts, orchestrator);
        shared = Some(context.clone());
        Arc::new(context) as Arc<dyn Effects>
    });
    let orchestrator = actor.handle();
    let early_stop = running.set(shared);
    if let Some(by) = early_stop {
        orchestrator.stop(PauseReason::Stopped(by)).await;
    }
    let (requests, since_ms) = (dir.control_dir(), lock.since_ms());
    let state = tokio::select! {
        biased;
        state = actor.run() => state,
        () = answer_requests(&orchestrator, &requests, since_ms) => return,
    };
    tell_end(project, &dir, &state, &used).await;
    if state.outcome.is_some() {
        memory::learned(project).await;
        tidy::after(&config, used).await;
    }
}

/// The parts of a mission's context, beside the project.
struct Parts {
    id: String,
    config: Arc<Config>,
    models: crate::host::Models,
    guardian: Arc<Guardian>,
    workspace: Workspace,
    slots: Slots,
    known: KnownOutcomes,
    dir: MissionDir,
    session: Option<String>,
    sessions: Sessions,
    hooks: Arc<dyn Hooks>,
    memory: Memory,
}

fn context(project: &Project, parts: Parts, orchestrator: Orchestrator) -> Arc<MissionContext> {
    let far = Far::new(&parts.config, parts.workspace.clone(), project.host.clone(), parts.hooks);
    let bench = Arc::new(Bench {
        host: project.host.clone(),
        workspace: parts.workspace,
        slots: parts.slots,
        config: parts.config.clone(),
        commands: project.world.commands.clone(),
        cancel: orchestrator.cancelled().clone(),
        tmp: parts.dir.tmp_dir(),
        downloads: Default::default(),
        marker: parts.id.clone(),
    });
    let checks = ProjectChecks::new(bench.clone(), parts.known, Some(orchestrator.clone()));
    let desk = Arc::new(Desk {
        mission: parts.id,
        host: project.host.clone(),
        sessions: parts.sessions,
        orchestrator,
        config: parts.config,
        models: parts.models,
        parent: parts.session,
        dir: parts.dir,
        redactor: project.redactor.clone(),
        clock: project.world.clock.clone(),
        far,
    });
    Arc::new(MissionContext {
        gates: GateContext { bench: bench.clone(), checks, guardian: parts.guardian },
        bench,
        desk,
        project: project.state.clone(),
        workers: Default::default(),
        head: Default::default(),
        edits: Default::default(),
        writing: Default::default(),
        index: Default::default(),
        no_embeddings: Default::default(),
        slow_linters: Default::default(),
        memory: parts.memory,
    })
}

/// Passes requests of other processes to the mission, as long as it runs, with those that came while it started. A stop
/// from before `since_ms` was meant for an earlier run; a text that came while that one paused is not lost.
async fn answer_requests(orchestrator: &Orchestrator, requests: &Path, since_ms: u64) {
    let is_due = |request: &control::Request| request.kind != control::STOP || request.at_ms >= since_ms;
    loop {
        for request in control::poll(requests).unwrap_or_default().into_iter().filter(is_due) {
            match (request.kind.as_str(), request.text) {
                (control::STOP, _) => orchestrator.stop(PauseReason::Stopped(request.by)).await,
                (control::TELL, Some(text)) => orchestrator.tell(text).await,
                (control::ANSWER, Some(text)) => orchestrator.answer(text).await,
                _ => {}
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Writes the report and its page, and tells the user how the mission ended or why it pauses.
async fn tell_end(project: &Project, dir: &MissionDir, state: &State, workspace: &Workspace) {
    let now_ms = project.world.clock.now_ms();
    let secrets = match project.redactor.taken_out() {
        0 => String::new(),
        n => format!("\n{} removed from prompts, pages, the journal or the report.\n", count(n, "secret")),
    };
    let report = format!("{}{secrets}", report::markdown(state, now_ms));
    let report = visible(&project.redactor.redact(&report)).into_owned();
    if let Err(error) = journal::write_atomic(&dir.report_path("md"), report.as_bytes()) {
        project.host.say(&format!("\nThe report could not be written: {error}\n"));
    }
    if let Err(why) = write_page(project, dir, state, workspace, now_ms).await {
        project.host.say(&format!("\nThe report's page could not be written: {why}\n"));
    }
    // The verdict is the last line
    let status = if project.options.interactive { String::new() } else { report::exit_note(state) };
    let answer = format!("{secrets}{}{status}", report::answer(state, now_ms));
    project.host.say(&visible(&project.redactor.redact(&answer)));
}

/// `report.html`, with the change of each task from the private repository.
async fn write_page(
    project: &Project,
    dir: &MissionDir,
    state: &State,
    workspace: &Workspace,
    now_ms: u64,
) -> Result<(), String> {
    let (dir, state, workspace) = (dir.clone(), state.clone(), workspace.clone());
    let redactor = project.redactor.clone();
    blocking(move || {
        let events = PastMission::read(&dir)?.events;
        let mut diffs = page::Diffs::new();
        for task in state.tasks.values() {
            if let (Some(base), Some(passed)) = (&task.base, &task.passed)
                // Diffs that cannot be read are left out; the page says so
                && let Ok(diff) = workspace.diff(base, passed, &[], MAX_DIFF)
            {
                diffs.insert(task.id.clone(), redactor.redact(&diff).into_owned());
            }
        }
        let html = page::html(&state, &events, &diffs, now_ms);
        let html = visible(&redactor.redact(&html)).into_owned();
        journal::write_atomic(&dir.report_path("html"), html.as_bytes()).map_err(|error| error.to_string())
    })
    .await
}

struct Prepared {
    lock: ProjectLock,
    config: Config,
    models: crate::host::Models,
    dir: MissionDir,
    journal: Journal<Event>,
    state: State,
    workspace: Workspace,
    opening: String,
}

async fn prepare(project: &Project, start: Start) -> Result<Prepared, String> {
    let settings = read(project)?;
    let is_new = matches!(start, Start::New { .. });
    let (id, taken) = match start {
        Start::New { objective, id, lock, follows } => (id, Some((objective, lock, follows))),
        Start::Resume { id } => {
            let unfinished =
                |past: &PastMission| past.state.outcome.is_none() && !past.state.mission.is_empty();
            let (dir, past) = project
                .find(id.as_deref(), unfinished)
                .map_err(|why| format!("Nothing to resume: {}.", nothing(id.is_some(), why)))?;
            if let Some(outcome) = past.state.outcome {
                let word = if outcome == Outcome::Done { "done" } else { "ended" };
                return Err(format!(
                    "Mission `{}` is {word}; there is nothing to resume. `/task report {}` shows it.",
                    dir.id(),
                    dir.id()
                ));
            }
            (dir.id().to_string(), None)
        }
    };
    let now = project.world.clock.now_ms();
    let (lock, objective) = match taken {
        Some((objective, lock, follows)) => (lock, Some((objective, follows))),
        None => (project.lock(&id).map_err(|why| format!("{why}\nNothing was started."))?, None),
    };
    trust::remember(&project.options, &project.state)?;
    let agreed = !is_new && trust::agree(&settings, &project.state, &id)?;
    let settings = if agreed { read(project)? } else { settings };
    let asks = project.options.interactive && trust::is_open(&settings, &project.state);
    if asks && !is_new {
        return Err(trust::ask(&settings, &project.state, &id)?);
    }
    let not_used = trust::not_used(&settings.config.withheld).map_or_else(String::new, |said| said + "\n\n");
    let config = &settings.config;
    let models = providers::models(project.host.as_ref(), config).await;
    if let Some(why) = providers::unknown(config, &models) {
        return Err(format!("{why}\nNothing was started."));
    }
    if let Some(why) = providers::unpriced(config, &models) {
        return Err(format!("{why}\nNothing was started."));
    }
    let (root, state_path) = (project.root.clone(), project.state.path().to_path_buf());
    let slots = config.workspace.slots();
    let workspace = blocking(move || Workspace::open_at(&root, &state_path, slots.as_deref()))
        .await
        .map_err(|e| format!("{e}\nNothing was started."))?;
    workspace.confine_filters(Arc::new(FilterSandbox(config.sandbox.settings())));
    let kept = tidy::after_crash(project, &workspace, &id).await;
    let kept = kept.map_err(|why| format!("{why}\nNothing was started."))?;
    let dir = project.state.mission(&id).map_err(|e| e.to_string())?;
    let (journal, state, opening) = match objective {
        Some((objective, follows)) => {
            let half = tidy::half_written(project);
            let removed = tidy::before(project, config, &workspace).await?;
            dir.create().map_err(|e| e.to_string())?;
            let journal =
                Journal::create(&dir.journal_path(), project.redactor.clone()).map_err(|e| e.to_string())?;
            let event = Event::MissionStarted {
                mission: id.clone(),
                objective,
                policy: policy(project, config),
                at_ms: now,
            };
            let opening =
                format!("**Mission {id}**\n\n{not_used}{kept}{half}{}", removed.unwrap_or_default());
            let mut begun = first(project, journal, State::default(), event, opening)?;
            if let Some(followed) = follows {
                let event = Event::Follows { followed: *followed };
                begun = first(project, begun.0, begun.1, event, begun.2)?;
            }
            if asks {
                let question = trust::ask(&settings, &project.state, &id)?;
                let reason = PauseReason::Trust(trust::what(&settings.config.withheld));
                first(project, begun.0, begun.1, Event::Paused { reason, at_ms: now }, String::new())?;
                return Err(question);
            }
            begun
        }
        None => {
            dir.create().map_err(|e| e.to_string())?;
            let (journal, read) = Journal::<Event>::reopen(&dir.journal_path(), project.redactor.clone())
                .map_err(|e| e.to_string())?;
            let state = State::fold(&read.events);
            // The user may have raised limits since
            let mut policy = policy(project, config);
            policy.approve_plan = state.policy.approve_plan;
            let opening = format!(
                "**Mission {id}** continues: {}\n\n{not_used}{kept}",
                state.objective.lines().next().unwrap_or_default()
            );
            first(project, journal, state, Event::Resumed { at_ms: now, policy: Some(policy) }, opening)?
        }
    };
    let config = settings.config;
    Ok(Prepared { lock, config, models, dir, journal, state, workspace, opening })
}

/// The user's settings; questions are switched off if no user can answer.
fn policy(project: &Project, config: &Config) -> Policy {
    let mut policy = settings::policy(config);
    policy.clarify &= project.options.interactive;
    policy
}

/// The message if no mission can be continued.
fn nothing(named: bool, why: String) -> String {
    match named {
        false if why == NO_SUCH => "no mission of this project is unfinished".into(),
        _ => why,
    }
}

fn read(project: &Project) -> Result<Settings, String> {
    let options =
        settings::Options { value: project.options.options.clone(), own: project.options.own_options };
    let read = settings::read(&project.options.config_home, &project.root, &options, &project.state);
    let mut read = read.map_err(|problems| {
        problems.iter().map(|p| format!("{p}\n")).collect::<String>() + "Nothing was started."
    })?;
    let chosen = queue_of_run::read(&project.options.data_home, &project.options.environment);
    if let Some(chosen) = chosen.map_err(|why| format!("{why}\nNothing was started."))? {
        chosen.apply(&mut read.config.dispatch);
    }
    Ok(read)
}

fn first(
    project: &Project,
    mut journal: Journal<Event>,
    mut state: State,
    event: Event,
    opening: String,
) -> Result<(Journal<Event>, State, String), String> {
    let event = project.redactor.redact_value(&event).map_err(|e| e.to_string())?;
    journal.append(&event).map_err(|e| format!("{e}\nNothing was started."))?;
    state.apply(&event);
    Ok((journal, state, opening))
}
