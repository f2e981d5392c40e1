//! Outcomes of checks by tree: in memory while the mission runs, and passed ones also in its folder, so that a resume
//! does not run them again. Beside an outcome on the base stands what the check did to its slot.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use checks::{Check, Outcome};
use journal::{Journal, Redactor};
use serde::{Deserialize, Serialize};

use crate::blocking::blocking;

/// The most outcomes on disk for one mission; more are only in memory.
const MAX_KEPT: usize = 5000;

/// The tree (for the base: the commit), and everything that identifies the check.
type Key = (String, String);

/// The most paths of one check on the base; if there are more, a resume runs the check again.
const MAX_PATHS: usize = 20_000;

/// What a check did to its slot on the base. Later runs of it may do the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Traces {
    /// Ignored paths that set-up made before the first check.
    pub by_setup: BTreeSet<String>,
    /// Ignored paths that this check made.
    pub made: BTreeSet<String>,
    /// Tracked files that checks of the base have changed so far.
    pub changed: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct KnownOutcomes {
    known: Mutex<HashMap<Key, Arc<Outcome>>>,
    traces: Mutex<HashMap<Key, Traces>>,
    /// `None`: nothing is kept on disk.
    file: Arc<Mutex<Option<Kept>>>,
}

struct Kept {
    journal: Journal<OutcomeLine>,
    lines: usize,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OutcomeLine {
    /// The following outcomes are from this toolchain, earlier ones from another.
    Toolchain {
        id: String,
    },
    Outcome {
        tree: String,
        check: String,
        outcome: Outcome,
    },
    Traces {
        tree: String,
        check: String,
        traces: Traces,
    },
}

impl KnownOutcomes {
    /// Opens the outcomes of an earlier run of the mission, if `toolchain` is still the same. If the file cannot be
    /// read or written, outcomes are only in memory.
    pub fn open(path: &Path, redactor: &Redactor, toolchain: &str) -> KnownOutcomes {
        match open(path, redactor, toolchain) {
            Ok(opened) => opened.into(),
            Err(error) => {
                tracing::warn!("what checks said is not kept for a resume: {error}");
                KnownOutcomes::default()
            }
        }
    }

    pub fn get(&self, tree: &str, check: &Check) -> Option<Arc<Outcome>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key(tree, check)).cloned()
    }

    /// Remembers an outcome. Only passed ones are written to disk: the user may fix the cause of a failure before a
    /// resume.
    pub async fn set(&self, tree: &str, check: &Check, outcome: Arc<Outcome>) {
        let key = key(tree, check);
        let passed = outcome.end.success();
        let kept = Outcome { output: String::new(), ..(*outcome).clone() };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), outcome);
        if !passed {
            return;
        }
        self.write(OutcomeLine::Outcome { tree: key.0, check: key.1, outcome: kept }).await;
    }

    /// The outcome of a check on the base with what it did there; `None` if one of both is not known.
    pub fn on_base(&self, commit: &str, check: &Check) -> Option<(Arc<Outcome>, Traces)> {
        let traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        Some((self.get(commit, check)?, traces.get(&key(commit, check))?.clone()))
    }

    /// Remembers what a check did on the base.
    pub async fn set_traces(&self, commit: &str, check: &Check, traces: Traces) {
        let key = key(commit, check);
        let count = traces.by_setup.len() + traces.made.len() + traces.changed.len();
        self.traces.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), traces.clone());
        if count <= MAX_PATHS {
            self.write(OutcomeLine::Traces { tree: key.0, check: key.1, traces }).await;
        }
    }

    async fn write(&self, line: OutcomeLine) {
        let file = self.file.clone();
        blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(open) = file.as_mut().filter(|open| open.lines < MAX_KEPT) else { return };
            open.lines += 1;
            if let Err(error) = open.journal.append(&line) {
                tracing::warn!("what a check said is not kept for a resume: {error}");
                *file = None;
            }
        })
        .await;
    }
}

fn key(tree: &str, check: &Check) -> Key {
    let Check { name, run, directory, script, .. } = check;
    (tree.to_string(), format!("{name}\n{directory}\n{run}\n{}", script.as_deref().unwrap_or_default()))
}

struct Opened {
    kept: Kept,
    known: HashMap<Key, Arc<Outcome>>,
    traces: HashMap<Key, Traces>,
}

impl From<Opened> for KnownOutcomes {
    fn from(Opened { kept, known, traces }: Opened) -> KnownOutcomes {
        KnownOutcomes {
            known: Mutex::new(known),
            traces: Mutex::new(traces),
            file: Arc::new(Mutex::new(Some(kept))),
        }
    }
}

fn open(path: &Path, redactor: &Redactor, toolchain: &str) -> Result<Opened, journal::Error> {
    let (mut journal, lines) = if path.exists() {
        let (journal, read) = Journal::reopen(path, redactor.clone())?;
        (journal, read.events)
    } else {
        (Journal::create(path, redactor.clone())?, Vec::new())
    };
    let (mut known, mut traces_of, mut current, count) = (HashMap::new(), HashMap::new(), None, lines.len());
    for line in lines {
        match line {
            OutcomeLine::Toolchain { id } => current = Some(id),
            OutcomeLine::Outcome { tree, check, outcome } if current.as_deref() == Some(toolchain) => {
                known.insert((tree, check), Arc::new(outcome));
            }
            OutcomeLine::Traces { tree, check, traces } if current.as_deref() == Some(toolchain) => {
                traces_of.insert((tree, check), traces);
            }
            OutcomeLine::Outcome { .. } | OutcomeLine::Traces { .. } => {}
        }
    }
    if current.as_deref() != Some(toolchain) {
        known.clear();
        traces_of.clear();
        journal.append(&OutcomeLine::Toolchain { id: toolchain.to_string() })?;
    }
    Ok(Opened { kept: Kept { journal, lines: count }, known, traces: traces_of })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use checks::End;

    const MOMENT: Duration = Duration::from_millis(10);

    fn outcome(code: i32) -> Arc<Outcome> {
        let mut outcome = Outcome::not_started("");
        outcome.end = End::Exited { code };
        outcome.output = "long output".into();
        outcome.passed = Some(7);
        Arc::new(outcome)
    }

    #[tokio::test]
    async fn what_passed_is_known_after_a_restart_with_the_same_tools_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checks.jsonl");
        let check = Check::configured("test", "npm test", None);
        let other = Check::configured("test", "npm run test:all", None);
        // A process that another test starts shares the lock until its own program is loaded
        let open = |tools: &str| {
            let mut tries = (0..200).map(|_| open(&path, &Redactor::shapes_only(), tools));
            let free = tries.find_map(|opened| opened.inspect_err(|_| std::thread::sleep(MOMENT)).ok());
            KnownOutcomes::from(free.unwrap())
        };

        let first = open("tools-1");
        first.set("green", &check, outcome(0)).await;
        first.set("red", &check, outcome(1)).await;
        let traces = Traces { made: BTreeSet::from(["state/".to_string()]), ..Traces::default() };
        first.set_traces("green", &check, traces.clone()).await;
        first.set_traces("red", &check, traces.clone()).await;
        assert!(first.get("red", &check).is_some(), "while the mission runs, every answer is known");
        drop(first);

        let second = open("tools-1");
        assert_eq!(second.get("green", &check).and_then(|outcome| outcome.passed), Some(7));
        assert_eq!(second.on_base("green", &check).map(|(_, traces)| traces), Some(traces));
        assert!(second.on_base("red", &check).is_none());
        assert!(second.get("red", &check).is_none(), "the user may have fixed what made it fail");
        assert!(second.get("green", &other).is_none() && second.get("other", &check).is_none());
        drop(second);

        let third = open("tools-2");
        assert!(third.on_base("green", &check).is_none());
        assert!(third.get("green", &check).is_none(), "another toolchain may say something else");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_costs_only_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checks.jsonl");
        std::fs::write(&path, "no line of ours\n{}\n").unwrap();
        let known = KnownOutcomes::open(&path, &Redactor::shapes_only(), "tools");
        let check = Check::configured("test", "npm test", None);
        known.set("green", &check, outcome(0)).await;
        assert!(known.get("green", &check).is_some());
    }
}
