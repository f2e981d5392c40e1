//! The class `Engine`: each method is one of `engine::Engine`, with JSON texts in and out.
//!
//! No rule belongs here, and the engine reports wrong arguments. The environment is read once, when the object is
//! created.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use napi::{Error, Result};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::Value;

use crate::bridge::{Bridge, Call, Say};

/// The constructor's argument.
#[derive(Deserialize)]
struct Options {
    directory: PathBuf,
    data_home: PathBuf,
    config_home: PathBuf,
    #[serde(default)]
    options: Option<Value>,
    #[serde(default)]
    slot_files: BTreeMap<String, String>,
    #[serde(default)]
    own_options: bool,
    #[serde(default)]
    interactive: bool,
    #[serde(default)]
    file_tools: bool,
}

#[napi]
pub struct Engine {
    engine: Arc<engine::Engine>,
}

#[napi]
impl Engine {
    /// `options`: JSON of `{ directory, data_home, config_home, options?, own_options?, interactive?, file_tools?, slot_files? }`.
    #[napi(constructor)]
    pub fn new(options: String) -> Result<Self> {
        let options: Options = serde_json::from_str(&options)
            .map_err(|e| Error::from_reason(format!("the engine's options: {e}")))?;
        let Options {
            directory,
            data_home,
            config_home,
            options,
            slot_files,
            own_options,
            interactive,
            file_tools,
        } = options;
        let environment =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let options = engine::EngineOptions {
            directory,
            data_home,
            config_home,
            options,
            slot_files,
            own_options,
            interactive,
            file_tools,
            environment: environment.collect(),
        };
        Ok(Engine { engine: Arc::new(engine::Engine::new(options)) })
    }

    /// Carries out the text after `/task`. `call` answers the engine's requests to the host; `say` gets the answer's
    /// text in pieces.
    #[napi]
    pub async fn command(&self, text: String, session: Option<String>, call: Call, say: Say) {
        self.engine.command(&text, session, Arc::new(Bridge { call: Arc::new(call), say })).await;
    }

    /// The message about a mission that waits to be resumed, or `null`.
    #[napi]
    pub async fn unfinished(&self) -> Option<String> {
        self.engine.unfinished().await
    }

    #[napi]
    pub async fn stop(&self, by: String) {
        self.engine.stop(&by).await;
    }

    /// Stops only a mission that was requested in this session.
    #[napi]
    pub async fn stop_in(&self, session: String, by: String) {
        self.engine.stop_in(&session, &by).await;
    }

    /// The text after the command, typed in a busy session: the answer if it takes effect at once, or `null`.
    #[napi]
    pub async fn at_once(&self, text: String) -> Option<String> {
        self.engine.at_once(&text).await
    }

    /// Whether the session belongs to a role of this engine.
    #[napi]
    pub fn knows(&self, session: String) -> bool {
        self.engine.knows(&session)
    }

    /// OpenCode's observation of a role's session, as JSON; other sessions are ignored.
    #[napi]
    pub fn observe(&self, session: String, observation: String) {
        self.engine.observe(&session, &observation);
    }

    /// Calls a mailbox tool. Arguments are JSON; returns the answer for the model.
    #[napi]
    pub async fn call_tool(&self, session: String, tool: String, arguments: String) -> String {
        self.engine.call_tool(&session, &tool, value(arguments)).await
    }

    /// Why a call of one of OpenCode's tools is refused, or `null`.
    #[napi]
    pub async fn before_tool(&self, session: String, tool: String, arguments: String) -> Option<String> {
        self.engine.before_tool(&session, &tool, &value(arguments)).await
    }

    /// Why a session's next request must not be sent, or `null`; `bytes`: the length of its messages.
    #[napi]
    pub async fn before_request(&self, session: String, bytes: u32) -> Option<String> {
        self.engine.before_request(&session, bytes.into()).await
    }

    /// Replacements for parts of a session's messages in its next request, as JSON, or `null` if there are none;
    /// `messages`: JSON of the messages.
    #[napi]
    pub async fn page(&self, session: String, messages: String) -> Option<String> {
        self.engine.page(&session, &messages).await
    }

    /// The system texts of a session's next request with long files of instructions cut, both JSON, or `null` to keep them.
    #[napi]
    pub async fn cut_instructions(&self, session: String, texts: String) -> Option<String> {
        self.engine.cut_instructions(&session, &texts).await
    }

    /// New arguments (JSON) for a call of one of OpenCode's tools, or `null` to keep them. The error is for the model.
    #[napi]
    pub async fn rewrite_tool(
        &self,
        session: String,
        tool: String,
        arguments: String,
    ) -> Result<Option<String>> {
        let rewritten = self.engine.rewrite_tool(&session, &tool, &value(arguments)).await;
        Ok(rewritten.map_err(Error::from_reason)?.map(|arguments| arguments.to_string()))
    }

    /// Carries out a call of a tool of `fileTools`, or describes it: JSON of `{ title, output, metadata, patterns, diff
    /// }`. The error is for the model.
    #[napi]
    pub async fn change_file(
        &self,
        session: String,
        tool: String,
        arguments: String,
        write: bool,
    ) -> Result<String> {
        let done = self.engine.change_file(&session, &tool, &value(arguments), write).await;
        Ok(done.map_err(Error::from_reason)?.to_string())
    }

    /// Text to append to the answer of one of OpenCode's tools, or `null`.
    #[napi]
    pub async fn after_tool(&self, session: String, tool: String, arguments: String) -> Option<String> {
        self.engine.after_tool(&session, &tool, value(arguments)).await
    }
}

/// Text that is no JSON stays a text: the engine reports the problem.
fn value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
