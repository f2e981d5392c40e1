//! The subcommands of `opencode-orchestrator` that need the core: a file each.
//!
//! The program hands its arguments over as JSON and prints what comes back ([`run`]); it holds no logic of
//! its own. A command is a function from its arguments, which [`program`] lists, and a [`place::Place`] to an [`Answer`].

mod checks;
mod clean;
mod config;
mod files;
mod graph;
mod lint;
mod lint_scan;
mod log;
mod place;
mod program;
mod report;
mod search;
mod status;
mod stop;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::blocking::blocking;
use crate::config::suggest::nearest;
use place::Place;
use program::Command;

/// How a subcommand is called: JSON in, JSON out, so that the program itself holds no logic.
#[derive(Clone, Debug, Deserialize)]
struct Request {
    args: Vec<String>,
    cwd: PathBuf,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// Exit status: 0 done, 1 problems found or the mission is incomplete, 2 wrong use.
#[derive(Debug, Default, Serialize)]
struct Answer {
    exit: u8,
    stdout: String,
    stderr: String,
    /// A file to show to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<PathBuf>,
    /// What to ask next, once this is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<Again>,
}

#[derive(Debug, Serialize)]
struct Again {
    args: Vec<String>,
    after_ms: u64,
}

impl Answer {
    fn done(stdout: impl Into<String>) -> Answer {
        Answer { stdout: stdout.into(), ..Answer::default() }
    }

    /// A value as JSON, for programs.
    fn json(value: &impl Serialize) -> Result<Answer, Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::Problem(format!("the answer cannot be written as JSON: {error}")))?;
        Ok(Answer::done(text + "\n"))
    }

    fn exit(mut self, exit: u8) -> Answer {
        self.exit = exit;
        self
    }

    /// Adds a message, which ends in a newline in any case.
    fn note(mut self, text: &str) -> Answer {
        self.stderr.push_str(text.trim_end_matches('\n'));
        self.stderr.push('\n');
        self
    }
}

/// Why a command has no answer.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// The command was called in a way that means nothing.
    Usage(String),
    Problem(String),
}

impl Failure {
    fn problem(error: impl ToString) -> Failure {
        Failure::Problem(error.to_string())
    }
}

/// Runs a subcommand: JSON of `{ args, cwd, env }` to JSON of `{ exit, stdout, stderr, open?, again? }`.
pub async fn run(request: &str) -> String {
    let answer = match serde_json::from_str::<Request>(request) {
        Ok(request) => answer(request).await,
        Err(error) => Answer {
            exit: 2,
            stderr: format!("the request could not be read: {error}\n"),
            ..Answer::default()
        },
    };
    serde_json::to_string(&answer)
        .unwrap_or_else(|error| format!("{{\"exit\":1,\"stdout\":\"\",\"stderr\":\"{error}\"}}"))
}

async fn answer(request: Request) -> Answer {
    let command = match program::parse(&request.args) {
        Ok(command) => command,
        Err(answer) => return answer,
    };
    match dispatch(command, request).await {
        Ok(answer) => answer,
        Err(Failure::Problem(text)) => Answer::default().exit(1).note(&text),
        Err(Failure::Usage(text)) => Answer::default().exit(2).note(&text),
    }
}

async fn dispatch(command: Command, request: Request) -> Result<Answer, Failure> {
    let place = blocking(move || Place::find(&request)).await?;
    match command {
        Command::Stop(args) => stop::run(&args, &place).await,
        Command::Log(args) => log::run(&args, &place).await,
        Command::Status(args) => blocking(move || status::run(&args, &place)).await,
        Command::Report(args) => blocking(move || report::run(&args, &place)).await,
        Command::Graph(args) => blocking(move || graph::run(&args, &place)).await,
        Command::Lint(args) => blocking(move || lint::run(&args, &place)).await,
        Command::Search(args) => blocking(move || search::run(&args, &place)).await,
        Command::Checks(args) => blocking(move || checks::run(&args, &place)).await,
        Command::Config(args) => blocking(move || config::run(&args, &place)).await,
        Command::Clean(args) => blocking(move || clean::run(&args, &place)).await,
        Command::Completion(shell) => Ok(shell.script()),
        Command::Install(_) | Command::Uninstall(_) | Command::Doctor(_) | Command::Demo => {
            Err(Failure::Usage("the program answers this command itself, without its core".into()))
        }
    }
}

/// Says that something has no such name, and which was probably meant.
fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likely = nearest(word, known).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!("there is no {what} `{}`{likely}", crate::text::cut(word, 200))
}
