//! Arguments and results of functions: callers compared with definitions.
//!
//! The rules here read what a definition states. They infer no types, and open no library.

pub(super) mod arity_mismatch;
mod async_methods;
mod made;
mod method_arguments;
pub(super) mod missing_return;
pub(super) mod missing_value;
pub(super) mod not_awaited;
mod rust_functions;
mod signature;
pub(super) mod wrong_arguments;
