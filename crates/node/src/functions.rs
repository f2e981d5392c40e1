//! Functions that need no engine.

use napi_derive::napi;
use serde_json::Value;

/// The version of the core; the loader refuses another version than its own.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

/// The mailbox tools as a JSON list of `{ name, description, roles, schema }`.
#[napi]
pub fn tools() -> String {
    Value::from_iter(engine::mailbox_tools()).to_string()
}

/// The tools with which roles change files, as a JSON list of `{ name, description, schema }`.
#[napi]
pub fn file_tools() -> String {
    Value::from_iter(engine::file_tools()).to_string()
}

/// The sandbox that commands get on this machine, as JSON of `{ level, message, hint? }`.
#[napi]
pub fn sandbox() -> String {
    engine::sandbox().to_string()
}

/// Runs a subcommand of `opencode-orchestrator`: takes JSON of `{ args, cwd, env, tty }`, returns JSON of `{ exit,
/// stdout, stderr }`.
#[napi]
pub async fn cli(request: String) -> String {
    engine::cli::run(&request).await
}
