//! The request and the answer of every subcommand. It knows no command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::text::cut;
use crate::text::nearest;

/// The request of a subcommand: JSON in, JSON out, so that the program itself has no logic.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    pub args: Vec<String>,
    pub cwd: PathBuf,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Whether the answer is shown on a terminal.
    #[serde(default)]
    pub tty: bool,
}

/// Exit status: 0 done, 1 problems found or the mission is incomplete, 2 wrong use.
#[derive(Debug, Default, Serialize)]
pub(crate) struct CommandAnswer {
    pub exit: u8,
    pub stdout: String,
    pub stderr: String,
    /// A file to show to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<PathBuf>,
    /// A line that replaces the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Box<Line>>,
    /// The next request, to send after this answer is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub text: String,
    /// If lines cannot be replaced, a line is printed only when this text changes.
    pub key: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Again {
    pub args: Vec<String>,
    pub after_ms: u64,
}

impl CommandAnswer {
    pub fn done(stdout: impl Into<String>) -> CommandAnswer {
        CommandAnswer { stdout: stdout.into(), ..CommandAnswer::default() }
    }

    /// A value as JSON, for programs.
    pub fn json(value: &impl Serialize) -> Result<CommandAnswer, CommandFailure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| {
            CommandFailure::Problem(format!("the answer cannot be written as JSON: {error}"))
        })?;
        Ok(CommandAnswer::done(text + "\n"))
    }

    pub fn exit(mut self, exit: u8) -> CommandAnswer {
        self.exit = exit;
        self
    }

    /// Adds a message, with a newline at its end.
    pub fn note(mut self, text: &str) -> CommandAnswer {
        self.stderr.push_str(text.trim_end_matches('\n'));
        self.stderr.push('\n');
        self
    }
}

/// Why a command has no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommandFailure {
    /// The command was called with wrong arguments.
    Usage(String),
    Problem(String),
}

impl CommandFailure {
    pub fn problem(error: impl ToString) -> CommandFailure {
        CommandFailure::Problem(error.to_string())
    }
}

/// The message for an unknown name, with the name that was probably meant.
pub(crate) fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likely = nearest(word, known).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!("there is no {what} `{}`{likely}", cut(word, 200))
}
