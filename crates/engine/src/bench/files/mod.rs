//! The kind of a file by its path, and its sections that configure checks.
//!
//! Gates, steps and `bench/verdict` call it. Paths and texts are arguments: nothing here opens a file or knows a task.

pub(crate) mod kinds;
pub(crate) mod manifests;
pub(crate) mod requirements;
pub(crate) mod startup_files;
