//! Runs git: with a clean environment, bounded output, and a time limit for the whole process group.
//!
//! No other file starts git. It reads nothing of the user's environment and configuration beyond what it is given, and
//! does not know slots or deliveries.

pub mod confine;
pub mod filters;
pub mod history;
pub mod inspect;

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use process_group::ProcessGroup;

use crate::error::Error;
use crate::faults::{self, Fault};
use crate::files::reading::pipe_for_git;
use crate::git::filters::{Confined, Filters};
use crate::system::ExitStatusExt;

/// The most bytes that are read from one git process.
pub(crate) const OUTPUT_LIMIT: usize = 512 * 1024 * 1024;
const ERROR_LIMIT: usize = 16 * 1024;
/// How many lines of a git error are passed on.
const SHOWN_LINES: usize = 8;
/// The path of an empty settings file. Not `/dev/null`: if a filter runs `git config --global` as root, it would rename
/// a plain file over that device.
pub(crate) const NO_FILE: &str = "/nonexistent/opencode-orchestrator/gitconfig";
/// After this time without an end, git's working tree is searched for something that blocks it.
const PATIENCE: Duration = Duration::from_secs(1);
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The git program with its environment. Cheap to clone and restrict.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
    git_dir: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    index: Option<PathBuf>,
    limit: Duration,
    /// At the time limit the output so far counts.
    partial: bool,
    /// The user's filters, if files go through them.
    filters: Option<Arc<Filters>>,
    /// The sandbox, if this process itself runs filters.
    confined: Option<Arc<Confined>>,
}

/// The result of a git process.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The output was cut at a limit and the process stopped.
    pub(crate) cut: bool,
}

impl Git {
    /// The git on the PATH, with an environment that excludes all outside settings.
    pub(crate) fn scrubbed() -> Result<Git, Error> {
        let (program, path) = locate()?;
        let mut env: Vec<(OsString, OsString)> = [
            ("LANG", "C"),
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", NO_FILE),
            ("GIT_CONFIG_SYSTEM", NO_FILE),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ALLOW_PROTOCOL", "file"),
            ("GIT_LFS_SKIP_DOWNLOAD_ERRORS", "1"),
        ]
        .iter()
        .map(|(key, value)| (OsString::from(key), OsString::from(value)))
        .collect();
        env.push(("PATH".into(), path));
        Ok(Git::new(program, env))
    }

    fn new(program: PathBuf, env: Vec<(OsString, OsString)>) -> Git {
        Git {
            program,
            env,
            git_dir: None,
            work_tree: None,
            index: None,
            limit: TIME_LIMIT,
            partial: false,
            filters: None,
            confined: None,
        }
    }

    /// The git on the PATH as the user would run it, for questions that only read and start no program.
    pub(crate) fn as_user() -> Result<Git, Error> {
        let (program, path) = locate()?;
        let mut env: Vec<(OsString, OsString)> = std::env::vars_os()
            .filter(|(key, _)| {
                let key = key.to_string_lossy();
                key == "HOME"
                    || key == "XDG_CONFIG_HOME"
                    || key == "GIT_CONFIG_GLOBAL"
                    || key == "GIT_CONFIG_SYSTEM"
                    || key == "GIT_CONFIG_NOSYSTEM"
            })
            .collect();
        for (key, value) in [("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0")] {
            env.push((key.into(), value.into()));
        }
        env.push(("PATH".into(), path));
        Ok(Git::new(program, env))
    }

    pub(crate) fn git_dir(mut self, path: &Path) -> Git {
        self.git_dir = Some(path.to_path_buf());
        self
    }

    pub(crate) fn work_tree(mut self, path: &Path) -> Git {
        self.work_tree = Some(path.to_path_buf());
        self
    }

    pub(crate) fn index(mut self, path: &Path) -> Git {
        self.index = Some(path.to_path_buf());
        self
    }

    pub(crate) fn filtered_by(mut self, filters: Option<Arc<Filters>>) -> Git {
        self.filters = filters;
        self
    }

    /// The same, started in a sandbox.
    pub(crate) fn confined(mut self, confined: Confined) -> Git {
        self.confined = Some(Arc::new(confined));
        self
    }

    pub(crate) fn filters(&self) -> Option<Arc<Filters>> {
        self.filters.clone()
    }

    /// The working tree, or the root folder if there is none.
    pub(crate) fn work_folder(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(Path::new("/"))
    }

    pub(crate) fn index_file(&self) -> &Path {
        self.index.as_deref().unwrap_or(Path::new(""))
    }

    pub(crate) fn env(mut self, key: &str, value: impl Into<OsString>) -> Git {
        self.env.push((key.into(), value.into()));
        self
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Git {
        self.limit = limit;
        self
    }

    /// The same, but at the time limit git is stopped and its output so far is returned as cut.
    pub(crate) fn partial(mut self) -> Git {
        self.partial = true;
        self
    }

    /// Runs git and returns the standard output; any exit status other than 0 is an error.
    pub(crate) fn ok<S: AsRef<OsStr>>(
        &self,
        what: &str,
        args: &[S],
        stdin: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let output = self.run(what, args, stdin, OUTPUT_LIMIT)?;
        if output.cut {
            return Err(Error::TooMuch { what: what.to_string(), limit: OUTPUT_LIMIT });
        }
        if output.code != 0 {
            return Err(output.failed(what));
        }
        Ok(output.stdout)
    }

    /// Like [`Git::ok`], for one line of text such as an object name.
    pub(crate) fn line<S: AsRef<OsStr>>(&self, what: &str, args: &[S]) -> Result<String, Error> {
        let bytes = self.ok(what, args, None)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_string())
    }

    /// Runs until git ends, the time limit, or `limit` bytes of output, whichever comes first.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        what: &str,
        args: &[S],
        stdin: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<Output, Error> {
        let failed = |error: std::io::Error| Error::Git {
            what: what.to_string(),
            code: -1,
            detail: format!("cannot run `{}`: {error}", self.program.display()),
        };
        let fault = faults::at(what);
        if fault == Some(Fault::Refused) {
            return Err(failed(faults::error()));
        }
        let mut command = self.command(args, stdin.is_some());
        let mut child = match &self.confined {
            Some(confined) => confined.confine.spawn(&command, &confined.places),
            None => command.spawn(),
        }
        .map_err(failed)?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            kill(&mut child);
            return Err(failed(std::io::Error::other("no pipes")));
        };
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), stdin) {
            // Git may end without reading all of it; its exit status shows that.
            thread::spawn(move || drop(pipe.write_all(&bytes)));
        }
        let out = collect(stdout, limit, AtLimit::Stop);
        let err = collect(stderr, ERROR_LIMIT, AtLimit::Discard);
        let deadline = Instant::now() + self.limit;
        let timed_out = |child: &mut Child| {
            kill(child);
            Error::TimedOut { what: what.to_string(), seconds: self.limit.as_secs() }
        };
        let (stdout, cut) = loop {
            let look = deadline.min(Instant::now() + PATIENCE);
            if let Some(received) = receive(&out, look) {
                break received;
            }
            if Instant::now() >= deadline {
                let late = timed_out(&mut child);
                // The pipe is closed now
                let rest = if self.partial { receive(&out, Instant::now() + PATIENCE) } else { None };
                let Some((stdout, _)) = rest else { return Err(late) };
                break (stdout, true);
            }
            // A command in a slot can leave a pipe, for which git would wait.
            if let Some(path) = self.work_tree.as_deref().and_then(pipe_for_git) {
                kill(&mut child);
                let why = "it is a pipe, for which git waits: remove it".to_string();
                return Err(Error::Damaged { path, why });
            }
        };
        if cut {
            kill(&mut child);
            return Ok(Output { code: -1, stdout, stderr: String::new(), cut });
        }
        let Some((stderr, _)) = receive(&err, deadline) else { return Err(timed_out(&mut child)) };
        let status = loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(timed_out(&mut child));
            }
            thread::sleep(Duration::from_micros(200));
        };
        if fault == Some(Fault::Lost) {
            return Err(failed(faults::error()));
        }
        if self.confined.is_some() {
            // A process that a filter left running must not delay us, and must end.
            end_group(&child);
        }
        let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        Ok(Output { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned(), cut })
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S], stdin: bool) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear();
        for (key, value) in &self.env {
            command.env(key, value);
        }
        for setting in [
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "core.untrackedCache=false",
            "core.quotePath=false",
            "gc.auto=0",
            "maintenance.auto=false",
            "advice.detachedHead=false",
        ] {
            command.arg("-c").arg(setting);
        }
        if let Some(path) = &self.git_dir {
            command.env("GIT_DIR", path);
        }
        if let Some(path) = &self.work_tree {
            command.env("GIT_WORK_TREE", path).current_dir(path);
        }
        if let Some(path) = &self.index {
            command.env("GIT_INDEX_FILE", path);
        }
        command
            .args(args)
            .stdin(if stdin { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ProcessGroup::lead(&mut command);
        command
    }
}

impl Output {
    /// The error for this output if its exit status was not expected.
    pub(crate) fn failed(&self, what: &str) -> Error {
        let lines: Vec<&str> = self.stderr.trim().lines().collect();
        let mut detail = lines.iter().take(SHOWN_LINES).copied().collect::<Vec<_>>().join("\n");
        if lines.len() > SHOWN_LINES {
            detail.push_str("\n(and more of the same)");
        } else if lines.is_empty() {
            detail.push_str("nothing (it ended with an error)");
        }
        Error::Git { what: what.to_string(), code: self.code, detail }
    }
}

/// Returns an error if git cannot merge without a working tree (`merge-tree --write-tree` came with 2.38).
pub(crate) fn require_version(git: &Git) -> Result<(), Error> {
    let text = git.line("ask git for its version", &["version"])?;
    check_version(&text)
}

fn check_version(text: &str) -> Result<(), Error> {
    let found = text.trim_start_matches("git version ").split(' ').next().unwrap_or_default();
    let mut numbers = found.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < (2, 38) {
        return Err(Error::GitTooOld { found: found.to_string() });
    }
    Ok(())
}

/// The git program and a PATH without relative folders: a slot must not offer its own `git`.
fn locate() -> Result<(PathBuf, OsString), Error> {
    locate_in(std::env::var_os("PATH").unwrap_or_default())
}

fn locate_in(path: OsString) -> Result<(PathBuf, OsString), Error> {
    let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let program = folders
        .iter()
        .map(|folder| folder.join("git"))
        .find(|file| file.is_file())
        .ok_or(Error::GitMissing)?;
    Ok((program, std::env::join_paths(folders).unwrap_or_default()))
}

type Collected = (Vec<u8>, bool);

/// What to do with output beyond the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtLimit {
    /// Nobody needs more: stop the process.
    Stop,
    /// Read and discard the rest: a closed pipe would end a git that warns about each of many files.
    Discard,
}

fn collect(mut from: impl Read + Send + 'static, limit: usize, at_limit: AtLimit) -> Receiver<Collected> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut cut = false;
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count) = from.read(&mut chunk) {
            if count == 0 {
                break;
            }
            let room = limit - bytes.len();
            bytes.extend_from_slice(&chunk[..count.min(room)]);
            if count > room {
                cut = true;
                if at_limit == AtLimit::Stop {
                    break;
                }
            }
        }
        drop(sender.send((bytes, cut)));
    });
    receiver
}

fn receive(from: &Receiver<Collected>, deadline: Instant) -> Option<Collected> {
    match from.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(collected) => Some(collected),
        Err(RecvTimeoutError::Disconnected) => Some((Vec::new(), false)),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

/// Ends the process with its whole group (filters included) and reaps it.
fn kill(child: &mut Child) {
    end_group(child);
    drop(child.kill());
    drop(child.wait());
}

fn end_group(leader: &Child) {
    if let Some(group) = ProcessGroup::led_by(leader.id()) {
        group.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_git_is_refused_with_its_version() {
        assert!(check_version("git version 2.38.0").is_ok());
        assert!(check_version("git version 3.0.1.windows.1").is_ok());
        assert!(check_version("git version 2.47.3 (Apple Git-9)").is_ok());
        let text = check_version("git version 2.37.9").unwrap_err().to_string();
        assert!(text.starts_with("git 2.37.9 is too old\nhint: "), "{text}");
        assert!(check_version("nonsense").is_err());
    }

    #[test]
    fn a_missing_git_is_one_sentence() {
        let error = locate_in("/nonexistent:relative".into()).unwrap_err();
        assert!(error.to_string().starts_with("git was not found on the PATH\nhint: "));
    }

    #[test]
    fn a_git_that_complains_at_length_is_heard_out_and_cut_short() {
        let git = Git::scrubbed().unwrap();
        let script = "alias.grumble=!for i in $(seq 5000); do echo unable to write file $i >&2; done; exit 3";
        let output = git.run("grumble", &["-c", script, "grumble"], None, 10).unwrap();
        assert_eq!(output.code, 3, "it ended by itself");
        let text = output.failed("grumble").to_string();
        assert!(text.len() < 600 && text.ends_with("hint: check that the disk is not full"), "{text}");
    }

    #[test]
    fn what_a_slow_git_printed_in_time_is_kept_on_request() {
        let git = Git::scrubbed().unwrap().limit(Duration::from_secs(1)).partial();
        let args = ["-c", "alias.slow=!echo first; sleep 30; echo last", "slow"];
        let output = git.run("wait", &args, None, 100).unwrap();
        assert!(output.cut);
        // On a busy machine even the first line may come too late
        assert!(b"first\n".starts_with(&output.stdout), "{output:?}");
    }

    #[test]
    fn a_hanging_git_is_killed_with_what_it_started() {
        let git = Git::scrubbed().unwrap().limit(Duration::from_millis(300));
        let start = Instant::now();
        let error = git.ok("wait", &["-c", "alias.hang=!sleep 30", "hang"], None).unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
