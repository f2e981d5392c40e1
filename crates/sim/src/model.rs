//! The interface between a host and its models. `host` is one side, `worker` and the models of crates/bench are the
//! other. A model says what it does next and does nothing itself: it does not call the engine, and the host writes its
//! files.

use std::path::Path;
use std::time::Duration;

use mission::{Role, Tokens};
use serde_json::Value;

use crate::Random;

/// What a model does next in its turn.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelStep {
    /// It generates text for this long.
    Think(Duration),
    /// It calls a tool of the mission; the answer is a [`Reply::Text`].
    Call { tool: String, arguments: Value },
    /// It writes a file of its folder (`None` removes it) with OpenCode's tools, if the engine allows it. The reply is
    /// [`Reply::Done`] with the text that was appended to the tool's answer, or [`Reply::Refused`].
    Write { path: String, text: Option<String> },
    /// It ends its turn with this text.
    End(String),
}

/// The result of the last step.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reply {
    /// There was no step, or it has no answer.
    #[default]
    Nothing,
    Text(String),
    Done(Option<String>),
    Refused(String),
}

/// A model for all sessions.
pub trait Model: Send + Sync + 'static {
    /// Opens a session of a role in a folder. `random` is for this session alone.
    fn open(&self, role: Role, directory: &Path, random: Random) -> Box<dyn Session>;
}

/// A conversation. A turn begins with [`Session::prompt`], continues with [`Session::next`] and is over at [`ModelStep::End`].
pub trait Session: Send {
    fn prompt(&mut self, text: &str);

    fn next(&mut self, last: Reply) -> ModelStep;

    /// The tokens and US dollars of the turn that has just ended.
    fn cost(&mut self) -> (Tokens, f64);
}

/// The value of a line `name: value` in the header of a prompt.
pub fn header<'p>(prompt: &'p str, name: &str) -> Option<&'p str> {
    prompt
        .lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The words in backticks of the line that begins with `name`.
pub fn listed(prompt: &str, name: &str) -> Vec<String> {
    let line = prompt.lines().find_map(|line| line.strip_prefix(name));
    line.map(|line| line.split('`').skip(1).step_by(2).map(str::to_string).collect()).unwrap_or_default()
}
