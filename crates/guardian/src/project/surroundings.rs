//! What is known of a tree as a whole, found once and shared by those who look at parts of it.
//!
//! Nothing in it depends on the order in which files are looked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::facts::Facts;
use crate::sources::Sources;

/// What is known of a tree as a whole: found once, and shared by all that look at parts of it side by side.
#[derive(Default)]
pub(crate) struct Surroundings<'a> {
    /// What others than the project's own resolvers keep here
    pub(super) facts: Facts,
    pub(super) paths: HashSet<&'a str>,
    pub(super) folders: HashSet<&'a str>,
    /// What a module exports
    pub(super) exports: Memo<String, Option<Arc<BTreeSet<String>>>>,
    /// Whether, from a folder, a module is a name that some configuration gives a meaning
    pub(super) aliases: Memo<(String, String), bool>,
    /// What an installed package has for others, by its folder and the part of it that is asked for
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
        surroundings
    }
}

/// Answers to questions that are asked again and again. Two who ask at once may both find out; they find the same.
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
