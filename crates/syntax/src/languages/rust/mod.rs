//! Rust: `outline` and `gaps`. No macro is expanded and no `cfg` decided: what is under one is conditional.

pub(crate) mod gaps;
pub(crate) mod outline;
