//! Finds what a role should read, without a model: an index of the repository, a ranking for an objective,
//! and texts that fit a budget of tokens.
//!
//! - [`Index::build`] reads the tracked files once; later builds parse only changed files.
//! - [`Index::to_bytes`] converts it for the disk, [`Kept::from_bytes`] rejects damaged bytes.
//! - [`Index::search`] ranks files by all available evidence: words, names, past commits, imports,
//!   neighbours.
//! - [`Index::with_history`] adds past commits; without them the other evidence counts alone.
//! - [`Index::with_meaning`] adds what an embedding model says of one question.
//! - [`Evidence::passages`] selects the best lines of these files, within a budget.
//! - [`brief_input`] writes the first text of the Searcher, [`task_context`] that of the Coder.
//! - [`page_out`] selects parts of a session's messages that it no longer needs.
//! - [`estimate_tokens`] is the measure of all budgets.
//!
//! **Invariants**: it reads only files below the given root; it writes nothing, runs nothing, and does not
//! use git (the caller lists the files). The same files give the same results, in the same order. The code
//! that sends or stores a text removes secrets (`journal::Redactor`), not this crate.

mod brief;
mod budget;
mod entry;
mod excerpt;
mod file;
mod graph;
mod history;
mod index;
mod manifest;
mod meaning;
mod pack;
mod paging;
mod passages;
mod query;
mod ranking;
mod resolve;
mod search;
mod shown;
mod subject;
mod task;
mod words;

pub use brief::brief_input;
pub use budget::estimate_tokens;
pub use history::{MAX_PAST_COMMITS, PastCommit};
pub use index::{Damage, Index, Kept, Stats};
pub use meaning::{FileText, vectors::Vectors};
pub use paging::{Economy, MessagePart, PagedSide, PartKind, Side, page_out};
pub use passages::Passage;
pub use ranking::{Evidence, Part, VOICES, Voice, Weights};
pub use search::{Hit, PartOfScore, SymbolHit, render};
pub use shown::change::with_enclosing;
pub use shown::instructions::cut_instructions;
pub use task::{folded_file, task_context};
