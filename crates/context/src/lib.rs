//! What a role should read, without asking a model: an index of the repository, a ranking for an
//! objective, and texts that fit a budget of tokens.
//!
//! - [`Index::build`] reads the tracked files once; built again it parses only what changed.
//! - [`Index::to_bytes`] is for keeping it on disk, [`Kept::from_bytes`] believes nothing that is damaged.
//! - [`Index::search`] ranks files by all evidence there is: words, names, past commits, imports, neighbours.
//! - [`Index::with_history`] adds what past commits say; without it the other evidence counts alone.
//! - [`Evidence::passages`] names the lines in them that fit, within a budget.
//! - [`brief_input`] is what the Searcher starts with, [`task_context`] what the Coder starts with.
//! - [`page_out`] says what a session needs no more of its messages.
//! - [`estimate_tokens`] is the measure of all budgets.
//!
//! **Invariants**: reads files below the given root and nothing else; writes nothing, runs nothing, knows
//! no git (the list of files is given). The same files give the same answer, in the same order. Secrets are
//! taken out by the code that sends or stores a text (`journal::Redactor`), not here.

mod brief;
mod budget;
mod entry;
mod excerpt;
mod file;
mod graph;
mod history;
mod index;
mod manifest;
mod pack;
mod paging;
mod passages;
mod query;
mod ranking;
mod resolve;
mod search;
mod subject;
mod task;
mod words;

pub use brief::brief_input;
pub use budget::estimate_tokens;
pub use history::{MAX_PAST_COMMITS, PastCommit};
pub use index::{Damage, Index, Kept, Stats};
pub use paging::{Economy, MessagePart, PagedSide, PartKind, Side, page_out};
pub use passages::Passage;
pub use ranking::{Evidence, Part, VOICES, Voice, Weights};
pub use search::{Hit, PartOfScore, SymbolHit, render};
pub use task::task_context;
