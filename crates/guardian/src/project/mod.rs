//! The files around a change: import targets, exports of modules, declarations of manifests.
//!
//! A name that cannot be resolved with certainty is unknown, and rules report nothing about unknown
//! names.

pub(crate) mod ecmascript;
pub(crate) mod go;
pub(crate) mod manifest;
mod paths;
pub(crate) mod python;
pub(crate) mod rust;
mod surroundings;
mod tree;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use syntax::{Import, Language};

use crate::code::file::File;

pub(crate) use paths::{folder_of, is_built, is_specimen, is_vendored, join};
pub(crate) use surroundings::{Memo, Surroundings};
pub(crate) use tree::{Target, Tree};

impl Tree<'_> {
    /// The target of a file's import.
    pub(crate) fn resolve(&self, file: &File, import: &Import) -> Target {
        match file.language {
            Some(Language::TypeScript | Language::Tsx | Language::JavaScript) => {
                ecmascript::resolve(self, &file.path, &import.module)
            }
            Some(Language::Python) => python::resolve(self, &file.path, &import.module),
            Some(Language::Rust) => rust::resolve(self, file, import),
            Some(Language::Go) => go::resolve(self, &file.path, &import.module),
            None => Target::Known,
        }
    }

    /// The exports of a module of the project; `None` if they cannot be listed.
    pub(crate) fn exports(&self, path: &str) -> Option<Arc<BTreeSet<String>>> {
        let language = Language::of_path(path)?;
        self.around.exports.get(path.to_string(), || match language {
            Language::TypeScript | Language::Tsx | Language::JavaScript => {
                ecmascript::exports(self, path, &mut HashSet::new()).map(Arc::new)
            }
            Language::Python => python::exports(self, path).map(Arc::new),
            Language::Rust | Language::Go => None,
        })
    }
}
