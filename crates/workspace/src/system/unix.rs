//! The names of [`crate::system`] on Unix: the standard library's own, and what it lacks. Each must be in
//! `windows`, too.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

pub(crate) use std::os::unix::ffi::{OsStrExt, OsStringExt};
pub use std::os::unix::fs::MetadataExt;
pub(crate) use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
pub(crate) use std::os::unix::process::ExitStatusExt;

/// The number of this process's user.
pub(crate) fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

/// A folder that survives a restart, and is on a real disk on most machines.
pub(crate) fn elsewhere() -> PathBuf {
    PathBuf::from("/var/tmp")
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Makes opening a pipe return at once.
pub(crate) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(nix::libc::O_NONBLOCK)
}

/// Opens a file to set its times, which needs no permission to write it; a link is an error.
pub(crate) fn open_to_date(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(fs::File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// Exchanges two files of one file system in one step.
pub(crate) fn exchange(from: &Path, to: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE)?)
}

/// Renames a file to a name that must be free, in one step.
pub(crate) fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}
