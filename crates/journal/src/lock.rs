//! One mission per project at a time. `StateDir` takes the lock, and asks who holds it.
//!
//! The operating system holds the lock: no process number is looked up, and a process that died holds nothing. This
//! file never waits for a turn (`queue.rs` does) and never removes the lock file.

use crate::{Error, private};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Who runs a mission in a project; what a second OpenCode tells its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    pub pid: u32,
    /// The mission's id.
    pub mission: String,
    /// The folder in which that OpenCode runs.
    pub directory: String,
    /// When it took the lock, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// Why a project could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another mission runs. The owner is `None` if that process has not written its name yet.
    #[error("{}", held(owner.as_ref()))]
    Held { owner: Option<LockOwner> },
    #[error(transparent)]
    Io(#[from] Error),
}

/// The right to run a mission in a project. It is freed when it is dropped or when the process dies.
#[derive(Debug)]
pub struct ProjectLock {
    file: File,
    since_ms: u64,
}

impl ProjectLock {
    /// Takes the lock at `path`. The file is never removed: otherwise two processes could each lock a file of that
    /// name.
    pub(crate) fn acquire(path: &Path, owner: &LockOwner) -> Result<Self, LockError> {
        let mut file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::io("open the lock", path))?;
        // A `status` that asks who holds the lock takes it for a moment itself.
        for pause_ms in [5, 10, 20, 0] {
            match file.try_lock() {
                Ok(()) => {
                    write_owner(&mut file, owner).map_err(Error::io("write the lock", path))?;
                    return Ok(Self { file, since_ms: owner.since_ms });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(pause_ms)),
                Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source).into()),
            }
        }
        Err(LockError::Held { owner: read_owner(&mut file) })
    }

    /// When it was taken, in milliseconds since the Unix epoch: from then on, others see its owner.
    pub fn since_ms(&self) -> u64 {
        self.since_ms
    }
}

impl Drop for ProjectLock {
    fn drop(&mut self) {
        // Best effort: the owner's name is ignored when the lock is free.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Who holds the lock at `path` now; `None` if it is free.
pub(crate) fn owner(path: &Path) -> Result<Option<LockOwner>, Error> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open the lock", path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(read_owner(&mut file)),
        Err(TryLockError::Error(source)) => Err(Error::io("look at the lock", path)(source)),
    }
}

fn write_owner(file: &mut File, owner: &LockOwner) -> std::io::Result<()> {
    let text = serde_json::to_vec(owner)?;
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&text)
}

fn read_owner(file: &mut File) -> Option<LockOwner> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn held(owner: Option<&LockOwner>) -> String {
    let who = match owner {
        Some(owner) => {
            format!("mission `{}`, process {}, started in `{}`", owner.mission, owner.pid, owner.directory)
        }
        None => "one that has just started".to_owned(),
    };
    format!(
        "another mission already runs in this project: {who}\nhint: wait for it, or stop it with `opencode-orchestrator stop`"
    )
}
