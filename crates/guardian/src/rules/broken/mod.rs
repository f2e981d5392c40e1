//! Code and data that cannot be parsed or run, independent of the rest of the project.

pub(super) mod broken_data;
pub(super) mod conflict_marker;
pub(super) mod damaged_file;
pub(super) mod duplicate_definition;
pub(super) mod not_accepted;
pub(super) mod not_compiled;
mod refused;
pub(super) mod syntax_error;
pub(super) mod truncated_file;
mod unhandled_variant;
pub(super) mod unreachable_code;
