//! How much a run may use, and the mark by which its processes are known wherever they go.
//!
//! Limits are set from outside on the shell that waits at the start of a run;
//! what it starts inherits them and cannot raise them. One limit, of message
//! queues, which no test uses, carries the mark: a number for the mission and
//! one for the run. At levels basic and full a filter keeps it from changing.

use std::hash::{Hash, Hasher};

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// The longest file that a command may write.
pub(in crate::process) const FILE: u64 = 8 << 30;
/// Tasks that it may add to those of this machine.
#[cfg(target_os = "linux")]
const TASKS: u64 = 4096;
/// Share of this machine's memory that a run may hold, in percent.
#[cfg(target_os = "linux")]
const MEMORY_PERCENT: u64 = 80;
/// Processes that are looked at for memory.
#[cfg(target_os = "linux")]
const MAX_PROCESSES: usize = 8192;

/// What identifies a run: `mission` is shared by all runs of one marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process) struct Mark {
    pub mission: u64,
    pub run: u64,
}

impl Mark {
    /// The numbers of runs.
    pub const RUNS: std::ops::Range<u64> = 550_000..750_000;

    /// Numbers in ranges that lie below the kernel's own limit (819200), apart from each other.
    pub fn new(marker: &str, unique: &str) -> Mark {
        Mark {
            mission: 100_000 + hash(marker) % 400_000,
            run: Self::RUNS.start + hash(unique) % (Self::RUNS.end - Self::RUNS.start),
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = shared::StableHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Sets the limits of a process that has not begun yet. What the system refuses is left as it is.
#[cfg(target_os = "linux")]
pub(in crate::process) fn set(pid: u32, mark: Mark) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    let lower = |resource: Resource, wanted: u64| {
        let allowed = getrlimit(resource).maximum;
        let value = allowed.map_or(wanted, |allowed| allowed.min(wanted));
        let _ = prlimit(Some(pid), resource, Rlimit { current: Some(value), maximum: Some(value) });
    };
    lower(Resource::Fsize, FILE);
    lower(Resource::Core, 0);
    if let Some(tasks) = tasks() {
        lower(Resource::Nproc, tasks + TASKS);
    }
    let marks = Rlimit { current: Some(mark.mission), maximum: Some(mark.run) };
    let _ = prlimit(Some(pid), Resource::Msgqueue, marks);
}

#[cfg(not(target_os = "linux"))]
pub(in crate::process) fn set(_pid: u32, _mark: Mark) {}

/// Tasks of this machine: the kernel counts those of a user, which are fewer.
#[cfg(target_os = "linux")]
fn tasks() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// The mark that a living process carries: mission and run.
pub(in crate::process) fn mark_of(pid: u32) -> Option<Mark> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max msgqueue size"))?;
    let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
    Some(Mark { mission: numbers.next()??, run: numbers.next()?? })
}

/// Memory that a run may hold, in bytes.
#[cfg(target_os = "linux")]
pub(in crate::process) fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024 / 100 * MEMORY_PERCENT)
}

#[cfg(not(target_os = "linux"))]
pub(in crate::process) fn memory() -> Option<u64> {
    None
}

/// Memory that a process and its descendants hold, in bytes; shared parts count for each.
#[cfg(target_os = "linux")]
pub(in crate::process) fn held(pid: u32) -> u64 {
    let mut waiting = vec![pid];
    let (mut total, mut seen) = (0, 0);
    while let Some(pid) = waiting.pop() {
        seen += 1;
        if seen > MAX_PROCESSES {
            break;
        }
        let pages = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok();
        let anonymous = pages.and_then(|text| {
            let mut fields = text.split_whitespace().skip(1).map(|field| field.parse::<u64>().ok());
            Some(fields.next()??.saturating_sub(fields.next()??))
        });
        total += anonymous.unwrap_or(0) * 4096;
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    total
}

#[cfg(not(target_os = "linux"))]
pub(in crate::process) fn held(_pid: u32) -> u64 {
    0
}
