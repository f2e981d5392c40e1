//! The subcommands of `opencode-orchestrator` that need the core, one file each.
//!
//! The program passes its arguments as JSON and prints the answer ([`run`]); it has no logic of its own. A command is a
//! function from its arguments, which [`program`] lists, and a [`place::Place`] to an [`answer::CommandAnswer`].

mod answer;
mod checks;
mod clean;
mod colour;
mod config;
mod files;
mod graph;
mod help;
mod lint;
mod lint_scan;
mod log;
mod machines;
mod named_mission;
mod place;
mod program;
mod report;
mod search;
mod status;
mod steering;
#[cfg(test)]
mod tests;
mod trust;

use crate::blocking::blocking;
use crate::text::visible;
use answer::{CommandAnswer, CommandFailure, Request};
use machines::{worker, workers};
use place::Place;
use program::Command;
use steering::{answers, launch, memory, plan, queue, review, stop, tell, undo, watch};

/// Runs a subcommand: JSON of `{ args, cwd, env, tty }` to JSON of `{ exit, stdout, stderr, open?, again? }`.
pub async fn run(request: &str) -> String {
    let mut coloured = false;
    let answer = match serde_json::from_str::<Request>(request) {
        Ok(request) => {
            coloured = colour::wanted(&request);
            answer(request).await
        }
        Err(error) => CommandAnswer {
            exit: 2,
            stderr: format!("the request could not be read: {error}\n"),
            ..CommandAnswer::default()
        },
    };
    serde_json::to_string(&shown(answer, coloured))
        .unwrap_or_else(|error| format!("{{\"exit\":1,\"stdout\":\"\",\"stderr\":\"{error}\"}}"))
}

/// Makes control characters visible in an answer for people; one for programs stays as it is.
fn shown(mut answer: CommandAnswer, coloured: bool) -> CommandAnswer {
    answer.stderr = visible(&answer.stderr).into_owned();
    if serde_json::from_str::<serde::de::IgnoredAny>(&answer.stdout).is_err() {
        answer.stdout = visible(&answer.stdout).into_owned();
        if coloured {
            answer.stdout = colour::painted(&answer.stdout);
        }
    }
    answer
}

async fn answer(request: Request) -> CommandAnswer {
    let command = match program::parse(&request.args) {
        Ok(command) => command,
        Err(answer) => return answer,
    };
    match dispatch(command, request).await {
        Ok(answer) => answer,
        Err(CommandFailure::Problem(text)) => CommandAnswer::default().exit(1).note(&text),
        Err(CommandFailure::Usage(text)) => CommandAnswer::default().exit(2).note(&text),
    }
}

async fn dispatch(command: Command, request: Request) -> Result<CommandAnswer, CommandFailure> {
    let place = blocking(move || Place::find(&request)).await?;
    match command {
        Command::Stop(args) => stop::run(&args, &place).await,
        Command::Run(args) => blocking(move || launch::run(&args, &place)).await,
        Command::Resume(args) => blocking(move || launch::resume(&args, &place)).await,
        Command::Watch(args) => watch::run(&args, &place).await,
        Command::Undo(args) => undo::run(&args, &place).await,
        Command::Answer(args) => answers::run(&args, &place).await,
        Command::Plan(args) => plan::run(&args, &place).await,
        Command::Review(args) => review::run(&args, &place).await,
        Command::Fix(args) => launch::fix_command(&args, &place).await,
        Command::Tell(args) => tell::run(&args, &place).await,
        Command::Queue(args) => queue::run(&args, &place).await,
        Command::Log(args) => log::run(&args, &place).await,
        Command::Status(args) => blocking(move || status::run(&args, &place)).await,
        Command::Report(args) => blocking(move || report::run(&args, &place)).await,
        Command::Graph(args) => blocking(move || graph::run(&args, &place)).await,
        Command::Lint(args) => blocking(move || lint::run(&args, &place)).await,
        Command::Search(args) => blocking(move || search::run(&args, &place)).await,
        Command::Memory(args) => blocking(move || memory::run(&args, &place)).await,
        Command::Checks(args) => checks::run(args, place).await,
        Command::Config(args) => blocking(move || config::run(&args, &place)).await,
        Command::Trust(args) => blocking(move || trust::run(&args, &place)).await,
        Command::Clean(args) => blocking(move || clean::run(&args, &place)).await,
        Command::Worker(args) => worker::run(&args, &place).await,
        Command::Workers(args) => workers::run(&args, &place).await,
        Command::Completion(shell) => Ok(shell.script()),
        Command::Help(args) => help::run(&args, &program::command_names(), program::help),
        Command::Install(_) | Command::Uninstall(_) | Command::Doctor(_) | Command::Demo => {
            Err(CommandFailure::Usage("the program answers this command itself, without its core".into()))
        }
    }
}
