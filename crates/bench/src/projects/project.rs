//! What a package is: where it comes from, which of its files count, and which of them are tests. It fetches nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Files of one version, by path from its root.
pub type Tree = BTreeMap<String, String>;

/// A package.
#[derive(Clone, Copy, Debug)]
pub struct Project {
    pub name: &'static str,
    pub registry: Registry,
    pub language: &'static str,
    /// Consecutive, the oldest first.
    pub versions: &'static [&'static str],
    pub set: Set,
    /// Paths that are kept begin with one of these; empty: all.
    pub keep: &'static [&'static str],
    /// Paths that are left out begin with one of these: what a build wrote, tables.
    pub skip: &'static [&'static str],
    pub suite: Option<Suite>,
}

/// The registry of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    Npm,
    Crates,
    Pypi,
}

impl Registry {
    pub const ALL: [Registry; 3] = [Registry::Npm, Registry::Crates, Registry::Pypi];

    pub fn name(self) -> &'static str {
        match self {
            Registry::Npm => "npm",
            Registry::Crates => "crates",
            Registry::Pypi => "pypi",
        }
    }
}

/// The use of a package: rules are improved with the first set and measured on the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    Tuning,
    Measuring,
}

/// The tests that a package ships.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Test files begin with this and end with `suffix`.
    pub folder: &'static str,
    pub suffix: &'static str,
    /// The command that installs what the tests need, in a folder with the project's manifest; run once for the same
    /// dependencies.
    pub setup: &'static str,
    /// The command that runs every test file in the folder.
    pub run: &'static str,
    /// The tests are run for this many of the newest changes.
    pub changes: usize,
}

/// Why a version could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error(
        "`{line}` failed in `{folder}`: {why}\nhint: the benchmark needs the network once; what it fetched is kept in the cache"
    )]
    Client { line: String, folder: String, why: String },
    #[error("`{path}`: {why}")]
    File { path: String, why: std::io::Error },
}

impl Project {
    /// Whether a path of the package counts.
    pub(super) fn wants(&self, path: &str) -> bool {
        let begins = |list: &[&str]| list.iter().any(|start| path.starts_with(start));
        (self.keep.is_empty() || begins(self.keep)) && !begins(self.skip)
    }
}

impl Suite {
    pub fn is_test(&self, path: &str) -> bool {
        path.starts_with(self.folder) && path.ends_with(self.suffix)
    }
}

/// The folder in which fetched packages are kept.
pub fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("opencode-orchestrator/bench")
}
