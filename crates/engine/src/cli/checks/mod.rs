//! `checks [PATH]`: the project's own commands as a mission would use them, and what is left out and why. `checks
//! parse` and `checks compare` show what a mission reads in their output. Only `checks try` runs anything. Each has its
//! own file in this folder.

mod attempt;
mod compare;
mod parse;
mod show;

use super::answer::{CommandAnswer, CommandFailure};
use super::place::Place;
use crate::blocking::blocking;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// The folder of a project. Default: this folder.
    path: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Say what a test command's output tells of its tests, as JSON.
    Parse(parse::Arguments),
    /// Compare a test command's output with its output before a change, as JSON.
    Compare(compare::Arguments),
    /// Set the project up in a slot and run its checks there once, as a mission would.
    Try(attempt::Arguments),
}

pub(super) async fn run(args: Arguments, place: Place) -> Result<CommandAnswer, CommandFailure> {
    if let Some(Part::Try(part)) = &args.part {
        return attempt::run(part, &place).await;
    }
    blocking(move || match &args.part {
        Some(Part::Parse(part)) => parse::run(part, &place),
        Some(Part::Compare(part)) => compare::run(part, &place),
        Some(Part::Try(_)) | None => show::run(args.path.as_deref(), args.json, &place),
    })
    .await
}
