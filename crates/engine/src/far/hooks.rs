//! What a session's host asks the engine while a role works: the calls of the plugin's hooks, as data.
//!
//! The engine answers them. It must not contain a call that runs a command for the session: roles on workers have no
//! shell.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call of a hook. `arguments` of a tool are JSON, or a text that is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "hook")]
pub(crate) enum HookCall {
    /// A mailbox tool; answers with the text for the model.
    CallTool { tool: String, arguments: Value },
    /// May one of the host's tools run? Answers with a refusal, or null.
    BeforeTool { tool: String, arguments: Value },
    /// What to append to the answer of one of the host's tools, or null.
    AfterTool { tool: String, arguments: Value },
    /// May the next request be sent? Answers with a refusal, or null.
    BeforeRequest { bytes: u64 },
    /// Replacements for parts of the messages of the next request, or null.
    Page { messages: String },
    /// Other texts of instructions for the next request, or null.
    CutInstructions { texts: String },
    /// A tool that changes files; answers `{ done }`, or `{ refused }`.
    ChangeFile { tool: String, arguments: Value, write: bool },
}

impl HookCall {
    /// Whether files of the slot may be others afterwards, while the role still works.
    pub fn may_change_files(&self) -> bool {
        match self {
            HookCall::ChangeFile { write, .. } => *write,
            HookCall::CallTool { tool, .. } => matches!(tool.as_str(), "mission_move" | "mission_check"),
            _ => false,
        }
    }

    /// Whether it is one of the calls that take their turn: two changes of one slot never run at once.
    pub fn takes_turns(&self) -> bool {
        matches!(self, HookCall::ChangeFile { .. } | HookCall::CallTool { .. })
    }
}

pub(crate) type HookAnswer = Pin<Box<dyn Future<Output = Value> + Send>>;

/// Answers the calls for the sessions of a mission.
pub(crate) trait Hooks: Send + Sync + 'static {
    fn call(&self, session: String, call: HookCall) -> HookAnswer;
    /// Takes in what a host saw of a session, as JSON.
    fn observe(&self, session: &str, observation: &str);
}
