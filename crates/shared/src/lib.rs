//! What several crates must know alike: which files are tests, lockfiles or secrets, which variables hold secrets, how
//! paths are joined, the word that somebody may have meant, cut texts, and a hash that may be kept on disk.
//!
//! It stands below every other crate and is pure: names and texts go in, answers come out. It knows nothing of missions,
//! languages' grammars or OpenCode, and takes no knowledge that only one crate needs.

pub mod lockfiles;
pub mod paths;
pub mod secret_files;
pub mod secret_variables;
mod stable_hash;
pub mod test_files;
pub mod text;

pub use stable_hash::StableHasher;
