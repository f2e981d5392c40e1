//! Ranks files for a question: several voices, each of which scores files by its own evidence, and one sum.
//!
//! Every voice gives its best file 1 and the others less. The weights of voices were learned from real commits by
//! `npm run bench:context -- --fit`. A voice without data (no history, no names) scores nothing and has no effect.

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
