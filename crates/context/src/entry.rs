//! What the index keeps of one file, and how it counts words.
//!
//! Filled by `index`, read by `graph`, `resolve` and `ranking`. It parses nothing itself. Entries are kept on disk: who
//! changes a field raises the format in `index/kept`.

use crate::file::{Role, Stamp};
use crate::manifest::Manifest;
use crate::pack::Counted;
pub(crate) use crate::pack::{BODY, Counts, FIELDS, Lengths, PATH, SYMBOL};
use serde::{Deserialize, Serialize};
use syntax::{Import, Language, Symbol};

pub(crate) type FileId = u32;
pub(crate) type TermId = u32;

/// What is known of one file. Symbols, imports and words are packed: few of them are ever asked for.
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
    /// How many words each field has.
    pub(crate) lengths: Lengths,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) hash: u64,
    pub(crate) depth: Depth,
}

impl Entry {
    /// What the file defines, in the order of its lines.
    pub(crate) fn symbols(&self) -> Vec<Symbol> {
        postcard::from_bytes(&self.symbols).unwrap_or_default()
    }

    /// What the file imports, in the order of its lines.
    pub(crate) fn imports(&self) -> Vec<Import> {
        postcard::from_bytes(&self.imports).unwrap_or_default()
    }

    /// The words of the file, in the order of their identifiers.
    pub(crate) fn terms(&self) -> Counted<'_> {
        Counted::new(&self.terms)
    }

    /// Bytes that the entry takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.path.len() + self.symbols.len() + self.imports.len() + self.terms.len()
    }
}

/// Symbols, or imports, as the index keeps them.
pub(crate) fn packed<T: Serialize>(list: &[T]) -> Box<[u8]> {
    postcard::to_allocvec(list).unwrap_or_default().into_boxed_slice()
}

/// How much of a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Depth {
    Name,
    Words,
    Symbols,
}
