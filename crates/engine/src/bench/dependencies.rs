//! Installed packages in a slot: their folders, and whether something wrote there.
//!
//! It only reads names and times, and follows no link. `setup` and `slots` decide what to do with a changed folder.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use workspace::system::MetadataExt;

/// Folders into which package managers install, beside the project's own files.
pub(super) const NAMES: [&str; 3] = ["node_modules", ".venv", "venv"];
/// Caches of test runners in these folders. What a run changed in them is discarded: it would reach later trees.
const SCRATCH: [&str; 4] = [".cache", ".vite", ".vite-temp", ".vitest"];
/// The deepest package folder of a monorepo.
const DEPTH: usize = 4;
/// The most entries that are read, so that every scan ends.
const MAX_ENTRIES: usize = 500_000;
/// Deepest folder that is looked into; installed packages lie less deep.
const MAX_DEPTH: usize = 200;

/// The installed packages of a slot before a command runs there.
pub(super) struct Installed {
    pub folders: Vec<PathBuf>,
    /// `None` if no command can write there.
    watched: Option<(u64, BTreeMap<PathBuf, u64>)>,
}

impl Installed {
    pub fn before(root: &Path, watches: bool) -> Installed {
        let folders = folders(root);
        let watched = watches.then(|| (state(root, &folders), caches(root, &folders)));
        Installed { folders, watched }
    }

    /// Whether a command wrote to the packages, and what it left beside them: package folders and caches of tools.
    pub fn after(&self, root: &Path) -> (bool, Vec<PathBuf>) {
        let mut left: Vec<PathBuf> =
            folders(root).into_iter().filter(|folder| !self.folders.contains(folder)).collect();
        let Some((before, known)) = &self.watched else { return (false, left) };
        let written = caches(root, &self.folders).into_iter();
        left.extend(written.filter(|(path, now)| known.get(path) != Some(now)).map(|(path, _)| path));
        (state(root, &self.folders) != *before, left)
    }
}

/// The folders with installed packages, relative to the root.
pub(super) fn folders(root: &Path) -> Vec<PathBuf> {
    folders_named(root, &NAMES, DEPTH)
}

/// The folders with one of these names down to a depth, relative to the root. Their contents are not searched.
pub(crate) fn folders_named(root: &Path, names: &[&str], depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = MAX_ENTRIES;
    collect_folders((root, names), Path::new(""), depth, &mut left, &mut found);
    found
}

fn collect_folders(
    (root, names): (&Path, &[&str]),
    below: &Path,
    depth: usize,
    left: &mut usize,
    found: &mut Vec<PathBuf>,
) {
    for entry in fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let (name, is_folder) = (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
        if !is_folder {
            continue;
        }
        let here = below.join(&name);
        if names.iter().any(|wanted| name == *wanted) {
            found.push(here);
        } else if depth > 1 && !name.to_string_lossy().starts_with('.') {
            collect_folders((root, names), &here, depth - 1, left, found);
        }
    }
}

/// A hash that changes when anything in the folders changes. It uses the change time of entries, which a program cannot
/// set.
fn state(root: &Path, folders: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut left = MAX_ENTRIES;
    for folder in folders {
        mark(&root.join(folder), 0, &mut left, &mut hasher);
    }
    hasher.finish()
}

/// The caches in the folders, each with a hash that changes when anything in it changes.
fn caches(root: &Path, folders: &[PathBuf]) -> BTreeMap<PathBuf, u64> {
    let mut left = MAX_ENTRIES;
    let all = folders.iter().flat_map(|folder| SCRATCH.iter().map(|name| folder.join(name)));
    let mut hash = |path: PathBuf| {
        let place = root.join(&path);
        let found = fs::symlink_metadata(&place).ok()?;
        let mut hasher = DefaultHasher::new();
        identity(&found).hash(&mut hasher);
        if found.is_dir() {
            mark(&place, 1, &mut left, &mut hasher);
        }
        Some((path, hasher.finish()))
    };
    all.filter_map(&mut hash).collect()
}

fn mark(folder: &Path, depth: usize, left: &mut usize, hasher: &mut DefaultHasher) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let name = entry.file_name();
        if depth == 0 && SCRATCH.iter().any(|scratch| name == *scratch) {
            continue;
        }
        let Ok(found) = entry.metadata() else { continue };
        (name, identity(&found)).hash(hasher);
        if found.is_dir() && depth < MAX_DEPTH {
            mark(&entry.path(), depth + 1, left, hasher);
        }
    }
}

fn identity(found: &Metadata) -> (u64, u32, u64, i64, i64) {
    // Reading a folder does not change these values
    (found.ino(), found.mode(), found.size(), found.ctime(), found.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_at_every_depth_and_a_write_shows() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        for folder in
            ["node_modules/a/node_modules", "packages/one/node_modules/b", "src", ".git/node_modules"]
        {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("node_modules/a/index.js"), "as installed").unwrap();
        let mut found = folders(place.path());
        found.sort();
        assert_eq!(found, ["node_modules", "packages/one/node_modules"].map(PathBuf::from));
        let before = state(place.path(), &found);
        fs::create_dir_all(at("node_modules/.cache/x")).unwrap();
        fs::read(at("node_modules/a/index.js")).unwrap();
        // Creating a folder changes its parent, which is not part of the hash
        assert_eq!(state(place.path(), &found), before);
        let installed = Installed::before(place.path(), true);
        assert_eq!(installed.after(place.path()), (false, Vec::new()), "a cache of the set-up stays");
        fs::write(at("node_modules/.cache/x/plan.json"), "{}").unwrap();
        fs::create_dir_all(at("packages/one/node_modules/.vite")).unwrap();
        let (changed, mut left) = installed.after(place.path());
        left.sort();
        assert_eq!(
            (changed, left.len()),
            (false, 2),
            "what a run left in caches would reach other trees: {left:?}"
        );
        let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
        let file = fs::OpenOptions::new().write(true).open(at("node_modules/a/index.js")).unwrap();
        file.set_times(times).unwrap();
        assert_ne!(state(place.path(), &found), before, "a time that was put back shows");
    }
}
