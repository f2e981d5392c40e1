//! Merges two commits without a working tree.
//!
//! Uses trees from `slots` and `base`, and touches no folder. The engine decides why to merge and which gates the result must pass.

use serde::{Deserialize, Serialize};

use crate::base::tree_of;
use crate::error::Error;
use crate::git::{Git, OUTPUT_LIMIT};
use crate::names::object;
use crate::slots::{Commit, commit_tree};
use crate::workspace::Workspace;

/// The result of a merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// A clean merge: the merge commit, or one of the two commits if it already contains the other.
    Clean(Commit),
    /// Both sides changed the same lines.
    Conflict {
        /// The files.
        paths: Vec<String>,
        /// Git's messages about them, for people and models.
        detail: String,
    },
}

impl Workspace {
    /// Merges `theirs` into `ours`. Nothing is checked out and no ref moves.
    pub fn merge(&self, ours: &str, theirs: &str, message: &str) -> Result<Merge, Error> {
        let (git, ours, theirs) = (self.git()?, object(ours)?, object(theirs)?);
        let args = ["merge-base", ours, theirs];
        let base = git.run("find where two commits part", &args, None, 4096)?;
        let base = String::from_utf8_lossy(&base.stdout).trim().to_string();
        if base == ours || base == theirs {
            let id = if base == ours { theirs } else { ours };
            let commit = Commit { id: id.to_string(), tree: tree_of(&git, id)?, left_out: Vec::new() };
            return Ok(Merge::Clean(commit));
        }
        let tried = try_merge(&git, ours, theirs)?;
        if !tried.clean {
            return Ok(Merge::Conflict { paths: tried.paths, detail: tried.detail });
        }
        Ok(Merge::Clean(commit_tree(&git, &tried.tree, &[ours, theirs], message)?))
    }

    /// Whether `commit` is `part` or comes after it, so that it contains its changes.
    pub fn contains(&self, commit: &str, part: &str) -> Result<bool, Error> {
        let (git, commit, part) = (self.git()?, object(commit)?, object(part)?);
        let args = ["merge-base", "--is-ancestor", part, commit];
        Ok(git.run("compare two commits", &args, None, 4096)?.code == 0)
    }
}

/// The result of `merge-tree`.
pub(crate) struct Tried {
    pub(crate) clean: bool,
    /// The merged tree; with conflict markers if the merge is not clean.
    pub(crate) tree: String,
    pub(crate) paths: Vec<String>,
    pub(crate) detail: String,
}

pub(crate) fn try_merge(git: &Git, ours: &str, theirs: &str) -> Result<Tried, Error> {
    let what = "merge two commits";
    let args = [
        "merge-tree",
        "--write-tree",
        "-z",
        "--name-only",
        "--messages",
        "--allow-unrelated-histories",
        ours,
        theirs,
    ];
    let output = git.run(what, &args, None, OUTPUT_LIMIT)?;
    // A missing revision also gives exit status 1, but no output.
    if output.code > 1 || output.code < 0 || output.stdout.is_empty() {
        for rev in [ours, theirs] {
            tree_of(git, rev)?;
        }
        return Err(output.failed(what));
    }
    let mut parts = output.stdout.split(|byte| *byte == 0);
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    let tree = parts.next().map(text).unwrap_or_default();
    // A clean merge has no section of conflicts, and we do not need its messages.
    let (mut paths, mut detail) = (Vec::new(), String::new());
    if output.code == 1 {
        paths = parts.by_ref().take_while(|part| !part.is_empty()).map(text).collect();
        paths.dedup();
        // Then for each message: the number of paths, the paths, its kind, its text.
        while let Some(count) = parts.next().and_then(|part| text(part).parse::<usize>().ok()) {
            let mut message = parts.by_ref().skip(count);
            let (Some(kind), Some(words)) = (message.next(), message.next()) else { break };
            if kind != b"Auto-merging" {
                detail.push_str(&text(words));
            }
        }
    }
    Ok(Tried { clean: output.code == 0, tree, paths, detail })
}
