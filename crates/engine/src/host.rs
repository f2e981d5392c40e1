//! The only way out of the engine: requests to the program that runs the language models.
//!
//! Nothing in the core names the host, and nothing that a host says counts as a fact about files.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use mission::{Price, Role, Tokens};
use serde::{Deserialize, Serialize};

/// A request of the engine. Plain data, so that a host can be in another language or on another machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum HostRequest {
    /// Open a session for a role; answers `{ session }`.
    Open {
        directory: PathBuf,
        parent: Option<String>,
        title: String,
        role: Role,
        /// The user gave this role a shell.
        #[serde(default)]
        bash: bool,
    },
    /// Send one prompt; answers with a [`Turn`] when the role has ended its turn.
    Prompt {
        session: String,
        directory: PathBuf,
        role: Role,
        model: Option<String>,
        /// The model's variant, as the host names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variant: Option<String>,
        /// Options for each request of the turn.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        options: BTreeMap<String, serde_json::Value>,
        text: String,
    },
    Abort {
        session: String,
        directory: PathBuf,
    },
    /// No session works in this folder any more: the host may drop its data for it.
    Dispose {
        directory: PathBuf,
    },
    /// The prices and variants of these models (`provider/model`), and the model for roles without a configured one;
    /// answers [`Models`].
    Models {
        models: Vec<String>,
    },
    /// The vectors of texts by an embedding model (`provider/model`); answers [`Embedded`].
    Embed {
        model: String,
        texts: Vec<String>,
    },
}

/// The result of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// Tokens of the whole session so far.
    pub tokens: Tokens,
    /// US dollars of the whole session so far.
    pub cost_usd: f64,
    /// Why the provider or the host failed, if it did.
    pub error: Option<TurnError>,
    /// The last words of the role; the end of a long text.
    pub text: String,
    /// The length of all its words, in bytes.
    pub bytes: u64,
    /// Why the model's last answer ended, if the host says so.
    pub finish: Option<String>,
}

/// The host's knowledge of models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Models {
    /// `provider/model`
    pub default: Option<String>,
    pub prices: BTreeMap<String, Price>,
    /// By model: the variants, if the host knows them.
    pub variants: BTreeMap<String, Vec<String>>,
    /// By model: the sizes of input and output, if the host knows them.
    pub limits: BTreeMap<String, ModelLimits>,
    /// Every model that the host offers, as `provider/model`; empty if the host has no list.
    pub known: Vec<String>,
}

/// The vectors of texts, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Embedded {
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that the provider read; 0 if it does not say.
    pub tokens: u64,
}

/// The size of a model's context and of one answer, in tokens; 0 if unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelLimits {
    pub context: u64,
    pub output: u64,
}

/// Something that the host saw of a running session. It may arrive twice, and late; unknown kinds are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Observation {
    /// A part of an answer has begun that is not ordinary text.
    Thought { part: String },
    /// A piece of an answer arrived; `bytes` is its length.
    Text { answer: String, part: String, bytes: u64 },
    /// The cost of one answer so far.
    Usage { answer: String, tokens: Tokens, cost_usd: f64 },
    /// A tool is called; `arguments` as JSON.
    Tool {
        call: String,
        tool: String,
        arguments: String,
        /// The host's message, if it did not execute the call.
        #[serde(default)]
        error: Option<String>,
    },
    /// The host waits before it asks the provider again, until `next_ms` (milliseconds since 1970).
    Retry { message: String, next_ms: u64 },
    /// The provider refused a request because it is larger than the model's context.
    TooLarge { message: String },
    /// The host shortened the session's messages, to ask again.
    Compacted,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnError {
    pub name: String,
    pub message: String,
    /// HTTP status of the provider, if it answered.
    pub status: Option<u16>,
}

/// The host itself failed: this does not count as an attempt.
#[derive(Clone, Debug, thiserror::Error)]
#[error("OpenCode could not {action}: {message}")]
pub struct HostError {
    pub action: &'static str,
    pub message: String,
}

pub type HostFuture = Pin<Box<dyn Future<Output = Result<serde_json::Value, HostError>> + Send>>;

pub trait Host: Send + Sync + 'static {
    fn call(&self, request: HostRequest) -> HostFuture;
    /// Shows a piece of the mission's visible answer, whole lines.
    fn say(&self, text: &str);
    /// Shows news while the mission runs, which a host may display apart from the answer.
    fn progress(&self, text: &str) {
        self.say(text);
    }
}

/// Wraps a host so that its texts hide nothing from the reader: the engine speaks to users only through it.
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
            HostRequest::Embed { .. } => "ask an embedding model",
        }
    }
}

/// A host without users and models.
pub(crate) struct Nobody;

impl Host for Nobody {
    fn call(&self, request: HostRequest) -> HostFuture {
        let action = request.action();
        Box::pin(async move { Err(HostError { action, message: "no model is asked here".into() }) })
    }

    fn say(&self, _text: &str) {}
}
