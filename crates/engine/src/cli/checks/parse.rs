//! `checks parse`: the results in the output of a test runner, as a mission would read them. It is for scripts, too,
//! and runs nothing.

use std::path::{Path, PathBuf};

use ::checks::{Check, CheckPurpose, End, Reading, Runner, TestFailure, clean, reading};
use serde_json::json;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use crate::text::nearest;

/// The largest output file, in bytes; larger files are refused.
const MAX_FILE: u64 = 1 << 30;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    command: Printer,
    /// The command's exit status.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    exit: i32,
    /// A file that holds what the command printed.
    file: PathBuf,
}

/// Whose output it is.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Printer {
    /// The test runner that printed it.
    #[arg(long, value_name = "NAME", value_parser = runner)]
    runner: Option<Runner>,
    /// The command that printed it; it names its runner.
    #[arg(long, value_name = "COMMAND", allow_hyphen_values = true)]
    run: Option<String>,
}

fn runner(name: &str) -> Result<Runner, String> {
    let known = || Runner::ALL.iter().map(|runner| runner.name());
    Runner::of_name(name).ok_or_else(|| {
        let meant =
            nearest(name, known()).map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
        format!("{meant}The test runners are {}", known().collect::<Vec<_>>().join(", "))
    })
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let check = args.command.check();
    let end = End::Exited { code: args.exit };
    let text = read(&place.cwd.join(&args.file))?;
    let Reading { runner, report } = reading(&check, &end, &text);
    let failing = report.failing.as_deref().unwrap_or_default();
    let status = match (&end, report.passed) {
        _ if !failing.is_empty() => "failed",
        // The shell could not start the program
        (End::Exited { code: 126 | 127 }, None) => "unknown",
        (end, _) if !end.success() => "failed",
        (_, Some(passed)) if passed > 0 => "passed",
        _ => "unknown",
    };
    let mut value = json!({
        "runner": runner,
        "status": status,
        "complete": report.failing.is_some() && !report.partial,
        "failed": failing.iter().map(name).collect::<Vec<_>>(),
    });
    if let Some(passed) = report.passed {
        value["passed"] = json!(passed);
    }
    CommandAnswer::json(&value)
}

impl Printer {
    /// The check that the options describe, by its runner or its command line.
    pub(super) fn check(&self) -> Check {
        let check = Check::configured("test", self.run.as_deref().unwrap_or_default(), None);
        Check { kind: CheckPurpose::Test, runner: self.runner.or(check.runner), ..check }
    }
}

/// The text of a file, as it would look on a terminal.
pub(super) fn read(path: &Path) -> Result<String, CommandFailure> {
    let wrong = |error: std::io::Error| {
        CommandFailure::Problem(format!("the file `{}` cannot be read: {error}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(wrong)?.len();
    if size > MAX_FILE {
        return Err(CommandFailure::Problem(format!(
            "the file `{}` holds {size} bytes; no output of more than {MAX_FILE} is read",
            path.display()
        )));
    }
    Ok(clean(&std::fs::read(path).map_err(wrong)?))
}

/// The full name of a test, with its file or package first.
fn name(failure: &TestFailure) -> String {
    match &failure.suite {
        Some(suite) => format!("{suite} > {}", failure.name),
        None => failure.name.clone(),
    }
}
