//! Runs a command so that none of its processes is left, whatever it does.

mod confined;
#[cfg(unix)]
mod descriptors;
mod events;
mod missing;
#[cfg(unix)]
mod pipes;
mod pointer;
#[cfg(unix)]
mod reports;
mod sandbox;
mod stragglers;
#[cfg(unix)]
mod supervise;
#[cfg(unix)]
mod usage;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::check::{Check, CheckPurpose};
use crate::filter::narrowed;
use crate::outcome::{End, Outcome, TestFailure, reading};
use crate::output::shorten;
use crate::parse::seen::seen;
use crate::runners::Runner;

pub use confined::{ConfinedReach, spawn_confined};
pub use sandbox::limits::Bounds;
pub use sandbox::{
    Level, Network, Sandbox, describe_end, describe_sandbox, sandbox_available, sandbox_hint, strongest,
};
pub use stragglers::sweep;

/// Bytes of output that are kept for reading names of tests; of a longer stream's middle, only lines about tests
/// are kept.
const CAPTURE: usize = 8 << 20;

/// Where and how a check runs.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The slot: an absolute path; writable.
    pub root: PathBuf,
    /// The check's `TMPDIR`: an absolute path, created if missing; writable.
    pub tmp: PathBuf,
    /// Variables in addition to the usual ones; those with names of secrets are dropped.
    pub env: BTreeMap<String, String>,
    /// Marks all processes of these runs (with a mission's id, say); see [`sweep`].
    pub marker: String,
    pub sandbox: Sandbox,
    /// Further folders and files that may be read, and written; missing ones are ignored.
    pub readable: Vec<PathBuf>,
    pub writable: Vec<PathBuf>,
    /// Folders below the slot that may only be read: its dependencies. Only level full enforces it.
    pub kept: Vec<PathBuf>,
    /// Where tools keep what they fetch and build; only these runs write there. Without a folder it is below
    /// `tmp`.
    pub caches: Option<PathBuf>,
    /// Caches that earlier runs have filled; this run only reads them. The first that has a tool's folder is used.
    pub fetched: Vec<PathBuf>,
    /// The path at which the command sees the slot at level full, such as that of the user's own checkout, which
    /// is then invisible.
    pub seen_at: Option<PathBuf>,
    /// How much of this machine the run may use.
    pub bounds: Bounds,
    /// The most bytes of [`Outcome::output`].
    pub output_limit: usize,
}

impl RunOptions {
    /// The usual options for a slot: the machine's best sandbox, private caches, 32 KB of output.
    pub fn new(root: impl Into<PathBuf>, tmp: impl Into<PathBuf>, marker: impl Into<String>) -> RunOptions {
        RunOptions {
            root: root.into(),
            tmp: tmp.into(),
            env: BTreeMap::new(),
            marker: marker.into(),
            sandbox: Sandbox::default(),
            readable: Vec::new(),
            writable: Vec::new(),
            kept: Vec::new(),
            caches: None,
            fetched: Vec::new(),
            seen_at: None,
            bounds: Bounds::default(),
            output_limit: 32 << 10,
        }
    }
}

/// The unread result of a run.
struct Raw {
    end: End,
    text: String,
    truncated: bool,
    /// Whether the dropped output is only noise, as far as its lines show.
    tells_all: bool,
    level: Level,
    survivors: bool,
}

/// The path at which a command with these options sees the slot: its own path, or at level full
/// [`RunOptions::seen_at`].
pub fn place(options: &RunOptions) -> PathBuf {
    let level = options.sandbox.level().unwrap_or_default();
    sandbox::Reach::new(options, level).seen_at
}

/// Runs a check, narrowed to a test or a file if there is a `filter`. It returns within about a second of the time
/// limit or a cancellation, and then none of its processes is left. Dropping the future ends the processes too.
pub async fn run(
    check: &Check,
    filter: Option<&str>,
    options: &RunOptions,
    cancel: &CancellationToken,
) -> Outcome {
    let start = Instant::now();
    let (removed, files) = removed_pipes(&options.root).await;
    let pointer = pointer::Pointer::read(&options.root);
    let written;
    let raw = match prepare(check, filter, options) {
        Err(why) => return Outcome::not_started(why),
        Ok(_) if cancel.is_cancelled() => {
            return Outcome { end: End::Cancelled, ..Outcome::not_started("") };
        }
        Ok((line, directory)) => {
            let before = reports_before(check, &line, &directory).await;
            let started = events::line(check, &line);
            let started = started.as_deref().unwrap_or(&line);
            let raw = execute((started, &directory), check, options, &files, cancel).await;
            written = (line, directory, before);
            raw
        }
    };
    let mut outcome = Outcome {
        duration_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Outcome::not_started("")
    };
    let tampered = pointer.and_then(|pointer| pointer.restore());
    let Raw { end, text, truncated, tells_all, level, survivors } = match raw {
        Ok(raw) => raw,
        Err(why) => return Outcome { end: End::CouldNotStart { why }, ..outcome },
    };
    let read = reading(check, &end, &text);
    let mut report = read.report;
    // What looks like a report in the output was printed by a test, if the command writes reports
    let is_printed = read.runner == Some(Runner::Junit);
    if (report.passed.is_none() || is_printed) && check.kind == CheckPurpose::Test {
        let reports = reports_of(written).await;
        if !reports.is_empty() {
            let text = text.replace("<testsuite", "< testsuite");
            report = reading(check, &end, &format!("{text}\n{reports}")).report;
        }
    }
    let text = if events::line(check, &check.run).is_some() { events::plain(&text) } else { text };
    outcome.counts_tests = check.runner.is_some() || report.passed.is_some();
    outcome.end = match end {
        End::Exited { code } if report.passed.is_none() => match missing::program(code, &text, &check.run) {
            Some(program) => End::NotFound { program },
            None => End::Exited { code },
        },
        end => end,
    };
    outcome.passed = report.passed;
    outcome.partial = report.partial || report.stopped;
    let slot = Slot::new(options);
    // Names count if the runner's own total was read and equals their number
    let truncated = truncated && !(tells_all && report.passed.is_some() && !report.partial);
    let complete = report.failing.filter(|_| !truncated);
    outcome.failing = complete.map(|all| all.into_iter().map(|failure| slot.relative(failure)).collect());
    outcome.seen = report.passed.filter(|_| !truncated).and_then(|passed| seen(&text, passed));
    outcome.truncated = truncated;
    outcome.sandbox = level;
    outcome.survivors = survivors;
    outcome.output = removed + &slot.strip(&shorten(&text, options.output_limit));
    if let Some(what) = tampered {
        outcome.output.push_str(&format!("\n{what}\n"));
        // Whatever it printed, the result of such a check does not count
        outcome.end = End::Tampered { what };
    }
    outcome
}

#[cfg(unix)]
use pipes::Found as FilesBefore;
#[cfg(unix)]
use reports::Known as KnownReports;

#[cfg(not(unix))]
type FilesBefore = ();

#[cfg(not(unix))]
type KnownReports = ();

#[cfg(unix)]
async fn reports_before(check: &Check, line: &str, directory: &Path) -> KnownReports {
    if check.kind != CheckPurpose::Test {
        return KnownReports::new();
    }
    let (line, directory) = (line.to_owned(), directory.to_path_buf());
    tokio::task::spawn_blocking(move || reports::known(&line, &directory)).await.unwrap_or_default()
}

#[cfg(unix)]
async fn reports_of((line, directory, before): (String, PathBuf, KnownReports)) -> String {
    let read = move || reports::written(&line, &directory, &before);
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

#[cfg(not(unix))]
async fn reports_before(_: &Check, _: &str, _: &Path) -> KnownReports {}

#[cfg(not(unix))]
async fn reports_of(_: (String, PathBuf, KnownReports)) -> String {
    String::new()
}

/// Removes pipes that an earlier command left in the slot. Returns a note about them, and the files that are there.
#[cfg(unix)]
async fn removed_pipes(root: &Path) -> (String, FilesBefore) {
    let root = root.to_path_buf();
    let found = tokio::task::spawn_blocking(move || pipes::remove(&root)).await.unwrap_or_default();
    let names: Vec<String> = found.pipes.iter().take(8).map(|path| format!("`{}`", path.display())).collect();
    let said = match names.as_slice() {
        [] => String::new(),
        names => format!("an earlier command left pipes, which were removed: {}\n", names.join(", ")),
    };
    (said, found)
}

#[cfg(not(unix))]
async fn removed_pipes(_root: &Path) -> (String, FilesBefore) {
    Default::default()
}

fn prepare(check: &Check, filter: Option<&str>, options: &RunOptions) -> Result<(String, PathBuf), String> {
    let line = match filter {
        Some(filter) => narrowed(check, filter).map_err(|error| error.to_string())?,
        None => check.run.clone(),
    };
    let below = Path::new(&check.directory);
    if !below.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(format!(
            "its folder `{}` leads out of the project.\nhint: name a folder relative to the project's root",
            check.directory
        ));
    }
    let there = |path: &Path| {
        path.canonicalize().map_err(|error| {
            format!(
                "the folder `{}` cannot be opened: {error}.\nhint: it must exist before a check runs",
                path.display()
            )
        })
    };
    let root = there(&options.root)?;
    let directory = there(&root.join(below))?;
    if !directory.starts_with(&root) {
        return Err(format!(
            "its folder `{}` is a link that leads out of the project.\nhint: name a real folder of the project",
            check.directory
        ));
    }
    if line.contains('\0') {
        return Err("its command contains a NUL byte.\nhint: remove it from the configuration".to_owned());
    }
    std::fs::create_dir_all(&options.tmp).map_err(|error| {
        format!(
            "the temporary folder `{}` cannot be made: {error}.\nhint: check the folder's rights and the free space",
            options.tmp.display()
        )
    })?;
    Ok((line, directory))
}

#[cfg(unix)]
async fn execute(
    command: (&str, &Path),
    check: &Check,
    options: &RunOptions,
    files: &FilesBefore,
    cancel: &CancellationToken,
) -> Result<Raw, String> {
    supervise::supervise(command, check.timeout, options, files, cancel).await
}

#[cfg(not(unix))]
async fn execute(
    _command: (&str, &Path),
    _check: &Check,
    _options: &RunOptions,
    _files: &FilesBefore,
    _cancel: &CancellationToken,
) -> Result<Raw, String> {
    Err("checks run on Linux and macOS only, since elsewhere their processes could not be ended for sure.\n\
         hint: on Windows, run OpenCode inside WSL"
        .to_owned())
}

/// Removes the slot's own path from all texts, so that a test has the same name in every slot, and a file has its
/// path in the project.
struct Slot {
    prefixes: Vec<String>,
}

impl Slot {
    fn new(options: &RunOptions) -> Slot {
        let real = options.root.canonicalize().ok();
        let roots = std::iter::once(options.root.clone()).chain(real).chain(options.seen_at.clone());
        let mut prefixes: Vec<String> =
            roots.map(|root| format!("{}/", root.display().to_string().trim_end_matches('/'))).collect();
        prefixes.retain(|prefix| prefix.len() > 1);
        Slot { prefixes }
    }

    fn strip(&self, text: &str) -> String {
        self.prefixes.iter().fold(text.to_owned(), |text, prefix| text.replace(prefix.as_str(), ""))
    }

    fn relative(&self, failure: TestFailure) -> TestFailure {
        let strip = |text: String| self.strip(&text);
        TestFailure {
            name: strip(failure.name),
            suite: failure.suite.map(strip),
            detail: failure.detail.map(strip),
            file: failure.file.map(strip),
            line: failure.line,
        }
    }
}
