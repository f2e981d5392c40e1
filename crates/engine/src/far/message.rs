//! What travels for a role's session: the job, and what both sides say on its line. Data only.
//!
//! It must not contain a model's key, a setting of the worker, or a path of either machine.

use std::collections::BTreeMap;

use mission::{Role, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bench::dispatch::verdict_job::Lone;
use crate::far::hooks::HookCall;

/// The version of these types. Sides of other versions do not work together.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A session that an owner asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoleJob {
    pub version: String,
    pub mission: String,
    pub role: Role,
    pub task: Option<TaskId>,
    pub title: String,
    /// The models that may be asked in it.
    pub models: Vec<String>,
    /// The mission's base.
    pub base: Lone,
    /// The files of the slot.
    pub at: Lone,
}

/// Files that a worker does not have yet, and from which its pack leads to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub from: Lone,
    pub to: Lone,
}

/// A prompt, and the files that come before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FarPrompt {
    pub number: u64,
    pub step: Option<Step>,
    pub role: Role,
    pub model: String,
    pub variant: Option<String>,
    pub options: BTreeMap<String, Value>,
    pub text: String,
}

/// From the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "say")]
pub(crate) enum ToWorker {
    Prompt(Box<FarPrompt>),
    Abort,
    Alive,
    /// The conversation is over.
    Close,
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "say")]
pub(crate) enum ToOwner {
    /// The session is open; answers whether the owner takes it.
    Ready,
    Alive,
    /// A call of a hook; answers [`Answered`].
    Hook {
        call: HookCall,
    },
    /// What the host saw of the session, as JSON.
    Seen {
        observation: String,
    },
    /// The turn of a prompt has ended, as the host says it.
    Ended {
        number: u64,
        turn: Value,
    },
    /// The host could not prompt.
    Failed {
        number: u64,
        why: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FromWorker {
    pub worker: String,
    #[serde(flatten)]
    pub said: ToOwner,
}

/// The answer to a call of a hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub value: Value,
    /// The files of the slot, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_worker_says_who_it_is_beside_what_it_says() {
        let said = FromWorker { worker: "w".into(), said: ToOwner::Ended { number: 2, turn: json!({}) } };
        let text = json!(said);
        assert_eq!(text, json!({ "worker": "w", "say": "ended", "number": 2, "turn": {} }));
        assert_eq!(serde_json::from_value::<FromWorker>(text).unwrap(), said);
    }
}
