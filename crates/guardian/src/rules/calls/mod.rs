//! What functions take and give, between those who call and those who are called.

pub(super) mod arity_mismatch;
pub(super) mod missing_return;
pub(super) mod missing_value;
pub(super) mod not_awaited;
pub(super) mod wrong_arguments;
