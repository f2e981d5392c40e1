//! The one way to the outside: what the engine asks of the program that runs the language models.
//!
//! Nothing in the core names the host behind it, and what a host says is never believed as a fact about files.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use mission::{Price, Role, Tokens};
use serde::{Deserialize, Serialize};

/// A wish of the engine. Plain data, so that a host can live in another language or on another machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum HostRequest {
    /// A session for a role; answers `{ session }`.
    Open {
        directory: PathBuf,
        parent: Option<String>,
        title: String,
        role: Role,
        /// The user gave this role a shell.
        #[serde(default)]
        bash: bool,
    },
    /// One prompt; answers when the role has ended its turn, with a [`Turn`].
    Prompt {
        session: String,
        directory: PathBuf,
        role: Role,
        model: Option<String>,
        /// Of the model, as the host names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variant: Option<String>,
        /// Of each request of the turn.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        options: BTreeMap<String, serde_json::Value>,
        text: String,
    },
    Abort {
        session: String,
        directory: PathBuf,
    },
    /// No session works in this folder any more: what the host keeps for it can go.
    Dispose {
        directory: PathBuf,
    },
    /// The prices and variants of these models (`provider/model`), and the model that is asked where none is named; answers [`Models`].
    Models {
        models: Vec<String>,
    },
}

/// What a prompt came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// Tokens of the whole session so far.
    pub tokens: Tokens,
    /// US dollars of the whole session so far.
    pub cost_usd: f64,
    /// Why the provider or the host failed, if it did.
    pub error: Option<TurnError>,
    /// The last words of the role; of a long text, its end.
    pub text: String,
    /// How long all of them were.
    pub bytes: u64,
}

/// What the host knows of models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Models {
    /// `provider/model`
    pub default: Option<String>,
    pub prices: BTreeMap<String, Price>,
    /// The variants of those among them whose variants the host knows, by model.
    pub variants: BTreeMap<String, Vec<String>>,
    /// What those among them can read and write, where the host knows it.
    pub limits: BTreeMap<String, ModelLimits>,
    /// Every model that the host could ask, as `provider/model`; empty where it does not say.
    pub known: Vec<String>,
}

/// What a model can hold, and write in one answer, in tokens; 0 where it is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelLimits {
    pub context: u64,
    pub output: u64,
}

/// What the host sees of a session while it runs. May come twice, and late; what is unknown here is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Observation {
    /// A part of an answer has begun that is no ordinary text.
    Thought { part: String },
    /// A piece of an answer arrived, so long in bytes.
    Text { answer: String, part: String, bytes: u64 },
    /// What one answer has cost so far.
    Usage { answer: String, tokens: Tokens, cost_usd: f64 },
    /// A tool is called; `arguments` as JSON.
    Tool {
        call: String,
        tool: String,
        arguments: String,
        /// What the host said where it did not carry the call out.
        #[serde(default)]
        error: Option<String>,
    },
    /// The host waits before it asks the provider again, until then (milliseconds since 1970).
    Retry { message: String, next_ms: u64 },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnError {
    pub name: String,
    pub message: String,
    /// HTTP status of the provider, where there was one.
    pub status: Option<u16>,
}

/// The host itself failed: it is no attempt.
#[derive(Clone, Debug, thiserror::Error)]
#[error("OpenCode could not {action}: {message}")]
pub struct HostError {
    pub action: &'static str,
    pub message: String,
}

pub type HostFuture = Pin<Box<dyn Future<Output = Result<serde_json::Value, HostError>> + Send>>;

pub trait Host: Send + Sync + 'static {
    fn call(&self, request: HostRequest) -> HostFuture;
    /// A piece of the mission's visible answer, whole lines.
    fn say(&self, text: &str);
    /// The same for what is only news while the mission runs, which a host may show apart from the answer.
    fn progress(&self, text: &str) {
        self.say(text);
    }
}

/// A host whose answers hide nothing from the person who reads them: the one place where the engine speaks.
pub(crate) struct Voice(pub std::sync::Arc<dyn Host>);

impl Host for Voice {
    fn call(&self, request: HostRequest) -> HostFuture {
        self.0.call(request)
    }

    fn say(&self, text: &str) {
        self.0.say(&crate::text::visible(text));
    }

    fn progress(&self, text: &str) {
        self.0.progress(&crate::text::visible(text));
    }
}

impl HostRequest {
    pub fn action(&self) -> &'static str {
        match self {
            HostRequest::Open { .. } => "open a session",
            HostRequest::Prompt { .. } => "prompt a role",
            HostRequest::Abort { .. } => "abort a session",
            HostRequest::Dispose { .. } => "release a folder",
            HostRequest::Models { .. } => "say what its models cost",
        }
    }
}

/// Nobody listens, and no model is asked.
pub(crate) struct Nobody;

impl Host for Nobody {
    fn call(&self, request: HostRequest) -> HostFuture {
        let action = request.action();
        Box::pin(async move { Err(HostError { action, message: "no model is asked here".into() }) })
    }

    fn say(&self, _text: &str) {}
}
