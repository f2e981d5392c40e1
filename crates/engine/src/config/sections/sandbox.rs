//! `[sandbox]`: what commands run in. Types and defaults only.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[sandbox]`: what keeps the project's commands from everything but their slot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// The level that checks and a role's bash run in. Where the machine does not have the one that is named, none is started.
    #[schemars(extend("x-tightens" = ["full", "best", "basic", "none"]))]
    pub require: Level,
    /// What they may reach. Set-up alone may always reach package registries.
    #[schemars(extend("x-tightens" = ["none", "loopback", "all"]))]
    pub network: Network,
    /// More files and folders that they may read; `~` is the home folder.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub allow_read: Vec<String>,
    /// More files and folders that they may write.
    #[schemars(extend("x-tightens" = "fewer"))]
    pub allow_write: Vec<String>,
}

/// A level of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The best that the machine has
    #[default]
    Best,
    /// What a command may not touch is not there (bubblewrap)
    Full,
    /// Rights are taken away (Landlock and seccomp)
    Basic,
    /// Nothing is prevented
    None,
}

/// What a command may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing
    None,
    /// Servers that it has started itself
    #[default]
    Loopback,
    /// Everything
    All,
}

impl SandboxConfig {
    /// As the runner of commands is told.
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

    pub(crate) fn readable(&self, home: Option<&Path>) -> Vec<PathBuf> {
        self.allow_read.iter().filter_map(|text| path(text, home)).collect()
    }

    pub(crate) fn writable(&self, home: Option<&Path>) -> Vec<PathBuf> {
        self.allow_write.iter().filter_map(|text| path(text, home)).collect()
    }
}

/// An absolute path, or one below the home folder; others name no place of the machine.
fn path(text: &str, home: Option<&Path>) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(below) => home.map(|home| home.join(below)),
        None => Some(PathBuf::from(text)).filter(|path| path.is_absolute()),
    }
}
