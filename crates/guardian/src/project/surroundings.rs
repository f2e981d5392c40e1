//! Facts about a whole tree, computed once and shared by all parts of the lint.
//!
//! No fact depends on the order in which files are read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::paths::join;
use crate::facts::Facts;
use crate::sources::Sources;

/// Facts about a whole tree: computed once, and shared by all threads that lint parts of it.
#[derive(Default)]
pub(crate) struct Surroundings<'a> {
    /// Facts of users other than the project's own resolvers
    pub(super) facts: Facts,
    pub(super) paths: HashSet<&'a str>,
    pub(super) folders: HashSet<&'a str>,
    /// Folders that `.gitmodules` names, and whose files are not in the tree
    pub(super) submodules: BTreeSet<String>,
    /// The exports of a module
    pub(super) exports: Memo<String, Option<Arc<BTreeSet<String>>>>,
    /// Whether a configuration maps a module name, seen from a folder
    pub(super) aliases: Memo<(String, String), bool>,
    /// The exports of an installed package, by its folder and the requested part
    pub(super) installed: Memo<(String, String), Option<Arc<BTreeSet<String>>>>,
    /// Names of the packages of the tree itself
    pub(super) members: Memo<(), Arc<BTreeSet<String>>>,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn of(sources: &'a (impl Sources + ?Sized)) -> Surroundings<'a> {
        let mut surroundings = Surroundings::default();
        for path in sources.files() {
            surroundings.paths.insert(path.as_str());
            let mut rest = path.as_str();
            while let Some((folder, _)) = rest.rsplit_once('/') {
                if !surroundings.folders.insert(folder) {
                    break;
                }
                rest = folder;
            }
        }
        surroundings.folders.insert("");
        let submodules = sources.read(".gitmodules").map(|text| submodules(&text)).unwrap_or_default();
        let is_apart = |folder: &String| !surroundings.folders.contains(folder.as_str());
        surroundings.submodules = submodules.into_iter().filter(is_apart).collect();
        surroundings
    }
}

/// The folders that the text of `.gitmodules` names.
fn submodules(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let folder = value.trim().trim_matches('"').trim_end_matches('/');
        (key.trim() == "path").then(|| join("", folder)).flatten().filter(|folder| !folder.is_empty())
    };
    text.lines().filter_map(named).collect()
}

/// Answers to repeated questions. Two threads that ask at once may both compute the answer; both get the same.
pub(crate) struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    pub(crate) fn get(&self, key: K, find: impl FnOnce() -> V) -> V {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = find();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
            found
        })
    }
}
