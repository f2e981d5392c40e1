//! Moving one file to where it belongs, in one step, also between file systems.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::Path;

use sha2::{Digest, Sha256};

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
