//! What earlier checks left where a later check would read it as its own: caches of tools. The judged code runs in a build
//! and in tests, and could tell a linter there that everything is clean.
//!
//! A check that judges begins as it began on the base: what it makes there itself, and caches of tools by their names, are
//! removed before it. What an earlier check makes for later ones, such as `dist/`, stays, and so do cargo's and Python's
//! environments for several versions, which take too long to make again. It removes nothing: `base_configuration` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Folders that stay: packages, builds that are copied from the base, environments.
const KEPT: [&str; 8] = ["node_modules", ".venv", "venv", "target", ".tox", ".nox", ".pnpm-store", ".yarn"];
/// Names of caches that do not say so.
const NAMED: [&str; 17] = [
    ".angular",
    ".dmypy.json",
    ".eslint",
    ".hypothesis",
    ".import-linter",
    ".jest",
    ".nx",
    ".parcel",
    ".phpstan",
    ".pytype",
    ".pyre",
    ".stylelint",
    ".testmondata",
    ".turbo",
    ".vite",
    ".vitest",
    ".wireit",
];
/// The deepest folder and the most entries that are searched in a folder that git ignores.
const MAX_DEPTH: usize = 5;
const MAX_ENTRIES: usize = 20_000;

#[derive(Default)]
pub(crate) struct LeftCaches {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What set-up made on the base before the first check.
    by_setup: Option<BTreeSet<String>>,
    /// By check, the ignored paths that it made on the base.
    made: BTreeMap<String, BTreeSet<String>>,
}

impl LeftCaches {
    /// Remembers the ignored paths before and after a check of the base.
    pub fn remember(&self, check: &str, before: &[String], after: Vec<String>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_setup.get_or_insert_with(|| before.iter().cloned().collect());
        let made = after.into_iter().filter(|path| !before.contains(path)).collect();
        known.made.insert(check.to_string(), made);
    }

    /// What is remembered for a check: what set-up made, and what the check made.
    pub fn known(&self, check: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (known.by_setup.clone().unwrap_or_default(), known.made.get(check).cloned().unwrap_or_default())
    }

    /// Remembers what was known before a restart.
    pub fn restore(&self, check: &str, by_setup: BTreeSet<String>, made: BTreeSet<String>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_setup.get_or_insert(by_setup);
        known.made.insert(check.to_string(), made);
    }

    /// The paths that are removed before a check runs, of the ignored ones in a slot.
    pub fn before(&self, check: &str, root: &Path, ignored: &[String]) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let by_setup = |path: &String| known.by_setup.as_ref().is_some_and(|made| made.contains(path));
        let made = known.made.get(check);
        let mut found = Vec::new();
        let mut left = MAX_ENTRIES;
        for path in ignored.iter().filter(|path| !is_kept(path) && !by_setup(path)) {
            if made.is_some_and(|made| made.contains(path)) || is_cache(path) {
                found.push(path.trim_end_matches('/').to_string());
            } else if path.ends_with('/') {
                search(root, path.trim_end_matches('/'), MAX_DEPTH, &mut left, &mut found);
            }
        }
        found
    }
}

fn is_kept(path: &str) -> bool {
    path.split('/').any(|part| KEPT.contains(&part))
}

/// Whether a tool keeps there what it found in an earlier run.
fn is_cache(path: &str) -> bool {
    let lower = path.trim_end_matches('/').to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let says_so = name.starts_with('.') && name.contains("cache")
        || name.ends_with("_cache")
        || name == "__pycache__"
        || name.ends_with(".tsbuildinfo");
    says_so || NAMED.contains(&name)
}

/// Caches inside a folder that git ignores as a whole. Links are not followed.
fn search(root: &Path, folder: &str, depth: usize, left: &mut usize, found: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{folder}/{name}");
        if is_cache(&name) {
            found.push(path);
        } else if depth > 1 && !is_kept(&name) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(root, &path, depth - 1, left, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_begins_without_what_it_makes_itself_and_without_caches() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["dist/deep", "node_modules/.cache"] {
            fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("dist/deep/a.tsbuildinfo"), "{}").unwrap();
        let paths = |all: &[&str]| all.iter().map(|path| (*path).to_string()).collect::<Vec<_>>();
        let left = LeftCaches::default();
        let installed = ["node_modules/", ".cache/"];
        let built = ["node_modules/", ".cache/", "dist/"];
        let linted = ["node_modules/", ".cache/", "dist/", "state/"];
        left.remember("build", &paths(&installed), paths(&built));
        left.remember("lint", &paths(&built), paths(&linted));
        let now = paths(&[
            "node_modules/",
            ".cache/",
            "dist/",
            "state/",
            "a/.mypy_cache/",
            ".eslintcache",
            "new/",
            "target/",
        ]);
        let before = |check: &str| left.before(check, place.path(), &now);
        assert_eq!(before("lint"), ["dist/deep/a.tsbuildinfo", "state", "a/.mypy_cache", ".eslintcache"]);
        assert_eq!(before("build"), ["dist", "a/.mypy_cache", ".eslintcache"]);
        assert_eq!(before("test"), ["dist/deep/a.tsbuildinfo", "a/.mypy_cache", ".eslintcache"]);
        // After a restart the same is removed
        let later = LeftCaches::default();
        for check in ["build", "lint"] {
            let (by_setup, made) = left.known(check);
            later.restore(check, by_setup, made);
        }
        assert_eq!(later.before("lint", place.path(), &now), before("lint"));
        // Without a run of the base, names decide
        assert_eq!(
            LeftCaches::default().before("lint", place.path(), &paths(&["state/", ".cache/"])),
            [".cache"]
        );
    }
}
