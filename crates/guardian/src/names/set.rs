//! The names of one file, as the language readers collect them.
//!
//! It decides nothing: rules decide whether a missing name is a fault.

use std::collections::{BTreeMap, HashSet};

/// The names of a file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Names that something in the file binds
    pub(crate) bound: HashSet<String>,
    /// Names that are used as values, types or functions, with the first node that uses each
    pub(crate) used: BTreeMap<String, usize>,
    /// Names that only a quoted type uses
    pub(crate) quoted: BTreeMap<String, usize>,
    /// Names that lead a path (`name::…`)
    pub(crate) paths: BTreeMap<String, usize>,
    /// Names that can start a path: modules, types, imports
    pub(crate) modules: HashSet<String>,
    /// Names that `typeof` reads, so they may be missing
    pub(crate) asked: HashSet<String>,
    /// Names may be bound invisibly (`from x import *`, `use x::*`, `import . "x"`)
    pub(crate) open: bool,
}

impl Names {
    pub(super) fn bind(&mut self, name: &str) {
        if !self.bound.contains(name) {
            self.bound.insert(name.to_string());
        }
    }

    pub(super) fn using(&mut self, name: &str, index: usize) {
        // Text that was masked for the grammar is not a name
        let begins = |c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '#');
        if name.starts_with(begins) && !name.contains(['(', '"', '\'']) && !self.used.contains_key(name) {
            self.used.insert(name.to_string(), index);
        }
    }

    /// Names that are used but that nothing in the file binds.
    pub(crate) fn unbound(&self) -> impl Iterator<Item = (&str, usize)> {
        self.used
            .iter()
            .filter(|(name, _)| !self.bound.contains(*name) && !self.asked.contains(*name))
            .map(|(name, index)| (name.as_str(), *index))
    }
}
