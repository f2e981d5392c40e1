//! What functions take and give, between those who call and those who are called.
//!
//! The rules here read what a definition states. They infer no type, and open no library.

pub(super) mod arity_mismatch;
pub(super) mod missing_return;
pub(super) mod missing_value;
pub(super) mod not_awaited;
pub(super) mod wrong_arguments;
