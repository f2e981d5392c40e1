//! One run, from its start to the end of all of its processes.
//!
//! Two processes are started: a *watchdog*, which leads the process group and
//! sleeps on a pipe from us, and the check's shell in that group. If we die in
//! whatever way, the pipe closes and the watchdog ends the group. While the
//! watchdog is not reaped, no other group can get its number.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{CAPTURE, Raw, RunOptions, SandboxMode, sandbox, stragglers};
use crate::environment;
use crate::outcome::End;
use crate::output::HeadTail;

/// From asking a group to end to making it end.
const GRACE: Duration = Duration::from_millis(400);
/// For output that is still in the pipe when the command has ended, and for
/// the kernel to end what was killed.
const DRAIN: Duration = Duration::from_millis(150);

/// Longest look for processes that left their group.
const SWEEP: Duration = Duration::from_millis(500);

/// Ends the group, and what left it, as soon as its standard input closes.
/// It ignores what the check may send to its own group.
const WATCHDOG: &str = r#"trap '' HUP INT QUIT TERM PIPE USR1 USR2
while read -r _; do :; done
kill -TERM 0
for e in /proc/[0-9]*/environ; do
  if grep -qzxF -- "$1" "$e"; then p=${e#/proc/}; kill -KILL "${p%/environ}"; fi
done
kill -KILL 0"#;

pub(super) async fn supervise(
    line: &str,
    directory: &Path,
    limit: Duration,
    options: &RunOptions,
    cancel: &CancellationToken,
) -> Result<Raw, String> {
    let marker = unique(&options.marker);
    let mut group = Group::start(&marker).map_err(|error| {
        format!("the process that watches over it failed to start: {error}.\nhint: /bin/sh is needed")
    })?;
    let started = spawn(line, directory, options, &marker, group.id).await;
    let (mut child, output, sandboxed) = match started {
        Ok(started) => started,
        Err(why) => {
            group.end().await;
            return Err(why);
        }
    };
    let mut output = Output::new(output);
    let deadline = Instant::now() + limit;
    let end = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        () = sleep_until(deadline) => Some(End::TimedOut { after_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }),
        status = wait_and_read(&mut child, &mut output) => Some(ended(status)),
    };
    let by_itself = !matches!(end, None | Some(End::TimedOut { .. }));
    if by_itself {
        // what it has written is in the pipe; a descendant may hold it open
        output.drain(DRAIN).await;
    } else {
        group.signal(Signal::SIGTERM);
        let _ = timeout(GRACE, wait_and_read(&mut child, &mut output)).await;
    }
    group.end().await;
    output.drain(DRAIN).await;
    let _ = timeout(DRAIN, child.wait()).await;
    let truncated = output.kept.truncated();
    Ok(Raw { end: end.unwrap_or(End::Cancelled), text: output.kept.text(), truncated, sandboxed })
}

/// The marker of one run: the caller's, our process, and a number.
fn unique(marker: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let marker: String = marker.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    format!("{marker}:{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn ended(status: io::Result<ExitStatus>) -> End {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Err(error) => End::CouldNotStart { why: format!("waiting for it failed: {error}") },
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited { code },
            (None, signal) => End::Signalled { signal: signal.unwrap_or(0) },
        },
    }
}

/// The process group of a run, led by its watchdog.
struct Group {
    id: i32,
    marker: String,
    since: u64,
    watchdog: Child,
    /// Closing it tells the watchdog that we are gone.
    _alive: Option<ChildStdin>,
}

impl Group {
    fn start(marker: &str) -> io::Result<Group> {
        let entry = format!("{}={marker}", environment::MARKER);
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "check-watchdog", &entry])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pid = watchdog.id().ok_or_else(|| io::Error::other("it ended at once"))?;
        Ok(Group {
            id: i32::try_from(pid).map_err(io::Error::other)?,
            marker: marker.to_owned(),
            since: stragglers::start_time(pid).unwrap_or(0),
            _alive: watchdog.stdin.take(),
            watchdog,
        })
    }

    fn signal(&self, signal: Signal) {
        // the group is gone only where the check has killed its own watchdog
        let _ = killpg(Pid::from_raw(self.id), signal);
    }

    /// Ends the group, its watchdog, and what has left the group.
    async fn end(&mut self) {
        self.signal(Signal::SIGKILL);
        let (marker, since) = (self.marker.clone(), self.since);
        // /proc can make a reader wait for a process that is stuck
        let sweep = tokio::task::spawn_blocking(move || stragglers::kill_run(&marker, since));
        if let Ok(Ok(count @ 1..)) = timeout(SWEEP, sweep).await {
            tracing::debug!(count, "killed processes of a check that had left its process group");
        }
        let _ = timeout(DRAIN, self.watchdog.wait()).await;
    }
}

/// Both output streams, in the order written.
struct Output {
    pipe: ChildStdout,
    kept: HeadTail,
    closed: bool,
    buffer: Vec<u8>,
}

impl Output {
    fn new(pipe: ChildStdout) -> Output {
        Output { pipe, kept: HeadTail::new(CAPTURE), closed: false, buffer: vec![0; 64 << 10] }
    }

    async fn read(&mut self) {
        match self.pipe.read(&mut self.buffer).await {
            Ok(0) | Err(_) => self.closed = true,
            Ok(count) => self.kept.push(self.buffer.get(..count).unwrap_or_default()),
        }
    }

    /// Reads to the end, or for so long.
    async fn drain(&mut self, longest: Duration) {
        let until = Instant::now() + longest;
        while !self.closed && Instant::now() < until {
            if tokio::time::timeout_at(until, self.read()).await.is_err() {
                break;
            }
        }
    }
}

/// Reads until the command itself ends (its descendants may live on).
async fn wait_and_read(child: &mut Child, output: &mut Output) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            biased;
            status = child.wait() => return status,
            () = output.read(), if !output.closed => {}
        }
    }
}

async fn spawn(
    line: &str,
    directory: &Path,
    options: &RunOptions,
    marker: &str,
    group: i32,
) -> Result<(Child, ChildStdout, bool), String> {
    let failed = |error: io::Error| {
        format!("`/bin/sh` failed to start: {error}.\nhint: see whether processes or files have run out")
    };
    let (reader, writer) = io::pipe().map_err(failed)?;
    let reader = std::process::ChildStdout::from(std::os::fd::OwnedFd::from(reader));
    let output = ChildStdout::from_std(reader).map_err(failed)?;
    let mut env =
        environment::build(std::env::vars_os(), &options.env, directory, &options.root, &options.tmp, marker);
    let writable: Vec<PathBuf> =
        [&options.root, &options.tmp].into_iter().chain(&options.writable).cloned().collect();
    let mode = options.sandbox;
    if mode != SandboxMode::Off {
        environment::redirect_caches(&mut env, &writable, &options.tmp);
    }
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(OsString::from(line))
        .env_clear()
        .envs(env)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer)
        .process_group(group);
    if mode == SandboxMode::Off {
        // the command holds the pipe's other end until it is dropped
        return command.spawn().map(|child| (child, output, false)).map_err(failed);
    }
    let runtime = tokio::runtime::Handle::current();
    let (answer, answered) = oneshot::channel();
    let confine = move || {
        let confined = sandbox::restrict_this_thread(&writable);
        let confined = match (confined, mode) {
            (Ok(true), _) => true,
            (Ok(false), SandboxMode::Required) => {
                return Err("this kernel cannot confine where it writes (no Landlock).\n\
                            hint: allow checks to run unsandboxed"
                    .to_owned());
            }
            (Err(why), SandboxMode::Required) => return Err(why),
            (Err(why), _) => {
                tracing::warn!(why, "a check runs unsandboxed");
                false
            }
            (Ok(false), _) => false,
        };
        let _runtime = runtime.enter();
        let mut command = command;
        command.spawn().map(|child| (child, confined)).map_err(failed)
    };
    std::thread::Builder::new()
        .name("confined-spawn".to_owned())
        .spawn(move || {
            // nobody waits any more where the run was dropped; the watchdog ends the group then
            let _ = answer.send(confine());
        })
        .map_err(failed)?;
    let (child, confined) = answered
        .await
        .map_err(|_| "the thread that starts it ended early.\nhint: try again".to_owned())??;
    Ok((child, output, confined))
}
