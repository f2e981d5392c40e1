//! Finding processes that left the group, by the marker in their environment.
//!
//! A descendant that clears its environment *and* leaves its group is not
//! found; neither is any on systems without `/proc`.

use std::time::Duration;

use crate::environment::MARKER;

/// Rounds of looking, for what is started between looking and killing.
const ROUNDS: usize = 5;

/// Kills every process that a run with this marker left behind: for a start
/// after a crash. Returns how many were killed.
pub fn sweep(marker: &str) -> usize {
    kill_marked(&format!("{MARKER}={marker}:"), false, 0)
}

/// Kills the processes of one run (`marker` with its number) which started at
/// or after `since` (clock ticks from boot).
pub(super) fn kill_run(marker: &str, since: u64) -> usize {
    kill_marked(&format!("{MARKER}={marker}"), true, since)
}

/// The start time of a process, in clock ticks from boot.
pub(super) fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the second field, a name in parentheses, may hold anything
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(unix)]
fn kill_marked(entry: &str, exact: bool, since: u64) -> usize {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let mut killed = 0;
    for round in 0..ROUNDS {
        if round > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let found = marked(entry, exact, since);
        if found.is_empty() {
            break;
        }
        for pid in found {
            let gone = i32::try_from(pid).map(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL));
            killed += usize::from(matches!(gone, Ok(Ok(()))) && round == 0);
        }
    }
    killed
}

#[cfg(not(unix))]
fn kill_marked(_entry: &str, _exact: bool, _since: u64) -> usize {
    0
}

/// Living processes whose environment holds the entry.
fn marked(entry: &str, exact: bool, since: u64) -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    all.flatten()
        .filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != own && start_time(*pid).is_some_and(|start| start >= since))
        .filter(|pid| {
            // of a zombie, and of a process of another user, this is empty or an error
            let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environ.split(|byte| *byte == 0).any(|variable| {
                if exact { variable == entry.as_bytes() } else { variable.starts_with(entry.as_bytes()) }
            })
        })
        .collect()
}
