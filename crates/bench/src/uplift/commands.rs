//! The mission's check: the tests of every task's folder, with the outcomes of [`Suites`].
//!
//! `mission` gives it to the engine in place of processes. It starts no process and does not read the command line.
//! A run takes virtual time only.

use std::sync::Arc;
use std::time::Duration;

use checks::{Check, End, Outcome, RunOptions, TestFailure};
use engine::for_benches::{Commands, Running};
use tokio_util::sync::CancellationToken;

use super::packages::Package;
use super::steps::ReleaseTask;
use super::suites::{self, Suites};

/// How long the check takes, in virtual time.
const TAKES: Duration = Duration::from_secs(5);

pub struct FolderTests {
    pub suites: Arc<Suites>,
    /// The package of each folder.
    pub folders: Vec<(String, &'static Package)>,
}

impl Commands for FolderTests {
    fn run<'a>(
        &'a self,
        _check: &'a Check,
        filter: Option<&'a str>,
        options: &'a RunOptions,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return ended(End::Cancelled),
                () = tokio::time::sleep(TAKES) => {}
            }
            let mut all = ended(End::Exited { code: 0 });
            for (folder, package) in &self.folders {
                let inside =
                    filter.map(|filter| filter.strip_prefix(folder).and_then(|f| f.strip_prefix('/')));
                let tree = match inside {
                    Some(None) => continue,
                    _ => suites::read(&options.root.join(folder)),
                };
                let outcome = match inside.flatten() {
                    Some(test) => self.suites.outcome(package, &tree, &[test]),
                    None => ReleaseTask::tests_of(package, &tree, &self.suites),
                };
                add(&mut all, outcome, folder);
            }
            all
        })
    }
}

fn ended(end: End) -> Outcome {
    Outcome {
        end,
        failing: Some(Vec::new()),
        passed: Some(0),
        output: String::new(),
        duration_ms: 1_000,
        sandbox: checks::Level::Basic,
        survivors: false,
        truncated: false,
        partial: false,
        seen: None,
        counts_tests: true,
    }
}

/// Adds the outcome of one folder to the whole.
fn add(all: &mut Outcome, one: Outcome, folder: &str) {
    if !one.end.success() {
        all.end = one.end;
    }
    all.truncated |= one.truncated;
    all.passed = all.passed.zip(one.passed).map(|(a, b)| a + b);
    let here = |failure: TestFailure| TestFailure {
        name: format!("{folder}: {}", failure.name),
        file: failure.file.map(|file| format!("{folder}/{file}")),
        ..failure
    };
    all.failing = all.failing.take().zip(one.failing).map(|(mut failing, more)| {
        failing.extend(more.into_iter().map(here));
        failing
    });
    if all.output.is_empty() {
        all.output = one.output;
    }
}
