//! The plan if the Planner gives none: the objective as one task, with the files of the brief.

use crate::mailbox::{Plan, PlannedTask};
use crate::{Event, State};

/// The id of that task; a Planner may choose the same id.
const ID: &str = "objective";
/// The longest title, in characters.
const MAX_TITLE: usize = 80;

/// The event of that plan; `None` if no brief names a file, because the task would have no files.
pub(super) fn plan(state: &State) -> Option<Event> {
    let brief = state.brief.as_ref()?;
    let files = brief.files.iter().map(|file| file.path.clone());
    let files: Vec<String> = files.take(state.policy.max_files.max(1) as usize).collect();
    if files.is_empty() {
        return None;
    }
    let why = state.plan_failures.last().map(String::as_str).unwrap_or_default();
    let note = format!(
        "The Planner gave no usable plan ({why}). The objective is one task now, with the {} files of the brief.",
        files.len()
    );
    let task = PlannedTask {
        id: ID.into(),
        title: state.objective.lines().next().unwrap_or_default().chars().take(MAX_TITLE).collect(),
        instructions: format!("{}\n\n{}{}", state.objective, brief.summary, decided(state)),
        files,
        acceptance: vec!["The objective is met.".into()],
        without_plan: true,
        ..PlannedTask::default()
    };
    let plan = Plan { tasks: vec![task], ..Plan::default() };
    Some(Event::PlanAccepted { plan, notes: vec![note], parent: None })
}

/// The decisions that were made before the plan, one per line.
fn decided(state: &State) -> String {
    let line =
        |decision: &crate::Decision| Some(format!("\n{} {}", decision.question, decision.chosen.as_ref()?));
    state.decided().filter_map(line).collect()
}
