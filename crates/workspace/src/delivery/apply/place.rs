//! Moves one file into its place in one step, also between file systems, and only if the expected file is there.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::compare::{Fingerprint, fingerprint};
use crate::files::copy_with_times;
pub(crate) use crate::system::exchange;
use crate::system::{OpenOptionsExt, rename_to_free, symlink};

/// The name of the backup of the file at `path`.
pub(crate) fn backup_name(path: &str) -> String {
    shared::text::hex(&Sha256::digest(path.as_bytes())[..16])
}

/// The hidden name beside `path` that is used for replacing it if the state folder is on another file system.
pub(crate) fn beside(root: &Path, path: &str) -> PathBuf {
    root.join(path).with_file_name(format!(".orchestrator-{}", backup_name(path)))
}

/// The name of the hidden file `beside` until it is complete.
pub(crate) fn unfinished(beside: &Path) -> PathBuf {
    beside.with_extension("part")
}

/// The result of replacing or removing the file at a path.
#[derive(Debug)]
pub(crate) enum Put {
    Done(Done),
    /// Another file was there, and still is.
    Changed,
    /// Another file was there, and could not be restored: it is at this path now.
    Stranded(PathBuf),
}

/// The mark of the new file, and the problem of clearing up, if there was one.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) ours: Option<Fingerprint>,
    pub(crate) left: Option<(PathBuf, io::Error)>,
}

/// Moves `from` to `to` if the file there still has the fingerprint `expected` (`None`: there is none), so the file
/// of an editor that was quicker stays. `beside` is used between file systems. If the system cannot exchange two
/// files in one step, the file is compared just before it is replaced.
pub(crate) fn replace(
    from: &Path,
    to: &Path,
    beside: &Path,
    expected: Option<Fingerprint>,
) -> io::Result<Put> {
    match put(from, to, expected) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        other => return other,
    }
    bring(from, beside)?;
    let result = put(beside, to, expected);
    // Only our own file may be cleared away: a stranded file belongs to the user.
    let ours = matches!(result, Ok(Put::Changed) | Err(_));
    if ours && let Err(source) = fs::remove_file(beside) {
        return Err(io::Error::new(source.kind(), format!("`{}` was left: {source}", beside.display())));
    }
    result
}

fn put(from: &Path, to: &Path, expected: Option<Fingerprint>) -> io::Result<Put> {
    let ours = fingerprint(from);
    let done = |left| Ok(Put::Done(Done { ours, left }));
    let Some(expected) = expected else {
        return match rename_new(from, to) {
            Ok(()) => done(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Put::Changed),
            Err(error) => Err(error),
        };
    };
    match exchange(from, to) {
        Ok(()) if fingerprint(from) == Some(expected) => {
            done(fs::remove_file(from).err().map(|error| (from.to_path_buf(), error)))
        }
        // The exchanged file is not the expected one.
        Ok(()) => match exchange(from, to) {
            Ok(()) if fingerprint(from) == ours => Ok(Put::Changed),
            _ => Ok(Put::Stranded(from.to_path_buf())),
        },
        // The owner has just removed the file, which may be intended.
        Err(error) if error.kind() == ErrorKind::NotFound && ours.is_some() && fingerprint(to).is_none() => {
            Ok(Put::Changed)
        }
        Err(error) if unsupported(&error) => {
            if fingerprint(to) != Some(expected) {
                return Ok(Put::Changed);
            }
            fs::rename(from, to)?;
            done(None)
        }
        Err(error) => Err(error),
    }
}

/// Removes `path` if it still has the fingerprint `expected`. The file is first moved to `aside`, or to `beside`
/// between file systems; both names must be free.
pub(crate) fn remove(
    path: &Path,
    aside: &Path,
    beside: &Path,
    expected: Option<Fingerprint>,
) -> io::Result<Put> {
    let (aside, moved) = match rename_new(path, aside) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => (beside, rename_new(path, beside)),
        other => (aside, other),
    };
    match moved {
        Err(error) if error.kind() == ErrorKind::NotFound && fingerprint(path).is_none() => {
            return Ok(Put::Changed);
        }
        other => other?,
    }
    if expected.is_none() || fingerprint(aside) == expected {
        let left = fs::remove_file(aside).err().map(|error| (aside.to_path_buf(), error));
        return Ok(Put::Done(Done { ours: None, left }));
    }
    match rename_new(aside, path) {
        Ok(()) => Ok(Put::Changed),
        Err(_) => Ok(Put::Stranded(aside.to_path_buf())),
    }
}

/// Renames a file to a name that must be free.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rename_to_free(from, to) {
        Err(error) if unsupported(&error) => match fs::hard_link(from, to) {
            Ok(()) => fs::remove_file(from),
            Err(error) if unsupported(&error) || error.kind() == ErrorKind::PermissionDenied => {
                if fs::symlink_metadata(to).is_ok() {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                fs::rename(from, to)
            }
            Err(error) => Err(error),
        },
        other => other,
    }
}

/// Whether the file system or the kernel does not support this way of renaming.
fn unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
}

/// Makes a complete copy of `from` under a hidden name beside its target.
fn bring(from: &Path, beside: &Path) -> io::Result<()> {
    let part = unfinished(beside);
    let brought = copy_new(from, &part).and_then(|()| rename_new(&part, beside));
    if brought.is_err() {
        drop(fs::remove_file(&part));
    }
    brought
}

/// Copies with mode and times to a name that must be free, and syncs the copy to disk.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(from)?;
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut fs::File::open(from)?, &mut file)?;
    file.set_permissions(found.permissions())?;
    file.set_times(fs::FileTimes::new().set_modified(found.modified()?))?;
    file.sync_all()
}

/// Gives a file or link a second name if possible, and copies it otherwise.
pub(crate) fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(_) => copy(from, to),
    }
}

/// Copies with mode and times; a link is copied as a link.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    copy_with_times(from, to)
}

#[cfg(test)]
mod tests;
