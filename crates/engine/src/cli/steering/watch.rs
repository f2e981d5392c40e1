//! `watch [id]`: the progress lines of the chat as they appear, and at the end the result. Like `log --follow`, it
//! answers as soon as there is something to print, and says how to ask for what comes next.
//!
//! It only reads the journal.

use std::time::{Duration, Instant};

use journal::Reader;
use mission::{Board, Event, Outcome, State};
use serde_json::json;

use super::super::answer::{Again, CommandAnswer, CommandFailure, Line};
use super::super::place::{Place, Standing};
use super::super::status;
use crate::actor::told::told;
use crate::blocking::blocking;
use crate::missions::report;
use crate::text::state_for_readers;

/// How often the journal is read, and how long one call waits for new events.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the compact line is drawn.
const REDRAW: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The mission's id. Default: the newest.
    id: Option<String>,
    /// Show one line that is kept up to date instead.
    #[arg(long)]
    compact: bool,
    /// End with 0 for delivered and verified, 1 for incomplete or paused, 3 for delivered unverified.
    #[arg(long)]
    exit_status: bool,
    /// Print only how it ended, as JSON.
    #[arg(long, conflicts_with = "compact")]
    json: bool,
    /// Leave out what the first N events tell.
    #[arg(long, value_name = "N", hide = true, default_value_t = 0)]
    since: usize,
}

pub(crate) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let dir = place.mission(args.id.as_deref())?;
    let mut reader = Reader::<Event>::open(&dir.journal_path()).map_err(CommandFailure::problem)?;
    let (mut state, mut seen, mut text) = (State::default(), 0, String::new());
    let until = Instant::now() + if args.compact { REDRAW } else { PATIENCE };
    loop {
        // Checked first, so that events which are written before the process ends are read below
        let running = place.owner()?.filter(|owner| owner.mission == dir.id());
        let (read, events) = blocking(move || {
            let events = reader.poll();
            (reader, events)
        })
        .await;
        reader = read;
        for event in events.map_err(CommandFailure::problem)? {
            seen += 1;
            let line = told(&state, &event).filter(|_| seen > args.since);
            text.extend(line);
            state.apply(&event);
        }
        if args.json || args.compact {
            text.clear();
        }
        let standing = Standing::of(&state, running.is_some());
        if running.is_none() {
            let exit = if args.exit_status { exit_status(&state, standing) } else { 0 };
            if args.json {
                let mut value = status::value(&Board::of(&state, place.now_ms()), standing, None, &dir);
                value["verified"] = json!(verified(&state));
                value["exit_status"] = json!(exit_status(&state, standing));
                return Ok(CommandAnswer::json(&value)?.exit(exit));
            }
            text.push_str(&report::answer(&state, place.now_ms()));
            return Ok(CommandAnswer::done(text).exit(exit));
        }
        if !text.is_empty() || Instant::now() >= until {
            let mut again = vec!["watch".to_string(), dir.id().into(), "--since".into(), seen.to_string()];
            let flags =
                [("--compact", args.compact), ("--exit-status", args.exit_status), ("--json", args.json)];
            again.extend(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_string()));
            return Ok(CommandAnswer {
                line: args.compact.then(|| Box::new(line(&state, place.now_ms()))),
                again: Some(Again { args: again, after_ms: 50 }),
                ..CommandAnswer::done(text)
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn verified(state: &State) -> &'static str {
    match state.outcome {
        Some(Outcome::Done) => mission::verified(&state.head_checks).word(),
        _ => "no",
    }
}

/// The exit status: 0 delivered and verified, 1 incomplete or paused, 3 delivered but not fully verified.
fn exit_status(state: &State, standing: Standing) -> u8 {
    match (standing, verified(state)) {
        (Standing::Done, "yes") => 0,
        (Standing::Done, _) => 3,
        _ => 1,
    }
}

/// The compact line: `3/7 · $0.08 · 1:50 · fixing format-locale`.
fn line(state: &State, now_ms: u64) -> Line {
    let board = Board::of(state, now_ms);
    let integrated = board.tasks.iter().filter(|task| task.state == "integrated").count();
    let at_work = board
        .tasks
        .iter()
        .find(|task| matches!(task.state.as_ref(), "working" | "fixing" | "judging" | "testing"));
    let what = match at_work {
        Some(task) => format!("{} {}", state_for_readers(&task.state), task.id),
        None => format!("{:?}", board.stage).to_lowercase(),
    };
    let seconds = board.elapsed_ms / 1000;
    let progress = format!("{integrated}/{}", board.tasks.len());
    Line {
        text: format!(
            "{progress} · ${:.2} · {}:{:02} · {what}",
            board.usage.cost_usd,
            seconds / 60,
            seconds % 60
        ),
        key: format!("{progress} {what}"),
    }
}
