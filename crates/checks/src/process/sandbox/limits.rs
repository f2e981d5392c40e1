//! The resource limits of a run, and the mark that identifies its processes.
//!
//! Limits are set from outside on the shell that waits at the start of a run; its children inherit them and
//! cannot raise them. One limit that no test uses, for message queues, carries the mark: a number for the
//! mission and one for the run. At levels basic and full, a filter prevents changes of it.

use std::hash::{Hash, Hasher};

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// How much of this machine one run may use. `None`: we set no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Memory of all its processes together, in bytes.
    pub memory: Option<u64>,
    /// Number of processes at the same time.
    pub processes: Option<u64>,
    /// Size of its largest file, in bytes.
    pub file: Option<u64>,
    /// Bytes that it writes to the slot and its temporary folder.
    pub disk: Option<u64>,
}

impl Bounds {
    /// The default share of this machine's memory that a run may use, in percent.
    pub const MEMORY_PERCENT: u64 = 80;
    pub const PROCESSES: u64 = 4096;
    pub const FILE_MB: u64 = 8 << 10;
    pub const DISK_MB: u64 = 16 << 10;

    /// A share of this machine's memory, in bytes.
    pub fn share_of_memory(percent: u64) -> Option<u64> {
        machine_memory().map(|all| all / 100 * percent.min(100))
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            memory: Bounds::share_of_memory(Bounds::MEMORY_PERCENT),
            processes: Some(Bounds::PROCESSES),
            file: Some(Bounds::FILE_MB << 20),
            disk: Some(Bounds::DISK_MB << 20),
        }
    }
}

/// The limit that a run exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process) enum Hit {
    /// The used memory is unknown if the kernel ended the run.
    Memory {
        held: Option<u64>,
        most: u64,
    },
    Processes {
        most: u64,
    },
    File {
        most: u64,
    },
    Disk {
        written: u64,
        most: u64,
    },
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let raises = |key: &str| format!("(`[sandbox] {key}` raises that)");
        match self {
            Hit::Memory { held: Some(held), most } => {
                let (held, most) = (size(*held), size(*most));
                write!(f, "it held {held} of memory; it may hold {most} {}", raises("memory_percent"))
            }
            Hit::Memory { held: None, most } => {
                write!(
                    f,
                    "it wanted more memory than the {} that it may hold {}",
                    size(*most),
                    raises("memory_percent")
                )
            }
            Hit::Processes { most } => {
                write!(
                    f,
                    "it started more than the {most} processes that may run at once {}",
                    raises("processes")
                )
            }
            Hit::File { most } => {
                write!(f, "it wrote a file longer than the {} that it may {}", size(*most), raises("file_mb"))
            }
            Hit::Disk { written, most } => {
                let (written, most) = (size(*written), size(*most));
                write!(f, "it wrote {written} to disk; {most} is the most {}", raises("disk_mb"))
            }
        }
    }
}

fn size(bytes: u64) -> String {
    let mb = bytes as f64 / f64::from(1 << 20);
    if mb < 1024.0 { format!("{mb:.0} MB") } else { format!("{:.1} GB", mb / 1024.0) }
}

/// The most processes that are inspected.
const MAX_PROCESSES: usize = 8192;

/// The identity of a run: `mission` is the same in all runs with one marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process) struct Mark {
    pub mission: u64,
    pub run: u64,
}

impl Mark {
    /// The range of run numbers.
    pub const RUNS: std::ops::Range<u64> = 550_000..750_000;

    /// The two numbers are in separate ranges below the kernel's own limit (819200).
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

/// Sets the limits of a process that still waits. A limit that the system refuses stays unchanged.
#[cfg(target_os = "linux")]
pub(in crate::process) fn set(pid: u32, mark: Mark, bounds: &Bounds) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    let lower = |resource: Resource, wanted: u64| {
        let allowed = getrlimit(resource).maximum;
        let value = allowed.map_or(wanted, |allowed| allowed.min(wanted));
        let _ = prlimit(Some(pid), resource, Rlimit { current: Some(value), maximum: Some(value) });
    };
    if let Some(file) = bounds.file {
        lower(Resource::Fsize, file);
    }
    lower(Resource::Core, 0);
    // The kernel counts all processes of the user. This limit stops a fast growth that checks from outside
    // would miss.
    if let (Some(tasks), Some(processes)) = (tasks(), bounds.processes) {
        lower(Resource::Nproc, tasks + processes);
    }
    let marks = Rlimit { current: Some(mark.mission), maximum: Some(mark.run) };
    let _ = prlimit(Some(pid), Resource::Msgqueue, marks);
}

#[cfg(not(target_os = "linux"))]
pub(in crate::process) fn set(_pid: u32, _mark: Mark, _bounds: &Bounds) {}

/// Number of tasks on this machine; the kernel counts only those of one user, which are fewer.
#[cfg(target_os = "linux")]
fn tasks() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// The mark of a living process: mission and run.
pub(in crate::process) fn mark_of(pid: u32) -> Option<Mark> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max msgqueue size"))?;
    let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
    Some(Mark { mission: numbers.next()??, run: numbers.next()?? })
}

/// Memory of this machine, in bytes.
#[cfg(target_os = "linux")]
fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn machine_memory() -> Option<u64> {
    None
}

/// A process and its descendants.
#[cfg(target_os = "linux")]
pub(in crate::process) fn descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(pid) = found.get(at).filter(|_| found.len() < MAX_PROCESSES) {
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        at += 1;
    }
    found
}

#[cfg(not(target_os = "linux"))]
pub(in crate::process) fn descendants(_pid: u32) -> Vec<u32> {
    Vec::new()
}

/// Memory of processes in bytes, without pages that they share with files.
pub(in crate::process) fn held(processes: &[u32]) -> u64 {
    let own = |pid: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let mut fields = text.split_whitespace().skip(1).map(|field| field.parse::<u64>().ok());
        Some(fields.next()??.saturating_sub(fields.next()??))
    };
    processes.iter().take(MAX_PROCESSES).map(|pid| own(pid).unwrap_or(0) * 4096).sum()
}
