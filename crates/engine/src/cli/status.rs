//! `status [id]`: the missions of this project, or one of them with its tasks.
//!
//! It reads journals and boards, and takes no lock.

use std::fmt::Write;

use journal::{LockOwner, MissionDir};
use mission::Board;
use serde_json::{Value, json};

use super::answer::{CommandAnswer, CommandFailure};
use super::named_mission::NamedMission;
use super::place::{Place, Standing};
use crate::actor::estimate_text::estimate_text;
use crate::text::cut;
use crate::text::{count, duration};

/// The most missions that are listed.
const LISTED: usize = 20;

pub(super) fn run(args: &NamedMission, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let owner = place.owner()?;
    let (missions, all) = match args.id.as_deref() {
        Some(id) => (vec![place.mission(Some(id))?], 1),
        None => {
            let missions = place.missions()?;
            let all = missions.len();
            (missions.into_iter().take(LISTED).collect(), all)
        }
    };
    let (mut values, mut text, mut exit, mut damaged) = (Vec::new(), String::new(), 0, String::new());
    for dir in &missions {
        let runs = owner.as_ref().filter(|owner| owner.mission == dir.id());
        match place.past(dir) {
            Ok(past) => {
                let standing = Standing::of(&past.state, runs.is_some());
                let board = Board::of(&past.state, place.now_ms());
                if args.id.as_deref().is_some() {
                    exit = standing.exit();
                }
                let detailed = args.id.as_deref().is_some() || runs.is_some();
                describe(&mut text, &board, standing, runs, detailed);
                values.push(value(&board, standing, runs, dir));
            }
            Err(CommandFailure::Problem(why) | CommandFailure::Usage(why)) => {
                exit = 1;
                let _ = writeln!(damaged, "mission {} cannot be read: {why}", dir.id());
                values.push(json!({ "mission": dir.id(), "state": "damaged", "detail": why }));
            }
        }
    }
    if args.json {
        let running = owner.map(|owner| json!(owner)).unwrap_or(Value::Null);
        let answer = CommandAnswer::json(&json!({ "running": running, "missions": values }))?;
        return Ok(answer.exit(exit));
    }
    if all > missions.len() {
        let _ = writeln!(text, "and {} older", all - missions.len());
    }
    if missions.is_empty() {
        text.push_str("no mission has run in this project yet\n");
    }
    let answer = CommandAnswer::done(text).exit(exit);
    Ok(if damaged.is_empty() { answer } else { answer.note(&damaged) })
}

/// A mission as JSON for programs: its board and its status.
pub(super) fn value(board: &Board, standing: Standing, runs: Option<&LockOwner>, dir: &MissionDir) -> Value {
    let mut value = json!(board);
    value["state"] = json!(standing.name());
    value["pid"] = json!(runs.map(|owner| owner.pid));
    value["folder"] = json!(dir.path());
    value
}

fn describe(text: &mut String, board: &Board, standing: Standing, runs: Option<&LockOwner>, detailed: bool) {
    let how = match (standing, &board.paused, runs) {
        (Standing::Paused, Some(why), _) => format!("paused: {why}"),
        (Standing::Running, _, Some(owner)) => {
            format!("{} (process {})", format!("{:?}", board.stage).to_lowercase(), owner.pid)
        }
        (Standing::Interrupted, ..) => "interrupted; `/task resume` in OpenCode continues it".into(),
        _ => standing.name().replace('_', " "),
    };
    let integrated = board.tasks.iter().filter(|task| task.state == "integrated").count();
    let _ = writeln!(text, "{}  {how}", board.mission);
    let _ = writeln!(text, "  {}", cut(board.objective.trim(), 100).replace('\n', " "));
    let _ = writeln!(
        text,
        "  {integrated} of {} integrated, {}, {} tokens, ${:.4}, {}",
        count(board.tasks.len(), "task"),
        count(usize::try_from(board.usage.calls).unwrap_or(usize::MAX), "call"),
        board.usage.tokens.total(),
        board.usage.cost_usd,
        duration(board.elapsed_ms),
    );
    if !detailed {
        return;
    }
    if let Some(estimate) = &board.estimate {
        let _ = writeln!(text, "  expected in all: {}", estimate_text(estimate));
    }
    let width = board.tasks.iter().map(|task| task.id.len()).max().unwrap_or(0);
    for task in &board.tasks {
        let why = task.detail.as_ref().map(|why| format!(": {}", cut(&why.replace('\n', " "), 160)));
        let state = crate::text::state_for_readers(&task.state);
        let _ = writeln!(text, "    {:width$}  {state}{}", task.id, why.unwrap_or_default());
    }
}
