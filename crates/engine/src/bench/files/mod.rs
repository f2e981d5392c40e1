//! What a file is by its path, and which of its sections decide checks.

pub(crate) mod kinds;
pub(crate) mod manifests;
mod startup_files;
