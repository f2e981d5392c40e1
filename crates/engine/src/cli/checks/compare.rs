//! `checks compare`: the verdict on a change from a check's output before and after it. Runs nothing.

use std::path::{Path, PathBuf};

use ::checks::{End, NewFailure, Outcome, Verdict, compare};
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use super::parse::{Printer, read};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    command: Printer,
    /// A file that holds what the command printed before the change.
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// Its exit status then.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    base_exit: i32,
    /// A file that holds what it prints now.
    #[arg(long, value_name = "FILE")]
    now: PathBuf,
    /// Its exit status now.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    now_exit: i32,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let check = args.command.check();
    let side = |file: &Path, code: i32| -> Result<Outcome, CommandFailure> {
        let text = read(&place.cwd.join(file))?;
        Ok(Outcome::of_output(&check, End::Exited { code }, &text))
    };
    let (base, now) = (side(&args.base, args.base_exit)?, side(&args.now, args.now_exit)?);
    let (verdict, findings, why) = match compare(Some(&base), &now) {
        Verdict::Pass => ("pass", Vec::new(), None),
        Verdict::Fail { findings } => ("fail", findings, None),
        Verdict::NoEvidence { why } => ("no_evidence", Vec::new(), Some(why)),
    };
    let mut value = json!({
        "verdict": verdict,
        "new_failures": findings.iter().filter_map(name).collect::<Vec<_>>(),
    });
    if let Some(why) = why {
        value["why"] = json!(why);
    }
    CommandAnswer::json(&value)
}

/// The full name of a test; `None` if the command failed as a whole.
fn name(failure: &NewFailure) -> Option<String> {
    let test = failure.test.as_deref()?;
    Some(failure.suite.as_ref().map_or_else(|| test.to_owned(), |suite| format!("{suite} > {test}")))
}
