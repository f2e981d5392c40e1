//! `[workspace]`: set-up of slots, what is copied, how much is kept. Types and defaults only.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::text_kind;
use crate::config::values::Limit;

/// `[workspace]`: how slots are set up, and where they lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// How dependencies are installed in a slot: `auto` installs from the lockfiles and manifests of each folder, again
    /// when one of them changes; `none` does nothing; or a list of commands.
    #[schemars(schema_with = "text_kind::setup")]
    #[schemars(extend("x-tightens" = ["none", "auto"]))]
    pub setup: Setup,
    /// What happens if a set-up fails. A set-up that a change breaks is always a failure of the change.
    #[schemars(extend("x-tightens" = ["pause", "no_evidence"]))]
    pub setup_failure: SetupFailure,
    /// Files and folders, ignored by git, that are copied from the project into a new slot
    /// (as a reflink where the file system can), `node_modules` from every folder. Missing ones are
    /// skipped.
    #[schemars(schema_with = "text_kind::inside_paths")]
    #[schemars(extend("x-tightens" = "fewer"))]
    pub copy: Vec<String>,
    /// Where slots lie: `auto`, or an absolute folder. `auto` is the state folder or, if its path has a hidden folder,
    /// a private folder below `/var/tmp`.
    #[schemars(extend("x-tightens" = "never"))]
    pub directory: String,
    /// MB of slots and private repository that are kept for the next mission, so that it starts warm. Above it the
    /// slots are removed when a mission ends; the repository, without which nothing can be resumed or undone, when
    /// one starts and no other is unfinished.
    #[schemars(schema_with = "text_kind::limit_of_count")]
    #[schemars(extend("x-tightens" = "lower"))]
    pub keep_mb: Limit<u64>,
}

const AUTO: &str = "auto";

impl WorkspaceConfig {
    /// The folder for slots, if the user has set one.
    pub(crate) fn slots(&self) -> Option<PathBuf> {
        (self.directory != AUTO).then(|| PathBuf::from(&self.directory)).filter(|folder| folder.is_absolute())
    }
}

impl Default for WorkspaceConfig {
    fn default() -> Self {
        Self {
            setup: Setup::Auto,
            setup_failure: SetupFailure::Pause,
            copy: vec!["node_modules".to_owned()],
            directory: AUTO.to_owned(),
            keep_mb: Limit::At(10_000),
        }
    }
}

/// What happens if a set-up fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetupFailure {
    /// The mission pauses until the set-up works
    Pause,
    /// The mission continues, and the checks that need the set-up count as no evidence
    NoEvidence,
}

/// How dependencies are installed in a slot: `"auto"`, `"none"`, or a list of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setup {
    /// From the lockfile, run by `checks`, again when it changes.
    Auto,
    /// Nothing is done.
    None,
    /// These command lines, in this order.
    Commands(Vec<String>),
}

impl Serialize for Setup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::None => serializer.serialize_str("none"),
            Self::Commands(commands) => commands.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Setup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected \"auto\", \"none\" or a list of commands")]
        enum Raw {
            Word(Word),
            Commands(Vec<String>),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            Auto,
            None,
        }
        Ok(match Raw::deserialize(deserializer)? {
            Raw::Word(Word::Auto) => Self::Auto,
            Raw::Word(Word::None) => Self::None,
            Raw::Commands(commands) => Self::Commands(commands),
        })
    }
}
