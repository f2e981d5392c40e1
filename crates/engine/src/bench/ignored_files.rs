//! Files of the project that a check misses in a slot, because git ignores them or because they hold secrets.
//!
//! `project_checks` asks it. It reads outputs and looks whether files exist; it runs nothing and copies nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use checks::{Check, Outcome, Verdict};
use mission::path::normalise;
use workspace::{Slot, is_secret_path};

use crate::bench::Bench;
use crate::blocking::blocking;
use crate::text::quoted;

/// The most paths of one output that are looked up, and the most that are remembered for a check.
const MAX_PATHS: usize = 100;
/// The most files that a sentence names.
const MAX_NAMED: usize = 3;
/// Words of an error about a file that is not there, in small letters.
const ABSENT: [&str; 16] = [
    "no such file",
    "not found",
    "notfound",
    "enoent",
    "cannot find",
    "can't find",
    "could not find",
    "couldn't find",
    "cannot open",
    "can't open",
    "could not open",
    "couldn't open",
    "couldn't read",
    "does not exist",
    "doesn't exist",
    "missing",
];

/// What the checks miss on the base, by check.
#[derive(Default)]
pub(super) struct IgnoredFiles {
    missed: Mutex<BTreeMap<String, Vec<String>>>,
}

impl IgnoredFiles {
    /// Notes what a check that fails on the base misses in `slot`.
    pub async fn look(&self, bench: &Bench, slot: &Slot, check: &Check, outcome: &Outcome) {
        let mut wanted = Vec::new();
        if !outcome.end.success() {
            wanted.extend(absent(&outcome.output, &places(bench, &slot.path), &check.directory));
        }
        let (workspace, of) = (bench.workspace.clone(), slot.clone());
        let missed = blocking(move || {
            let is_there = |root: &Path, path: &str| fs::symlink_metadata(root.join(path)).is_ok();
            wanted.retain(|path| is_there(workspace.root(), path) && !is_there(&of.path, path));
            wanted.retain(|path| is_secret_path(path) || workspace.is_ignored(&of, path).unwrap_or(false));
            wanted
        })
        .await;
        self.lock().insert(check.name.clone(), missed);
    }

    /// What a check misses on the base, in words.
    pub fn needed_by(&self, check: &str) -> Option<String> {
        self.lock().get(check).filter(|missed| !missed.is_empty()).map(|missed| words(missed))
    }

    /// The verdict without the failures of tests whose own messages name a file that the check already misses on the
    /// base: nobody can tell whether they would pass with it.
    pub fn excuse(
        &self,
        bench: &Bench,
        root: &Path,
        check: &Check,
        outcome: &Outcome,
        verdict: Verdict,
    ) -> Verdict {
        let missed = self.lock().get(&check.name).cloned().unwrap_or_default();
        match verdict {
            Verdict::Fail { findings } if !missed.is_empty() => {
                excused(&missed, &places(bench, root), check, outcome, findings)
            }
            Verdict::NoEvidence { why } if !missed.is_empty() && !outcome.end.success() => {
                Verdict::NoEvidence { why: format!("{}; {why}", words(&missed)) }
            }
            verdict => verdict,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The roots under which a command may name a file of its slot.
fn places(bench: &Bench, root: &Path) -> [String; 2] {
    [root, bench.workspace.root()].map(|root| root.to_string_lossy().into_owned())
}

fn excused(
    missed: &[String],
    places: &[String],
    check: &Check,
    outcome: &Outcome,
    mut findings: Vec<checks::NewFailure>,
) -> Verdict {
    let needs =
        |detail: &String| absent(detail, places, &check.directory).iter().any(|path| missed.contains(path));
    findings.retain(|finding| {
        let own = outcome
            .failing
            .iter()
            .flatten()
            .find(|test| Some(&test.name) == finding.test.as_ref() && test.suite == finding.suite);
        !own.is_some_and(|test| test.detail.as_ref().is_some_and(needs))
    });
    match findings.is_empty() {
        true => Verdict::NoEvidence { why: format!("what newly fails cannot be judged: {}", words(missed)) },
        false => Verdict::Fail { findings },
    }
}

fn words(missed: &[String]) -> String {
    let (secret, ignored): (Vec<&String>, Vec<&String>) =
        missed.iter().partition(|path| is_secret_path(path));
    let named = |paths: &[&String]| quoted(paths.iter().copied().take(MAX_NAMED));
    let mut said = Vec::new();
    if !ignored.is_empty() {
        said.push(format!(
            "it needs {}, which git ignores and which is not in a slot; `[workspace] copy` in your own opencode.toml \
             brings it",
            named(&ignored)
        ));
    }
    if !secret.is_empty() {
        said.push(format!(
            "it needs {}, which may hold secrets and never enters a slot; let the check read a file that git tracks",
            named(&secret)
        ));
    }
    said.join("; ")
}

/// The paths, relative to the project, that lines about a missing file name.
fn absent(text: &str, places: &[String], folder: &str) -> BTreeSet<String> {
    let is_about = |line: &&str| {
        let small = line.to_lowercase();
        ABSENT.iter().any(|word| small.contains(word))
    };
    let parts = text
        .lines()
        .filter(is_about)
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "\"'`()[]{}<>,;=|".contains(c)));
    let mut found = BTreeSet::new();
    for part in parts {
        let part = part.strip_prefix("file://").unwrap_or(part);
        let part = without_place(part.trim_end_matches(['.', ':', '!', '?']));
        // A word alone is a word, not a file
        if !part.contains(['/', '.']) {
            continue;
        }
        let inside = places.iter().find_map(|place| part.strip_prefix(place.as_str())?.strip_prefix('/'));
        let paths = match inside {
            Some(inside) => vec![inside.to_owned()],
            None if folder.is_empty() => vec![part.to_owned()],
            None => vec![format!("{folder}/{part}"), part.to_owned()],
        };
        found.extend(paths.iter().filter_map(|path| normalise(path).ok()));
        if found.len() >= MAX_PATHS {
            break;
        }
    }
    found
}

/// A path without the line and the column behind it.
fn without_place(part: &str) -> &str {
    let is_number = |end: &str| end.bytes().all(|byte| byte.is_ascii_digit());
    let cut = |part| match str::rsplit_once(part, ':') {
        Some((before, end)) if is_number(end) => before,
        _ => part,
    };
    cut(cut(part))
}

#[cfg(test)]
mod tests {
    use checks::{End, NewFailure, TestFailure};

    use super::*;

    fn paths(text: &str, folder: &str) -> Vec<String> {
        absent(text, &["/w/slots/1".into(), "/home/u/p".into()], folder).into_iter().collect()
    }

    #[test]
    fn only_lines_about_a_missing_file_name_one() {
        for (text, path) in [
            ("node: .env: not found", ".env"),
            ("ENOENT: no such file or directory, open '/home/u/p/data/a.csv'", "data/a.csv"),
            (
                "error: couldn't read `src/../data/a.csv`: No such file or directory (os error 2)",
                "data/a.csv",
            ),
            ("FileNotFoundError: [Errno 2] No such file or directory: './data/a.csv'", "data/a.csv"),
            ("open /w/slots/1/data/a.csv: no such file or directory", "data/a.csv"),
            ("Cannot find module 'file:///home/u/p/gen/client.js:3:14'", "gen/client.js"),
        ] {
            assert_eq!(paths(text, ""), [path], "{text}");
        }
        for text in [
            "read data/a.csv in 3 ms",
            "command not found",
            "no such file: /etc/data/a.csv",
            "missing ../a.csv",
        ] {
            assert!(paths(text, "").is_empty(), "{text}");
        }
        assert_eq!(paths("missing: data/a.csv", "web"), ["data/a.csv", "web/data/a.csv"]);
    }

    #[test]
    fn a_test_is_excused_only_by_its_own_words() {
        let check = Check::configured("test", "npm test", None);
        let test = |name: &str, detail: Option<&str>| TestFailure {
            name: name.into(),
            detail: detail.map(str::to_string),
            ..TestFailure::default()
        };
        let end = End::Exited { code: 1 };
        let failing = vec![
            test("needs it", Some("ENOENT: no such file or directory, open '/home/u/p/data/a.csv'")),
            test("says nothing", None),
            test("is wrong", Some("2 !== 3")),
        ];
        let outcome = Outcome { end, failing: Some(failing), ..Outcome::not_started("") };
        let judge = |names: &[&str]| {
            let new = |name: &&str| NewFailure {
                test: Some((*name).into()),
                suite: None,
                // The output as a whole names the file
                message: "no such file: data/a.csv".into(),
                file: None,
                line: None,
            };
            let findings = names.iter().map(new).collect();
            excused(&["data/a.csv".into()], &["/home/u/p".into()], &check, &outcome, findings)
        };
        let Verdict::NoEvidence { why } = judge(&["needs it"]) else {
            panic!("a test is blamed for a missing file")
        };
        assert!(
            why.contains("`data/a.csv`, which git ignores") && why.contains("`[workspace] copy`"),
            "{why}"
        );
        for (names, left) in
            [(["needs it", "is wrong"], "is wrong"), (["needs it", "says nothing"], "says nothing")]
        {
            let Verdict::Fail { findings } = judge(&names) else { panic!("{left} is excused") };
            assert_eq!(findings.iter().filter_map(|f| f.test.as_deref()).collect::<Vec<_>>(), [left]);
        }
    }

    #[test]
    fn a_secret_file_cannot_be_copied() {
        let said = words(&[".env".into(), "data/a.csv".into()]);
        assert!(said.starts_with("it needs `data/a.csv`, which git ignores"), "{said}");
        assert!(said.contains("it needs `.env`, which may hold secrets"), "{said}");
    }
}
