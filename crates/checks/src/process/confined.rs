//! Starting one program of the user's in the sandbox, for those who wait for it and read it themselves.
//!
//! Not for the project's commands, which `supervise.rs` runs with limits, a mark and a watchdog.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::sandbox::{self, Level, Network, Reach, Sandbox};

/// What such a program may read and write beside the system and toolchains.
#[derive(Debug, Clone, Copy)]
pub struct ConfinedReach<'a> {
    pub readable: &'a [PathBuf],
    /// Its own folder: what it writes, temporary files included.
    pub own: &'a Path,
    pub writable: &'a [PathBuf],
}

/// Starts the program, arguments, folder and variables of `command`, without a network, as the leader of a group, with a
/// pipe for each of its streams.
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
            // What enters ends with a shell and wants a line for it.
            Level::Full => [entered, vec!["exec \"$0\" \"$@\"".into()], words].concat(),
            _ => words,
        }
        .into_iter();
        let mut command = Command::new(all.next().unwrap_or_default());
        command.args(all).env_clear().envs(variables).current_dir(&folder);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    };
    if level == Level::None {
        return start();
    }
    // The thread loses rights for good, so it serves this program alone.
    let thread = std::thread::Builder::new().name("confined-spawn".to_owned()).spawn(start)?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended early")))
}
