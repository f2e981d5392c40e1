//! Reads and writes a folder of ours in which commands ran, from outside of their sandbox: only below it, and through no
//! link. Such a command may have left links to any place, and may still run.
//!
//! Each part of a path is opened by itself, below the one before. When it creates folders, a file or a link in the way is
//! removed. Callers decide who may write where.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, mkdirat, openat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The most entries of one folder that are read.
const MAX_ENTRIES: usize = 40_000;

/// The deepest folder that is copied.
const MAX_DEPTH: usize = 32;

/// An open folder, with its path for links that lead to it.
#[derive(Debug)]
pub(crate) struct Beneath {
    folder: OwnedFd,
    path: PathBuf,
    /// The user's own folder: no command could write here, so links below it are the user's.
    is_users: bool,
}

impl Beneath {
    /// The folder at `path`, created if it is missing. A command may have changed only the last name of the path.
    pub fn make(path: &Path) -> io::Result<Beneath> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::other("it has no folder above it"));
        };
        std::fs::create_dir_all(above)?;
        let above = openat(CWD, above, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Beneath { folder: enter(&above, name, true)?, path: path.to_path_buf(), is_users: false })
    }

    /// The folder at `path`, for reading. A command may have changed only the last name of the path.
    pub fn at(path: &Path) -> Option<Beneath> {
        let folder = openat(CWD, path, FOLDER, Mode::empty()).ok()?;
        Some(Beneath { folder, path: path.to_path_buf(), is_users: false })
    }

    /// A folder of the user, for reading; links on the way and below belong to the user.
    pub fn of_user(path: &Path) -> Option<Beneath> {
        let folder = openat(CWD, path, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty()).ok()?;
        Some(Beneath { folder, path: path.to_path_buf(), is_users: true })
    }

    /// A folder below this one, if there is one.
    pub fn below(&self, path: &str) -> Option<Beneath> {
        if self.is_users {
            return Beneath::of_user(&self.path.join(path));
        }
        let folder = self.folder_at(Path::new(path), false).ok()?;
        Some(Beneath { folder, path: self.path.join(path), is_users: false })
    }

    /// A folder below this one, created if it is missing.
    pub fn made(&self, path: &str) -> io::Result<Beneath> {
        let folder = self.folder_at(Path::new(path), true)?;
        Ok(Beneath { folder, path: self.path.join(path), is_users: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is anything at a path.
    pub fn has(&self, path: &str) -> bool {
        self.kind(path).is_some()
    }

    pub fn has_link(&self, path: &str) -> bool {
        self.kind(path) == Some(FileType::Symlink)
    }

    fn kind(&self, path: &str) -> Option<FileType> {
        let (folder, name) = self.place(path, false).ok()?;
        let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(found.st_mode))
    }

    /// The text of a plain file of at most `most` bytes.
    pub fn text(&self, path: &str, most: u64) -> Option<String> {
        if self.is_users {
            let file = self.path.join(path);
            let short = std::fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= most);
            return short.then(|| std::fs::read_to_string(file).ok())?;
        }
        let (folder, name) = self.place(path, false).ok()?;
        let mut text = String::new();
        plain_file(&folder, name, most)?.take(most).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Writes a new file, and removes what was at the path.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let (folder, name) = self.place(path, true)?;
        clear(&folder, name)?;
        File::from(new_file(&folder, name)?).write_all(bytes)
    }

    /// Makes a link; an error if there is something at the path.
    pub fn link(&self, path: &str, to: &Path) -> io::Result<()> {
        let (folder, name) = self.place(path, true)?;
        symlinkat(to, folder, name).map_err(io::Error::from)
    }

    /// Removes what is at a path, unless it is a folder.
    pub fn unlink(&self, path: &str) {
        if let Ok((folder, name)) = self.place(path, false) {
            let _ = unlinkat(folder, name, AtFlags::empty());
        }
    }

    /// The names in the folder, with their kinds.
    pub fn entries(&self) -> Vec<(std::ffi::OsString, FileType)> {
        let read = Dir::read_from(&self.folder).into_iter().flatten().flatten();
        let named = read.map(|entry| {
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_os_string();
            let kind = match entry.file_type() {
                FileType::Unknown => statat(&self.folder, &name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |found| FileType::from_raw_mode(found.st_mode)),
                kind => kind,
            };
            (name, kind)
        });
        named.filter(|(name, _)| name != "." && name != "..").take(MAX_ENTRIES).collect()
    }

    /// Copies the content of `from` into this folder. Files longer than `most` become links to the original, links stay
    /// links, and existing files stay. `left`: the most entries that are still copied.
    pub fn copy_from(&self, from: &Beneath, left: &mut usize, most: u64) {
        self.copy_level(from, left, most, MAX_DEPTH);
    }

    fn copy_level(&self, from: &Beneath, left: &mut usize, most: u64, depth: usize) {
        for (name, kind) in from.entries() {
            let Some(rest) = left.checked_sub(1) else { return };
            *left = rest;
            match kind {
                FileType::Directory if depth > 0 => {
                    if let Some((from, to)) = from.inner(&name, false).zip(self.inner(&name, true)) {
                        to.copy_level(&from, left, most, depth - 1);
                    }
                }
                FileType::Symlink => {
                    if let Ok(target) = rustix::fs::readlinkat(&from.folder, &name, Vec::new()) {
                        let _ = symlinkat(target, &self.folder, &name);
                    }
                }
                FileType::RegularFile => match plain_file(&from.folder, &name, most) {
                    Some(file) => {
                        if let Ok(new) = new_file(&self.folder, &name) {
                            drop(io::copy(&mut file.take(most), &mut File::from(new)));
                        }
                    }
                    None => {
                        let _ = symlinkat(from.path.join(&name), &self.folder, &name);
                    }
                },
                _ => {}
            }
        }
    }

    /// Makes real folders down to `depth`, so that files can be added; their entries are links to those in `from`.
    pub fn link_folders(&self, from: &Beneath, depth: usize) {
        for (name, kind) in from.entries() {
            match (kind, depth) {
                (FileType::Directory, 2..) => {
                    if let Some((from, to)) = from.inner(&name, false).zip(self.inner(&name, true)) {
                        to.link_folders(&from, depth - 1);
                    }
                }
                _ => {
                    let _ = symlinkat(from.path.join(&name), &self.folder, &name);
                }
            }
        }
    }

    fn inner(&self, name: &OsStr, make: bool) -> Option<Beneath> {
        let folder = enter(&self.folder, name, make).ok()?;
        Some(Beneath { folder, path: self.path.join(name), is_users: self.is_users })
    }

    fn folder_at(&self, path: &Path, make: bool) -> io::Result<OwnedFd> {
        let mut at = self.folder.try_clone()?;
        for part in path.components() {
            let Component::Normal(name) = part else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no path inside the folder"));
            };
            at = enter(&at, name, make)?;
        }
        Ok(at)
    }

    /// The open folder above a path, and the path's last name.
    fn place<'a>(&self, path: &'a str, make: bool) -> io::Result<(OwnedFd, &'a OsStr)> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.folder_at(Path::new(above), make)?, OsStr::new(name)))
    }
}

fn enter(folder: impl AsFd, name: &OsStr, make: bool) -> io::Result<OwnedFd> {
    match openat(&folder, name, FOLDER, Mode::empty()) {
        Ok(inner) => return Ok(inner),
        Err(_) if !make => return Err(io::Error::new(io::ErrorKind::NotFound, "it is no folder")),
        Err(Errno::NOENT) => {}
        Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => clear(&folder, name)?,
        Err(error) => return Err(error.into()),
    }
    match mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    openat(&folder, name, FOLDER, Mode::empty()).map_err(io::Error::from)
}

/// Removes a file or a link, never the link's target.
fn clear(folder: impl AsFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn new_file(folder: impl AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::from_raw_mode(0o666)).map_err(io::Error::from)
}

fn plain_file(folder: impl AsFd, name: &OsStr, most: u64) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty()).ok()?;
    let found = fstat(&file).ok()?;
    let plain = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    (plain && u64::try_from(found.st_size).is_ok_and(|size| size <= most)).then(|| File::from(file))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_is_written_or_read_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("mine/deep")).unwrap();
        fs::write(at("mine/secret"), "secret").unwrap();
        fs::create_dir(at("tmp")).unwrap();
        symlink(at("mine"), at("tmp/caches")).unwrap();
        let own = Beneath::make(&at("tmp/caches")).unwrap();
        assert!(at("tmp/caches").is_dir() && !at("tmp/caches").is_symlink());
        symlink(at("mine"), at("tmp/caches/a")).unwrap();
        symlink(at("mine/secret"), at("tmp/caches/file")).unwrap();
        assert!(own.below("a").is_none() && own.text("a/secret", 100).is_none());
        assert!(own.text("file", 100).is_none() && own.has_link("file"));
        own.write("file", b"ours").unwrap();
        own.write("a/secret", b"ours").unwrap();
        own.made("a/deep").unwrap().link("x", Path::new("/x")).unwrap();
        assert_eq!(own.text("a/secret", 100).as_deref(), Some("ours"));
        assert_eq!(fs::read_to_string(at("mine/secret")).unwrap(), "secret");
        assert_eq!(fs::read_dir(at("mine/deep")).unwrap().count(), 0);
        assert!(own.made("../mine").is_err() && own.write("../x", b"").is_err());
    }

    #[test]
    fn a_copy_takes_small_files_and_leaves_links_as_they_are() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("from/deep")).unwrap();
        fs::write(at("secret"), "secret").unwrap();
        fs::write(at("from/deep/small"), "s").unwrap();
        fs::write(at("from/deep/long"), "longer").unwrap();
        symlink(at("secret"), at("from/link")).unwrap();
        let (from, to) = (Beneath::of_user(&at("from")).unwrap(), Beneath::make(&at("to")).unwrap());
        to.copy_from(&from, &mut 100, 2);
        assert!(at("to/deep/small").is_file() && !at("to/deep/small").is_symlink());
        assert!(at("to/deep/long").is_symlink() && at("to/link").is_symlink());
        let linked = Beneath::make(&at("linked")).unwrap();
        linked.link_folders(&from, 2);
        assert!(at("linked/deep/long").is_symlink() && !at("linked/deep").is_symlink());
    }
}
