//! What the index keeps of one file, and how it counts words. Filled by `index`, read by `graph` and `resolve`.

use crate::file::{Role, Stamp};
use crate::manifest::Manifest;
use syntax::{Import, Language, Symbol};

pub(crate) type FileId = u32;
pub(crate) type TermId = u32;

/// Where in a file a word stands, and by that how much it says.
pub(crate) const FIELDS: usize = 3;
pub(crate) const PATH: usize = 0;
pub(crate) const SYMBOL: usize = 1;
pub(crate) const BODY: usize = 2;

/// How often a word stands in each field.
pub(crate) type Counts = [u16; FIELDS];

/// What is known of one file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) language: Option<Language>,
    pub(crate) role: Role,
    pub(crate) lines: u32,
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) imports: Vec<Import>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) terms: Vec<(TermId, Counts)>,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) hash: u64,
    pub(crate) depth: Depth,
}

/// How much of a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    Name,
    Words,
    Symbols,
}
