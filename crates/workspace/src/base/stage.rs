//! Records a working tree as a git tree: its tracked files and the untracked ones that are not ignored, without
//! those left out.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::secrets::holds_secret;
use crate::error::Error;
use crate::git::Git;
use crate::names::{fields, is_host, path_of};

/// Untracked files larger than this many bytes are left out.
pub(crate) const LARGEST: u64 = 100 * 1024 * 1024;

/// The most links that are followed from one.
const MOST_LINKS: u32 = 40;

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
    /// Its name, or in some settings files a token in it, shows that it holds secrets.
    Secret,
    /// Larger than 100 MiB, and untracked or changed by a task.
    TooLarge,
    /// It cannot be read.
    Unreadable,
    /// Another git repository inside the project, or a folder that git would take for one.
    NestedRepository,
    /// A link that is absolute or leads out of the project.
    LeadsOut,
    /// Its name is not UTF-8, so no model can name it.
    NotUtf8,
}

/// Whose working tree is recorded, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The user's working tree: everything is recorded.
    User,
    /// A slot: files that a mission may not change keep the version of the slot's commit.
    Slot,
}

/// Brings the index of `git` (with its working tree) up to date and writes it as a tree.
///
/// It writes only the given index and the private repository, and only reads the working tree.
pub(crate) fn write_tree(git: &Git, root: &Path, owner: Owner) -> Result<(String, Vec<LeftOut>), Error> {
    let mut left_out = BTreeSet::new();
    let mut remove: Vec<u8> = Vec::new();
    let mut update: Vec<u8> = Vec::new();
    let put = |list: &mut Vec<u8>, path: &[u8]| {
        list.extend_from_slice(path);
        list.push(0);
    };
    let args = ["diff-files", "-z", "--name-status", "--no-renames", "--ignore-submodules=all"];
    let dirty = git.ok("look for changed files", &args, None)?;
    let mut dirty = fields(&dirty);
    while let (Some(status), Some(path)) = (dirty.next(), dirty.next()) {
        if is_host(path) {
            continue;
        }
        // Tracked files belong to the project, whatever their names. Untracked secrets, and what a mission writes
        // to tracked ones, are left out
        if holds_secret(root, path) {
            left_out.insert(left(path, Why::Secret));
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
            Ok(found) if found.is_file() && owner == Owner::Slot && found.len() > LARGEST => {
                left_out.insert(left(path, Why::TooLarge));
            }
            Ok(found) if found.is_symlink() && owner == Owner::Slot && leads_out(root, path) => {
                left_out.insert(left(path, Why::LeadsOut));
            }
            Ok(found) if found.is_file() || found.is_symlink() => put(&mut update, path),
            // A pipe, a socket or a device has this path
            Ok(_) | Err(_) => put(&mut remove, path),
        }
    }
    let others = git.ok("look for new files", &["ls-files", "-z", "--others", "--exclude-standard"], None)?;
    let repositories = bare_repositories(root, &others);
    for path in fields(&others).filter(|path| !is_host(path)) {
        let why = match owner {
            _ if repositories.iter().any(|folder| path.starts_with(folder)) => Some(Why::NestedRepository),
            Owner::Slot if leads_out(root, path) => Some(Why::LeadsOut),
            _ => judge_new(root, path),
        };
        match why {
            Some(why) => drop(left_out.insert(left(path, why))),
            None => put(&mut update, path),
        }
    }
    if !remove.is_empty() {
        let args = ["update-index", "-z", "--force-remove", "--stdin"];
        git.ok("record removed files", &args, Some(remove))?;
    }
    if !update.is_empty() {
        git.record_files("record changed files", update)?;
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

/// Whether this is a link that is absolute or leads out of the project, also through other links.
fn leads_out(root: &Path, path: &[u8]) -> bool {
    let path = path_of(path);
    let Ok(target) = fs::read_link(root.join(path)) else { return false };
    let mut at: PathBuf = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut waiting: Vec<OsString> = Vec::new();
    let mut links = 0;
    let mut follow = |target: &Path, waiting: &mut Vec<OsString>| {
        links += 1;
        waiting.extend(target.components().rev().map(|part| part.as_os_str().to_owned()));
        links > MOST_LINKS || target.is_absolute()
    };
    if follow(&target, &mut waiting) {
        return true;
    }
    while let Some(part) = waiting.pop() {
        if part == ".." {
            if !at.pop() {
                return true;
            }
        } else if part != "." {
            at.push(part);
            if let Ok(target) = fs::read_link(root.join(&at)) {
                at.pop();
                if follow(&target, &mut waiting) {
                    return true;
                }
            }
        }
    }
    false
}

/// New folders that git takes for repositories, each with a `/` at its end. Their settings could name programs.
fn bare_repositories(root: &Path, others: &[u8]) -> Vec<Vec<u8>> {
    let holds = |folder: &[u8], name: &str| root.join(path_of(folder)).join(name).is_dir();
    fields(others)
        .filter_map(|path| {
            path.strip_suffix(b"HEAD").filter(|folder| folder.is_empty() || folder.ends_with(b"/"))
        })
        .filter(|folder| !folder.is_empty() && holds(folder, "objects") && holds(folder, "refs"))
        .map(<[u8]>::to_vec)
        .collect()
}

fn unreadable(root: &Path, path: &[u8]) -> bool {
    File::open(root.join(path_of(path))).is_err()
}

fn left(path: &[u8], why: Why) -> LeftOut {
    LeftOut { path: String::from_utf8_lossy(path).into_owned(), why }
}
