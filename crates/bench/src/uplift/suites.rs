//! The real tests of the packages, run once for each content of a folder, with outcomes kept on disk.
//!
//! `steps`, `authors`, `commands` and `releases` call it; `checks` runs the tests outside the caller's runtime, whose
//! clock may be paused. It does not know what is right, and a run that could not start is not kept.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checks::{Check, End, Outcome, RunOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::packages::Package;
use crate::projects::{Tree, cache};

const TIMEOUT: Duration = Duration::from_secs(60);
/// The most output of a run that is kept, in bytes.
const OUTPUT: usize = 2_000;

/// Outcomes by what they depend on.
pub struct Suites {
    known: Mutex<HashMap<String, Outcome>>,
    file: Mutex<File>,
    /// The number of runs, without outcomes that were kept before.
    runs: Mutex<u64>,
}

#[derive(Serialize, Deserialize)]
struct KeptSuiteRun {
    key: String,
    outcome: Outcome,
}

impl Suites {
    /// Opens the outcomes of earlier runs.
    pub fn open() -> Result<Suites, String> {
        Suites::at(&cache().join("uplift"))
    }

    /// Opens the outcomes in this folder.
    pub fn at(folder: &Path) -> Result<Suites, String> {
        let path = folder.join("outcomes.jsonl");
        let said = |why: std::io::Error| format!("`{}`: {why}", path.display());
        fs::create_dir_all(folder).map_err(said)?;
        let mut known = HashMap::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                // A line that an interruption cut short is skipped
                if let Ok(KeptSuiteRun { key, outcome }) = serde_json::from_str(&line.map_err(said)?) {
                    known.insert(key, outcome);
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(said)?;
        Ok(Suites { known: Mutex::new(known), file: Mutex::new(file), runs: Mutex::new(0) })
    }

    pub fn runs(&self) -> u64 {
        *lock(&self.runs)
    }

    /// The outcome of these test files in a folder. A run that could not start is not kept.
    pub fn outcome(&self, package: &Package, tree: &Tree, tests: &[&str]) -> Outcome {
        let command = package.command(tests.iter().copied());
        let key = key(package, tree, &command);
        if let Some(outcome) = lock(&self.known).get(&key) {
            return outcome.clone();
        }
        *lock(&self.runs) += 1;
        let mut outcome = match really(package, tree, &command) {
            Ok(outcome) => outcome,
            Err(why) => return failed(why),
        };
        outcome.output.truncate(outcome.output.floor_char_boundary(OUTPUT));
        if matches!(outcome.end, End::Exited { .. } | End::TimedOut { .. } | End::Signalled { .. }) {
            let line = KeptSuiteRun { key: key.clone(), outcome: outcome.clone() };
            if let Ok(mut text) = serde_json::to_string(&line) {
                text.push('\n');
                // An outcome that cannot be kept is computed again next time
                let _ = lock(&self.file).write_all(text.as_bytes());
            }
            lock(&self.known).insert(key, outcome.clone());
        }
        outcome
    }
}

fn key(package: &Package, tree: &Tree, command: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(package.name());
    add(command);
    for (path, text) in tree {
        add(path);
        add(text);
    }
    hex(hash)
}

/// Runs in its own thread and runtime, because the caller's clock may be paused.
fn really(package: &Package, tree: &Tree, command: &str) -> Result<Outcome, String> {
    let environment = package.environment()?;
    let said = |why: std::io::Error| format!("a folder for tests: {why}");
    let place = in_memory().map_err(said)?;
    let root = place.path().join("folder");
    write(&root, tree).map_err(said)?;
    for (environment, name) in environment.iter().flat_map(|e| [(e, "node_modules"), (e, ".venv")]) {
        let at = environment.join(name);
        if at.is_dir() {
            link(&at, &root.join(name)).map_err(said)?;
        }
    }
    let check = Check::configured("test", command, Some(TIMEOUT));
    let mut options = RunOptions::new(&root, place.path().join("tmp"), "m-uplift");
    // The installed packages are linked from another folder.
    options.readable.extend(environment.iter().map(|folder| folder.to_path_buf()));
    let run = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| why.to_string())?;
        Ok(runtime.block_on(checks::run(&check, None, &options, &CancellationToken::new())))
    });
    run.join().map_err(|_| "the run of the tests panicked".to_string())?
}

#[cfg(unix)]
fn link(at: &Path, name: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(at, name)
}

#[cfg(not(unix))]
fn link(_at: &Path, _name: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("tests of packages are run on Unix only"))
}

/// A temporary folder, in memory if the machine allows it.
pub(super) fn in_memory() -> std::io::Result<tempfile::TempDir> {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }
}

pub(super) fn write(root: &Path, tree: &Tree) -> std::io::Result<()> {
    for (path, text) in tree {
        let path = root.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// The texts below a folder.
pub(super) fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(path),
                Ok(kind) if kind.is_file() => {
                    if let (Ok(name), Ok(text)) = (path.strip_prefix(root), fs::read(&path)) {
                        let text = String::from_utf8_lossy(&text).into_owned();
                        tree.insert(name.to_string_lossy().into_owned(), text);
                    }
                }
                _ => {}
            }
        }
    }
    tree
}

/// A digest that distinguishes trees.
pub fn digest(tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for (path, text) in tree {
        for part in [path, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn failed(why: String) -> Outcome {
    Outcome {
        end: End::CouldNotStart { why },
        failing: None,
        passed: None,
        output: String::new(),
        duration_ms: 0,
        sandbox: checks::Level::None,
        survivors: false,
        truncated: false,
        partial: false,
        seen: None,
        counts_tests: true,
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
