//! A control group for each run, if the machine allows it: the kernel counts and ends all processes in it.
//!
//! A process and its children stay in the group, and no command may write where groups are changed. If no group can be
//! created, `limits.rs` and `stragglers.rs` are used instead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::limits::Bounds;

/// The prefix of the names of groups; the id of our process follows it.
const NAME: &str = "opencode-orchestrator-";

/// The longest wait until a group is empty after its end.
const EMPTY: Duration = Duration::from_millis(400);

/// The group of one run. Removed when dropped.
#[derive(Debug)]
pub(in crate::process) struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    /// `None` if this machine allows no group.
    pub fn make(name: &str, bounds: &Bounds) -> Option<Cgroup> {
        let safe = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        let group = Cgroup::below(parent()?, &safe).ok()?;
        // If a controller is missing or refuses, the limit is watched from outside.
        if let Some(memory) = bounds.memory {
            group.set("memory.max", memory);
            group.set("memory.oom.group", 1);
        }
        if let Some(processes) = bounds.processes {
            group.set("pids.max", processes);
        }
        Some(group)
    }

    fn below(parent: &Path, name: &str) -> io::Result<Cgroup> {
        let folder = parent.join(format!("{NAME}{}-{name}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Cgroup { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn add(&self, pid: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string())
    }

    /// The processes in it.
    pub fn members(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Ends all processes at once. Returns whether none is left.
    pub fn end(&self) -> bool {
        if fs::write(self.folder.join("cgroup.kill"), "1").is_err() {
            return false;
        }
        let until = Instant::now() + EMPTY;
        while !self.is_empty() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    fn is_empty(&self) -> bool {
        self.counted("cgroup.events", "populated") == Some(0)
    }

    /// Whether the kernel ended a process because of the memory limit.
    pub fn ran_out_of_memory(&self) -> bool {
        self.counted("memory.events", "oom_kill").is_some_and(|times| times > 0)
    }

    /// Whether the kernel refused a process because of the number of processes.
    pub fn ran_out_of_processes(&self) -> bool {
        self.counted("pids.events", "max").is_some_and(|times| times > 0)
    }

    fn set(&self, name: &str, value: u64) {
        // Works only if the machine has that controller.
        let _ = fs::write(self.folder.join(name), value.to_string());
    }

    fn counted(&self, file: &str, key: &str) -> Option<u64> {
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?;
        value.trim().parse().ok()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A group that still holds a process stays, and a later start removes it.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Whether runs get their own group on this machine.
pub(super) fn works() -> bool {
    parent().is_some()
}

/// The group in which we may create others. Found once, by trying.
fn parent() -> Option<&'static Path> {
    static PARENT: OnceLock<Option<PathBuf>> = OnceLock::new();
    PARENT.get_or_init(|| candidates().into_iter().find(|folder| fits(folder))).as_deref()
}

/// The group beside ours, which may have controllers, then a group below ours.
fn candidates() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let Some(own) = own.lines().find_map(|line| line.strip_prefix("0::/")) else { return Vec::new() };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let place = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut fields = before.split(' ').skip(3);
        let (root, at) = (fields.next()?, fields.next()?);
        (after.starts_with("cgroup2 ") && root == "/").then(|| PathBuf::from(at))
    });
    let Some(own) = place.map(|place| place.join(own)) else { return Vec::new() };
    let beside = own.parent().filter(|above| above.join("cgroup.procs").exists()).map(Path::to_path_buf);
    beside.into_iter().chain([own]).collect()
}

/// Whether a process can be put into a group below this one, and can be ended through it.
fn fits(folder: &Path) -> bool {
    remove_old(folder);
    let Ok(group) = Cgroup::below(folder, "trial") else { return false };
    let trial = Command::new("/bin/sh")
        .args(["-c", "read -r _"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut trial) = trial else { return false };
    let works = group.add(trial.id()).is_ok() && group.end();
    let _ = trial.kill();
    let _ = trial.wait();
    works
}

/// Removes groups that a crash left: they are empty, and their process has ended.
fn remove_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}
