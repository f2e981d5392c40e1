//! The Planner: it sees the brief, not the repository, and submits a task graph that the engine
//! checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use mission::mailbox::{Brief, parse_plan};
use mission::{Event, FailureClass, Phase, Policy, Role, State, Task, TaskId, graph};
use serde_json::Value;
use workspace::Slot;

use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::{existing_files, packages, partial, reading};
use crate::steps::real_path;
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::mailbox::{Mailbox, MailboxAnswer, unknown};
use crate::talk::{pages, prompt};
use crate::text::{cut, quoted};

/// The longest reason why an earlier plan failed, in bytes.
const MAX_REASON: usize = 2000;

/// The most failures of a task that the Planner is told, when it splits the task or plans again.
const SPLIT_FAILURES: usize = 4;

/// The most integrated tasks, and the most others, that the Planner is told for a later plan.
const MAX_INTEGRATED: usize = 100;
const MAX_LOST: usize = 20;

/// Asks for a plan; `task`: the compound task to split, `None`: the objective.
pub(crate) async fn run(context: &Arc<MissionContext>, state: &State, task: Option<TaskId>) -> Vec<Event> {
    let event = match plan(context, state, task.clone()).await {
        Ok(graph::Checked { plan, notes }) => Event::PlanAccepted { plan, notes, parent: task },
        Err(RoleFailure { class, reason }) => Event::PlanFailed { class, reason, parent: task },
    };
    vec![event]
}

/// Asks for a new plan of the tasks that have not started, after a correction of the user's.
pub(crate) async fn amend(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let told = u32::try_from(state.corrections.len()).unwrap_or(u32::MAX);
    let event = match ask(context, state, None, true).await {
        Ok(graph::Checked { plan, notes }) => Event::PlanAmended { plan, notes, told },
        Err(RoleFailure { class, reason }) => Event::PlanKept { class, reason, told },
    };
    vec![event]
}

async fn plan(
    context: &Arc<MissionContext>,
    state: &State,
    task: Option<TaskId>,
) -> Result<graph::Checked, RoleFailure> {
    ask(context, state, task, false).await
}

/// Asks the Planner. `amends`: the new plan replaces only the tasks that have not started.
async fn ask(
    context: &Arc<MissionContext>,
    state: &State,
    task: Option<TaskId>,
    amends: bool,
) -> Result<graph::Checked, RoleFailure> {
    let compound = match &task {
        None => None,
        Some(id) => {
            let known = state.tasks.get(id);
            Some(known.ok_or_else(|| {
                RoleFailure::new(FailureClass::Malformed, format!("there is no task `{id}`"))
            })?)
        }
    };
    let head = state.head.as_ref().map(|h| h.commit.clone()).unwrap_or_default();
    let lease = context.slot(&head).await?;
    let known = match &state.brief {
        Some(brief) if !brief.files.is_empty() => brief_text(brief),
        Some(brief) => {
            let ranking = reading::ranking(context, &lease.slot, &state.objective).await;
            format!("{}\n# What the engine ranks highest for it\n{ranking}", brief_text(brief))
        }
        None => reading::ranking(context, &lease.slot, &state.objective).await,
    };
    let setting = Setting {
        role: Role::Planner,
        task: task.clone(),
        directory: lease.slot.path.clone(),
        base: head,
        title: compound.map_or_else(|| title(amends).into(), |t| format!("Planner: split `{}`", t.id)),
        model: 0,
        part: None,
        folds: None,
    };
    let mut conversation = Conversation::open(&context.desk, setting).await?;
    let mut mailbox = PlannerMailbox {
        context: context.clone(),
        policy: state.policy.clone(),
        taken: taken(state, amends),
        writers: if amends { partial::writers(state) } else { BTreeMap::new() },
        amends,
        depth: compound.map_or(0, |t| t.depth + 1),
        slot: lease.slot.clone(),
    };
    let text = |attempt| {
        let mut text = prompt::header(&context.desk.mission, Role::Planner, task.as_deref(), attempt);
        let _ = writeln!(text, "# Objective\n{}\n{}", state.objective, prompt::from_user(&state.said()));
        text.push_str(&prompt::given(state));
        if let Some(task) = compound {
            let _ = writeln!(text, "# The part of it to split into tasks\n{}", prompt::task(task));
            if task.resplit {
                text.push_str(&split_memo(task));
            }
        } else if amends {
            text.push_str(&unstarted(state));
        } else if state.replanning {
            text.push_str(&missing(state));
        }
        if !state.tasks.is_empty() && !amends {
            let _ = writeln!(text, "Ids in use: {}\n", quoted(state.tasks.keys()));
        }
        let _ = writeln!(text, "# Brief\n{known}");
        let checks = context.gates.checks.names();
        if !checks.is_empty() {
            let _ = writeln!(text, "The project's checks, run on every task: {}", quoted(checks.iter()));
        }
        text.push_str(&context.known());
        let earlier: &[String] = if compound.is_none() { &state.plan_failures } else { &[] };
        for reason in earlier {
            let _ = writeln!(text, "An earlier plan came to nothing: {}", cut(reason, MAX_REASON));
        }
        let _ = writeln!(
            text,
            "At most {} tasks, {} files a task that hold no more than {} lines together; {} run at once.",
            state.policy.max_tasks, state.policy.max_files, state.policy.max_lines, state.policy.parallel
        );
        text
    };
    conversation.ask(Role::Planner, text, &mut mailbox).await
}

fn title(amends: bool) -> &'static str {
    if amends { "Planner: the plan after what the user said" } else { "Planner: the task graph" }
}

/// Ids that a plan may not choose.
fn taken(state: &State, amends: bool) -> BTreeSet<TaskId> {
    if amends { partial::begun(state) } else { state.tasks.keys().cloned().collect() }
}

/// The part of the plan that may change, and the tasks that are running or done.
fn unstarted(state: &State) -> String {
    let free: BTreeSet<&TaskId> = state.amendable().map(|task| &task.id).collect();
    let begun =
        state.order.iter().filter_map(|id| state.tasks.get(id)).filter(|task| !free.contains(&task.id));
    let mut text = String::from(
        "# The plan, and what the user said about it\nSubmit all tasks that are still to be started, as they should be after what \
         the user said: those below that stay, word for word with their ids; those that change, under their ids; new ones, and \
         without those that are to go. They may depend on tasks that have begun, which stay as they are.\n",
    );
    let begun: Vec<String> = begun
        .take(MAX_INTEGRATED)
        .map(|task| format!("- `{}` {}: {}\n", task.id, task.title, quoted(task.scope.iter())))
        .collect();
    if !begun.is_empty() {
        let _ = write!(text, "\n# Begun or done\n{}", begun.concat());
    }
    let packages: Vec<String> =
        state.droppable_packages().map(|package| format!("- {package}: {}\n", package.why)).collect();
    if !packages.is_empty() {
        let _ = write!(
            text,
            "\n# Packages not added yet\nName again in `dependencies` those that are still needed; the others are not \
             added.\n{}",
            packages.concat()
        );
    }
    text.push_str("\n# Not started\n");
    for task in state.amendable() {
        // The prompt has the corrections further up
        let mut task = task.clone();
        task.corrections.clear();
        let _ = write!(text, "id: {}\n{}", task.id, prompt::task(&task).replacen("# Task: ", "title: ", 1));
        if !task.depends_on.is_empty() {
            let _ = writeln!(text, "depends_on: {}", quoted(task.depends_on.iter()));
        }
        if task.compound {
            text.push_str("compound: true\n");
        }
        text.push('\n');
    }
    text
}

/// The integrated work so far, and the items that the next plan is for.
fn missing(state: &State) -> String {
    let mut text = String::from(
        "# What is missing\nAn earlier plan was carried out, and its integrated work stays. Plan only what these still need, in \
         another way than the one that failed:\n",
    );
    for asked in &state.asked_for {
        let _ = writeln!(text, "- {}: {}", asked.item, cut(&asked.evidence.replace('\n', " "), MAX_REASON));
    }
    let tasks = || state.order.iter().filter_map(|id| state.tasks.get(id));
    let integrated = tasks().filter(|t| matches!(t.phase, Phase::Integrated { .. }) && !t.compound);
    let integrated: Vec<String> = integrated
        .take(MAX_INTEGRATED)
        .map(|t| format!("- `{}` {}: {}\n", t.id, t.title, quoted(t.scope.iter())))
        .collect();
    if !integrated.is_empty() {
        let _ = write!(text, "\n# What is integrated\n{}", integrated.concat());
    }
    let lost: Vec<&Task> = state.lost().filter(|t| !t.failures.is_empty()).take(MAX_LOST).collect();
    if !lost.is_empty() {
        text.push_str("\n# What failed\n");
    }
    for task in lost {
        let _ = writeln!(text, "`{}` {} ({}):", task.id, task.title, quoted(task.scope.iter()));
        text.push_str(&failures(task));
    }
    text.push('\n');
    text
}

/// Why a task failed as a whole, so that its parts avoid it.
fn split_memo(task: &Task) -> String {
    let mut text = String::from(
        "One coder after another failed on it as a whole. Submit smaller tasks that together do all of it and meet all \
         of its acceptance, within its files; put what is in the way into a task of its own, and answer open questions in \
         the instructions. It failed on:\n",
    );
    text.push_str(&failures(task));
    text.push('\n');
    text
}

fn failures(task: &Task) -> String {
    let mut text = String::new();
    let from = task.failures.len().saturating_sub(SPLIT_FAILURES);
    for failure in &task.failures[from..] {
        let _ = write!(
            text,
            "attempt {} ({}):\n{}",
            failure.attempt,
            failure.class.name(),
            prompt::issues(&failure.issues)
        );
    }
    text
}

fn brief_text(brief: &Brief) -> String {
    let mut text = format!("{}\n\nFiles:\n", brief.summary);
    for file in &brief.files {
        let _ = writeln!(text, "- `{}`: {}", file.path, file.why);
    }
    for (title, items) in [("Conventions", &brief.conventions), ("Risks", &brief.risks)] {
        if !items.is_empty() {
            let _ = writeln!(text, "\n{title}:");
            for item in items {
                let _ = writeln!(text, "- {item}");
            }
        }
    }
    text
}

struct PlannerMailbox {
    context: Arc<MissionContext>,
    policy: Policy,
    taken: BTreeSet<TaskId>,
    writers: BTreeMap<String, Vec<TaskId>>,
    /// Tasks with these ids stay as they are, and others may depend on them.
    amends: bool,
    depth: u32,
    slot: Slot,
}

impl PlannerMailbox {
    async fn check(&self, arguments: &Value) -> Result<graph::Checked, Vec<String>> {
        let mut plan = parse_plan(arguments)?;
        let links: BTreeSet<(String, String)> = plan
            .tasks
            .iter_mut()
            .flat_map(|task| real_path::name_really(&self.slot.path, &mut task.files))
            .collect();
        let mut checked = match self.amends {
            true => partial::check(plan, &self.policy, &self.taken, &self.writers, self.depth)?,
            false => graph::check(plan, &self.policy, &self.taken, self.depth)?,
        };
        let slot = &self.slot;
        let sizes = reading::lines(&self.context, slot, &checked.plan).await;
        let mut problems = graph::too_large(&checked.plan, &self.policy, |file| sizes.get(file).copied());
        problems.extend(existing_files::problems(&self.context, &checked.plan).await);
        if !problems.is_empty() {
            return Err(problems);
        }
        let notes = packages::resolve_packages(
            &self.context,
            &self.slot,
            self.policy.dependencies,
            &mut checked.plan,
        )
        .await?;
        checked.notes.extend(notes);
        let through_link =
            |(named, real): (String, String)| format!("`{named}` is `{real}`, to which a link leads");
        checked.notes.extend(links.into_iter().map(through_link));
        Ok(checked)
    }
}

impl Mailbox for PlannerMailbox {
    type Result = graph::Checked;

    async fn call(&mut self, tool: &str, arguments: &Value) -> MailboxAnswer<graph::Checked> {
        match tool {
            "mission_plan" => match self.check(arguments).await {
                Ok(checked) => MailboxAnswer::Accepted(checked),
                Err(problems) => MailboxAnswer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context.desk, arguments),
            other => unknown(other, Role::Planner.mailbox()),
        }
    }
}
