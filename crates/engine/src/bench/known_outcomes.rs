//! Outcomes of checks by tree: in memory while the mission runs, and passed ones also in its folder, so that a resume
//! does not run them again.

use std::collections::HashMap;
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

#[derive(Default)]
pub(crate) struct KnownOutcomes {
    known: Mutex<HashMap<Key, Arc<Outcome>>>,
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
        let file = self.file.clone();
        blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(open) = file.as_mut().filter(|open| open.lines < MAX_KEPT) else { return };
            open.lines += 1;
            let line = OutcomeLine::Outcome { tree: key.0, check: key.1, outcome: kept };
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

type Opened = (Journal<OutcomeLine>, HashMap<Key, Arc<Outcome>>, usize);

impl From<Opened> for KnownOutcomes {
    fn from((journal, known, lines): Opened) -> KnownOutcomes {
        KnownOutcomes { known: Mutex::new(known), file: Arc::new(Mutex::new(Some(Kept { journal, lines }))) }
    }
}

fn open(path: &Path, redactor: &Redactor, toolchain: &str) -> Result<Opened, journal::Error> {
    let (mut journal, lines) = if path.exists() {
        let (journal, read) = Journal::reopen(path, redactor.clone())?;
        (journal, read.events)
    } else {
        (Journal::create(path, redactor.clone())?, Vec::new())
    };
    let (mut known, mut current, count) = (HashMap::new(), None, lines.len());
    for line in lines {
        match line {
            OutcomeLine::Toolchain { id } => current = Some(id),
            OutcomeLine::Outcome { tree, check, outcome } if current.as_deref() == Some(toolchain) => {
                known.insert((tree, check), Arc::new(outcome));
            }
            OutcomeLine::Outcome { .. } => {}
        }
    }
    if current.as_deref() != Some(toolchain) {
        known.clear();
        journal.append(&OutcomeLine::Toolchain { id: toolchain.to_string() })?;
    }
    Ok((journal, known, count))
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
        assert!(first.get("red", &check).is_some(), "while the mission runs, every answer is known");
        drop(first);

        let second = open("tools-1");
        assert_eq!(second.get("green", &check).and_then(|outcome| outcome.passed), Some(7));
        assert!(second.get("red", &check).is_none(), "the user may have fixed what made it fail");
        assert!(second.get("green", &other).is_none() && second.get("other", &check).is_none());
        drop(second);

        let third = open("tools-2");
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
