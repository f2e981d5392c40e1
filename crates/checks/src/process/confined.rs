//! Starts one program of the user in the sandbox; the caller waits for it and reads its streams.
//!
//! Not for the project's commands: `supervise.rs` runs those with limits, a mark and a watchdog.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use process_group::ProcessGroup;

use super::sandbox::{self, Level, Network, Reach, Sandbox};

/// The files that such a program may read and write, beside the system and toolchains.
#[derive(Debug, Clone, Copy)]
pub struct ConfinedReach<'a> {
    pub readable: &'a [PathBuf],
    /// The program's own folder for everything that it writes, including temporary files.
    pub own: &'a Path,
    pub writable: &'a [PathBuf],
}

/// Starts the program of `command` with its arguments, folder and variables. It has no network, leads a process group,
/// and has a pipe for each stream.
pub fn spawn_confined(command: &Command, sandbox: Sandbox, reach: ConfinedReach<'_>) -> io::Result<Child> {
    let level = sandbox.level().map_err(io::Error::other)?;
    let folder = command.get_current_dir().unwrap_or(Path::new("/")).to_path_buf();
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(Into::into).collect();
    let variables: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_os_string(), value?.to_os_string())))
        .collect();
    let reach = Reach::of_program(reach, Network::None);
    let start = move || {
        let entered = sandbox::enter(level, &reach, &folder).map_err(io::Error::other)?;
        let mut all = match level {
            // The program that confines it starts a shell at the end, which needs a command line.
            Level::Full => [entered, vec!["exec \"$0\" \"$@\"".into()], words].concat(),
            _ => words,
        }
        .into_iter();
        let mut command = Command::new(all.next().unwrap_or_default());
        command.args(all).env_clear().envs(variables).current_dir(&folder);
        ProcessGroup::lead(&mut command);
        #[cfg(unix)]
        super::descriptors::keep_to_ourselves();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    };
    if level == Level::None {
        return start();
    }
    // The thread loses rights permanently, so it serves this program only. It lives as long as the program, because
    // bubblewrap ends with the thread that started it, not with the process.
    let (answer, started) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name("confined-spawn".to_owned()).spawn(move || {
        let child = start();
        let pid = child.as_ref().ok().map(Child::id);
        if answer.send(child).is_ok() {
            wait_for_end(pid);
        }
    })?;
    started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended early")))
}

/// Waits until a child has ended, but leaves its status to the caller, who may wait at the same time.
#[cfg(target_os = "linux")]
fn wait_for_end(pid: Option<u32>) {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let Some(pid) = pid else { return };
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), ended), Err(rustix::io::Errno::INTR)) {}
}

#[cfg(not(target_os = "linux"))]
fn wait_for_end(_: Option<u32>) {}
