//! `checks [PATH]`: the project's own commands as a mission would use them, and what is left out and why.
//! Runs nothing. The first word may name a part that has a file of its own beside this one.

mod show;

use super::args::Args;
use super::place::Place;
use super::{Answer, Failure};

pub(super) fn run(args: &Args, place: &Place) -> Result<Answer, Failure> {
    show::run(args.word(), args, place)
}
