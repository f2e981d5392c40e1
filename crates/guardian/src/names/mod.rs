//! Which names a file binds and which it uses: enough to tell a name that nothing binds.
//!
//! Scopes are left out on purpose: a name counts as bound where the file binds it anywhere. That never
//! calls correct code wrong, and a name that no line of a file binds is wrong for certain.

mod ecmascript;
mod go;
mod known;
mod local;
mod python;
mod rust;
mod scopes;

use std::collections::{BTreeMap, HashSet};

use syntax::Language;

use crate::file::File;

pub(crate) use ecmascript::binds as binds_in_ecmascript;
pub(crate) use go::import_names;
pub(crate) use known::{
    is_global, is_go_package, is_known, is_library_type, is_node_module, is_python_module, is_std_macro,
};
pub(crate) use local::out_of_scope;
pub(crate) use rust::in_item_macro as is_in_item_macro;
pub(crate) use scopes::lost;

/// The names of a file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// names that something in the file binds
    pub(crate) bound: HashSet<String>,
    /// names that are used as values, types or functions, with the first node that does
    pub(crate) used: BTreeMap<String, usize>,
    /// names that only a quoted type uses
    pub(crate) quoted: BTreeMap<String, usize>,
    /// names that lead a path (`name::…`)
    pub(crate) paths: BTreeMap<String, usize>,
    /// names that can lead one: modules, types, imports
    pub(crate) modules: HashSet<String>,
    /// names that are asked for by `typeof`, so that they may be missing
    pub(crate) asked: HashSet<String>,
    /// names may be bound in a way that cannot be seen (`from x import *`, `use x::*`, `import . "x"`)
    pub(crate) open: bool,
}

impl Names {
    pub(crate) fn of(file: &File) -> Names {
        let mut names = Names::default();
        match file.language {
            Some(Language::TypeScript | Language::Tsx | Language::JavaScript) => {
                ecmascript::read(file, &mut names)
            }
            Some(Language::Python) => python::read(file, &mut names),
            Some(Language::Rust) => rust::read(file, &mut names),
            Some(Language::Go) => go::read(file, &mut names),
            None => {}
        }
        names
    }

    fn bind(&mut self, name: &str) {
        if !self.bound.contains(name) {
            self.bound.insert(name.to_string());
        }
    }

    fn using(&mut self, name: &str, index: usize) {
        // what was masked for the grammar is no name
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

impl File {
    pub(crate) fn names(&self) -> &Names {
        self.fact(Names::of)
    }
}
