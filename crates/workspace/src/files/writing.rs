//! Writes into a folder in which commands ran: only below it, through no link, each file in one step.
//!
//! If a path is checked and then used, a process that still runs there can change it in between. So each part of the path is
//! opened by itself below the one before, never through a link. The new file then replaces the old one by its name in the open
//! folder: if a part becomes a link meanwhile, nothing is written through it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, fchmod, mkdirat, openat, renameat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

use crate::files::removal::remove_entry;

/// Makes the names of unfinished files unique.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Writes a plain file below `root`, and creates the folders above it. An existing file keeps its mode.
pub fn write_beneath(root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    write(root, path, bytes, None)
}

/// The same with a given mode.
pub(crate) fn write_beneath_as(root: &Path, path: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    write(root, path, bytes, Some(Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode)))
}

/// Makes a link below `root` at a free path, and creates the folders above it.
pub(crate) fn link_beneath(root: &Path, path: &str, to: &[u8]) -> io::Result<()> {
    let (folder, name) = folder_of(root, path, true)?;
    symlinkat(to, &folder, name).map_err(io::Error::from)
}

fn write(root: &Path, path: &str, bytes: &[u8], bits: Option<Mode>) -> io::Result<()> {
    let (folder, name) = folder_of(root, path, true)?;
    let mode = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile => {
            Some(Mode::from_raw_mode(found.st_mode & 0o777))
        }
        Ok(_) => return Err(io::Error::other("it is not a plain file")),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(error.into()),
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let unfinished = format!(".new-{}-{number}.tmp", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&folder, unfinished.as_str(), flags, Mode::from_raw_mode(0o666))?;
    let written = (|| {
        if let Some(mode) = bits.or(mode) {
            fchmod(&file, mode)?;
        }
        File::from(file).write_all(bytes)?;
        renameat(&folder, unfinished.as_str(), &folder, name).map_err(io::Error::from)
    })();
    if written.is_err() {
        let _ = unlinkat(&folder, unfinished.as_str(), AtFlags::empty());
    }
    written
}

/// Removes a plain file below `root`; a link is removed itself, not its target.
pub fn remove_beneath(root: &Path, path: &str) -> io::Result<()> {
    let (folder, name) = folder_of(root, path, false)?;
    unlinkat(&folder, name, AtFlags::empty()).map_err(io::Error::from)
}

/// Removes anything at a path below `root`, a folder with its content; a missing path is not an error.
pub(crate) fn clear_beneath(root: &Path, path: &str) -> io::Result<()> {
    match folder_of(root, path, false) {
        Ok((folder, name)) => remove_entry(folder, name),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Moves a plain file below `root` to a free path, and creates the folders above it.
pub(crate) fn move_beneath(root: &Path, from: &str, to: &str) -> io::Result<()> {
    let (folder, name) = plain_file(root, from)?;
    let (target, new) = folder_of(root, to, true)?;
    if statat(&target, new, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something is there"));
    }
    renameat(folder, name, target, new).map_err(io::Error::from)
}

/// Removes a plain file below `root`; anything else is an error.
pub(crate) fn remove_file_beneath(root: &Path, path: &str) -> io::Result<()> {
    let (folder, name) = plain_file(root, path)?;
    unlinkat(folder, name, AtFlags::empty()).map_err(io::Error::from)
}

/// Replaces the bytes of a plain file below `root`.
pub(crate) fn rewrite_beneath(root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    plain_file(root, path)?;
    write_beneath(root, path, bytes)
}

/// The open folder of a plain file, and the file's name in it.
fn plain_file<'a>(root: &Path, path: &'a str) -> io::Result<(OwnedFd, &'a str)> {
    let (folder, name) = folder_of(root, path, false)?;
    let found = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok((folder, name)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file")),
    }
}

/// The open folder of a file, and the file's name in it.
fn folder_of<'a>(root: &Path, path: &'a str, make: bool) -> io::Result<(OwnedFd, &'a str)> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "it is no path inside the folder");
    let inside = Path::new(path);
    if path.is_empty() || !inside.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(wrong());
    }
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, flags, Mode::empty())?;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        at = match openat(&at, part, flags, Mode::empty()) {
            Err(Errno::NOENT) if make => {
                match mkdirat(&at, part, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                openat(&at, part, flags, Mode::empty())?
            }
            opened => opened?,
        };
    }
    Ok((at, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_file_is_written_with_its_folders_and_keeps_its_bits() {
        let root = tempfile::tempdir().unwrap();
        write_beneath(root.path(), "a/b/c.sh", b"one").unwrap();
        fs::set_permissions(root.path().join("a/b/c.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        write_beneath(root.path(), "a/b/c.sh", b"two").unwrap();
        assert_eq!(fs::read(root.path().join("a/b/c.sh")).unwrap(), b"two");
        let mode = fs::metadata(root.path().join("a/b/c.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read_dir(root.path().join("a/b")).unwrap().count(), 1, "nothing is left beside it");
        remove_beneath(root.path(), "a/b/c.sh").unwrap();
        assert!(!root.path().join("a/b/c.sh").exists());
    }

    #[test]
    fn nothing_is_written_through_a_link_or_outside() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("slot");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(place.path().join("outside"), "mine").unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("../outside", root.join("link")).unwrap();
        for path in ["up/outside", "up/new", "link", "../outside", "/etc/new", "src", "", "src/../../outside"]
        {
            assert!(write_beneath(&root, path, b"evil").is_err(), "{path}");
        }
        assert_eq!(fs::read(place.path().join("outside")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
        fs::hard_link(place.path().join("outside"), root.join("hard")).unwrap();
        write_beneath(&root, "hard", b"other").unwrap();
        assert_eq!(fs::read(place.path().join("outside")).unwrap(), b"mine", "a second name is replaced");
    }

    #[test]
    fn a_folder_that_turns_into_a_link_meanwhile_leads_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("slot");
        let outside = place.path().join("outside");
        fs::create_dir_all(root.join("x")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("mine"), "mine").unwrap();
        symlink(&outside, root.join("y")).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let flags = rustix::fs::RenameFlags::EXCHANGE;
                    let _ = rustix::fs::renameat_with(CWD, root.join("x"), CWD, root.join("y"), flags);
                }
            });
            for n in 0..2_000 {
                let _ = write_beneath(&root, &format!("x/deep/{n}"), b"evil");
                let _ = move_beneath(&root, "x/mine", "z/mine");
                let _ = move_beneath(&root, "z/mine", "x/mine");
                let _ = rewrite_beneath(&root, "x/mine", b"evil");
                let _ = remove_file_beneath(&root, "x/mine");
                let _ = clear_beneath(&root, "x/mine");
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(outside.join("mine")).unwrap(), "mine");
    }
}
