//! The user changes the part of a plan that has not started, while the mission waits: as a file, or by dropping tasks.
//! The new plan is checked like the Planner's, and becomes an event; the mission itself does not run.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use journal::{Journal, MissionDir};
use mission::mailbox::{Plan, PlannedTask, parse_plan};
use mission::{Event, State, Task, TaskId, graph};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::StableHasher;
use workspace::Workspace;

use crate::actor::board_text;
use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::missions::project::Project;
use crate::steps::plan::{existing_files, partial};
use crate::text::{cut, quoted};

/// The longest file that is read, in bytes.
const MAX_FILE: usize = 2 << 20;

/// The content of the file.
#[derive(Serialize)]
struct File {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acceptance: Vec<String>,
    task: Vec<PlannedTask>,
}

/// The same for reading: it keeps the places of tasks for errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(default)]
    acceptance: Vec<String>,
    #[serde(default)]
    task: Vec<toml::Spanned<toml::Value>>,
}

impl Project {
    /// The id and the plan, as an editable file, of the named mission or of the newest unfinished one.
    pub(crate) fn plan_file(&self, id: Option<&str>) -> Result<(String, String), String> {
        let (dir, past) = self.planned(id)?;
        Ok((dir.id().to_string(), file_of(dir.id(), &past.state)?))
    }

    /// The plan for a chat.
    pub(crate) fn plan_in_chat(&self) -> Result<String, String> {
        let (id, text) = self.plan_file(None)?;
        let fence = crate::talk::prompt::fence(&text);
        Ok(format!(
            "{fence}toml\n{text}{fence}\n\n`opencode-orchestrator plan edit {id}` edits it, `/task plan drop <task-id>` takes a task \
             out, `/task tell <text>` has it changed, `/task resume {id}` agrees.\n"
        ))
    }

    /// Applies an edited file; the error lists the problems, with lines of `name`.
    pub(crate) async fn edit_plan(&self, id: Option<&str>, name: &str, text: &str) -> Result<String, String> {
        let (dir, past) = self.planned(id)?;
        let as_shown = file_of(dir.id(), &past.state)?;
        if let Some((line, version)) = version(text)
            && Some(version) != self::version(&as_shown).map(|(_, version)| version)
        {
            return Err(format!(
                "{name}:{line}: the plan of mission `{0}` has changed since this file was made\nhint: `opencode-orchestrator plan show \
                 {0}` prints it as it is now; without this line the file takes its place",
                dir.id()
            ));
        }
        let (plan, lines) = read(&past.state, name, text)?;
        match (shows_acceptance(&past.state), plan.acceptance.is_empty()) {
            (true, true) if !past.state.acceptance.is_empty() => {
                return Err(format!(
                    "{name}: `acceptance` is gone, and the whole objective is judged by it: change its items, and leave one at least"
                ));
            }
            (false, false) => {
                return Err(format!(
                    "{name}: `acceptance` stays as the first plan has it: take it out of the file; `/task tell <text>` corrects the \
                     mission"
                ));
            }
            _ => {}
        }
        self.replan(&dir, &past, plan, &lines).await
    }

    /// Drops tasks that have not started. If other tasks depend on them, `dependants` drops these, too; without it the
    /// call is refused.
    pub(crate) async fn drop_tasks(
        &self,
        id: Option<&str>,
        drop: &[String],
        dependants: bool,
    ) -> Result<String, String> {
        let (dir, past) = self.planned(id)?;
        let state = &past.state;
        let free: BTreeMap<&TaskId, &Task> = state.amendable().map(|task| (&task.id, task)).collect();
        for id in drop {
            if !free.contains_key(id) {
                return Err(match state.tasks.contains_key(id) {
                    true => format!("task `{id}` has begun and stays; `/task tell` corrects it"),
                    false => format!(
                        "there is no task `{id}` in the plan; it has {}",
                        quoted(free.keys().copied())
                    ),
                });
            }
        }
        let named: BTreeSet<&str> = drop.iter().map(String::as_str).collect();
        let gone = with_dependants(&free, &named);
        let others: Vec<&&str> = gone.difference(&named).collect();
        if !others.is_empty() && !dependants {
            let others: Vec<String> = others.into_iter().map(|id| (*id).to_string()).collect();
            return Err(format!(
                "{0} would lack what they depend on: `opencode-orchestrator plan drop {2} --mission {1} --with-dependants` drops them, \
                 too, and `opencode-orchestrator plan edit {1}` edits the plan",
                quoted(others.iter()),
                dir.id(),
                drop.join(" ")
            ));
        }
        let tasks = state.amendable().filter(|task| !gone.contains(task.id.as_str()));
        let tasks = tasks
            .map(|task| {
                let mut task = planned(state, task);
                task.depends_on.retain(|id| !gone.contains(id.as_str()));
                task
            })
            .collect();
        self.replan(&dir, &past, Plan { tasks, ..Plan::default() }, &Lines::default()).await
    }

    /// A waiting mission with tasks that have not started.
    fn planned(&self, id: Option<&str>) -> Result<(MissionDir, PastMission), String> {
        let waits = |past: &PastMission| past.state.outcome.is_none() && !past.state.tasks.is_empty();
        let (dir, past) = self.find(id, waits).map_err(|why| {
            if id.is_some() { why } else { "no mission of this project waits with a plan".into() }
        })?;
        let id = dir.id();
        if let Some(owner) = self.state.owner().map_err(|error| error.to_string())?
            && owner.mission == id
        {
            return Err(format!(
                "mission `{id}` runs now: `/task tell <text>` changes what has not started, or stop it first (`/task stop`)"
            ));
        }
        if past.state.outcome.is_some() {
            return Err(format!(
                "mission `{id}` has ended; `/task fix {id} <comment>` starts one from what it delivered"
            ));
        }
        if past.state.amendable().next().is_none() {
            return Err(format!("mission `{id}` has no task that has not started"));
        }
        Ok((dir, past))
    }

    async fn replan(
        &self,
        dir: &MissionDir,
        past: &PastMission,
        plan: Plan,
        lines: &Lines,
    ) -> Result<String, String> {
        let state = &past.state;
        let begun = partial::begun(state);
        let checked = match plan.tasks.is_empty() && !begun.is_empty() {
            true => graph::Checked { plan, notes: Vec::new() },
            false => partial::check(plan, &state.policy, &begun, &partial::writers(state), 0)
                .map_err(|problems| lines.told(problems))?,
        };
        let amendment = state.amendment(&checked.plan);
        // Dropping tasks leaves the acceptance items unchanged
        let acceptance = &checked.plan.acceptance;
        let same = acceptance.is_empty() || *acceptance == state.acceptance;
        if amendment == mission::Amendment::default() && same {
            return Ok(format!("The plan of mission `{}` is as it was.\n", dir.id()));
        }
        let problems = self.problems(state, &checked.plan).await?;
        if !problems.is_empty() {
            return Err(lines.told(problems));
        }
        let _lock = self.lock(dir.id())?;
        let at_ms = self.world.clock.now_ms();
        let event = Event::PlanEdited { plan: checked.plan, notes: checked.notes.clone(), at_ms };
        let event = self.redactor.redact_value(&event).map_err(|error| error.to_string())?;
        let (mut journal, now) = Journal::<Event>::reopen(&dir.journal_path(), self.redactor.clone())
            .map_err(|error| error.to_string())?;
        if now.events.len() != past.events.len() {
            return Err(format!(
                "mission `{}` has changed while this was checked\nhint: look at its plan and try again",
                dir.id()
            ));
        }
        journal.append(&event).map_err(|error| error.to_string())?;
        board_text::renew(dir, at_ms);
        let notes: String = checked.notes.iter().map(|note| format!("- {note}\n")).collect();
        Ok(format!(
            "The plan of mission `{0}` is changed: {amendment}.\n{notes}`/task resume {0}` agrees to it and continues.\n",
            dir.id()
        ))
    }

    /// The problems of a plan with existing files, as for the Planner's plans.
    async fn problems(&self, state: &State, plan: &Plan) -> Result<Vec<String>, String> {
        let (Some(base), Some(head)) = (state.base.clone(), state.head.clone()) else {
            return Ok(Vec::new());
        };
        let (root, folder) = (self.root.clone(), self.state.path().to_path_buf());
        let (plan, policy) = (plan.clone(), state.policy.clone());
        blocking(move || {
            let workspace = Workspace::open(&root, &folder)?;
            let files: Vec<&str> = plan
                .tasks
                .iter()
                .filter(|t| !t.compound)
                .flat_map(|t| t.files.iter().map(String::as_str))
                .collect();
            let texts = workspace.read_all(&head.commit, &files)?;
            let lines =
                |text: Vec<u8>| u32::try_from(text.split(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX);
            let sizes: BTreeMap<&str, u32> =
                files.into_iter().zip(texts).filter_map(|(file, text)| Some((file, lines(text?)))).collect();
            let mut problems = graph::too_large(&plan, &policy, |file| sizes.get(file).copied());
            problems.extend(existing_files::of(&workspace, &base.commit, &plan, &BTreeSet::new())?);
            Ok::<_, workspace::Error>(problems)
        })
        .await
        .map_err(|error| error.to_string())
    }
}

/// Whether the file contains the acceptance items of the whole: a later plan cannot change them.
fn shows_acceptance(state: &State) -> bool {
    state.cycle <= 1
}

/// Begins the line that says which plan a file shows.
const VERSION: &str = "# version: ";

/// What has not started, as a file.
fn file_of(id: &str, state: &State) -> Result<String, String> {
    let tasks: Vec<PlannedTask> = state.amendable().map(|task| planned(state, task)).collect();
    let acceptance = if shows_acceptance(state) { state.acceptance.clone() } else { Vec::new() };
    let body = toml::to_string_pretty(&File { acceptance, task: tasks })
        .map_err(|error| format!("the plan of mission `{id}` cannot be written as a file: {error}"))?;
    let title: String = cut(state.objective.lines().next().unwrap_or_default(), 200);
    let begun = partial::begun(state);
    let stays = match begun.is_empty() {
        true => String::new(),
        false => {
            format!("# These have begun and stay; others may depend on them: {}\n", quoted(begun.iter()))
        }
    };
    let mut hasher = StableHasher::new();
    hasher.write(stays.as_bytes());
    hasher.write(body.as_bytes());
    let version = hasher.hex();
    Ok(format!(
        "# The plan of mission {id}: {title}\n{VERSION}{version}\n# This file lists only tasks that have not started. Change, add or remove \
         them; a removed one is dropped.\n# files: what a task writes. depends_on: ids of tasks that come before it. Packages stay as \
         planned.\n{stays}\n{body}"
    ))
}

/// Which plan a file was made from, and the line that says so.
fn version(text: &str) -> Option<(usize, &str)> {
    let mut lines = text.lines().enumerate();
    lines.find_map(|(at, line)| Some((at + 1, line.strip_prefix(VERSION)?.trim())))
}

/// A task in the form of a plan.
fn planned(state: &State, task: &Task) -> PlannedTask {
    let of_cycle = if state.cycle > 1 { format!("{}/", state.cycle) } else { String::new() };
    PlannedTask {
        id: task.id.clone(),
        title: task.title.clone(),
        instructions: task.instructions.clone(),
        files: task.planned.iter().cloned().collect(),
        // The engine adds the orders for common files again
        depends_on: task.depends_on.difference(&task.runs_after).cloned().collect(),
        runs_after: Vec::new(),
        acceptance: task.acceptance.clone(),
        group: task.group.as_ref().map(|group| group.strip_prefix(&of_cycle).unwrap_or(group).to_string()),
        compound: task.compound,
        edits_tests: task.edits_tests.clone(),
        edits_config: task.edits_config.clone(),
        behaviour: task.behaviour,
        // A task that the user writes belongs to a plan
        without_plan: false,
    }
}

/// The tasks with all tasks that need them; tasks that only come after them do not count.
fn with_dependants<'a>(
    free: &BTreeMap<&'a TaskId, &'a Task>,
    named: &BTreeSet<&'a str>,
) -> BTreeSet<&'a str> {
    let mut gone = named.clone();
    loop {
        let needs =
            |task: &Task| task.depends_on.difference(&task.runs_after).any(|id| gone.contains(id.as_str()));
        let next = free.values().find(|task| !gone.contains(task.id.as_str()) && needs(task));
        match next {
            Some(task) => gone.insert(task.id.as_str()),
            None => return gone,
        };
    }
}

/// The lines of tasks in a file.
#[derive(Default)]
struct Lines {
    name: String,
    /// The line and the id of each task.
    tasks: Vec<(usize, String)>,
}

impl Lines {
    /// The problems, each with the line of the task that it names.
    fn told(&self, problems: Vec<String>) -> String {
        let told = problems.into_iter().map(|problem| match self.line(&problem) {
            Some(line) => format!("{}:{line}: {problem}", self.name),
            None if self.name.is_empty() => problem,
            None => format!("{}: {problem}", self.name),
        });
        told.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, problem: &str) -> Option<usize> {
        let by_place = || {
            let at = problem.split_once("tasks[")?.1.split_once(']')?.0.parse::<usize>().ok()?;
            self.tasks.get(at).map(|(line, _)| *line)
        };
        // A problem names its own task first
        let named = |(line, id): &(usize, String)| Some((problem.find(&format!("`{id}`"))?, *line));
        by_place().or_else(|| self.tasks.iter().filter_map(named).min().map(|(_, line)| line))
    }
}

/// The plan in a file, and the lines of its tasks.
fn read(state: &State, name: &str, text: &str) -> Result<(Plan, Lines), String> {
    if text.len() > MAX_FILE {
        return Err(format!("{name}: it is longer than {MAX_FILE} bytes"));
    }
    let line_of = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    let file: Read = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| format!(":{}", line_of(span.start))).unwrap_or_default();
        format!("{name}{line}: {}", error.message())
    })?;
    let begun = partial::begun(state);
    let mut lines = Lines { name: name.to_string(), tasks: Vec::new() };
    let mut tasks: Vec<Value> = Vec::new();
    for task in file.task {
        let line = line_of(task.span().start);
        let value =
            serde_json::to_value(task.into_inner()).map_err(|error| format!("{name}:{line}: {error}"))?;
        let id = value["id"].as_str().unwrap_or_default().to_string();
        if begun.contains(&id) {
            return Err(format!(
                "{name}:{line}: task `{id}` has begun and stays as it is; take it out of the file"
            ));
        }
        if let Some(unknown) =
            value.as_object().and_then(|task| task.keys().find(|key| !KEYS.contains(&key.as_str())))
        {
            let likely = crate::text::nearest(unknown, KEYS.iter().copied());
            let likely = likely.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default();
            return Err(format!("{name}:{line}: a task has no key `{}`{likely}", cut(unknown, 60)));
        }
        lines.tasks.push((line, id));
        tasks.push(value);
    }
    let plan = parse_plan(&json!({ "tasks": tasks, "acceptance": file.acceptance }));
    let plan = plan.map_err(|problems| lines.told(problems))?;
    Ok((plan, lines))
}

/// The keys of a task in the file.
const KEYS: [&str; 11] = [
    "id",
    "title",
    "instructions",
    "files",
    "depends_on",
    "acceptance",
    "group",
    "compound",
    "edits_tests",
    "edits_config",
    "behaviour",
];
