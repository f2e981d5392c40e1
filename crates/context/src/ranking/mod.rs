//! Ranking files for a question: several voices, each of which scores files by its own evidence, and one sum.
//!
//! Every voice gives its best file 1 and the others less. What a voice is worth was learned from real commits by
//! `npm run bench:context -- --fit`; a voice that knows nothing (no history, no names) is silent and costs nothing.

mod beside;
mod evidence;
mod named;
mod past;
mod references;
mod text;
mod voice;

pub use evidence::Evidence;
pub(crate) use past::recency;
pub(crate) use text::found;
pub use voice::{Part, VOICES, Voice, Weights};
