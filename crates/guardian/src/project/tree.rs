//! One side of a change: its files, each parsed once, and facts about the whole side.
//!
//! It reads only through `Sources`, and keeps each file once.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use syntax::Language;

use super::paths::{folder_of, join};
use super::surroundings::{Memo, Surroundings};
use crate::code::file::File;
use crate::sources::Sources;

/// The most files that are parsed for one change, beside the changed ones.
const MAX_FILES: usize = 4_000;
/// The most bytes of these files.
const MAX_BYTES: usize = 64_000_000;
/// The most bytes of text that stay parsed while a part of a tree is linted.
const MAX_PART_BYTES: usize = 4_000_000;

/// The target of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file of the project
    File(String),
    /// An external package, by the name that a manifest would declare
    Package(String),
    /// Part of the language, a generated file, or unknown
    Known,
    /// It does not exist; the name that was searched
    Missing(String),
}

/// One side of a change.
pub(crate) struct Tree<'a> {
    sources: &'a dyn Sources,
    pub(super) around: Arc<Surroundings<'a>>,
    cache: RefCell<HashMap<String, Option<Arc<File>>>>,
    bytes: Cell<usize>,
    beyond: Beyond,
}

/// What a tree does when its memory is full.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    /// It reads no more files, so that the work for one change is bounded
    Refuse,
    /// It drops the files that it has read: every file of the tree is linted, so memory has to be bounded
    Forget,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(sources: &'a dyn Sources) -> Tree<'a> {
        Tree::with(sources, Arc::new(Surroundings::of(sources)), Beyond::Refuse)
    }

    /// A part of a tree of which every file is linted.
    pub(crate) fn part(sources: &'a dyn Sources, around: Arc<Surroundings<'a>>) -> Tree<'a> {
        Tree::with(sources, around, Beyond::Forget)
    }

    fn with(sources: &'a dyn Sources, around: Arc<Surroundings<'a>>, beyond: Beyond) -> Tree<'a> {
        Tree { sources, around, cache: RefCell::default(), bytes: Cell::new(0), beyond }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.around.paths.contains(path)
    }

    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let is_above = |inner: &String| {
            inner.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.around.folders.contains(path) || self.around.submodules.iter().any(is_above)
    }

    /// Whether a path is, or is below, a folder whose files the tree does not list: a submodule, or the target of a
    /// link. Nothing is missing there. A commit lists both as if they were files.
    pub(crate) fn is_unlisted(&self, path: &str) -> bool {
        let mut at = path;
        while !at.is_empty() {
            let listed = self.has(at) && (Language::of_path(at).is_none() || self.read(at).is_none());
            if listed || self.around.submodules.contains(at) {
                return true;
            }
            at = folder_of(at);
        }
        false
    }

    pub(crate) fn paths(&self) -> &'a [String] {
        self.sources.files()
    }

    pub(crate) fn read(&self, path: &str) -> Option<Cow<'a, str>> {
        self.sources.read(path)
    }

    /// The text of a file of an installed package, which is not part of the tree.
    pub(crate) fn installed(&self, path: &str) -> Option<Cow<'a, str>> {
        if self.has(path) { self.read(path) } else { self.sources.installed(path) }
    }

    /// Adds a file that is parsed already.
    pub(crate) fn keep(&self, file: Arc<File>) {
        self.cache.borrow_mut().insert(file.path.to_string(), Some(file));
    }

    /// A file, parsed once; `None` if it does not exist, or if the limit of files is reached.
    pub(crate) fn file(&self, path: &str) -> Option<Arc<File>> {
        if let Some(known) = self.cache.borrow().get(path) {
            return known.clone();
        }
        if !self.has(path) {
            return None;
        }
        match self.beyond {
            Beyond::Refuse if self.cache.borrow().len() > MAX_FILES || self.bytes.get() > MAX_BYTES => {
                return None;
            }
            Beyond::Forget if self.bytes.get() > MAX_PART_BYTES => {
                self.cache.borrow_mut().clear();
                self.bytes.set(0);
            }
            _ => {}
        }
        let file = self.read(path).map(|text| {
            self.bytes.set(self.bytes.get() + text.len());
            Arc::new(File::plain(path, &text))
        });
        self.cache.borrow_mut().insert(path.to_string(), file.clone());
        file
    }

    /// A fact about the whole tree that is needed repeatedly, one of each type.
    pub(crate) fn fact<T: Send + Sync + 'static>(&self, find: impl FnOnce() -> T) -> &T {
        self.around.facts.get(find)
    }

    /// A fact about a file that is needed repeatedly, computed once for all parts of the tree: `None` if the file
    /// cannot be read.
    pub(crate) fn fact_of<T: Clone + Send + Sync + 'static>(
        &self,
        path: &str,
        find: impl FnOnce(&File) -> T,
    ) -> Option<T> {
        let known = self.fact(Memo::<String, Option<T>>::default);
        known.get(path.to_string(), || self.file(path).map(|file| find(&file)))
    }

    /// The nearest file of that name, from a path's folder upwards.
    pub(crate) fn nearest(&self, path: &str, name: &str) -> Option<String> {
        let mut folder = folder_of(path);
        loop {
            let candidate = join(folder, name)?;
            if self.has(&candidate) {
                return Some(candidate);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }
}
