//! Watches the resources of a run from outside, until it exceeds a limit.
//!
//! It ends nothing itself; `supervise` does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::sandbox::cgroup::Cgroup;
use super::sandbox::limits::{self, Bounds, Hit};

/// The interval between two measurements.
const LOOK: Duration = Duration::from_millis(250);

/// The most files that are counted as written by the run; further ones are not counted.
const MAX_FILES: usize = 400_000;

/// If less than this is free, a run that has written as much is stopped.
const FLOOR: u64 = 512 << 20;

/// The run to watch.
pub(super) struct Watched<'a> {
    pub bounds: Bounds,
    /// The first process of the run.
    pub pid: Option<u32>,
    pub group: Option<&'a Cgroup>,
    /// The folders to which the run writes.
    pub folders: Vec<PathBuf>,
}

/// Returns the limit that the run exceeds, as soon as it does.
pub(super) async fn exceeded(watched: Watched<'_>) -> Hit {
    let since = SystemTime::now();
    let free_before: Vec<Option<u64>> = watched.folders.iter().map(|folder| free(folder)).collect();
    // Counting files is slow, so it is repeated only after the disk has filled further.
    let mut counted_at = 0;
    loop {
        tokio::time::sleep(LOOK).await;
        let processes = match (watched.group, watched.pid) {
            (Some(group), _) => group.members(),
            (None, Some(pid)) => limits::descendants(pid),
            (None, None) => Vec::new(),
        };
        let count = processes.len() as u64;
        if watched.bounds.processes.is_some_and(|most| count >= most) {
            return Hit::Processes { most: watched.bounds.processes.unwrap_or(count) };
        }
        let held = limits::held(&processes);
        if let Some(most) = watched.bounds.memory.filter(|most| held > *most) {
            return Hit::Memory { held: Some(held), most };
        }
        let Some(most) = watched.bounds.disk else { continue };
        let free_now = watched.folders.iter().map(|folder| free(folder));
        let changes = free_before.iter().zip(free_now);
        let (grown, left) = changes.fold((0, u64::MAX), |(grown, left), (before, now)| match (before, now) {
            (Some(before), Some(now)) => (grown.max(before.saturating_sub(now)), left.min(now)),
            _ => (grown, left),
        });
        let is_full = left < FLOOR && grown > FLOOR;
        if (grown > most || is_full) && grown > counted_at {
            counted_at = grown + most / 8;
            let folders = watched.folders.clone();
            let counting = tokio::task::spawn_blocking(move || written(&folders, since));
            let written = counting.await.unwrap_or(0);
            if written > most || is_full && written > FLOOR {
                return Hit::Disk { written, most: most.min(written) };
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn free(folder: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(folder).ok()?;
    Some(about.f_bavail * about.f_frsize)
}

#[cfg(not(target_os = "linux"))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

/// Bytes on disk of files in these folders that have changed since `since`.
fn written(folders: &[PathBuf], since: SystemTime) -> u64 {
    let since = since.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let mut waiting: Vec<PathBuf> = folders.to_vec();
    let (mut total, mut seen) = (0, 0);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MAX_FILES {
                return total;
            }
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                waiting.push(entry.path());
            } else if about.ctime() >= since {
                total += about.blocks() * 512;
            }
        }
    }
    total
}
