//! Reads plain files from a folder in which commands ran: bounded, only below it, and through no link.
//!
//! If a path is checked and then used, a process that still writes there can change it in between. So the kernel resolves
//! the path in one step (`openat2`), and only the opened file is inspected. Opening never waits for a pipe.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::files::read_bounded;

/// The bytes of a plain file below `root`; `None` if there is none, if a link leads to it, or if it is longer than `limit`.
pub fn read_beneath(root: &Path, path: &str, limit: u64) -> Option<Vec<u8>> {
    open_beneath(root, Path::new(path)).and_then(|file| read_bounded(file, limit))
}

/// A plain file below `root`, open for reading; `None` if there is none or if a link leads to it.
pub(crate) fn open_beneath(root: &Path, inside: &Path) -> Option<File> {
    if inside.as_os_str().is_empty() || !inside.components().all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let folder = openat(CWD, root, flags | OFlags::DIRECTORY, Mode::empty()).ok()?;
    let file = File::from(open_parts(&folder, inside, flags)?);
    file.metadata().is_ok_and(|found| found.is_file()).then_some(file)
}

/// Opens a path below a folder in one step, so that no part of it can be replaced meanwhile.
#[cfg(target_os = "linux")]
fn open_parts(folder: &OwnedFd, inside: &Path, flags: OFlags) -> Option<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};

    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(folder, inside, flags, Mode::empty(), resolve) {
        Err(rustix::io::Errno::NOSYS) => open_one_by_one(folder, inside, flags),
        opened => opened.ok(),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_parts(folder: &OwnedFd, inside: &Path, flags: OFlags) -> Option<OwnedFd> {
    open_one_by_one(folder, inside, flags)
}

/// For older kernels: opens each part of the path below the one before; none may be a link.
fn open_one_by_one(folder: &OwnedFd, inside: &Path, flags: OFlags) -> Option<OwnedFd> {
    let mut at = folder.try_clone().ok()?;
    let mut parts = inside.components().peekable();
    while let Some(part) = parts.next() {
        let kind = if parts.peek().is_some() { OFlags::DIRECTORY } else { OFlags::empty() };
        at = openat(&at, part.as_os_str(), flags | kind | OFlags::NOFOLLOW, Mode::empty()).ok()?;
    }
    Some(at)
}

/// A pipe at the path of a file that git reads in a working tree; git would wait for it without end.
pub(crate) fn pipe_for_git(root: &Path) -> Option<PathBuf> {
    let (mut waiting, mut seen) = (vec![root.to_path_buf()], 0);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_fifo() && entry.file_name().as_encoded_bytes().starts_with(b".git") {
                return Some(entry.path());
            }
            if seen > MOST_LOOKED_AT {
                return None;
            }
        }
    }
    None
}

/// The most entries of a working tree that are searched for pipes.
const MOST_LOOKED_AT: usize = 500_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_plain_files_below_the_root_are_read_and_nothing_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("slot");
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/a"), "inside").unwrap();
        std::fs::write(place.path().join("outside"), "outside").unwrap();
        symlink("../outside", root.join("link")).unwrap();
        symlink("src", root.join("folder")).unwrap();
        nix::unistd::mkfifo(&root.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let huge = File::create(root.join("huge")).unwrap();
        huge.set_len(1 << 40).unwrap();
        assert_eq!(read_beneath(&root, "src/a", 100).as_deref(), Some(&b"inside"[..]));
        let elsewhere = ["link", "folder/a", "pipe", "huge", "../outside", "/etc/passwd", "src", "none", ""];
        for path in elsewhere {
            assert_eq!(read_beneath(&root, path, 1 << 20), None, "{path}");
        }
        assert_eq!(read_beneath(&root, "src/a", 5), None, "longer than the limit");
    }
}
