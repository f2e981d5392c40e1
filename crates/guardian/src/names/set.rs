//! The names of one file, as the readers of the languages fill them in.
//!
//! It decides nothing: whether a missing name is a fault is for the rules to say.

use std::collections::{BTreeMap, HashSet};

/// The names of a file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Names that something in the file binds
    pub(crate) bound: HashSet<String>,
    /// Names that are used as values, types or functions, with the first node that does
    pub(crate) used: BTreeMap<String, usize>,
    /// Names that only a quoted type uses
    pub(crate) quoted: BTreeMap<String, usize>,
    /// Names that lead a path (`name::…`)
    pub(crate) paths: BTreeMap<String, usize>,
    /// Names that can lead one: modules, types, imports
    pub(crate) modules: HashSet<String>,
    /// Names that are asked for by `typeof`, so that they may be missing
    pub(crate) asked: HashSet<String>,
    /// Names may be bound in a way that cannot be seen (`from x import *`, `use x::*`, `import . "x"`)
    pub(crate) open: bool,
}

impl Names {
    pub(super) fn bind(&mut self, name: &str) {
        if !self.bound.contains(name) {
            self.bound.insert(name.to_string());
        }
    }

    pub(super) fn using(&mut self, name: &str, index: usize) {
        // What was masked for the grammar is no name
        let begins = |c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '#');
        if name.starts_with(begins) && !name.contains(['(', '"', '\'']) && !self.used.contains_key(name) {
            self.used.insert(name.to_string(), index);
        }
    }

    /// Names used that nothing in the file binds.
    pub(crate) fn unbound(&self) -> impl Iterator<Item = (&str, usize)> {
        self.used
            .iter()
            .filter(|(name, _)| !self.bound.contains(*name) && !self.asked.contains(*name))
            .map(|(name, index)| (name.as_str(), *index))
    }
}
