//! From a working tree to a git tree: what is in it now, tracked or not ignored, and what is left out.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::Git;
use crate::names::{fields, is_host, path_of};
use crate::secrets::holds_secret;

/// Untracked files larger than this many bytes are left out.
pub(crate) const LARGEST: u64 = 100 * 1024 * 1024;

/// A path that is not part of a recorded tree although it is in the working tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// Relative to the root; shown lossily when it is not UTF-8.
    pub path: String,
    /// The reason.
    pub why: Why,
}

/// Why a path is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its name (of some settings files: a token in it) says that it holds secrets.
    Secret,
    /// Untracked and larger than 100 MiB.
    TooLarge,
    /// It cannot be read.
    Unreadable,
    /// Another git repository inside the project.
    NestedRepository,
    /// Its name is not UTF-8, so no model can name it.
    NotUtf8,
}

/// Whose working tree is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The user's: tracked secrets are taken out of the tree.
    User,
    /// A slot: what it may not change keeps the version of the slot's commit.
    Slot,
}

/// Brings the index of `git` (with its working tree) up to date and writes it as a tree.
///
/// Only the index given and the private repository are written; the working tree is only read.
pub(crate) fn write_tree(git: &Git, root: &Path, owner: Owner) -> Result<(String, Vec<LeftOut>), Error> {
    let mut left_out = BTreeSet::new();
    let mut remove: Vec<u8> = Vec::new();
    let mut update: Vec<u8> = Vec::new();
    let put = |list: &mut Vec<u8>, path: &[u8]| {
        list.extend_from_slice(path);
        list.push(0);
    };
    if owner == Owner::User {
        let tracked = git.ok("list the tracked files", &["ls-files", "-z", "--cached"], None)?;
        for path in fields(&tracked).filter(|path| holds_secret(root, path)) {
            put(&mut remove, path);
            left_out.insert(left(path, Why::Secret));
        }
    }
    let args = ["diff-files", "-z", "--name-status", "--no-renames", "--ignore-submodules=all"];
    let dirty = git.ok("look for changed files", &args, None)?;
    let mut dirty = fields(&dirty);
    while let (Some(status), Some(path)) = (dirty.next(), dirty.next()) {
        if is_host(path) || holds_secret(root, path) {
            continue;
        }
        if owner == Owner::Slot && std::str::from_utf8(path).is_err() {
            left_out.insert(left(path, Why::NotUtf8));
            continue;
        }
        match fs::symlink_metadata(root.join(path_of(path))) {
            _ if status == b"D" => put(&mut remove, path),
            Ok(found) if found.is_dir() => put(&mut remove, path),
            Ok(found) if found.is_file() && unreadable(root, path) => {
                left_out.insert(left(path, Why::Unreadable));
            }
            Ok(_) => put(&mut update, path),
            Err(_) => put(&mut remove, path),
        }
    }
    let others = git.ok("look for new files", &["ls-files", "-z", "--others", "--exclude-standard"], None)?;
    for path in fields(&others).filter(|path| !is_host(path)) {
        match judge_new(root, path) {
            Some(why) => drop(left_out.insert(left(path, why))),
            None => put(&mut update, path),
        }
    }
    if !remove.is_empty() {
        let args = ["update-index", "-z", "--force-remove", "--stdin"];
        git.ok("record removed files", &args, Some(remove))?;
    }
    if !update.is_empty() {
        let args = ["update-index", "-z", "--add", "--replace", "--remove", "--stdin"];
        git.ok("record changed files", &args, Some(update))?;
    }
    let tree = git.line("record the files as a tree", &["write-tree"])?;
    Ok((tree, left_out.into_iter().collect()))
}

fn judge_new(root: &Path, path: &[u8]) -> Option<Why> {
    if path.ends_with(b"/") {
        return Some(Why::NestedRepository);
    }
    if holds_secret(root, path) {
        return Some(Why::Secret);
    }
    if std::str::from_utf8(path).is_err() {
        return Some(Why::NotUtf8);
    }
    match fs::symlink_metadata(root.join(path_of(path))) {
        Ok(found) if found.is_file() && found.len() > LARGEST => Some(Why::TooLarge),
        Ok(found) if found.is_file() && unreadable(root, path) => Some(Why::Unreadable),
        _ => None,
    }
}

fn unreadable(root: &Path, path: &[u8]) -> bool {
    File::open(root.join(path_of(path))).is_err()
}

fn left(path: &[u8], why: Why) -> LeftOut {
    LeftOut { path: String::from_utf8_lossy(path).into_owned(), why }
}
