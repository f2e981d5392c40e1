//! Small file operations: private modes, atomic replacement, removal that follows no link.
//!
//! All other files of the crate write and remove through this module. It does not use git, and must never follow a
//! link.

#[cfg(any(not(unix), test))]
pub mod by_path;
pub mod linking;
#[cfg(unix)]
pub mod reading;
#[cfg(unix)]
mod removal;
#[cfg(unix)]
pub mod writing;

#[cfg(not(unix))]
pub use by_path as reading;
#[cfg(not(unix))]
use by_path as removal;
#[cfg(not(unix))]
pub use by_path as writing;

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{At, Error};
use crate::system::{DirBuilderExt, PermissionsExt, open_to_date, set_mode};

/// The bytes of an open file; `None` if it is longer than `limit`, also if it grows meanwhile.
fn read_bounded(file: File, limit: u64) -> Option<Vec<u8>> {
    if file.metadata().is_ok_and(|found| found.len() > limit) {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
}

/// Makes a folder (and its parents) that only the user can enter. A link in its place is replaced.
pub(crate) fn private_dir(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => {
            if found.permissions().mode() & 0o077 != 0 {
                set_mode(path, 0o700).at("protect", path)?;
            }
            return Ok(());
        }
        Ok(_) => fs::remove_file(path).at("replace", path)?,
        Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).at("create", path)
}

/// Writes a file that only the user can read, replacing what was there in one step.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).at("write", path)?;
    file.write_all(bytes).at("write", path)?;
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        remove_tree(path)?;
    }
    file.persist(path).map_err(|error| error.error).at("write", path)?;
    Ok(())
}

/// Writes a file that only the user can read into a folder of ours, and creates the folder if it is missing.
pub fn write_private_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    private_dir(folder)?;
    write_private(&folder.join(name), bytes)
}

/// Makes sure that `path` is a plain file with exactly these bytes; writes only when it is not.
pub(crate) fn ensure_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let same = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64)
        && fs::read(path).is_ok_and(|found| found == bytes);
    if same { Ok(()) } else { write_private(path, bytes) }
}

/// Removes a folder of ours, as [`remove_tree`] does. Best effort: what is left only takes space.
pub fn remove_folder(path: &Path) {
    drop(remove_tree(path));
}

/// Removes anything at `path`; a link is removed itself, not its target. A missing path is not an error.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).at("look at", path),
        Ok(found) if !found.is_dir() => fs::remove_file(path).at("remove", path),
        Ok(_) => match removal::remove_folder_tree(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.at("remove", path),
        },
    }
}

/// Copies a file with its times and mode, sharing blocks if the file system can. The times matter: git compares an
/// index's own time with those of its entries.
pub(crate) fn copy_with_times(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::metadata(from)?;
    fs::copy(from, to)?;
    let times = fs::FileTimes::new().set_modified(found.modified()?).set_accessed(found.accessed()?);
    open_to_date(to)?.set_times(times)
}

/// The folder `relative`, created if it is missing, with no link on the way from `root`.
pub(crate) fn folder_inside(root: &Path, relative: &Path, mode: u32) -> Result<(), Error> {
    let Some(parent) = relative.parent() else { return Ok(()) };
    let mut folder = root.to_path_buf();
    for part in parent.components() {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                let error = io::Error::new(io::ErrorKind::NotADirectory, "it is in the way of a folder");
                return Err(error).at("enter", &folder);
            }
            Err(_) => DirBuilder::new().mode(mode).create(&folder).at("create", &folder)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    /// Git considers an entry changed if it is as new as the index: a copy with a newer time would hide a change
    /// made in the same instant.
    #[test]
    fn a_copy_of_an_index_is_as_old_as_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "index").unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_456_789);
        OpenOptions::new().write(true).open(&from).unwrap().set_modified(long_ago).unwrap();
        copy_with_times(&from, &to).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), long_ago);
    }

    #[test]
    fn removing_and_making_folders_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("theirs/deep")).unwrap();
        std::os::unix::fs::symlink(at("theirs"), at("link")).unwrap();
        assert!(folder_inside(folder.path(), Path::new("link/deep/file"), 0o700).is_err());
        remove_tree(&at("link")).unwrap();
        assert!(at("theirs/deep").is_dir() && !at("link").is_symlink());
        std::os::unix::fs::symlink(at("theirs"), at("link")).unwrap();
        private_dir(&at("link")).unwrap();
        assert!(!at("link").is_symlink() && at("theirs/deep").is_dir());
        remove_tree(&at("missing")).unwrap();
    }
}
