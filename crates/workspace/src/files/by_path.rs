//! Reads, writes and removes below a folder in which commands ran, on systems that cannot open a file below
//! an open folder.
//!
//! It has the functions of `reading`, `writing` and `removal`, with the same results. It checks each part of
//! a path just before it uses it, and must not follow a link. A process that writes there at the same moment
//! can still change a part in between, which the other three files prevent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::read_bounded;
use crate::names::relative;
use crate::system::{OsStrExt, set_mode, symlink};

/// Makes the names of unfinished files unique.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The bytes of a plain file below `root`; `None` if there is none, if a link leads to it, or if it is longer than `limit`.
pub fn read_beneath(root: &Path, path: &str, limit: u64) -> Option<Vec<u8>> {
    open_beneath(root, Path::new(path)).and_then(|file| read_bounded(file, limit))
}

/// A plain file below `root`, open for reading; `None` if there is none or if a link leads to it.
pub(crate) fn open_beneath(root: &Path, inside: &Path) -> Option<File> {
    let file = plain_file(root, inside.to_str()?).ok()?;
    File::open(file).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))
}

/// These systems have no pipes in folders.
pub(crate) fn pipe_for_git(_: &Path) -> Option<PathBuf> {
    None
}

/// Writes a plain file below `root`, and creates the folders above it. An existing file keeps its mode.
pub fn write_beneath(root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    write(root, path, bytes, None)
}

/// Like [`write_beneath`], with a given mode.
pub(crate) fn write_beneath_as(root: &Path, path: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    write(root, path, bytes, Some(mode))
}

fn write(root: &Path, path: &str, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let file = place(root, path, true)?;
    let before = match fs::symlink_metadata(&file) {
        Ok(found) if found.is_file() => Some(found.permissions()),
        Ok(_) => return Err(io::Error::other("it is not a plain file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let unfinished = file.with_file_name(format!(".new-{}-{number}.tmp", std::process::id()));
    let mut new = OpenOptions::new().write(true).create_new(true).open(&unfinished)?;
    let written = (|| {
        new.write_all(bytes)?;
        drop(new);
        match (mode, before) {
            (Some(mode), _) => set_mode(&unfinished, mode)?,
            (None, Some(before)) => fs::set_permissions(&unfinished, before)?,
            (None, None) => {}
        }
        fs::rename(&unfinished, &file)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Makes a link below `root` at a free path, and creates the folders above it.
pub(crate) fn link_beneath(root: &Path, path: &str, to: &[u8]) -> io::Result<()> {
    symlink(Path::new(std::ffi::OsStr::from_bytes(to)), place(root, path, true)?)
}

/// Removes a plain file below `root`; a link is removed itself, not its target.
pub fn remove_beneath(root: &Path, path: &str) -> io::Result<()> {
    let file = place(root, path, false)?;
    let found = fs::symlink_metadata(&file)?;
    if found.is_symlink() {
        // A link to a folder is removed as a folder on Windows
        return fs::remove_file(&file).or_else(|_| fs::remove_dir(&file));
    }
    fs::remove_file(file)
}

/// Removes anything at a path below `root`, a folder with its content; a missing path is not an error.
pub(crate) fn clear_beneath(root: &Path, path: &str) -> io::Result<()> {
    let cleared = match place(root, path, false) {
        Ok(there) if fs::symlink_metadata(&there).is_ok_and(|found| found.is_dir()) => {
            remove_folder_tree(&there)
        }
        Ok(_) => remove_beneath(root, path),
        Err(error) => Err(error),
    };
    match cleared {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Moves a plain file below `root` to a free path, and creates the folders above it.
pub(crate) fn move_beneath(root: &Path, from: &str, to: &str) -> io::Result<()> {
    let from = plain_file(root, from)?;
    let to = place(root, to, true)?;
    if fs::symlink_metadata(&to).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something is there"));
    }
    fs::rename(from, to)
}

/// Removes a plain file below `root`; anything else is an error.
pub(crate) fn remove_file_beneath(root: &Path, path: &str) -> io::Result<()> {
    fs::remove_file(plain_file(root, path)?)
}

/// Replaces the bytes of a plain file below `root`.
pub(crate) fn rewrite_beneath(root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    plain_file(root, path)?;
    write_beneath(root, path, bytes)
}

/// Removes a folder with its content. An error if there is a link in its place.
pub(crate) fn remove_folder_tree(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory));
    }
    fs::remove_dir_all(path)
}

/// The place of an existing plain file.
fn plain_file(root: &Path, path: &str) -> io::Result<PathBuf> {
    let file = place(root, path, false)?;
    if fs::symlink_metadata(&file)?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"))
    }
}

/// The full path of a file. A folder on the way that is a link is an error; a missing one is created if
/// `make` is set.
fn place(root: &Path, path: &str, make: bool) -> io::Result<PathBuf> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "it is no path inside the folder");
    let inside = Path::new(path);
    let normal = inside.components().all(|part| matches!(part, Component::Normal(_)));
    // On Windows, some names mean other files than they say
    if path.is_empty() || !normal || (cfg!(windows) && relative(path).is_err()) {
        return Err(wrong());
    }
    let mut at = root.to_path_buf();
    let parts: Vec<_> = inside.components().collect();
    let (name, folders) = parts.split_last().ok_or_else(wrong)?;
    for folder in std::iter::once(None).chain(folders.iter().map(Some)) {
        if let Some(folder) = folder {
            at.push(folder);
        }
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(io::Error::from(io::ErrorKind::NotADirectory)),
            Err(error) if make && folder.is_some() && error.kind() == io::ErrorKind::NotFound => {
                match fs::create_dir(&at) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                }
            }
            Err(error) => return Err(error),
        }
    }
    at.push(name);
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with_links() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("src/a"), "a").unwrap();
        fs::create_dir(place.path().join("outside")).unwrap();
        fs::write(place.path().join("outside/file"), "theirs").unwrap();
        symlink("../outside", root.join("folder")).unwrap();
        symlink("../outside/file", root.join("file")).unwrap();
        place
    }

    #[test]
    fn files_are_written_read_moved_and_removed() {
        let place = folder_with_links();
        let root = &place.path().join("root");
        write_beneath(root, "new/deep/b", b"1").unwrap();
        rewrite_beneath(root, "new/deep/b", b"22").unwrap();
        assert_eq!(read_beneath(root, "new/deep/b", 2).unwrap(), b"22");
        assert_eq!(read_beneath(root, "new/deep/b", 1), None);
        write_beneath_as(root, "run", b"x", 0o600).unwrap();
        assert!(move_beneath(root, "run", "src/a").is_err());
        move_beneath(root, "run", "made/run").unwrap();
        assert_eq!(read_beneath(root, "made/run", 9).unwrap(), b"x");
        remove_file_beneath(root, "made/run").unwrap();
        assert!(remove_file_beneath(root, "made/run").is_err());
        clear_beneath(root, "new").unwrap();
        clear_beneath(root, "new").unwrap();
        clear_beneath(root, "missing/too").unwrap();
        assert!(!root.join("new").exists());
        assert_eq!(fs::read_dir(root.join("src")).unwrap().count(), 1);
        assert!(pipe_for_git(root).is_none());
    }

    #[test]
    fn nothing_goes_through_a_link_or_out_of_the_folder() {
        let place = folder_with_links();
        let root = &place.path().join("root");
        let outside = || fs::read_to_string(place.path().join("outside/file")).unwrap();
        for path in ["folder/file", "file", "../outside/file", "/etc/hosts", "", "src/../../outside/file"] {
            assert_eq!(read_beneath(root, path, 100), None, "{path}");
            assert!(write_beneath(root, path, b"ours").is_err(), "{path}");
            assert!(rewrite_beneath(root, path, b"ours").is_err(), "{path}");
            assert!(remove_file_beneath(root, path).is_err(), "{path}");
            assert!(move_beneath(root, path, "taken").is_err(), "{path}");
        }
        assert!(move_beneath(root, "src/a", "folder/a").is_err());
        assert!(link_beneath(root, "folder/link", b"x").is_err());
        assert!(clear_beneath(root, "folder/file").is_err());
        assert!(remove_folder_tree(&root.join("folder")).is_err());
        assert!(write_beneath(&root.join("folder"), "file", b"ours").is_err());
        assert_eq!(outside(), "theirs");
        link_beneath(root, "new/link", b"../src/a").unwrap();
        remove_beneath(root, "new/link").unwrap();
        remove_beneath(root, "folder").unwrap();
        clear_beneath(root, "file").unwrap();
        assert_eq!((outside().as_str(), root.join("src/a").exists()), ("theirs", true));
    }
}
