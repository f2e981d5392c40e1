//! The one way to the outside: what the engine asks of the program that runs the language models.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use mission::{Role, Tokens};
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
    },
    /// One prompt; answers when the role has ended its turn, with a [`Turn`].
    Prompt {
        session: String,
        directory: PathBuf,
        role: Role,
        model: Option<String>,
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
}

/// What a prompt came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// Tokens of the whole session so far.
    pub tokens: Tokens,
    /// US dollars of the whole session so far.
    pub cost_usd: f64,
    /// Why the provider or the host gave up, if it did.
    pub error: Option<TurnError>,
    /// The last words of the role.
    pub text: String,
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
}

impl HostRequest {
    pub fn action(&self) -> &'static str {
        match self {
            HostRequest::Open { .. } => "open a session",
            HostRequest::Prompt { .. } => "prompt a role",
            HostRequest::Abort { .. } => "abort a session",
            HostRequest::Dispose { .. } => "let go of a folder",
        }
    }
}
