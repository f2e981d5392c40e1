//! What code says: parsing, syntax problems, symbols and imports, for each language.
//!
//! Pure over text in memory. Parsing never fails on what a file contains: a [`Source`] always has a
//! tree, and [`problems`] says what is wrong with it. Only a file beyond [`MAX_BYTES`] or beyond the
//! parser's work budget is not parsed, and that is said too ([`NotParsed`]).
//!
//! **Invariants**: no I/O, no clock, no recursion over syntax trees (input may nest 100,000 deep), and
//! every list returned is bounded by a constant or by the length of the input.

mod dialect;
mod language;
mod outline;
mod problems;
mod source;
mod walk;

pub use language::Language;
pub use outline::{Arity, Export, Import, ImportKind, ImportedName, Outline, Symbol, SymbolKind, outline};
pub use problems::{MAX_PROBLEMS, ProblemKind, SyntaxProblem, problems};
pub use source::{MAX_BYTES, MAX_DEPTH, NotParsed, Source};
pub use walk::{Step, visit};

pub use tree_sitter::{InputEdit, Node, Point, Tree};
