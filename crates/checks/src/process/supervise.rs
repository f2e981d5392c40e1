//! One run, from its start to the end of all of its processes.
//!
//! It starts two processes: a *watchdog*, which leads the process group and waits on a pipe from us, and
//! the check's shell in that group. If we die for any reason, the pipe closes and the watchdog ends the
//! group. As long as the watchdog is not reaped, no other group can get its number.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use process_group::ProcessGroup;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::sandbox::cgroup::Cgroup;
use super::sandbox::limits::{self, Bounds, Hit};
use super::sandbox::{self, Level, Reach};
use super::usage::{self, Watched};
use super::{CAPTURE, Raw, RunOptions, descriptors, pipes, stragglers};
use crate::outcome::End;
use crate::output::HeadTail;
use crate::{caches, environment};

/// Time between asking a group to end and killing it.
const GRACE: Duration = Duration::from_millis(400);
/// Time for reading output that is still in the pipe after the command's end, and for the kernel to end
/// killed processes.
const DRAIN: Duration = Duration::from_millis(150);

/// The longest time for emptying a run's `/tmp`.
const REMOVAL: Duration = Duration::from_secs(20);

/// The longest search for processes that left their group.
const SWEEP: Duration = Duration::from_millis(500);

/// Waits for a line, which comes after the limits are set, and then runs the command: first itself, or
/// through the program that confines it, whose parent it remains.
const GATE: &str = r#"read -r _ || exit 125
exec </dev/null
if [ $# = 1 ]; then exec /bin/sh -c "$1"; fi
"$@"
exit $?"#;

/// Ends the group, and processes that left it, as soon as its standard input closes. It ignores signals
/// that the check may send to its own group.
const WATCHDOG: &str = r#"trap '' HUP INT QUIT TERM PIPE USR1 USR2
while read -r _; do :; done
kill -TERM 0
if [ -n "$2" ]; then echo 1 >"$2/cgroup.kill"; fi
for e in /proc/[0-9]*/environ; do
  if grep -qzxF -- "$1" "$e"; then p=${e#/proc/}; kill -KILL "${p%/environ}"; fi
done
if [ -n "$2" ]; then rmdir "$2"; fi
kill -KILL 0"#;

pub(super) async fn supervise(
    (line, directory): (&str, &Path),
    limit: Duration,
    options: &RunOptions,
    files: &pipes::Found,
    cancel: &CancellationToken,
) -> Result<Raw, String> {
    let marker = unique(&options.marker);
    let level = options.sandbox.level()?;
    let mark = limits::Mark::new(&tame(&options.marker), &marker);
    let unit = marker.rsplit(':').next().unwrap_or_default();
    let cgroup = Cgroup::make(unit, &options.bounds);
    let mut group = Group::start(&marker, mark, cgroup).map_err(|error| {
        format!("the process that watches over it failed to start: {error}.\nhint: /bin/sh is needed")
    })?;
    let scratch = Scratch::make(options, level);
    let started = spawn(line, directory, options, &marker, &group, level, scratch.folder()).await;
    let (mut child, output) = match started {
        Ok(started) => started,
        Err(why) => {
            group.end().await;
            return Err(why);
        }
    };
    if let Err(why) = open_gate(&mut child, mark, &group, &options.bounds).await {
        group.end().await;
        return Err(why);
    }
    let mut output = Output::new(output);
    let watched = Watched {
        bounds: options.bounds,
        pid: child.id(),
        group: group.cgroup.as_deref(),
        folders: [Some(&options.root), Some(&options.tmp), scratch.folder()]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
    };
    let deadline = Instant::now() + limit;
    let end = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        () = sleep_until(deadline) => Some(End::TimedOut { after_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }),
        hit = usage::exceeded(watched) => Some(End::Limit { what: hit.to_string() }),
        pipe = pipes::appeared(&options.root, files) => Some(replaced_by_pipe(&pipe)),
        status = wait_and_read(&mut child, &mut output) => Some(ended(status, level, &options.bounds)),
    };
    let by_itself =
        !matches!(end, None | Some(End::TimedOut { .. } | End::Limit { .. } | End::Tampered { .. }));
    if by_itself {
        // Its output is in the pipe, which a descendant may keep open
        output.drain(DRAIN).await;
    } else {
        group.processes.ask_to_end();
        let _ = timeout(GRACE, wait_and_read(&mut child, &mut output)).await;
    }
    let by_kernel = group.cgroup.as_deref().and_then(|cgroup| hit_in(cgroup, &options.bounds));
    let survivors = !group.end().await;
    scratch.remove().await;
    output.drain(DRAIN).await;
    let _ = timeout(DRAIN, child.wait()).await;
    let (truncated, tells_all) = (output.kept.truncated(), output.kept.tells_all());
    let end = match (end.unwrap_or(End::Cancelled), by_kernel) {
        // A success counts in spite of the limit: the command may have continued with less.
        (end, Some(hit)) if by_itself && !end.success() => End::Limit { what: hit.to_string() },
        (end, _) => end,
    };
    Ok(Raw { end, text: output.kept.text(), truncated, tells_all, level, survivors })
}

/// The folder that serves as `/tmp` at level full. It is beside the command's temporary folder, where no command sees it: if
/// a command could replace it by a link, the link would lead the next command elsewhere.
struct Scratch(Option<PathBuf>);

impl Scratch {
    fn make(options: &RunOptions, level: Level) -> Scratch {
        let beside = options.tmp.parent().filter(|_| level == Level::Full);
        let name = format!("scratch-{}", unique("").replace(':', ""));
        let made = beside.map(|beside| beside.join(name)).filter(|path| std::fs::create_dir(path).is_ok());
        Scratch(made)
    }

    fn folder(&self) -> Option<&PathBuf> {
        self.0.as_ref()
    }

    /// Best effort: what is left is removed with all other temporary folders.
    async fn remove(self) {
        let Some(path) = self.0 else { return };
        if std::fs::remove_dir(&path).is_ok() {
            return;
        }
        // The program rm removes folders of any depth
        let removed = Command::new("/bin/rm").arg("-rf").arg("--").arg(&path).stderr(Stdio::null()).status();
        if !timeout(REMOVAL, removed).await.is_ok_and(|status| status.is_ok_and(|status| status.success())) {
            tracing::debug!("{} was not removed", path.display());
        }
    }
}

fn replaced_by_pipe(pipe: &Path) -> End {
    let what = format!(
        "it replaced the file `{}` by a pipe, and every program that reads it would wait; it was stopped",
        pipe.display()
    );
    End::Tampered { what }
}

/// The unique marker of one run: the caller's marker, our process, and a number.
fn unique(marker: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}:{}-{}", tame(marker), std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn tame(marker: &str) -> String {
    marker.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
}

/// Sets the limits of the waiting shell and lets it continue.
async fn open_gate(
    child: &mut Child,
    mark: limits::Mark,
    group: &Group,
    bounds: &Bounds,
) -> Result<(), String> {
    use tokio::io::AsyncWriteExt;
    if let Some(pid) = child.id() {
        if let Some(cgroup) = &group.cgroup {
            cgroup.add(pid).map_err(|error| format!("it cannot join its control group: {error}"))?;
        }
        limits::set(pid, mark, bounds);
    }
    let Some(mut gate) = child.stdin.take() else { return Ok(()) };
    gate.write_all(b"\n").await.map_err(|error| format!("its shell ended before it began: {error}"))
}

/// The limit of its control group that the run has reached, according to the kernel.
fn hit_in(cgroup: &Cgroup, bounds: &Bounds) -> Option<Hit> {
    let memory = bounds.memory.filter(|_| cgroup.ran_out_of_memory());
    let processes = bounds.processes.filter(|_| cgroup.ran_out_of_processes());
    memory.map(|most| Hit::Memory { held: None, most }).or(processes.map(|most| Hit::Processes { most }))
}

/// The signal that an exit status of a shell or bubblewrap stands for.
fn signal_behind(code: i32, level: Level) -> Option<i32> {
    let signal = code.checked_sub(128).filter(|signal| (1..=31).contains(signal))?;
    // At level full, bubblewrap reports the exit status instead of the command's own shell
    (level == Level::Full).then_some(signal)
}

fn ended(status: io::Result<ExitStatus>, level: Level, bounds: &Bounds) -> End {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Err(error) => End::CouldNotStart { why: format!("waiting for it failed: {error}") },
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => match signal_behind(code, level) {
                Some(signal) => by_signal(signal, bounds),
                None => End::Exited { code },
            },
            (None, signal) => by_signal(signal.unwrap_or(0), bounds),
        },
    }
}

fn by_signal(signal: i32, bounds: &Bounds) -> End {
    match bounds.file.filter(|_| signal == Signal::SIGXFSZ as i32) {
        Some(most) => End::Limit { what: Hit::File { most }.to_string() },
        None => End::Signalled { signal },
    }
}

/// The process group of a run, led by its watchdog.
struct Group {
    processes: ProcessGroup,
    marker: String,
    mark: limits::Mark,
    /// The control group, if this machine allows one.
    cgroup: Option<Arc<Cgroup>>,
    since: u64,
    watchdog: Child,
    /// Closing this pipe tells the watchdog that we are gone.
    _alive: Option<ChildStdin>,
}

impl Group {
    fn start(marker: &str, mark: limits::Mark, cgroup: Option<Cgroup>) -> io::Result<Group> {
        let entry = format!("{}={marker}", environment::MARKER);
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WATCHDOG, "check-watchdog", &entry])
            .arg(cgroup.as_ref().map_or(Path::new(""), Cgroup::folder))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        ProcessGroup::lead(command.as_std_mut());
        let mut watchdog = command.spawn()?;
        let ended = || io::Error::other("it ended at once");
        let pid = watchdog.id().ok_or_else(ended)?;
        Ok(Group {
            // It is gone only if the check has killed its own watchdog
            processes: ProcessGroup::led_by(pid).ok_or_else(ended)?,
            marker: marker.to_owned(),
            mark,
            cgroup: cgroup.map(Arc::new),
            since: stragglers::start_time(pid).unwrap_or(0),
            _alive: watchdog.stdin.take(),
            watchdog,
        })
    }

    /// Ends the group, its watchdog, and processes that left the group. Returns whether certainly none
    /// is left.
    async fn end(&mut self) -> bool {
        self.processes.end();
        let (marker, mark, since) = (self.marker.clone(), self.mark, self.since);
        let cgroup = self.cgroup.clone();
        // Reading /proc may wait for a process that is stuck
        let sweep = tokio::task::spawn_blocking(move || match cgroup {
            // No process can have left a control group.
            Some(cgroup) if cgroup.end() => stragglers::Sweep { killed: 0, clean: true },
            _ => stragglers::kill_run(&marker, mark, since),
        });
        let swept = timeout(SWEEP, sweep).await.ok().and_then(Result::ok).unwrap_or_default();
        if swept.killed > 0 {
            tracing::debug!(swept.killed, "killed processes of a check that had left its process group");
        }
        let _ = timeout(DRAIN, self.watchdog.wait()).await;
        swept.clean || !cfg!(target_os = "linux")
    }
}

/// Both output streams, in the order of writing.
struct Output {
    pipe: ChildStdout,
    kept: HeadTail,
    closed: bool,
    buffer: Vec<u8>,
}

impl Output {
    fn new(pipe: ChildStdout) -> Output {
        Output { pipe, kept: HeadTail::of_tests(CAPTURE), closed: false, buffer: vec![0; 64 << 10] }
    }

    async fn read(&mut self) {
        match self.pipe.read(&mut self.buffer).await {
            Ok(0) | Err(_) => self.closed = true,
            Ok(count) => self.kept.push(self.buffer.get(..count).unwrap_or_default()),
        }
    }

    /// Reads until the end, or for this time at most.
    async fn drain(&mut self, longest: Duration) {
        let until = Instant::now() + longest;
        while !self.closed && Instant::now() < until {
            if tokio::time::timeout_at(until, self.read()).await.is_err() {
                break;
            }
        }
    }
}

/// Reads until the command itself ends; its descendants may still live.
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
    group: &Group,
    level: Level,
    scratch: Option<&PathBuf>,
) -> Result<(Child, ChildStdout), String> {
    let failed = |error: io::Error| {
        format!("`/bin/sh` failed to start: {error}.\nhint: see whether processes or files have run out")
    };
    let (reader, writer) = io::pipe().map_err(failed)?;
    let reader = std::process::ChildStdout::from(std::os::fd::OwnedFd::from(reader));
    let output = ChildStdout::from_std(reader).map_err(failed)?;
    if let Some(caches) = &options.caches {
        // Only an existing folder can be shown to a command; otherwise its downloads would be lost
        std::fs::create_dir_all(caches).map_err(|error| {
            format!("{}, where downloads are kept, cannot be made: {error}", caches.display())
        })?;
    }
    let reach = Reach { scratch: scratch.cloned(), ..Reach::new(options, level) };
    let env = environment_of(directory, options, &reach, marker, level).map_err(|error| {
        format!(
            "its caches cannot be made: {error}.\nhint: check rights and free space of {}",
            options.tmp.display()
        )
    })?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", GATE, "check"])
        .env_clear()
        .envs(env)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
    group.processes.join(command.as_std_mut());
    if level == Level::None {
        command.arg(line);
        descriptors::keep_to_ourselves();
        // The command struct holds the pipe's other end until it is dropped
        return command.spawn().map(|child| (child, output)).map_err(failed);
    }
    let runtime = tokio::runtime::Handle::current();
    let (answer, answered) = oneshot::channel();
    let (line, directory) = (OsString::from(line), directory.to_path_buf());
    let confine = move || {
        command.args(sandbox::enter(level, &reach, &directory)?).arg(line);
        let _runtime = runtime.enter();
        descriptors::keep_to_ourselves();
        command.spawn().map_err(failed)
    };
    // The thread loses rights permanently, so it serves this command only
    let thread = std::thread::Builder::new()
        .name("confined-spawn".to_owned())
        .spawn(move || {
            // If the run was dropped, nobody receives this; the watchdog then ends the group
            let _ = answer.send(confine());
        })
        .map_err(failed)?;
    let child = answered
        .await
        .map_err(|_| "the thread that starts it ended early.\nhint: try again".to_owned())??;
    // The thread must end now, before the shell becomes bubblewrap, which would end with it
    let _ = thread.join();
    Ok((child, output))
}

/// The environment, with the slot's folders as the command sees them, and our caches.
fn environment_of(
    directory: &Path,
    options: &RunOptions,
    reach: &Reach,
    marker: &str,
    level: Level,
) -> io::Result<BTreeMap<OsString, OsString>> {
    let mut env =
        environment::build(std::env::vars_os(), &options.env, directory, &reach.root, &options.tmp, marker);
    if level != Level::None && !options.sandbox.network.is_shared() {
        // Without a lockfile Cargo asks for newer versions, and fails if the registry does not answer
        env.entry("CARGO_NET_OFFLINE".into()).or_insert_with(|| "true".into());
    }
    if let Some(checkout) = options.seen_at.as_deref().filter(|checkout| *checkout != reach.seen_at) {
        environment::lead_into_slot(&mut env, checkout, &reach.root);
    }
    if level == Level::None {
        return Ok(env);
    }
    let folder = options.caches.clone().unwrap_or_else(|| options.tmp.join("caches"));
    let holds = |names: &[&str]| {
        let folders = [reach.root.as_path(), directory];
        folders.iter().any(|folder| names.iter().any(|name| folder.join(name).is_file()))
    };
    let plan = caches::CachePlan {
        fetched: &options.fetched,
        readable: &options.readable,
        fills: options.caches.is_some(),
        node: holds(&["package.json"]),
        python: holds(&["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile"]),
        cargo: holds(&["Cargo.toml"]),
        maven: holds(&["pom.xml"]),
        pnpm: holds(&["pnpm-lock.yaml", "pnpm-workspace.yaml"]),
    };
    caches::redirect(&mut env, &folder, &plan)?;
    if reach.seen_at != reach.root {
        for name in ["PATH", "VIRTUAL_ENV"] {
            let Some(value) = env.get(std::ffi::OsStr::new(name)) else { continue };
            let paths: Vec<PathBuf> = std::env::split_paths(value).map(|path| reach.seen(&path)).collect();
            if let Ok(value) = std::env::join_paths(paths) {
                env.insert(name.into(), value);
            }
        }
    }
    Ok(env)
}
