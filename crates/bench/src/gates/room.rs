//! A folder in which a package's tests run, with their dependencies. The outcome for each tree is computed once and
//! kept.
//!
//! `stack` opens one for each change, and the engine's gates run their commands in it; `checks` runs them. It does not
//! know what is right. A run that could not start or was cancelled is not kept. The set-up runs with the network and
//! without a sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checks::{Check, End, Outcome, RunOptions, Sandbox};
use engine::for_benches::{Commands, Running};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::projects::{Change, Project, Registry, Suite, Tree, cache};

/// Part of every key: a new version drops all kept outcomes.
const VERSION: &str = "1";
const SETUP: Duration = Duration::from_secs(1800);
const FIRST_RUN: Duration = Duration::from_secs(1800);
/// Folders of installed and built files, which are not part of the project.
const NOT_PROJECT: [&str; 5] = ["node_modules", "target", ".venv", ".git", "__pycache__"];
/// The most failing tests of a run that are kept, and the most bytes of output and of each message.
const FAILING: usize = 300;
const OUTPUT: usize = 2000;
const DETAIL: usize = 300;

pub struct Room {
    folder: PathBuf,
    tmp: PathBuf,
    /// What the outcome depends on, apart from tree and command.
    key: String,
    known: Mutex<BTreeMap<String, Outcome>>,
    memory: Mutex<File>,
    /// The correct change, whose time shows whether the machine is too busy for the time limits.
    right: Mutex<Option<Tree>>,
    /// The content of the folder, and which of its files are not the project's. Allows one run at a time.
    inside: tokio::sync::Mutex<Inside>,
    runs: AtomicU64,
}

struct Inside {
    tree: Option<Tree>,
    kept: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct KeptCheckRun {
    key: String,
    outcome: Outcome,
}

impl Room {
    /// Makes a room for a change, or opens the one that exists for the same dependencies.
    pub async fn open(project: &Project, suite: &Suite, change: &Change) -> Result<Room, String> {
        let data = project.data(&change.to).map_err(|why| why.to_string())?;
        Room::open_in(&cache().join("rooms"), project, suite, change, data).await
    }

    /// `data`: files that are no text.
    pub(super) async fn open_in(
        home: &Path,
        project: &Project,
        suite: &Suite,
        change: &Change,
        data: BTreeMap<String, Vec<u8>>,
    ) -> Result<Room, String> {
        let first = before_setup(project, change);
        let mut hash = Sha256::new();
        for part in [VERSION, project.name, suite.setup, &dependencies(project, change)] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        data.iter().for_each(|(path, bytes)| {
            hash.update(path.as_bytes());
            hash.update(bytes);
        });
        let key = hex(hash);
        let name = format!("{}-{}", project.name.replace('/', "+"), key.get(..10).unwrap_or_default());
        let (folder, ready) = (home.join(&name), home.join(format!("{name}.json")));
        let tmp = home.join(format!("{name}.tmp"));
        let kept = match fs::read_to_string(&ready).ok().and_then(|text| serde_json::from_str(&text).ok()) {
            Some(kept) if folder.is_dir() => kept,
            _ => {
                set_up(&folder, &tmp, suite, &first, &data).await?;
                let kept: BTreeSet<String> =
                    list(&folder)?.into_iter().filter(|path| !first.contains_key(path)).collect();
                let text = serde_json::to_string(&kept).map_err(|why| why.to_string())?;
                fs::write(&ready, text).map_err(|why| format!("`{}`: {why}", ready.display()))?;
                kept
            }
        };
        let path = home.join(format!("{name}.jsonl"));
        let said = |why: std::io::Error| format!("`{}`: {why}", path.display());
        let mut known = BTreeMap::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                // A line that an interruption cut short is skipped
                if let Ok(KeptCheckRun { key, outcome }) = serde_json::from_str(&line.map_err(said)?) {
                    known.insert(key, outcome);
                }
            }
        }
        let memory = OpenOptions::new().create(true).append(true).open(&path).map_err(said)?;
        Ok(Room {
            folder,
            tmp,
            key,
            known: Mutex::new(known),
            memory: Mutex::new(memory),
            right: Mutex::default(),
            inside: tokio::sync::Mutex::new(Inside { tree: None, kept }),
            runs: AtomicU64::new(0),
        })
    }

    /// The number of runs, without results that were kept before.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The suite's outcome for the correct change; the time limits of other trees depend on it.
    pub async fn right(&self, suite: &Suite, tree: &Tree) -> Outcome {
        let outcome = self.outcome(suite, tree, FIRST_RUN).await;
        if outcome.end.success() {
            *lock(&self.right) = Some(tree.clone());
        }
        outcome
    }

    /// The suite's outcome for a tree.
    pub async fn outcome(&self, suite: &Suite, tree: &Tree, limit: Duration) -> Outcome {
        let check = Check::configured("test", suite.run, Some(limit));
        self.known_or_run(&check, None, tree, &CancellationToken::new()).await
    }

    async fn known_or_run(
        &self,
        check: &Check,
        filter: Option<&str>,
        tree: &Tree,
        cancel: &CancellationToken,
    ) -> Outcome {
        let key = self.key_of(check, filter, tree);
        let known = || lock(&self.known).get(&key).cloned();
        if let Some(outcome) = known() {
            return outcome;
        }
        let mut inside = self.inside.lock().await;
        if let Some(outcome) = known() {
            return outcome;
        }
        let outcome = self.really(&mut inside, check, filter, tree, cancel).await;
        if matches!(outcome.end, End::TimedOut { .. })
            && !self.is_quick_enough(&mut inside, check, cancel).await
        {
            return Outcome::not_started("the machine is too busy to tell a loop from a slow run");
        }
        if matches!(outcome.end, End::Exited { .. } | End::TimedOut { .. } | End::Signalled { .. }) {
            if let Ok(mut line) =
                serde_json::to_string(&KeptCheckRun { key: key.clone(), outcome: outcome.clone() })
            {
                line.push('\n');
                // An outcome that cannot be kept is computed again next time
                let _ = lock(&self.memory).write_all(line.as_bytes());
            }
            lock(&self.known).insert(key, outcome.clone());
        }
        outcome
    }

    async fn really(
        &self,
        inside: &mut Inside,
        check: &Check,
        filter: Option<&str>,
        tree: &Tree,
        cancel: &CancellationToken,
    ) -> Outcome {
        if let Err(why) = self.furnish(inside, tree) {
            inside.tree = None;
            return Outcome::not_started(why);
        }
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut options = RunOptions::new(&self.folder, &self.tmp, "bench");
        options.output_limit = OUTPUT;
        shortened(checks::run(check, filter, &options, cancel).await)
    }

    /// Whether the correct change needs at most half of the time limit that another tree has just reached.
    async fn is_quick_enough(&self, inside: &mut Inside, check: &Check, cancel: &CancellationToken) -> bool {
        let right = lock(&self.right).clone();
        let Some(right) = right else { return false };
        let check = Check { timeout: check.timeout / 2, ..check.clone() };
        self.really(inside, &check, None, &right, cancel).await.end.success()
    }

    fn key_of(&self, check: &Check, filter: Option<&str>, tree: &Tree) -> String {
        let mut hash = Sha256::new();
        for part in [self.key.as_str(), &check.run, filter.unwrap_or_default()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        for (path, text) in tree {
            hash.update(path.as_bytes());
            hash.update([0]);
            hash.update(text.len().to_le_bytes());
            hash.update(text.as_bytes());
        }
        hex(hash)
    }

    /// Makes the folder's files equal to `tree`.
    fn furnish(&self, inside: &mut Inside, tree: &Tree) -> Result<(), String> {
        let before = match inside.tree.take() {
            Some(before) => before,
            None => read(&self.folder)?.into_iter().filter(|(path, _)| !inside.kept.contains(path)).collect(),
        };
        for path in before.keys().filter(|path| !tree.contains_key(*path)) {
            let path = self.folder.join(path);
            if let Err(why) = fs::remove_file(&path)
                && why.kind() != std::io::ErrorKind::NotFound
            {
                return Err(format!("`{}`: {why}", path.display()));
            }
        }
        write(&self.folder, tree.iter().filter(|(path, text)| before.get(*path) != Some(text)))?;
        inside.tree = Some(tree.clone());
        Ok(())
    }
}

impl Commands for Room {
    fn run<'a>(
        &'a self,
        check: &'a Check,
        filter: Option<&'a str>,
        options: &'a RunOptions,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            match read(&options.root) {
                Ok(tree) => self.known_or_run(check, filter, &tree, cancel).await,
                Err(why) => Outcome::not_started(why),
            }
        })
    }
}

/// Everything that the set-up looks at.
fn before_setup(project: &Project, change: &Change) -> Tree {
    match project.registry {
        // Only the dependencies: with the whole manifest npm could leave out a package that tests need, or install
        // others
        Registry::Npm => {
            let manifest =
                format!("{{\"private\":true,\"dependencies\":{}}}\n", dependencies(project, change));
            Tree::from([("package.json".to_string(), manifest)])
        }
        Registry::Crates => change.head.clone(),
        Registry::Pypi => Tree::new(),
    }
}

/// The dependencies of a release, as text.
fn dependencies(project: &Project, change: &Change) -> String {
    let manifest = |name: &str| change.head.get(name).cloned().unwrap_or_default();
    match project.registry {
        Registry::Npm => serde_json::from_str::<serde_json::Value>(&manifest("package.json"))
            .ok()
            .and_then(|mut manifest| Some(manifest.get_mut("dependencies")?.take()))
            .map_or("{}".into(), |dependencies| dependencies.to_string()),
        Registry::Crates => {
            let manifest = manifest("Cargo.toml");
            let from = manifest.find("dependencies");
            from.and_then(|at| manifest.get(at..)).unwrap_or_default().to_string()
        }
        Registry::Pypi => String::new(),
    }
}

async fn set_up(
    folder: &Path,
    tmp: &Path,
    suite: &Suite,
    first: &Tree,
    data: &BTreeMap<String, Vec<u8>>,
) -> Result<(), String> {
    let said = |path: &Path, why: std::io::Error| format!("`{}`: {why}", path.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|why| said(folder, why))?;
    }
    fs::create_dir_all(folder).map_err(|why| said(folder, why))?;
    write(folder, first)?;
    write(folder, data)?;
    let check = Check::configured("setup", suite.setup, Some(SETUP));
    let mut options = RunOptions::new(folder, tmp, "bench");
    options.sandbox = Sandbox::OFF;
    let outcome = checks::run(&check, None, &options, &CancellationToken::new()).await;
    if outcome.end.success() {
        Ok(())
    } else {
        Err(format!("`{}` {}: {}", suite.setup, outcome.end, outcome.output.trim()))
    }
}

fn write<'f, T: AsRef<[u8]> + 'f>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'f String, &'f T)>,
) -> Result<(), String> {
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|why| format!("`{}`: {why}", path.display()))?;
    }
    Ok(())
}

/// The texts of a folder that are the project's.
fn read(root: &Path) -> Result<Tree, String> {
    let texts = list(root)?.into_iter();
    Ok(texts.filter_map(|path| Some((path.clone(), fs::read_to_string(root.join(&path)).ok()?))).collect())
}

fn list(root: &Path) -> Result<Vec<String>, String> {
    let (mut found, mut waiting) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = waiting.pop() {
        let said = |why: std::io::Error| format!("`{}`: {why}", folder.display());
        for entry in fs::read_dir(&folder).map_err(said)? {
            let entry = entry.map_err(said)?;
            let kind = entry.file_type().map_err(said)?;
            if entry.file_name().to_str().is_none_or(|name| NOT_PROJECT.contains(&name)) {
                continue;
            }
            let path = entry.path();
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                let path = path.strip_prefix(root).unwrap_or(&path);
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

fn shortened(mut outcome: Outcome) -> Outcome {
    outcome.output.truncate(outcome.output.floor_char_boundary(OUTPUT));
    if let Some(failing) = &mut outcome.failing {
        failing.truncate(FAILING);
        for detail in failing.iter_mut().filter_map(|test| test.detail.as_mut()) {
            detail.truncate(detail.floor_char_boundary(DETAIL));
        }
    }
    outcome
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projects::Set;

    const PROJECT: Project = Project {
        name: "@a/b",
        registry: Registry::Pypi,
        language: "Python",
        versions: &[],
        set: Set::Tuning,
        keep: &[],
        skip: &[],
        suite: None,
    };
    const SUITE: Suite = Suite {
        folder: "test/",
        suffix: ".sh",
        setup: "mkdir .venv && echo ready > .venv/it && echo kept > made.txt",
        run: "test -f .venv/it && test -f made.txt && test -f data.bin && ls *.sh && sh a.sh",
        changes: 1,
    };

    const LIMIT: Duration = Duration::from_secs(60);

    fn tree(files: &[(&str, &str)]) -> Tree {
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[tokio::test]
    async fn a_tree_is_run_once_with_what_was_set_up_and_nothing_of_other_trees() -> Result<(), String> {
        let home = tempfile::tempdir().map_err(|why| why.to_string())?;
        let (right, wrong) = (tree(&[("a.sh", "exit 0\n")]), tree(&[("a.sh", "exit 3\n"), ("b.sh", "")]));
        let change = Change::new(Box::leak(Box::new(PROJECT)), ("1", &right), ("2", &right));
        let data = BTreeMap::from([("data.bin".to_string(), vec![0xff, 0])]);
        for made in [3, 0] {
            let room = Room::open_in(home.path(), &PROJECT, &SUITE, &change, data.clone()).await?;
            for _ in 0..2 {
                let outcome = room.outcome(&SUITE, &wrong, LIMIT).await;
                assert_eq!(outcome.end, End::Exited { code: 3 }, "{}", outcome.output);
                let outcome = room.outcome(&SUITE, &right, LIMIT).await;
                assert_eq!((outcome.end.success(), outcome.output.trim()), (true, "a.sh"));
            }
            let both = tree(&[("a.sh", "exit 0\n"), ("b.sh", "")]);
            assert_eq!(room.outcome(&SUITE, &both, LIMIT).await.output.lines().count(), 2);
            assert_eq!(room.runs(), made, "what was remembered is not run again");
            let hangs = tree(&[("a.sh", "sleep 60\n")]);
            let outcome = room.outcome(&SUITE, &hangs, Duration::from_millis(300)).await;
            assert!(
                matches!(outcome.end, End::CouldNotStart { .. }),
                "without the correct change: {outcome:?}"
            );
        }
        Ok(())
    }
}
