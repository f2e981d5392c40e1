//! TypeScript, TSX and JavaScript, which share modules, names and most of a grammar.

pub(crate) mod gaps;
pub(crate) mod outline;
