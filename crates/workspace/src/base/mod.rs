//! The base of a mission: the user's current files, as one commit in the private repository.
//!
//! `stage` makes the tree and `secrets` decides which files are left out. The user's index, refs and files are only
//! read.

pub mod secrets;
pub mod stage;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::stage::{LeftOut, Owner, write_tree};
use crate::error::{At, Error};
use crate::files::copy_with_times;
use crate::git::Git;
use crate::git::filters::FilteredFile;
use crate::names::{fields, is_host};
use crate::slots::commit_tree;
use crate::user::project::head;
use crate::workspace::Workspace;

/// The user's files at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The commit in the private repository; it is HEAD itself if nothing differs from HEAD.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// The user's HEAD; `None` before the first commit and without git.
    pub head: Option<String>,
    /// Paths that differ from HEAD: the user's uncommitted work. Empty without a HEAD.
    pub changed: Vec<String>,
    /// Files of the working tree that are not in the commit.
    pub left_out: Vec<LeftOut>,
    /// Submodules, kept at their recorded commits.
    pub submodules: Vec<Submodule>,
}

/// A submodule of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submodule {
    /// Its folder.
    pub path: String,
    /// The commit which the project records for it.
    pub commit: String,
}

/// The name of the pin that keeps the last snapshot of the user's files after the base.
const USER: &str = "user";
pub(crate) const BASE: &str = "base";

impl Workspace {
    /// Records HEAD and everything uncommitted or untracked (not ignored), without untracked secrets, as one commit,
    /// kept under `refs/orchestrator/<mission>/base`. The user's index and files are only read.
    pub fn take_base(&self, mission: &str) -> Result<Base, Error> {
        let snapshot = self.snapshot()?;
        self.require_contents(&snapshot.tree)?;
        let head = snapshot.head.clone();
        let parents: Vec<&str> = head.as_deref().into_iter().collect();
        let base = self.snapshot_commit(snapshot, &parents, "The project when the mission started")?;
        self.remember(mission, BASE, &base.commit)?;
        self.remember(mission, USER, &base.commit)?;
        Ok(base)
    }

    /// Records the user's current files in the same way, as a child of the mission's last such record. A merge of it
    /// brings in exactly the user's changes since then. Without changes the commit is the same as before.
    pub fn user_tree(&self, mission: &str) -> Result<Base, Error> {
        let last = match self.recall(mission, USER)? {
            Some(last) => last,
            None => return self.take_base(mission),
        };
        let snapshot = self.snapshot()?;
        let base = self.snapshot_commit(snapshot, &[&last], "Changes made in the project meanwhile")?;
        self.remember(mission, USER, &base.commit)?;
        Ok(base)
    }

    fn snapshot_commit(&self, taken: Snapshot, parents: &[&str], message: &str) -> Result<Base, Error> {
        let git = self.git()?;
        let mut commit = None;
        if let [parent] = parents
            && tree_of(&git, parent)? == taken.tree
        {
            commit = Some((*parent).to_string());
        }
        let commit = match commit {
            Some(commit) => commit,
            None => commit_tree(&git, &taken.tree, parents, message)?.id,
        };
        let Snapshot { tree, head, changed, left_out, submodules } = taken;
        Ok(Base { commit, tree, head, changed, left_out, submodules })
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        self.follow_user()?;
        let head = match self.user() {
            Some(_) => head(&Git::as_user()?, self.root())?,
            None => None,
        };
        let kept = self.area().join("user.index");
        let folder = tempfile::Builder::new().prefix("snapshot-").tempdir_in(self.area());
        let folder = folder.at("create a folder in", &self.area())?;
        let index = folder.path().join("index");
        let git = self.git()?.work_tree(self.root()).index(&index);
        let source = match self.user() {
            Some(user) => user.git_dir.join("index"),
            None => kept.clone(),
        };
        let copied = source.is_file() && copy_with_times(&source, &index).is_ok();
        // If the copy of the index is unusable (split index, newer version), git reads everything from the files.
        let (tree, left_out) = match copied.then(|| write_tree(&git, self.root(), Owner::User)) {
            Some(Ok(written)) => written,
            _ => {
                self.fresh_index(&git, &index, head.as_deref())?;
                write_tree(&git, self.root(), Owner::User)?
            }
        };
        if self.user().is_none() {
            fs::rename(&index, &kept).at("keep", &kept)?;
        }
        let changed = match &head {
            Some(head) => changed_paths(&git, head, &tree, &left_out)?,
            None => Vec::new(),
        };
        let submodules = submodules(&git, &tree)?;
        Ok(Snapshot { tree, head, changed, left_out, submodules })
    }

    /// A partial clone fetches the contents of files when it needs them; the private repository cannot, and no slot could
    /// be made.
    fn require_contents(&self, tree: &str) -> Result<(), Error> {
        const WHAT: &str = "look for contents that a partial clone lacks";
        let Some(user) = self.user() else { return Ok(()) };
        let packs = fs::read_dir(user.common_dir.join("objects/pack")).into_iter().flatten().flatten();
        if !packs.map(|pack| pack.path()).any(|pack| pack.extension().is_some_and(|end| end == "promisor")) {
            return Ok(());
        }
        let git = self.git()?;
        let listed = git.ok(WHAT, &["ls-tree", "-r", "-z", tree], None)?;
        let blobs = fields(&listed).filter_map(FilteredFile::read);
        let asked: Vec<u8> = blobs.flat_map(|file| format!("{}\n", file.oid).into_bytes()).collect();
        let answer = git.ok(WHAT, &["cat-file", "--batch-check=%(objectname)"], Some(asked))?;
        let missing =
            String::from_utf8_lossy(&answer).lines().filter(|line| line.ends_with(" missing")).count();
        if missing == 0 { Ok(()) } else { Err(Error::Partial { missing }) }
    }

    fn fresh_index(&self, git: &Git, index: &Path, head: Option<&str>) -> Result<(), Error> {
        for name in ["index", "index.lock"] {
            crate::files::remove_tree(&index.with_file_name(name))?;
        }
        let args = match head {
            Some(head) => ["read-tree", head],
            None => ["read-tree", "--empty"],
        };
        git.ok("read the project's last commit", &args, None)?;
        self.leave_out_sparse(git)
    }

    /// Marks the files that the user's sparse checkout leaves out: they are not on disk, but not removed either. If git
    /// cannot read the user's index, nothing is marked.
    fn leave_out_sparse(&self, git: &Git) -> Result<(), Error> {
        const WHAT: &str = "look for files that a sparse checkout leaves out";
        if self.user().is_none() {
            return Ok(());
        }
        let mut args = vec![OsStr::new("-C"), self.root().as_os_str()];
        args.extend(["ls-files", "-z", "-t"].map(OsStr::new));
        let Ok(listed) = Git::as_user()?.ok(WHAT, &args, None) else { return Ok(()) };
        let sparse: HashSet<&[u8]> =
            fields(&listed).filter_map(|line| line.strip_prefix(b"S ".as_slice())).collect();
        if sparse.is_empty() {
            return Ok(());
        }
        let known = git.ok(WHAT, &["ls-files", "-z"], None)?;
        let marked = fields(&known).filter(|path| sparse.contains(path));
        let marked: Vec<u8> = marked.flat_map(|path| [path, b"\0"].concat()).collect();
        git.ok(WHAT, &["update-index", "-z", "--skip-worktree", "--stdin"], Some(marked))?;
        Ok(())
    }
}

struct Snapshot {
    tree: String,
    head: Option<String>,
    changed: Vec<String>,
    left_out: Vec<LeftOut>,
    submodules: Vec<Submodule>,
}

/// The tree of a commit.
pub(crate) fn tree_of(git: &Git, commit: &str) -> Result<String, Error> {
    let rev = format!("{commit}^{{tree}}");
    let output = git.run("read a commit", &["rev-parse", "--quiet", "--verify", &rev], None, 1024)?;
    if output.code != 0 {
        return Err(Error::Unknown { rev: commit.to_string() });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn changed_paths(git: &Git, from: &str, to: &str, left_out: &[LeftOut]) -> Result<Vec<String>, Error> {
    let left_out: HashSet<&str> = left_out.iter().map(|left| left.path.as_str()).collect();
    let args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to];
    let bytes = git.ok("compare with the last commit", &args, None)?;
    let paths = fields(&bytes).filter(|path| !is_host(path));
    let paths = paths.map(|path| String::from_utf8_lossy(path).into_owned());
    Ok(paths.filter(|path| !left_out.contains(path.as_str())).collect())
}

fn submodules(git: &Git, tree: &str) -> Result<Vec<Submodule>, Error> {
    let bytes = git.ok("look for submodules", &["ls-tree", "-r", "-z", tree], None)?;
    let found = fields(&bytes).filter_map(|line| {
        let text = std::str::from_utf8(line.strip_prefix(b"160000 commit ")?).ok()?;
        let (commit, path) = text.split_once('\t')?;
        Some(Submodule { path: path.to_string(), commit: commit.to_string() })
    });
    Ok(found.collect())
}
