//! `[sandbox]`: what commands run in. Types and defaults only.

use std::path::{Path, PathBuf};

use checks::Bounds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::text_kind;
use crate::config::values::Limit;

/// `[sandbox]`: how the project's commands are confined to their slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// The level for checks and a role's bash. If the machine cannot provide the named level, no mission starts.
    #[schemars(extend("x-tightens" = ["full", "best", "basic", "none"]))]
    pub require: Level,
    /// The network that commands may reach. Only set-up may reach package registries.
    #[schemars(extend("x-tightens" = ["none", "loopback", "all"]))]
    pub network: Network,
    /// More files and folders that commands may read; `~` is the home folder.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub allow_read: Vec<String>,
    /// More files and folders that commands may write.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub allow_write: Vec<String>,
    /// The most memory of one command with all its processes, in percent of this machine's memory.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub memory_percent: Limit<u64>,
    /// The most processes of one command at a time.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub processes: Limit<u64>,
    /// The largest file that a command may write, in MB.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub file_mb: Limit<u64>,
    /// The most data that one command may write to its slot and its temporary folder, in MB.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub disk_mb: Limit<u64>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            require: Level::default(),
            network: Network::default(),
            allow_read: Vec::new(),
            allow_write: Vec::new(),
            memory_percent: Limit::At(Bounds::MEMORY_PERCENT),
            processes: Limit::At(Bounds::PROCESSES),
            file_mb: Limit::At(Bounds::FILE_MB),
            disk_mb: Limit::At(Bounds::DISK_MB),
        }
    }
}

/// A level of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The best that the machine has
    #[default]
    Best,
    /// Files that a command may not touch do not exist for it (bubblewrap)
    Full,
    /// The kernel refuses access (Landlock and seccomp)
    Basic,
    /// Commands are not confined
    None,
}

/// What a command may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing
    None,
    /// Only servers that the command has started itself
    #[default]
    Loopback,
    /// Everything
    All,
}

impl SandboxConfig {
    /// The settings for the runner of commands.
    pub(crate) fn settings(&self) -> checks::Sandbox {
        checks::Sandbox {
            require: match self.require {
                Level::Best => None,
                Level::Full => Some(checks::Level::Full),
                Level::Basic => Some(checks::Level::Basic),
                Level::None => Some(checks::Level::None),
            },
            network: match self.network {
                Network::None => checks::Network::None,
                Network::Loopback => checks::Network::Loopback,
                Network::All => checks::Network::All,
            },
        }
    }

    /// How much of the machine one command may use.
    pub(crate) fn bounds(&self) -> Bounds {
        let bytes = |limit: Limit<u64>| limit.get().map(|mb| mb.saturating_mul(1 << 20));
        Bounds {
            memory: self.memory_percent.get().and_then(Bounds::share_of_memory),
            processes: self.processes.get(),
            file: bytes(self.file_mb),
            disk: bytes(self.disk_mb),
        }
    }

    pub(crate) fn readable(&self, home: Option<&Path>) -> Vec<PathBuf> {
        self.allow_read.iter().filter_map(|text| path(text, home)).collect()
    }

    pub(crate) fn writable(&self, home: Option<&Path>) -> Vec<PathBuf> {
        self.allow_write.iter().filter_map(|text| path(text, home)).collect()
    }
}

/// An absolute path, or one below the home folder; `None` for any other text.
fn path(text: &str, home: Option<&Path>) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(below) => home.map(|home| home.join(below)),
        None => Some(PathBuf::from(text)).filter(|path| path.is_absolute()),
    }
}
