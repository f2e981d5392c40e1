//! The structure of code: parsing, syntax problems, symbols and imports, for each language.
//!
//! Pure functions of texts in memory. Parsing never fails because of a file's content: a [`Source`]
//! always has a tree, and [`problems`] lists what is wrong with it. Only a file larger than
//! [`MAX_BYTES`], or one that exceeds the parser's work limit, is not parsed, which is reported too
//! ([`NotParsed`]).
//!
//! **Invariants**: no I/O, no clock, no recursion over syntax trees (input may nest 100,000 deep), and
//! every list returned is bounded by a constant or by the length of the input.

mod balance;
mod edit;
mod gaps;
mod language;
mod languages;
mod outline;
mod paint;
mod problem;
mod problems;
mod source;
mod symbols;
mod walk;

pub use balance::is_balanced;
pub use language::Language;
pub use outline::outline;
pub use paint::{Paint, paint};
pub use problem::{MAX_PROBLEMS, ProblemKind, SyntaxProblem};
pub use problems::problems;
pub use source::{MAX_BYTES, MAX_DEPTH, NotParsed, Source};
pub use symbols::{Arity, Export, Import, ImportKind, ImportedName, Outline, Symbol, SymbolKind};
pub use walk::{VisitStep, visit};

pub use tree_sitter::{InputEdit, Node, Point, Tree};
