//! Facts that several crates need: which files are tests, lockfiles or secrets, which variables hold secrets, how paths
//! are joined, the systems of Go, the word that a user may have meant, cut texts, and a hash that may be kept on disk.
//!
//! Every other crate may use it, and it is pure: names and texts go in, answers come out. It knows nothing of missions,
//! grammars of languages or OpenCode, and holds nothing that only one crate needs.

mod go_platforms;
pub mod lockfiles;
pub mod paths;
pub mod secret_files;
pub mod secret_variables;
mod stable_hash;
pub mod test_files;
pub mod text;

pub use go_platforms::GO_PLATFORMS;
pub use stable_hash::StableHasher;
