//! Removes pipes that an earlier command left in the slot: a program that opens one by its name waits until
//! the time limit.
//!
//! No commit can contain a pipe, so removing one before a run loses no work.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, unlinkat};

/// Folders that are not searched: they are large, and set-up writes them.
const PASSED: &[&str] = &[".git", "node_modules", ".venv", "venv", "target"];

/// The most entries that are searched.
const MAX_ENTRIES: usize = 300_000;

/// The deepest folder that is searched.
const MAX_DEPTH: usize = 64;

/// Removes the pipes and returns their paths, relative to `root`. Follows no link.
pub(super) fn remove(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut seen = 0;
    let folder = openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    if let Ok(folder) = folder {
        look_into(&folder, Path::new(""), 0, &mut seen, &mut found);
    }
    found
}

fn look_into(
    folder: &impl std::os::fd::AsFd,
    at: &Path,
    depth: usize,
    seen: &mut usize,
    found: &mut Vec<PathBuf>,
) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        *seen += 1;
        if *seen > MAX_ENTRIES {
            return;
        }
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        match entry.file_type() {
            FileType::Fifo if unlinkat(folder, entry.file_name(), AtFlags::empty()).is_ok() => {
                found.push(at.join(name));
            }
            FileType::Directory if name != "." && name != ".." => {
                if depth > MAX_DEPTH || PASSED.iter().any(|passed| name == *passed) {
                    continue;
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                if let Ok(below) = openat(folder, entry.file_name(), flags, Mode::empty()) {
                    look_into(&below, &at.join(name), depth + 1, seen, found);
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
        let mut removed = remove(&at("slot"));
        removed.sort();
        assert_eq!(removed, [Path::new("package.json"), Path::new("src/a")]);
        assert!(at("outside/theirs").symlink_metadata().is_ok() && at("slot/src/b").is_file());
        assert!(!at("slot/package.json").exists());
    }
}
