//! The subcommands of `opencode-orchestrator` that need the core: a file each.
//!
//! The program hands its arguments over as JSON and prints what comes back ([`run`]); it holds no logic of
//! its own. A command is a function from [`args::Args`] and a [`place::Place`] to an [`Answer`].

mod args;
mod checks;
mod clean;
mod config;
mod files;
mod graph;
mod lint;
mod lint_scan;
mod log;
mod place;
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
use args::{Spec, Words};
use place::Place;

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

const MISSION: Spec = Spec { flags: &["--json"], valued: &[], words: Words::One };

/// What each command takes.
const COMMANDS: [(&str, Spec); 10] = [
    ("status", MISSION),
    ("stop", MISSION),
    ("report", Spec { flags: &["--json", "--open"], ..MISSION }),
    ("graph", Spec { flags: &[], valued: &["--format"], words: Words::One }),
    ("log", Spec { flags: &["--json", "--follow"], valued: &["--since"], words: Words::One }),
    ("lint", Spec { flags: &["--json"], valued: &["--base", "--format"], words: Words::Many }),
    ("search", Spec { flags: &["--json"], valued: &["--limit"], words: Words::Many }),
    (
        "checks",
        Spec {
            flags: &["--json"],
            valued: &["--runner", "--run", "--exit", "--base", "--base-exit", "--now", "--now-exit"],
            words: Words::Many,
        },
    ),
    ("config", MISSION),
    ("clean", Spec { flags: &["--json", "--all", "--force"], valued: &[], words: Words::None }),
];

async fn answer(request: Request) -> Answer {
    let name = request.args.first().cloned().unwrap_or_default();
    match dispatch(request).await {
        Ok(answer) => answer,
        Err(Failure::Problem(text)) => Answer::default().exit(1).note(&text),
        Err(Failure::Usage(text)) => {
            let known = COMMANDS.iter().any(|(command, _)| *command == name);
            let help = if known { format!(" {name}") } else { String::new() };
            let hint = format!("hint: `opencode-orchestrator{help} --help` says how it is used");
            let answer = Answer::default().exit(2).note(&text);
            if text.contains("hint: ") { answer } else { answer.note(&hint) }
        }
    }
}

async fn dispatch(request: Request) -> Result<Answer, Failure> {
    let (name, rest) =
        request.args.split_first().ok_or_else(|| Failure::Usage("no command was given".into()))?;
    let Some((name, spec)) = COMMANDS.iter().find(|(command, _)| command == name) else {
        return Err(Failure::Usage(args::unknown("command", name, COMMANDS.iter().map(|(name, _)| *name))));
    };
    let args = args::parse(name, spec, rest)?;
    let place = {
        let request = request.clone();
        blocking(move || Place::find(&request)).await?
    };
    match *name {
        "stop" => stop::run(&args, &place).await,
        "log" => log::run(&args, &place).await,
        _ => {
            let command = match *name {
                "status" => status::run,
                "report" => report::run,
                "graph" => graph::run,
                "lint" => lint::run,
                "search" => search::run,
                "checks" => checks::run,
                "config" => config::run,
                _ => clean::run,
            };
            blocking(move || command(&args, &place)).await
        }
    }
}
