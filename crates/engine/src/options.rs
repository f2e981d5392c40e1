//! The engine's input when a host starts it: folders, options, environment. Plain data.
//!
//! No default here may lead out of the project's own folders.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// The engine's folders and options.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// The folder in which the user runs OpenCode.
    pub directory: PathBuf,
    /// `$XDG_DATA_HOME`: missions are kept below it.
    pub data_home: PathBuf,
    /// `$XDG_CONFIG_HOME`.
    pub config_home: PathBuf,
    /// The plugin's options in opencode.json.
    pub options: Option<Value>,
    /// The options are in the user's own configuration, not in the project's.
    pub own_options: bool,
    /// A user can answer questions.
    pub interactive: bool,
    /// Roles change files with the engine's tools, not with the host's.
    pub file_tools: bool,
    /// Files that every slot contains, by name; they are never committed.
    pub slot_files: BTreeMap<String, String>,
    /// The environment: secrets in it are never written, shown or sent.
    pub environment: Vec<(String, String)>,
}
