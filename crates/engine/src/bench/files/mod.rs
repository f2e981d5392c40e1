//! What a file is by its path, and which of its sections decide checks.
//!
//! Gates, steps and `bench/verdict` ask. Paths and texts come as arguments: nothing here opens a file or knows a task.

pub(crate) mod kinds;
pub(crate) mod manifests;
mod startup_files;
