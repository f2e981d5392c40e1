//! The names of [`crate::system`] on Windows.
//!
//! Windows has no modes: only the user can enter the folders of the user's profile, so the usual mode is
//! already private. Programs can set the change time of Windows, so code that compares it notices fewer
//! changes. It must not decide what a caller does without a function that Windows lacks.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::windows::fs::{MetadataExt as Native, OpenOptionsExt as NativeOptions};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Times are counted in parts of 100 ns.
const TICKS: u64 = 10_000_000;
const BLOCK: u64 = 512;
/// Allows to read and set the times of a file that may not be written (`FILE_READ_ATTRIBUTES`, `FILE_WRITE_ATTRIBUTES`).
const ITS_TIMES: u32 = 0x80 | 0x100;
/// Opens a link itself, not its target.
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
/// Opens folders, too.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
/// No file has this name: opening it is an error.
const NO_NAME: &str = "\0";

/// What Unix says about a file. A number that Windows does not have is 0, or the nearest that it has.
pub trait MetadataExt {
    fn dev(&self) -> u64;
    /// The time when the file was made. It mostly differs for a file that replaced another: for some seconds Windows
    /// gives a new file of the same name the old time.
    fn ino(&self) -> u64;
    fn size(&self) -> u64;
    fn mode(&self) -> u32;
    fn uid(&self) -> u32;
    fn nlink(&self) -> u64;
    fn blocks(&self) -> u64;
    fn mtime(&self) -> i64;
    fn mtime_nsec(&self) -> i64;
    fn ctime(&self) -> i64;
    fn ctime_nsec(&self) -> i64;
}

impl MetadataExt for Metadata {
    fn dev(&self) -> u64 {
        0
    }

    fn ino(&self) -> u64 {
        self.creation_time()
    }

    fn size(&self) -> u64 {
        self.file_size()
    }

    fn mode(&self) -> u32 {
        if self.is_dir() { 0o700 } else { PermissionsExt::mode(&self.permissions()) }
    }

    fn uid(&self) -> u32 {
        user()
    }

    fn nlink(&self) -> u64 {
        1
    }

    fn blocks(&self) -> u64 {
        self.file_size().div_ceil(BLOCK)
    }

    fn mtime(&self) -> i64 {
        i64::try_from(self.last_write_time() / TICKS).unwrap_or(i64::MAX)
    }

    fn mtime_nsec(&self) -> i64 {
        i64::try_from(self.last_write_time() % TICKS * 100).unwrap_or_default()
    }

    fn ctime(&self) -> i64 {
        self.mtime()
    }

    fn ctime_nsec(&self) -> i64 {
        self.mtime_nsec()
    }
}

pub(crate) trait PermissionsExt {
    fn mode(&self) -> u32;
}

impl PermissionsExt for Permissions {
    fn mode(&self) -> u32 {
        if self.readonly() { 0o400 } else { 0o600 }
    }
}

pub(crate) trait DirBuilderExt {
    fn mode(&mut self, mode: u32) -> &mut Self;
}

impl DirBuilderExt for DirBuilder {
    fn mode(&mut self, _: u32) -> &mut Self {
        self
    }
}

pub(crate) trait OpenOptionsExt {
    fn mode(&mut self, mode: u32) -> &mut Self;
}

impl OpenOptionsExt for OpenOptions {
    fn mode(&mut self, _: u32) -> &mut Self {
        self
    }
}

pub(crate) trait ExitStatusExt {
    fn signal(&self) -> Option<i32>;
}

impl ExitStatusExt for ExitStatus {
    fn signal(&self) -> Option<i32> {
        None
    }
}

/// Names as bytes. Git gives names in UTF-8 on Windows.
pub(crate) trait OsStrExt {
    fn from_bytes(bytes: &[u8]) -> &Self;
    fn as_bytes(&self) -> &[u8];
}

impl OsStrExt for OsStr {
    fn from_bytes(bytes: &[u8]) -> &OsStr {
        OsStr::new(std::str::from_utf8(bytes).unwrap_or(NO_NAME))
    }

    fn as_bytes(&self) -> &[u8] {
        self.as_encoded_bytes()
    }
}

pub(crate) trait OsStringExt {
    fn from_vec(bytes: Vec<u8>) -> Self;
}

impl OsStringExt for OsString {
    fn from_vec(bytes: Vec<u8>) -> OsString {
        OsStr::from_bytes(&bytes).to_os_string()
    }
}

/// Always the same number: files in a user's profile belong to that user.
pub(crate) fn user() -> u32 {
    0
}

/// A folder of the user that no tool considers hidden.
pub(crate) fn elsewhere() -> PathBuf {
    std::env::temp_dir()
}

/// Sets only whether the file may be written: Windows has no other mode.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(mode & 0o200 == 0);
    fs::set_permissions(path, permissions)
}

/// Changes nothing: on Windows no folder contains pipes.
pub(crate) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Opens a file to set its times; a link is an error.
pub(crate) fn open_to_date(path: &Path) -> io::Result<fs::File> {
    let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
    let mut options = OpenOptions::new();
    let file = options.access_mode(ITS_TIMES).custom_flags(flags).open(path)?;
    if file.metadata()?.is_symlink() {
        return Err(io::Error::other("it is a link"));
    }
    Ok(file)
}

/// Makes a link. Windows has two kinds: for files and for folders.
pub(crate) fn symlink(to: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (to, link) = (to.as_ref(), link.as_ref());
    if link.parent().unwrap_or(link).join(to).is_dir() {
        std::os::windows::fs::symlink_dir(to, link)
    } else {
        std::os::windows::fs::symlink_file(to, link)
    }
}

/// Windows cannot exchange two files.
pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A rename replaces what is there, so the caller uses a second name instead.
pub(crate) fn rename_to_free(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
