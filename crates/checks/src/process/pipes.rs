//! Pipes in the slot: a program that opens one by its name waits until the time limit.
//!
//! Those that an earlier command left are removed before a run: no commit can contain a pipe, so this loses no work. A
//! run that replaces a file by a pipe is noticed, because every other program that reads the file would wait.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, unlinkat};

/// Folders that are not searched: they are large, and set-up writes them.
const PASSED: &[&str] = &[".git", "node_modules", ".venv", "venv", "target"];

/// The most entries that are searched.
const MAX_ENTRIES: usize = 300_000;

/// The deepest folder that is searched.
const MAX_DEPTH: usize = 64;

/// The shortest time between two looks at a running command's slot. After a slow look it is as many times as long.
const LOOK: Duration = Duration::from_secs(2);
const SHARE: u32 = 50;

/// The pipes in a slot, relative to it, and hashes of the paths of its files.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub pipes: Vec<PathBuf>,
    files: HashSet<u64>,
    seen: usize,
}

/// Removes the pipes below `root`. Follows no link.
pub(super) fn remove(root: &Path) -> Found {
    look(root, true)
}

/// Returns when a file of `before` has become a pipe, with its path.
pub(super) async fn appeared(root: &Path, before: &Found) -> PathBuf {
    let mut pause = LOOK;
    loop {
        tokio::time::sleep(pause).await;
        let (root, started) = (root.to_path_buf(), Instant::now());
        let found = tokio::task::spawn_blocking(move || look(&root, false)).await.unwrap_or_default();
        pause = LOOK.max(started.elapsed() * SHARE);
        let was_file = |pipe: &PathBuf| before.files.contains(&hash(pipe));
        if let Some(pipe) = found.pipes.into_iter().find(was_file) {
            return pipe;
        }
    }
}

fn look(root: &Path, removes: bool) -> Found {
    let mut found = Found::default();
    let folder = openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    if let Ok(folder) = folder {
        look_into(&folder, Path::new(""), 0, removes, &mut found);
    }
    found
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

fn look_into(folder: &impl std::os::fd::AsFd, at: &Path, depth: usize, removes: bool, found: &mut Found) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        found.seen += 1;
        if found.seen > MAX_ENTRIES {
            return;
        }
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        match entry.file_type() {
            FileType::Fifo if !removes || unlinkat(folder, entry.file_name(), AtFlags::empty()).is_ok() => {
                found.pipes.push(at.join(name));
            }
            FileType::RegularFile if removes => drop(found.files.insert(hash(&at.join(name)))),
            FileType::Directory if name != "." && name != ".." => {
                if depth > MAX_DEPTH || PASSED.iter().any(|passed| name == *passed) {
                    continue;
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                if let Ok(below) = openat(folder, entry.file_name(), flags, Mode::empty()) {
                    look_into(&below, &at.join(name), depth + 1, removes, found);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pipes_below_the_root_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for folder in ["slot/src", "outside"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        for pipe in ["slot/package.json", "slot/src/a", "outside/theirs"] {
            nix::unistd::mkfifo(&at(pipe), nix::sys::stat::Mode::S_IRWXU).unwrap();
        }
        std::fs::write(at("slot/src/b"), "kept").unwrap();
        std::os::unix::fs::symlink("../outside", at("slot/link")).unwrap();
        let mut removed = remove(&at("slot")).pipes;
        removed.sort();
        assert_eq!(removed, [Path::new("package.json"), Path::new("src/a")]);
        assert!(at("outside/theirs").symlink_metadata().is_ok() && at("slot/src/b").is_file());
        assert!(!at("slot/package.json").exists());
    }
}
