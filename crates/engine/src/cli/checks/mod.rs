//! `checks [PATH]`: the project's own commands as a mission would use them, and what is left out and why.
//! Runs nothing. A part with a name has a file of its own beside this one.

mod show;

use super::place::Place;
use super::{Answer, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a project; this one without it.
    path: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<Answer, Failure> {
    show::run(args.path.as_deref(), args.json, place)
}
