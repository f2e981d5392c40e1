//! Finds processes that left the process group: by the mark in their limits, which they cannot
//! remove, and by the marker in their environment.
//!
//! On systems without `/proc` it finds none.

#[cfg(unix)]
use std::time::Duration;

use super::sandbox::limits::{Mark, mark_of};
use crate::environment::MARKER;

/// Rounds of searching, because a process may start between searching and killing.
const ROUNDS: usize = 5;

/// Kills every process that a run with this marker left, for a start after a crash. Returns how
/// many were killed.
pub fn sweep(marker: &str) -> usize {
    let mission = Mark::new(marker, "").mission;
    kill_found(|pid| has(pid, &format!("{MARKER}={marker}:"), false) || is_of(pid, mission)).killed
}

/// Whether a process carries the mark of a mission. The second number keeps an unusual limit of the
/// user from being mistaken for a mark.
fn is_of(pid: u32, mission: u64) -> bool {
    mark_of(pid).is_some_and(|mark| mark.mission == mission && Mark::RUNS.contains(&mark.run))
}

/// The result of a search.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sweep {
    pub killed: usize,
    /// Whether the last round found nothing.
    pub clean: bool,
}

/// Kills the processes of one run that started at or after `since` (clock ticks since boot).
pub(super) fn kill_run(marker: &str, mark: Mark, since: u64) -> Sweep {
    let entry = format!("{MARKER}={marker}");
    kill_found(|pid| {
        start_time(pid).is_some_and(|start| start >= since)
            && (mark_of(pid).is_some_and(|found| found.run == mark.run) || has(pid, &entry, true))
    })
}

/// The start time of a process, in clock ticks since boot.
pub(super) fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, a name in parentheses, may contain anything
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(unix)]
fn kill_found(is_one: impl Fn(u32) -> bool) -> Sweep {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let mut sweep = Sweep::default();
    for round in 0..ROUNDS {
        if round > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let found: Vec<u32> = living().into_iter().filter(|pid| is_one(*pid)).collect();
        if found.is_empty() {
            sweep.clean = true;
            break;
        }
        for pid in found {
            let gone = i32::try_from(pid).map(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL));
            sweep.killed += usize::from(matches!(gone, Ok(Ok(()))) && round == 0);
        }
    }
    sweep
}

#[cfg(not(unix))]
fn kill_found(_is_one: impl Fn(u32) -> bool) -> Sweep {
    Sweep::default()
}

/// All processes except ours and those that have ended and were not yet waited for.
fn living() -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    let ended = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
    };
    all.flatten()
        .filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != own && !ended(*pid))
        .collect()
}

/// Whether the environment of a process contains the entry, or one that begins with it.
fn has(pid: u32, entry: &str, exact: bool) -> bool {
    // The file of another user's process cannot be read
    let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environ.split(|byte| *byte == 0).any(|variable| {
        if exact { variable == entry.as_bytes() } else { variable.starts_with(entry.as_bytes()) }
    })
}
