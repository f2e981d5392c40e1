//! The newest index of the project's files, so that a later one parses only changed files. It is in memory while a
//! mission runs, and in the state folder for the next mission. If it cannot be read, it is built again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use context::{Damage, Index, Kept, PastCommit};
use journal::StateDir;

/// An index is written to disk again if more than one in this many files is new.
const WORTH_KEEPING: usize = 50;

/// The newest index, so that a later one parses only what changed.
#[derive(Default)]
pub(crate) struct KeptIndex {
    newest: Mutex<Option<(String, Arc<Index>)>>,
    /// The project's history; commits of a mission do not belong to it yet
    past: OnceLock<Vec<PastCommit>>,
}

/// The files of a wanted index.
pub(crate) struct Wanted<'a> {
    pub commit: &'a str,
    pub root: &'a Path,
    pub files: &'a [String],
    pub state: &'a StateDir,
    /// The paths that differ between an earlier commit and this one, if both are known.
    pub changes: &'a dyn Fn(&str) -> Option<BTreeSet<String>>,
}

impl KeptIndex {
    pub fn get(&self, commit: &str) -> Option<Arc<Index>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().filter(|(of, _)| of == commit).map(|(_, index)| index.clone())
    }

    /// Builds the index. `past` reads the history, newest first; it is called once.
    pub fn build(&self, wanted: &Wanted<'_>, past: impl FnOnce() -> Vec<PastCommit>) -> Arc<Index> {
        let before = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let index = match before {
            Some((of, before)) => match changes(wanted, &of) {
                Some(changed) => before.update(wanted.root, wanted.files, &changed),
                None => before.rebuild(wanted.root, wanted.files),
            },
            None => {
                let kept = read(wanted.state).ok().flatten();
                let index = match &kept {
                    Some(kept) => match changes(wanted, kept.label()) {
                        Some(changed) => kept.update(wanted.root, wanted.files, &changed),
                        None => kept.rebuild(wanted.root, wanted.files),
                    },
                    None => Index::build(wanted.root, wanted.files),
                };
                keep(wanted.state, &index, wanted.commit, kept.is_some());
                index
            }
        };
        let index = if index.has_history() { index } else { index.with_history(self.past.get_or_init(past)) };
        let index = Arc::new(index);
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((wanted.commit.to_string(), index.clone()));
        index
    }
}

fn changes(wanted: &Wanted<'_>, from: &str) -> Option<Vec<String>> {
    Some((wanted.changes)(from)?.into_iter().collect())
}

/// The index of the last mission, or search, of this project.
///
/// # Errors
/// If the kept index is damaged or from another version. It cannot be used and will be replaced.
pub(crate) fn read(state: &StateDir) -> Result<Option<Kept>, Damage> {
    state.kept_index(Kept::MAX_BYTES).map(|bytes| Kept::from_bytes(&bytes)).transpose()
}

/// Keeps an index for the next mission if that saves work. Errors are ignored.
pub(crate) fn keep(state: &StateDir, index: &Index, label: &str, was_kept: bool) {
    let stats = index.stats();
    let new = stats.files - stats.reused;
    if (!was_kept || new * WORTH_KEEPING > stats.files)
        && let Some(bytes) = index.to_bytes(label)
    {
        drop(state.keep_index(&bytes));
    }
}

/// The past commits in the form of the index.
pub(crate) fn past_commits(past: workspace::Past) -> Vec<PastCommit> {
    past.commits
        .into_iter()
        .map(|commit| PastCommit { message: commit.message, paths: commit.paths })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        std::fs::write(root.join(path), text).unwrap();
    }

    #[test]
    fn the_next_mission_takes_over_what_is_sound_and_builds_the_rest_again() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files: Vec<String> = ["a.rs", "b.rs"].map(str::to_owned).to_vec();
        for slot in [&one, &two] {
            write(slot.path(), "a.rs", "pub fn alpha() {}\n");
            write(slot.path(), "b.rs", "pub fn beta() {}\n");
        }
        let nothing = |_: &str| None;
        let built = |root: &Path, changes: &dyn Fn(&str) -> Option<BTreeSet<String>>| {
            let wanted = Wanted { commit: "c1", root, files: &files, state: &state, changes };
            KeptIndex::default().build(&wanted, Vec::new)
        };
        assert_eq!(built(one.path(), &nothing).stats().reused, 0);
        // Another slot with the same files and no known changes is compared by content.
        assert_eq!(built(two.path(), &nothing).stats().reused, 2);
        // If the changes are known, only those files are read.
        write(two.path(), "b.rs", "pub fn gamma() {}\n");
        let told = |from: &str| (from == "c1").then(|| BTreeSet::from(["b.rs".to_owned()]));
        let index = built(two.path(), &told);
        assert_eq!(index.stats().reused, 1);
        assert_eq!(index.search("gamma", 1)[0].path, "b.rs");
        // An index that was altered on disk is rejected.
        let path = state.index_path();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(read(&state).is_err());
        assert_eq!(built(two.path(), &nothing).stats().reused, 0);
        assert!(read(&state).unwrap().is_some(), "it was replaced");
    }

    #[test]
    fn a_commit_of_a_mission_parses_only_what_it_changed() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::open(home.path(), home.path()).unwrap();
        let slot = tempfile::tempdir().unwrap();
        let files: Vec<String> = ["a.rs", "b.rs"].map(str::to_owned).to_vec();
        write(slot.path(), "a.rs", "pub fn alpha() {}\n");
        write(slot.path(), "b.rs", "pub fn beta() {}\n");
        let kept = KeptIndex::default();
        let changes = |from: &str| (from == "c1").then(|| BTreeSet::from(["a.rs".to_owned()]));
        let mut wanted =
            Wanted { commit: "c1", root: slot.path(), files: &files, state: &state, changes: &changes };
        let past = || vec![PastCommit { message: "Begin".into(), paths: vec!["a.rs".into()] }];
        kept.build(&wanted, past);
        write(slot.path(), "a.rs", "pub fn omega() {}\n");
        wanted.commit = "c2";
        let index = kept.build(&wanted, || panic!("the history is read once"));
        assert_eq!((index.stats().reused, index.has_history()), (1, true));
        assert_eq!(index.search("omega", 1)[0].path, "a.rs");
        assert!(kept.get("c2").is_some() && kept.get("c1").is_none());
    }
}
