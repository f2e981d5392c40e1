//! A role's bash, if the user allows one: the engine runs the command, confined like the project's checks, and the tool
//! shows the result. OpenCode's own tool would run with its environment and could write anywhere. So the command runs
//! before the tool, and the tool only runs a command that prints the result. If this machine cannot confine a command,
//! none runs. No gate reads its output.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use checks::{Check, End, Level, Outcome, RunOptions};
use serde_json::{Value, json};

use crate::steps::context::MissionContext;
use crate::steps::instructions;
use crate::steps::real_path::inside;
use crate::talk::session::Session;

/// The time limit of a command without one, and the longest time limit.
const USUAL: Duration = Duration::from_secs(120);
const LONGEST: Duration = Duration::from_secs(600);
/// The most output that a role is shown, in bytes.
const MAX_OUTPUT: usize = 16 * 1024;
/// The longest command that is run, in bytes.
const MAX_COMMAND: usize = 32 * 1024;

/// Why a role may not run a command, in words for the model.
fn refusal(context: &MissionContext, session: &Session) -> Option<String> {
    if !context.desk.may_run_commands(session.role) {
        return Some(
            "refused: this role has no shell. Write with the file tools; `mission_check` runs the project's checks."
                .into(),
        );
    }
    if context.bench.config.sandbox.settings().level().unwrap_or(Level::None) == Level::None {
        return Some(
            "refused: this machine cannot confine a command, or its sandbox is switched off, so none is run. Write with the file tools; \
             `mission_check` runs the project's checks."
                .into(),
        );
    }
    None
}

/// Runs the command of a bash call. Returns arguments with which the tool prints the result.
pub(crate) async fn run(
    context: &Arc<MissionContext>,
    session: &Session,
    arguments: &Value,
) -> Result<Value, String> {
    if let Some(why) = refusal(context, session) {
        return Err(why);
    }
    let check = command(session, arguments)?;
    // A model chooses the name of a task, and other folders beside this one have names of ours
    let name = format!("shell-{}", session.task.as_deref().unwrap_or("role"));
    let options =
        RunOptions { output_limit: MAX_OUTPUT, ..context.bench.run_options_in(&session.directory, &name) };
    let turns = context.desk.sessions.turns(&session.directory);
    let turn = turns.command().await;
    let slot = context.bench.workspace.slot_at(&session.directory, &session.base);
    let hidden = slot.as_ref().map(|slot| context.bench.slots.hide_files(slot));
    let outcome =
        context.bench.commands.run(&check, None, &options, context.desk.orchestrator.cancelled()).await;
    instructions::keep_plain(&context.bench.workspace, &session.directory, &session.base, "");
    drop((hidden, turn));
    let said = context.desk.redactor.redact(&words(&outcome)).into_owned();
    let mut arguments = arguments.clone();
    if let Some(fields) = arguments.as_object_mut() {
        fields.insert("command".into(), json!(printing(&said, status(&outcome))));
        // The tool only has to print
        fields.remove("timeout");
        fields.remove("workdir");
    }
    Ok(arguments)
}

fn command(session: &Session, arguments: &Value) -> Result<Check, String> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let line = text("command").ok_or("refused: `command` is missing.")?;
    if line.len() > MAX_COMMAND || line.contains('\0') {
        return Err(format!("refused: a command has at most {MAX_COMMAND} bytes, none of them NUL."));
    }
    let whole = |folder: &str| Path::new(folder) == session.directory || folder == ".";
    let directory = match text("workdir").filter(|folder| !whole(folder)) {
        Some(folder) => inside(&session.directory, folder)?,
        None => String::new(),
    };
    let asked = arguments.get("timeout").and_then(Value::as_u64).map(Duration::from_millis);
    let mut check = Check::configured("command", line, Some(asked.unwrap_or(USUAL).min(LONGEST)));
    // No gate judges it, so its output is not searched for tests
    check.kind = checks::CheckPurpose::Custom;
    check.runner = None;
    check.directory = directory;
    Ok(check)
}

fn words(outcome: &Outcome) -> String {
    match &outcome.end {
        End::Exited { .. } => outcome.output.clone(),
        end => format!("{}\n(the command {end})", outcome.output),
    }
}

fn status(outcome: &Outcome) -> i32 {
    match outcome.end {
        End::Exited { code } => code,
        End::NotFound { .. } => 127,
        _ => 1,
    }
}

/// A command that prints any text and ends with a status. What no shell reads in another way stands as it is, all else as
/// octal numbers: shells do not agree on quotes.
fn printing(text: &str, status: i32) -> String {
    let mut plain = String::with_capacity(text.len());
    for byte in text.trim_end().bytes().filter(|byte| *byte != 0) {
        match byte {
            b' ' | b'.' | b',' | b'/' | b':' | b'_' | b'=' => plain.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => plain.push(char::from(byte)),
            _ => drop(write!(plain, "\\0{byte:03o}")),
        }
    }
    format!("printf '%b\\n' '{plain}'; exit {}", status & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_exactly_what_was_said() {
        let texts = [
            "plain",
            "it's",
            "'; touch x; '",
            "$(touch x) `y` \\n %s",
            "a\nb",
            "-n",
            "",
            "\\0101",
            "\u{e9}1\u{202e}",
        ];
        for text in texts {
            let output = checks_shell(&printing(text, 3));
            assert_eq!(output, (format!("{text}\n"), Some(3)), "{text}");
            // OpenCode's tool uses the user's own shell
            for shell in ["bash", "dash", "zsh", "ksh", "mksh", "fish"] {
                let said = std::process::Command::new(shell).args(["-c", &printing(text, 3)]).output();
                let Ok(said) = said else { continue };
                assert_eq!(String::from_utf8_lossy(&said.stdout), format!("{text}\n"), "{shell}");
                assert_eq!(said.status.code(), Some(3), "{shell}");
            }
        }
    }

    /// Runs it through the real shell, like OpenCode's tool.
    fn checks_shell(line: &str) -> (String, Option<i32>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let check = Check::configured("print", line, None);
        let options = RunOptions::new(folder.path(), folder.path().join("tmp"), "m-print");
        let outcome = runtime.block_on(checks::run(&check, None, &options, &Default::default()));
        let End::Exited { code } = outcome.end else { return (outcome.output, None) };
        (outcome.output, Some(code))
    }
}
