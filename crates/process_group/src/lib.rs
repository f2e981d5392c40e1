//! A command with everything that it starts: a process group, by the process that leads it.
//!
//! `workspace` ends git and its filters with it, `checks` the commands of a project. It waits for nothing (on Windows,
//! for the system's own `taskkill`): the caller that started the leader reaps it, and must not signal the group
//! afterwards, since another group may have its number by then. `process-wrap` would add a type around each child and
//! waits for the whole group; here a watchdog leads the group of a check, and git is reaped alone.

use std::process::Command;

/// The group that one process leads. Windows has no such groups: there it is the leader with its descendants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessGroup {
    leader: i32,
}

impl ProcessGroup {
    /// Makes the process that `command` starts the leader of a new group.
    pub fn lead(command: &mut Command) {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        #[cfg(not(unix))]
        let _ = command;
    }

    /// The group of a child that was started by a command given to [`ProcessGroup::lead`]; `None` for a number that no
    /// child has.
    pub fn led_by(child: u32) -> Option<ProcessGroup> {
        i32::try_from(child).ok().filter(|leader| *leader > 1).map(|leader| ProcessGroup { leader })
    }

    /// Puts the process that `command` starts into this group.
    pub fn join(self, command: &mut Command) {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, self.leader);
        #[cfg(not(unix))]
        let _ = command;
    }

    /// Asks every process of the group to end (`SIGTERM`). Has no effect on Windows.
    pub fn ask_to_end(self) {
        #[cfg(unix)]
        self.signal(nix::sys::signal::Signal::SIGTERM);
    }

    /// Ends every process of the group (`SIGKILL`), except one that has left it.
    pub fn end(self) {
        #[cfg(unix)]
        self.signal(nix::sys::signal::Signal::SIGKILL);
        #[cfg(windows)]
        self.end_descendants();
    }

    #[cfg(unix)]
    fn signal(self, signal: nix::sys::signal::Signal) {
        // A group that no longer exists has ended, as requested
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(self.leader), signal);
    }

    /// A descendant whose parent has ended is not found.
    #[cfg(windows)]
    fn end_descendants(self) {
        let leader = self.leader.to_string();
        let quiet = std::process::Stdio::null;
        let mut command = Command::new("taskkill");
        command.args(["/T", "/F", "/PID", &leader]).stdin(quiet()).stdout(quiet()).stderr(quiet());
        // A leader that no longer exists has ended, as requested
        let _ = command.status();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::Stdio;

    use super::*;

    /// A shell that leads a group, and a child of it that holds the other end of the pipe.
    fn group_of_two(trap: &str) -> (std::process::Child, ProcessGroup) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("{trap} sleep 60 & echo up; wait")]).stdout(Stdio::piped());
        ProcessGroup::lead(&mut command);
        let mut leader = command.spawn().unwrap();
        let mut up = [0; 3];
        leader.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
        let group = ProcessGroup::led_by(leader.id()).unwrap();
        (leader, group)
    }

    /// The pipe closes when no process of the group holds it any more.
    fn ends_with_its_children(mut leader: std::process::Child) -> bool {
        let mut rest = Vec::new();
        leader.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        !leader.wait().unwrap().success()
    }

    #[test]
    fn a_group_ends_with_what_its_leader_started() {
        let (leader, group) = group_of_two("");
        group.ask_to_end();
        assert!(ends_with_its_children(leader));
        let (leader, group) = group_of_two("trap '' TERM;");
        group.ask_to_end();
        group.end();
        assert!(ends_with_its_children(leader));
    }

    #[test]
    fn what_joins_a_group_ends_with_it() {
        let (leader, group) = group_of_two("");
        let mut command = Command::new("/bin/sleep");
        command.arg("60");
        group.join(&mut command);
        let mut joined = command.spawn().unwrap();
        group.end();
        assert!(!joined.wait().unwrap().success());
        assert!(ends_with_its_children(leader));
    }

    #[test]
    fn no_number_reaches_a_group_that_is_not_named() {
        // `killpg(0)` would end our own group, and `killpg(1)` everything
        assert_eq!(ProcessGroup::led_by(0), None);
        assert_eq!(ProcessGroup::led_by(1), None);
        assert_eq!(ProcessGroup::led_by(u32::MAX), None);
    }
}
