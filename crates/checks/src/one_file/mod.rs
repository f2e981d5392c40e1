//! Tools of a project that read one file from standard input and answer at once: formatters and linters.
//!
//! They only say which tool a project uses, and how. Nothing here runs one.

pub(crate) mod formatters;
pub(crate) mod linters;
mod row;
