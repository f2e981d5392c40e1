//! What a role should read, without asking a model: an index of the repository, a ranking for an
//! objective, and texts that fit a budget of tokens.
//!
//! - [`Index::build`] reads the tracked files once; built again it parses only what changed.
//! - [`Index::search`] ranks files: words of paths, symbols and text, spread along imports.
//! - [`brief_input`] is what the Searcher starts with, [`task_context`] what the Coder starts with.
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
mod index;
mod manifest;
mod mention;
mod query;
mod resolve;
mod search;
mod task;
mod words;

pub use brief::brief_input;
pub use budget::estimate_tokens;
pub use index::{Index, Stats};
pub use search::{Hit, SymbolHit, render};
pub use task::task_context;
