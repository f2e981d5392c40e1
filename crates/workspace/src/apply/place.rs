//! Moving one file to where it belongs, in one step, also between file systems.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::compare::{Fingerprint, fingerprint};
use crate::files::copy_with_times;

/// The name under which what was at `path` is kept.
pub(crate) fn backup_name(path: &str) -> String {
    Sha256::digest(path.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Puts `from` at `to`, replacing a file there in one step. `from` is gone afterwards.
pub(crate) fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            move_across(from, to)?;
            fs::remove_file(from)
        }
        other => other,
    }
}

/// Puts `from` at `to` if what is there is still what `expected` recognises (`None`: nothing). Gives whether it was; an
/// editor that was quicker keeps its file. Where the system cannot exchange two files in one step, that was looked at
/// just before and is not looked at again.
pub(crate) fn replace(from: &Path, to: &Path, expected: Option<Fingerprint>) -> io::Result<bool> {
    let Some(expected) = expected else {
        return match rename(from, to, Rename::OnlyNew) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(_) => move_into_place(from, to).map(|()| true),
        };
    };
    if rename(from, to, Rename::Exchange).is_err() {
        return move_into_place(from, to).map(|()| true);
    }
    if fingerprint(from) == Some(expected) {
        return fs::remove_file(from).map(|()| true);
    }
    rename(from, to, Rename::Exchange).map(|()| false)
}

/// Removes `path` if it is still what `expected` recognises, by way of `aside`, a name that is free. Gives whether it was.
pub(crate) fn remove(path: &Path, aside: &Path, expected: Option<Fingerprint>) -> io::Result<bool> {
    match fs::rename(path, aside) {
        Ok(()) if expected.is_none() || fingerprint(aside) == expected => {
            fs::remove_file(aside).map(|()| true)
        }
        Ok(()) => rename(aside, path, Rename::OnlyNew).map(|()| false),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => fs::remove_file(path).map(|()| true),
        Err(error) => Err(error),
    }
}

#[derive(Clone, Copy)]
enum Rename {
    Exchange,
    OnlyNew,
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn rename(from: &Path, to: &Path, how: Rename) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    let flags = match how {
        Rename::Exchange => RenameFlags::RENAME_EXCHANGE,
        Rename::OnlyNew => RenameFlags::RENAME_NOREPLACE,
    };
    Ok(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags)?)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn rename(from: &Path, to: &Path, how: Rename) -> io::Result<()> {
    match how {
        Rename::Exchange => Err(ErrorKind::Unsupported.into()),
        Rename::OnlyNew => fs::hard_link(from, to).and_then(|()| fs::remove_file(from)),
    }
}

/// The same between file systems: complete beside the target first, then renamed.
fn move_across(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    let beside = tempfile::Builder::new().prefix(".orchestrator-").tempdir_in(folder)?;
    let part = beside.path().join("file");
    copy(from, &part)?;
    if !part.is_symlink() {
        fs::File::open(&part)?.sync_all()?;
    }
    fs::rename(&part, to)
}

/// A second name for a file or link where possible, a copy elsewhere.
pub(crate) fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(_) => copy(from, to),
    }
}

/// A copy with mode and times; of a link, the link.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    copy_with_times(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_editor_that_was_quicker_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (new, file, aside) =
            (folder.path().join("new"), folder.path().join("file"), folder.path().join("aside"));
        let edit = |text: &str| {
            fs::write(folder.path().join("edit"), text).unwrap();
            fs::rename(folder.path().join("edit"), &file).unwrap();
        };
        edit("old");
        let seen = fingerprint(&file);
        edit("the user's");
        fs::write(&new, "ours").unwrap();
        assert!(!replace(&new, &file, seen).unwrap());
        assert!(!remove(&file, &aside, seen).unwrap());
        assert!(!replace(&new, &file, None).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "the user's");
        assert!(replace(&new, &file, fingerprint(&file)).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "ours");
        assert!(remove(&file, &aside, fingerprint(&file)).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_move_across_file_systems_keeps_mode_and_links_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let other = if Path::new("/dev/shm").is_dir() {
            tempfile::tempdir_in("/dev/shm").unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let (from, to) = (other.path().join("from"), folder.path().join("to"));
        fs::write(&from, "new").unwrap();
        fs::set_permissions(&from, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(&to, "old").unwrap();
        move_across(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o755);
        symlink("nowhere", other.path().join("link")).unwrap();
        move_into_place(&other.path().join("link"), &to).unwrap();
        assert_eq!(fs::read_link(&to).unwrap(), Path::new("nowhere"));
        assert!(!other.path().join("link").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
