//! `log [id] [--follow]`: a mission's events, and with `--follow` also the coming ones.
//!
//! A following call answers as soon as there is something to print, and says how to ask for what comes
//! next. So it keeps nothing between calls and ends with the program.

use std::fmt::Write;
use std::time::{Duration, Instant};

use journal::Reader;
use mission::{Event, State};
use serde_json::{Value, json};

use super::answer::{Again, CommandAnswer, CommandFailure};
use super::place::{Place, Standing};
use crate::actor::progress;
use crate::blocking::blocking;

/// How often the journal is read, and how long one call waits for new events.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The mission's id. Default: the newest.
    id: Option<String>,
    /// Print what happens from now on too, until the mission stops.
    #[arg(long)]
    follow: bool,
    /// Leave the first N events out.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    since: u64,
    /// Print one event a line as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let Arguments { follow, since, json, .. } = *args;
    let dir = place.mission(args.id.as_deref())?;
    let mut log = Log {
        reader: Reader::open(&dir.journal_path()).map_err(CommandFailure::problem)?,
        state: State::default(),
        seq: 0,
        at_ms: 0,
        since,
        json,
        text: String::new(),
    };
    let until = Instant::now() + PATIENCE;
    loop {
        // Checked first, so that events which are written before the process ends are read below
        let running = place.owner()?.is_some_and(|owner| owner.mission == dir.id());
        let (read, result) = blocking(move || {
            let result = log.read();
            (log, result)
        })
        .await;
        log = read;
        result?;
        let standing = Standing::of(&log.state, running);
        if !follow {
            return Ok(CommandAnswer::done(log.text));
        }
        if !running {
            let answer = CommandAnswer::done(log.text).exit(standing.exit());
            let ended = log.state.outcome.is_some();
            let id = dir.id();
            return Ok(if ended {
                answer
            } else {
                answer.note(&format!("mission {id} is no longer running"))
            });
        }
        if !log.text.is_empty() || Instant::now() >= until {
            let mut again = vec!["log".into(), dir.id().into(), "--follow".into()];
            again.extend(json.then(|| "--json".to_string()));
            again.extend(["--since".into(), log.seq.max(since).to_string()]);
            return Ok(CommandAnswer {
                again: Some(Again { args: again, after_ms: 50 }),
                ..CommandAnswer::done(log.text)
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

struct Log {
    reader: Reader<Event>,
    state: State,
    seq: u64,
    /// The time of the last event that has one.
    at_ms: u64,
    since: u64,
    json: bool,
    text: String,
}

impl Log {
    fn read(&mut self) -> Result<(), CommandFailure> {
        for event in self.reader.poll().map_err(CommandFailure::problem)? {
            self.seq += 1;
            let value = json!(event);
            self.at_ms = value["at_ms"].as_u64().unwrap_or(self.at_ms);
            if self.seq > self.since {
                if self.json {
                    let _ = writeln!(self.text, "{}", numbered(self.seq, value));
                } else {
                    self.line(&event, &value);
                }
            }
            self.state.apply(&event);
        }
        Ok(())
    }

    fn line(&mut self, event: &Event, value: &Value) {
        let said = progress::line(&self.state, event).map(|line| line.trim_start_matches("- ").to_string());
        let said = said.unwrap_or_else(|| plain(value));
        let begun = if self.seq == 1 { self.at_ms } else { self.state.started_ms };
        let seconds = self.at_ms.saturating_sub(begun) / 1000;
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut lines = said.trim_end().lines();
        let _ = writeln!(self.text, "{:5}  {time}  {}", self.seq, lines.next().unwrap_or_default());
        for line in lines {
            let _ = writeln!(self.text, "                 {}", line);
        }
    }
}

/// The line for an event without a progress line, such as `role asked (coder, add-login)`.
fn plain(value: &Value) -> String {
    let name = value["event"].as_str().unwrap_or_default().replace('_', " ");
    let about: Vec<&str> =
        ["role", "task", "mission"].iter().filter_map(|key| value[*key].as_str()).collect();
    let at = value["worker"].as_str().map(|worker| format!(" at worker {worker}")).unwrap_or_default();
    if about.is_empty() { name + &at } else { format!("{name} ({}){at}", about.join(", ")) }
}

fn numbered(seq: u64, mut value: Value) -> Value {
    value["seq"] = json!(seq);
    value
}
