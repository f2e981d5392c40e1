//! TypeScript, TSX and JavaScript, which share modules, names and most of a grammar.
//!
//! Flow's annotations are not among its gaps: if they cause errors, `problems` reports that the file was not
//! checked.

pub(crate) mod gaps;
pub(crate) mod outline;
