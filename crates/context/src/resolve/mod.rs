//! Finds the files of this repository that an import means. One file for each language.
//!
//! `graph` calls it for each import; `syntax` has read the import, `manifest` the names of packages. Nothing here
//! opens a file or asks a package manager: a path counts if it is in the index. Code outside of this repository has
//! no target.

mod ecmascript;
mod go;
pub(crate) mod paths;
pub(crate) mod places;
mod python;
mod rust;

use crate::entry::{Entry, FileId};
use crate::manifest::Manifest;
use paths::folder_of;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use syntax::{Import, Language};

/// The most files that one import may mean (a Go package is a folder).
const MAX_TARGETS: usize = 16;

/// The files of an index by their paths.
pub(crate) struct Paths<'a>(FxHashMap<&'a str, FileId>);

impl<'a> Paths<'a> {
    pub(crate) fn of(entries: &'a [Arc<Entry>]) -> Self {
        Self(entries.iter().map(|entry| &*entry.path).zip(0..).collect())
    }

    pub(crate) fn get(&self, path: &str) -> Option<FileId> {
        self.0.get(path).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, FileId)> + '_ {
        self.0.iter().map(|(path, id)| (*path, *id))
    }
}

/// The names by which imports can mean files of this repository.
pub(crate) struct Resolver<'a> {
    paths: Paths<'a>,
    /// Go files that are not tests, by folder.
    go_folders: HashMap<&'a str, Vec<FileId>>,
    npm: BTreeMap<&'a str, &'a str>,
    cargo: BTreeMap<&'a str, &'a str>,
    go: Vec<(&'a str, &'a str)>,
    /// The folders that contain a Cargo.toml with a package.
    crates: Vec<&'a str>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(entries: &'a [Arc<Entry>]) -> Self {
        let mut resolver = Self {
            paths: Paths::of(entries),
            go_folders: HashMap::new(),
            npm: BTreeMap::new(),
            cargo: BTreeMap::new(),
            go: Vec::new(),
            crates: Vec::new(),
        };
        for (id, entry) in entries.iter().enumerate() {
            let folder = folder_of(&entry.path);
            if entry.language == Some(Language::Go) && !entry.path.ends_with("_test.go") {
                resolver.go_folders.entry(folder).or_default().push(id as FileId);
            }
            match &entry.manifest {
                Some(Manifest::Npm(name)) => drop(resolver.npm.insert(name, folder)),
                Some(Manifest::Cargo(name)) => {
                    resolver.cargo.insert(name, folder);
                    resolver.crates.push(folder);
                }
                Some(Manifest::Go(name)) => resolver.go.push((name, folder)),
                None => {}
            }
        }
        resolver
    }

    /// The files that an import in the file at `path` means; empty if it means none of this repository.
    pub(crate) fn resolve(&self, path: &str, language: Language, import: &Import) -> Vec<FileId> {
        let mut found = match language {
            Language::TypeScript | Language::Tsx | Language::JavaScript => {
                self.ecmascript(path, &import.module)
            }
            Language::Rust => self.rust(path, import),
            Language::Python => self.python(path, import),
            Language::Go => self.go(&import.module),
        };
        found.truncate(MAX_TARGETS);
        found
    }

    fn first(&self, candidates: impl IntoIterator<Item = String>) -> Option<FileId> {
        candidates.into_iter().find_map(|path| self.paths.get(&path))
    }
}
