//! Rust: `outline` and `gaps`. It expands no macro and evaluates no `cfg`: code under one is conditional.

pub(crate) mod gaps;
pub(crate) mod outline;
