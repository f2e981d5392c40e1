//! The question for a worker, and its answer: run these checks on exactly this tree. Data only, for `owner`
//! and `bay`.
//!
//! It must not contain a setting of the sandbox: a worker confines commands as its own user says.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use checks::{Check, Outcome};
use serde::{Deserialize, Serialize};
use shared::StableHasher;
use workspace::Commit;

use crate::config::Setup;

/// A tree, and a commit that has this tree and no history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lone {
    pub commit: String,
    pub tree: String,
}

impl From<Commit> for Lone {
    fn from(commit: Commit) -> Lone {
        Lone { commit: commit.id, tree: commit.tree }
    }
}

/// The checks of a project on a change, compared with its base.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VerdictJob {
    pub base: Lone,
    pub change: Lone,
    /// The checks of the base; the change decides which of them run.
    pub checks: Vec<Check>,
    /// Whether each check passed on the base at the owner. A worker where that differs cannot judge the change.
    pub passed_on_base: BTreeMap<String, bool>,
    pub keeps_tests: bool,
    pub setup: Setup,
}

impl VerdictJob {
    /// The packs of base and change. Their names follow from the trees.
    pub fn packs(&self) -> [String; 2] {
        let (base, change) = (&self.base.tree, &self.change.tree);
        [format!("tree-{base}"), format!("tree-{base}-{change}")]
    }

    /// The name of the question: equal questions have equal names.
    pub fn key(&self) -> String {
        format!("{}-{:016x}", self.change.tree, hash(&(self.of_base(), self.keeps_tests)))
    }

    /// A name for everything that a worker prepares before it looks at the change.
    pub fn of_base(&self) -> String {
        // As JSON text, whose fields always have the same order
        let checks = serde_json::to_string(&(&self.checks, &self.setup)).unwrap_or_default();
        format!("{}-{:016x}", self.base.tree, hash(&checks))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = StableHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What a worker claims.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VerdictAnswer {
    /// The tree that was checked out.
    pub tree: String,
    /// Outcomes on the base, by check.
    pub base: BTreeMap<String, Outcome>,
    /// Outcomes on the change, by check, up to the first that fails.
    pub change: BTreeMap<String, Outcome>,
}
