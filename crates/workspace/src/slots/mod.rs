//! Slots: folders at a commit, kept warm between tasks.
//!
//! A slot is a linked working tree of the private repository, so that tools in it see an ordinary checkout. Our own git
//! names repository, working tree and index explicitly; the slot does not know that index.

pub mod builds;
pub mod conflict;
pub mod copy;
pub mod differences;
pub mod discard;
pub mod edits;
pub mod kept;
pub mod place;
pub mod submodules;

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::stage::{LeftOut, Owner, write_tree};
use crate::base::tree_of;
use crate::error::{At, Error};
use crate::files::writing::{clear_beneath, link_beneath, write_beneath_as};
use crate::files::{copy_with_times, ensure_file, private_dir, remove_tree};
use crate::git::Git;
use crate::git::inspect::Change;
use crate::names::{HOST_NAMES, object, relative};
use crate::slots::place::slot_name;
use crate::system::OsStrExt;
use crate::workspace::Workspace;

/// The beginning of the names of folders that were slots.
pub(crate) const ASIDE: &str = "aside-";

/// A folder to work in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its number.
    pub n: u32,
    /// The folder.
    pub path: PathBuf,
    /// The commit that it was set to.
    pub commit: String,
}

/// A new commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Its tree.
    pub tree: String,
    /// Files of the slot that are not in the tree.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

impl Workspace {
    /// Slot `n` at `commit`. Ignored files of earlier tasks stay, so builds stay warm. All other files are as in the
    /// commit, except OpenCode's own configuration, which is removed.
    pub fn slot(&self, n: u32, commit: &str) -> Result<Slot, Error> {
        let path = self.slot_path(n);
        let slot = Slot { n, path, commit: object(commit)?.to_string() };
        tree_of(&self.git()?, commit)?;
        if self.reset(&slot).is_err() {
            // A task may have done anything to the folder: start it again.
            remove_tree(&slot.path)?;
            remove_tree(&self.slot_index(n))?;
            self.reset(&slot)?;
        }
        self.check_out_submodules(&slot)?;
        self.publish_index(&slot)?;
        Ok(slot)
    }

    /// The path of slot `n`, even if the slot does not exist.
    pub fn slot_path(&self, n: u32) -> PathBuf {
        self.slots().join(n.to_string()).join(slot_name(self.root()))
    }

    /// Slot `n` at `commit` in a new folder, with only the folders `keep` of the old one. The caller must know that no
    /// command there could write to them.
    pub fn fresh_slot(&self, n: u32, commit: &str, keep: &[PathBuf]) -> Result<Slot, Error> {
        let (slot, aside) = self.fresh_slot_beside(n, commit, keep)?;
        aside.map_or(Ok(()), |aside| remove_tree(&aside))?;
        Ok(slot)
    }

    /// The same, and the folder of the old slot, which the caller removes when there is time: it may be large.
    pub fn fresh_slot_beside(
        &self,
        n: u32,
        commit: &str,
        keep: &[PathBuf],
    ) -> Result<(Slot, Option<PathBuf>), Error> {
        let aside = self.set_slot_aside(n)?;
        let slot = self.slot(n, commit)?;
        let Some(aside) = aside else { return Ok((slot, None)) };
        let before = aside.join(slot_name(self.root()));
        for folder in keep {
            let (from, to) = (before.join(folder), slot.path.join(folder));
            let inside = folder.components().all(|part| matches!(part, Component::Normal(_)));
            let real = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
            let ways = |root: &Path| folder.ancestors().skip(1).all(|above| real(&root.join(above)));
            if inside
                && real(&from)
                && ways(&before)
                && ways(&slot.path)
                && fs::symlink_metadata(&to).is_err()
            {
                fs::rename(&from, &to).at("keep", &from)?;
            }
        }
        Ok((slot, Some(aside)))
    }

    /// Takes the folder of slot `n` out of use without looking into it: the next use creates it again. For a slot in
    /// which a process may still run.
    pub fn set_slot_aside(&self, n: u32) -> Result<Option<PathBuf>, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        remove_tree(&self.slot_index(n))?;
        let from = self.slots().join(n.to_string());
        if fs::symlink_metadata(&from).is_err() {
            return Ok(None);
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let to = self.slots().join(format!("{ASIDE}{n}-{}-{number}", std::process::id()));
        fs::rename(&from, &to).at("set aside", &from)?;
        Ok(Some(to))
    }

    /// Whether git ignores a path of a slot, so that no commit would hold it.
    pub fn is_ignored(&self, slot: &Slot, path: &str) -> Result<bool, Error> {
        relative(path)?;
        let git = self.slot_git(slot)?.env("GIT_LITERAL_PATHSPECS", "0");
        let output =
            git.run("look for ignored files", &["check-ignore", "--quiet", "--", path], None, 1024)?;
        Ok(output.code == 0)
    }

    /// The slot at this folder, if it is one.
    pub fn slot_at(&self, folder: &Path, commit: &str) -> Option<Slot> {
        let inside = folder.strip_prefix(self.slots()).ok()?;
        let n = inside.components().next()?.as_os_str().to_str()?.parse().ok()?;
        Some(Slot { n, path: folder.to_path_buf(), commit: commit.to_string() })
    }

    /// Writes the engine's own file (such as `opencode.json`) into a slot, readable by the user only. OpenCode's
    /// configuration files are not part of any commit.
    pub fn write_slot_file(&self, slot: &Slot, name: &str, text: &str) -> Result<(), Error> {
        let path = slot.path.join(relative(name)?);
        clear_beneath(&slot.path, name)
            .and_then(|()| write_beneath_as(&slot.path, name, text.as_bytes(), 0o600))
            .at("write", &path)
    }

    /// Removes a file of a slot; a missing file is not an error.
    pub fn remove_slot_file(&self, slot: &Slot, name: &str) -> Result<(), Error> {
        let path = slot.path.join(relative(name)?);
        clear_beneath(&slot.path, name).at("remove", &path)
    }

    /// Replaces what is at `name` by a link to the folder `to` of the same slot.
    pub fn link_in_slot(&self, slot: &Slot, name: &str, to: &str) -> Result<(), Error> {
        let (inside, to) = (relative(name)?, relative(to)?);
        let path = slot.path.join(&inside);
        // The link is relative, because a command may see the slot at another path
        let up: PathBuf = inside.components().skip(1).map(|_| Component::ParentDir).collect();
        clear_beneath(&slot.path, name)
            .and_then(|()| link_beneath(&slot.path, name, up.join(to).as_os_str().as_bytes()))
            .at("write", &path)
    }

    /// The differences between the slot and its commit.
    pub fn slot_changes(&self, slot: &Slot) -> Result<Vec<Change>, Error> {
        let (tree, _) = self.slot_tree(slot)?;
        self.changes(&slot.commit, &tree)
    }

    /// Records the slot's files (tracked, and untracked but not ignored) as a commit on `parent`. Secrets are left out;
    /// OpenCode's configuration keeps the version of the slot's commit.
    pub fn commit_slot(&self, slot: &Slot, parent: &str, message: &str) -> Result<Commit, Error> {
        let (tree, left_out) = self.slot_tree(slot)?;
        let commit = commit_tree(&self.git()?, &tree, &[object(parent)?], message)?;
        Ok(Commit { left_out, ..commit })
    }

    pub(crate) fn slot_index(&self, n: u32) -> PathBuf {
        self.area().join(format!("slot-{n}.index"))
    }

    /// Git on the slot, after everything that a command there could have changed is set right.
    pub(crate) fn slot_git(&self, slot: &Slot) -> Result<Git, Error> {
        let git = self.git()?;
        for folder in slot.path.parent().into_iter().chain([slot.path.as_path()]) {
            private_dir(folder)?;
        }
        let admin = self.repository().join("worktrees").join(slot.n.to_string());
        private_dir(&admin)?;
        let pointer = format!("gitdir: {}\n", admin.display());
        ensure_file(&slot.path.join(".git"), pointer.as_bytes())?;
        ensure_file(&admin.join("gitdir"), format!("{}\n", slot.path.join(".git").display()).as_bytes())?;
        ensure_file(&admin.join("commondir"), b"../..\n")?;
        remove_tree(&admin.join("config.worktree"))?;
        ensure_file(&admin.join("HEAD"), format!("{}\n", slot.commit).as_bytes())?;
        Ok(git.work_tree(&slot.path).index(&self.slot_index(slot.n)))
    }

    pub(crate) fn reset(&self, slot: &Slot) -> Result<(), Error> {
        let git = self.slot_git(slot)?;
        for name in HOST_NAMES {
            remove_tree(&slot.path.join(name))?;
        }
        remove_tree(&self.slot_index(slot.n).with_extension("index.lock"))?;
        self.check_out(&git, &slot.commit)?;
        git.ok("remove what an earlier task left", &["clean", "-ffdq"], None)?;
        // A changed .gitignore can make ignored files visible, which are then in the way; that is the task's matter.
        Ok(())
    }

    /// Makes the slot's files equal to `tree`.
    pub(crate) fn check_out(&self, git: &Git, tree: &str) -> Result<(), Error> {
        let args = [
            "-c",
            "core.sparseCheckout=true",
            "-c",
            "checkout.workers=0",
            "-c",
            "sparse.expectFilesOutsideOfPatterns=true",
            "read-tree",
            "--reset",
            "-u",
            "--no-recurse-submodules",
            tree,
        ];
        git.with_filtered_files(tree, |git| git.ok("check out a slot", &args, None).map(drop))
    }

    /// The tree of the slot's files.
    pub(crate) fn slot_tree(&self, slot: &Slot) -> Result<(String, Vec<LeftOut>), Error> {
        if !std::fs::symlink_metadata(&slot.path).is_ok_and(|found| found.is_dir()) {
            let why = "the slot is no longer a folder; the task that ran there replaced it".to_string();
            return Err(Error::Damaged { path: slot.path.clone(), why });
        }
        let git = self.slot_git(slot)?;
        write_tree(&git, &slot.path, Owner::Slot)
    }

    /// Gives the slot's own tools (an editor, a build script that calls git) a matching index.
    pub(crate) fn publish_index(&self, slot: &Slot) -> Result<(), Error> {
        let to = self.repository().join("worktrees").join(slot.n.to_string()).join("index");
        let from = self.slot_index(slot.n);
        remove_tree(&to)?;
        copy_with_times(&from, &to).at("write", &to)?;
        if self.git()?.filters().is_none() {
            return Ok(());
        }
        // Tools compare files as old as the index by content, but they see the content without the filters.
        let file = fs::OpenOptions::new().write(true).open(&to).at("write", &to)?;
        let made = file.metadata().and_then(|found| found.modified()).at("look at", &to)?;
        file.set_modified(made + Duration::from_secs(1)).at("write", &to)
    }
}

/// Creates a commit with the time of its first parent, so that the same content gives the same commit.
pub(crate) fn commit_tree(git: &Git, tree: &str, parents: &[&str], message: &str) -> Result<Commit, Error> {
    let time = match parents.first() {
        Some(parent) => {
            git.line("read a commit", &["log", "-1", "--no-show-signature", "--format=%ct", parent])?
        }
        None => FIRST.to_string(),
    };
    // Without the sign git takes a time before 1973 for another form of date
    let date = format!("@{time} +0000");
    let mut git = git.clone();
    for who in ["AUTHOR", "COMMITTER"] {
        git = git
            .env(&format!("GIT_{who}_NAME"), "opencode-orchestrator")
            .env(&format!("GIT_{who}_EMAIL"), "orchestrator@localhost")
            .env(&format!("GIT_{who}_DATE"), &date);
    }
    let mut args = vec!["commit-tree", "--no-gpg-sign"];
    for parent in parents {
        args.extend(["-p", parent]);
    }
    args.push(tree);
    let bytes = git.ok("make a commit", &args, Some(message.as_bytes().to_vec()))?;
    let id = String::from_utf8_lossy(&bytes).trim().to_string();
    Ok(Commit { id, tree: tree.to_string(), left_out: Vec::new() })
}

/// The time of a commit without parents: 2000-01-01.
const FIRST: &str = "946684800";
