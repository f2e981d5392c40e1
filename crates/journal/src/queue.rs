//! Missions of a project that wait for their turn: one file each in the `queue/` folder, locked by the process that
//! waits.
//!
//! If the lock of a file is free, its process ended while it waited. Such a file blocks no other mission. It stays
//! until the user cancels it, so that its objective is not lost.

use crate::listing::json_files;
use crate::{Error, private, write_atomic};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many missions may wait.
pub const MAX_QUEUED: usize = 50;
const MAX_BYTES: u64 = 256 * 1024;

/// A mission that waits. It keeps this id when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    pub mission: String,
    pub objective: String,
    /// The process that will run it.
    pub pid: u32,
    /// When it joined the queue, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Whether that process still waits. The lock shows it, never the file's text.
    #[serde(skip)]
    pub waits: bool,
}

/// A place in the queue. Dropping it without [`QueuePlace::leave`] leaves the file, as a crash does.
#[derive(Debug)]
pub struct QueuePlace {
    path: PathBuf,
    _lock: File,
}

impl QueuePlace {
    /// Takes the last place in `dir`.
    ///
    /// # Errors
    /// [`Error::QueueFull`], or an error if the folder cannot be written.
    pub(crate) fn take(dir: &Path, queued: &Queued) -> Result<Self, Error> {
        private::create_dir(dir).map_err(Error::io("create", dir))?;
        let waiting = paths(dir)?.len();
        if waiting >= MAX_QUEUED {
            return Err(Error::QueueFull { path: dir.to_path_buf(), waiting });
        }
        let path = dir.join(format!("{:015}-{}.json", queued.at_ms, queued.mission));
        let text =
            serde_json::to_vec(queued).map_err(|source| Error::Encode { path: path.clone(), source })?;
        write_atomic(&path, &text)?;
        let lock = File::open(&path).map_err(Error::io("open the place in the queue", &path))?;
        // A reader that checks whether the process waits holds the lock for a moment.
        lock.lock().map_err(Error::io("lock the place in the queue", &path))?;
        Ok(Self { path, _lock: lock })
    }

    /// Whether the place is still in the queue: the user has not cancelled it.
    pub fn is_kept(&self) -> bool {
        self.path.exists()
    }

    /// Removes the place: the mission starts, or its user cancelled it.
    ///
    /// # Errors
    /// If its file cannot be removed.
    pub fn leave(self) -> Result<(), Error> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove the place in the queue", &self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

/// All queued missions in their order. A file that is no place is left out.
pub(crate) fn list(dir: &Path) -> Result<Vec<Queued>, Error> {
    Ok(paths(dir)?.iter().filter_map(|path| read(path)).collect())
}

/// Takes a mission out of the queue, also if another process waits with it; `None` if it is not in the queue.
pub(crate) fn cancel(dir: &Path, mission: &str) -> Result<Option<Queued>, Error> {
    for path in paths(dir)? {
        let Some(queued) = read(&path).filter(|queued| queued.mission == mission) else { continue };
        std::fs::remove_file(&path).map_err(Error::io("remove the place in the queue", &path))?;
        return Ok(Some(queued));
    }
    Ok(None)
}

fn paths(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    json_files(dir, 2 * MAX_QUEUED)
}

fn read(path: &Path) -> Option<Queued> {
    let mut file = File::open(path).ok()?;
    let mut text = String::new();
    (&mut file).take(MAX_BYTES).read_to_string(&mut text).ok()?;
    let mut queued: Queued = serde_json::from_str(&text).ok()?;
    queued.waits = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    Some(queued)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(mission: &str, at_ms: u64) -> Queued {
        Queued { mission: mission.into(), objective: "Add one".into(), pid: 7, at_ms, waits: false }
    }

    #[test]
    fn they_stand_in_the_order_in_which_they_came_and_are_taken_out_by_id() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("queue");
        assert_eq!(list(&dir).unwrap(), []);
        let second = QueuePlace::take(&dir, &queued("m-bbbbbbbb", 2_000)).unwrap();
        let first = QueuePlace::take(&dir, &queued("m-aaaaaaaa", 1_000)).unwrap();
        let names = || list(&dir).unwrap().into_iter().map(|q| (q.mission, q.waits)).collect::<Vec<_>>();
        assert_eq!(names(), [("m-aaaaaaaa".to_string(), true), ("m-bbbbbbbb".to_string(), true)]);
        assert_eq!(cancel(&dir, "m-bbbbbbbb").unwrap().unwrap().objective, "Add one");
        assert!(!second.is_kept() && first.is_kept());
        assert_eq!(cancel(&dir, "m-bbbbbbbb").unwrap(), None);
        assert_eq!(cancel(&dir, "../../x").unwrap(), None);
        second.leave().unwrap();
        first.leave().unwrap();
        assert_eq!(names(), []);
    }

    #[test]
    fn what_a_crash_left_waits_for_nothing_and_keeps_its_text() {
        let dir = tempfile::tempdir().unwrap();
        drop(QueuePlace::take(dir.path(), &queued("m-aaaaaaaa", 1_000)).unwrap());
        std::fs::write(dir.path().join("0.json"), b"\xff rubbish").unwrap();
        let left = list(dir.path()).unwrap();
        assert_eq!(left, [queued("m-aaaaaaaa", 1_000)]);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..MAX_QUEUED {
            std::fs::write(dir.path().join(format!("{n}.json")), "{}").unwrap();
        }
        let error = QueuePlace::take(dir.path(), &queued("m-aaaaaaaa", 1)).unwrap_err();
        assert!(matches!(error, Error::QueueFull { waiting: MAX_QUEUED, .. }), "{error}");
    }
}
