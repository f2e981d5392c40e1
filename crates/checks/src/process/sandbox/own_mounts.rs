//! Level basic as root: makes every file system read-only, except for writable places.
//!
//! Landlock (`landlock.rs`) cannot restrict changes of mode, owner and times of files. A read-only mount prevents them. Only
//! root can have separate mounts in a thread of a larger process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::real;

/// Mount options that a change must repeat to keep them.
const KEPT: &[(&str, MsFlags)] = &[
    ("nosuid", MsFlags::MS_NOSUID),
    ("nodev", MsFlags::MS_NODEV),
    ("noexec", MsFlags::MS_NOEXEC),
    ("noatime", MsFlags::MS_NOATIME),
    ("nodiratime", MsFlags::MS_NODIRATIME),
    ("relatime", MsFlags::MS_RELATIME),
];

/// Kinds of file system whose server may be gone; even a look at one would then wait for it.
const REMOTE: &[&str] = &["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "autofs"];

/// The longest wait for another machine's answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether threads of this process may have separate mounts. Found once, by trying.
pub(super) fn works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let probe = || {
        let enter = || {
            enter(&[]).is_ok() && mounts().iter().any(|mount| mount.at == Path::new("/") && mount.read_only)
        };
        let thread = std::thread::Builder::new().name("mount-probe".to_owned()).spawn(enter);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or(false)
    };
    *WORKS.get_or_init(probe)
}

/// Gives the calling thread, and everything that it starts, separate mounts; `writable` stays writable.
pub(super) fn enter(writable: &[PathBuf]) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let none = None::<&Path>;
    // An unmount outside happens here too; our changes are not visible outside
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)?;
    let mut writable: Vec<PathBuf> = writable.iter().map(|place| real(place)).collect();
    // A mount below another one would be hidden by it
    writable.sort();
    for place in &writable {
        mount(Some(place.as_path()), place.as_path(), none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    }
    for found in mounts() {
        if found.is_remote && !answers(&found.at) {
            // Nobody could use this mount now. Removing it asks no server, and it stays outside of our namespace
            let _ = umount2(&found.at, MntFlags::MNT_DETACH);
            continue;
        }
        if found.read_only || writable.iter().any(|place| found.at.starts_with(place)) {
            continue;
        }
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | found.flags;
        match mount(none, &found.at, none, flags, none) {
            // Another mount covers it, or covers a folder above it
            Ok(()) | Err(Errno::EINVAL | Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether a remote file system answers. A separate thread asks it, and only that thread waits. A file system that did not
/// answer is not asked again.
fn answers(at: &Path) -> bool {
    static SILENT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let silent = || SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    if silent().contains(at) {
        return false;
    }
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    let asked = at.to_path_buf();
    let ask = move || drop(answer.send(std::fs::metadata(asked).map(drop)));
    let asking = std::thread::Builder::new().name("mount-asked".to_owned()).spawn(ask);
    let answers = asking.is_ok() && answered.recv_timeout(PATIENCE).is_ok();
    if !answers {
        silent().insert(at.to_path_buf());
    }
    answers
}

struct Mount {
    at: PathBuf,
    is_remote: bool,
    read_only: bool,
    flags: MsFlags,
}

/// The mounts that the calling thread sees.
fn mounts() -> Vec<Mount> {
    let text = std::fs::read("/proc/thread-self/mountinfo").unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(read_line).collect()
}

/// A line of `mountinfo`: two numbers, a device, a root, the path, options, and after a dash the kind.
fn read_line(line: &[u8]) -> Option<Mount> {
    let text = String::from_utf8_lossy(line);
    let kind = text.split_once(" - ").and_then(|(_, after)| after.split(' ').next())?;
    let is_remote = REMOTE.contains(&kind);
    let mut fields = line.split(|byte| *byte == b' ').skip(4);
    let (at, options) = (fields.next()?, String::from_utf8_lossy(fields.next()?));
    let has = |name: &str| options.split(',').any(|option| option == name);
    let flags = KEPT.iter().filter(|(name, _)| has(name)).map(|(_, flag)| *flag).collect();
    let at = PathBuf::from(OsString::from_vec(unescaped(at)));
    Some(Mount { at, is_remote, read_only: has("ro"), flags })
}

/// Spaces and some other characters are written as a backslash and three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match value.filter(|_| *first == b'\\') {
            Some(value) => {
                bytes.push(value);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_of_mounts_is_read() {
        let line = br"36 35 98:0 /mnt1 /mnt\040two rw,nosuid,noatime master:1 - ext3 /dev/root rw";
        let found = read_line(line).unwrap();
        assert_eq!(found.at, Path::new("/mnt two"));
        assert!(!found.read_only);
        assert_eq!(found.flags, MsFlags::MS_NOSUID | MsFlags::MS_NOATIME);
        assert!(read_line(b"1 2 0:1 / /a ro - proc proc rw").unwrap().read_only);
        assert!(read_line(b"").is_none());
        let remote = read_line(b"1 2 0:1 / /a rw - nfs4 server:/ rw").unwrap();
        assert!(remote.is_remote && !found.is_remote && answers(Path::new("/")));
    }
}
