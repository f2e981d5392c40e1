//! The data of rules that need more than one file: pairs of base and head, and the trees around them.
//!
//! It judges nothing.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use crate::code::baseline::Hunks;
use crate::code::file::File;
use crate::project::Tree;
use crate::sources::Sources;

/// A file before and after the change; `None` if it does not exist, or is not text.
pub(crate) struct Pair {
    pub(crate) path: Arc<str>,
    pub(crate) base: Option<Arc<File>>,
    pub(crate) head: Option<Arc<File>>,
    hunks: OnceLock<Hunks>,
}

impl Pair {
    pub(crate) fn new(path: &str, base: Option<Arc<File>>, head: Option<Arc<File>>) -> Pair {
        Pair { path: path.into(), base, head, hunks: OnceLock::new() }
    }

    /// Whether the change wrote a line of the head (0-based).
    pub(crate) fn wrote(&self, row: usize) -> bool {
        let (Some(base), Some(head)) = (self.base.as_deref(), self.head.as_deref()) else { return true };
        self.hunks.get_or_init(|| Hunks::new(base, head)).of_head(row..row + 1).is_some()
    }

    /// Whether the change wrote the line of a byte of the head.
    pub(crate) fn wrote_at(&self, byte: usize) -> bool {
        self.head.as_deref().is_some_and(|head| self.wrote(head.row(byte)))
    }

    /// Whether the change wrote any line of these bytes of the head.
    pub(crate) fn wrote_in(&self, start: usize, end: usize) -> bool {
        let Some(head) = self.head.as_deref() else { return false };
        (head.row(start)..=head.row(end.saturating_sub(1).max(start))).any(|row| self.wrote(row))
    }

    /// The base, if it is code.
    pub(crate) fn old_code(&self) -> Option<&File> {
        self.base.as_deref().filter(|base| base.is_code())
    }

    /// Both sides, if the change edits code.
    pub(crate) fn both(&self) -> Option<(&File, &File)> {
        let (base, head) = (self.base.as_deref()?, self.head.as_deref()?);
        (base.is_code() && head.is_code()).then_some((base, head))
    }
}

/// A change with its base and head trees.
pub(crate) struct Change<'a> {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) base: Tree<'a>,
    pub(crate) head: Tree<'a>,
    /// Whole files are linted, without a base
    pub(crate) whole: bool,
}

impl<'a> Change<'a> {
    pub(crate) fn new(
        pairs: Vec<Pair>,
        base: &'a dyn Sources,
        head: &'a dyn Sources,
        whole: bool,
    ) -> Change<'a> {
        let (base, head) = (Tree::new(base), Tree::new(head));
        for pair in &pairs {
            pair.base.iter().for_each(|file| base.keep(file.clone()));
            pair.head.iter().for_each(|file| head.keep(file.clone()));
        }
        Change { pairs, base, head, whole }
    }

    /// Changed files of the head with code that parses.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (&Pair, &File)> {
        self.pairs
            .iter()
            .filter_map(|pair| Some((pair, pair.head.as_deref()?)))
            .filter(|(_, file)| file.is_code() && !file.is_broken())
    }

    /// Files that the change did not touch and that contain one of these words.
    pub(crate) fn others_with(&self, words: &BTreeSet<String>) -> Vec<Arc<File>> {
        const MAX_WORDS: usize = 500;
        if words.is_empty() || words.len() > MAX_WORDS {
            return Vec::new();
        }
        // One pass over each text, for all words together
        let any: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
        let Ok(any) = regex::Regex::new(&any.join("|")) else { return Vec::new() };
        let changed: HashSet<&str> = self.pairs.iter().map(|pair| &*pair.path).collect();
        self.head
            .paths()
            .iter()
            .filter(|path| !changed.contains(path.as_str()) && syntax::Language::of_path(path).is_some())
            .filter(|path| self.head.read(path).is_some_and(|text| any.is_match(&text)))
            .filter_map(|path| self.head.file(path))
            .filter(|file| file.is_code() && !file.is_broken())
            .collect()
    }

    /// Top-level names that files of the base define and those of the head do not.
    pub(crate) fn lost_names(&self, pair: &Pair) -> BTreeSet<String> {
        let names = |file: Option<&File>| -> Option<BTreeSet<String>> {
            let Some(file) = file else { return Some(BTreeSet::new()) };
            if file.is_broken() {
                return None;
            }
            let outline = file.outline();
            let symbols = outline.symbols.iter().filter(|s| s.container.is_none()).map(|s| s.name.clone());
            Some(symbols.chain(outline.exports.iter().map(|e| e.name.clone())).collect())
        };
        match (names(pair.base.as_deref()), names(pair.head.as_deref())) {
            (Some(base), Some(head)) => base.difference(&head).cloned().collect(),
            _ => BTreeSet::new(),
        }
    }
}
