//! The index's data about one file, with the counts of its words.
//!
//! `index` creates entries; `graph`, `resolve` and `ranking` read them. It parses nothing itself. Entries are kept on
//! disk: a change of a field requires a new format number in `index/kept`.

use crate::file::{Role, Stamp};
use crate::manifest::Manifest;
use crate::pack::Counted;
pub(crate) use crate::pack::{BODY, Counts, FIELDS, Lengths, PATH, SYMBOL};
use serde::{Deserialize, Serialize};
use syntax::{Import, Language, Symbol};

pub(crate) type FileId = u32;
pub(crate) type TermId = u32;

/// The data about one file. Symbols, imports and words are packed, because few of them are ever read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) path: Box<str>,
    pub(crate) language: Option<Language>,
    pub(crate) role: Role,
    pub(crate) lines: u32,
    pub(crate) symbols: Box<[u8]>,
    pub(crate) imports: Box<[u8]>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) terms: Box<[u8]>,
    /// The number of words in each field.
    pub(crate) lengths: Lengths,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) hash: u64,
    pub(crate) depth: Depth,
}

impl Entry {
    /// The symbols that the file defines, in the order of its lines.
    pub(crate) fn symbols(&self) -> Vec<Symbol> {
        postcard::from_bytes(&self.symbols).unwrap_or_default()
    }

    /// The imports of the file, in the order of its lines.
    pub(crate) fn imports(&self) -> Vec<Import> {
        postcard::from_bytes(&self.imports).unwrap_or_default()
    }

    /// The words of the file, in the order of their identifiers.
    pub(crate) fn terms(&self) -> Counted<'_> {
        Counted::new(&self.terms)
    }

    /// The size of the entry in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.path.len() + self.symbols.len() + self.imports.len() + self.terms.len()
    }
}

/// Symbols or imports in the form that the index keeps.
pub(crate) fn packed<T: Serialize>(list: &[T]) -> Box<[u8]> {
    postcard::to_allocvec(list).unwrap_or_default().into_boxed_slice()
}

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Depth {
    Name,
    Words,
    Symbols,
}
