//! Changes that hide failures or weaken checks.
//!
//! The rules here see only what a change does: they know neither the task nor the plan.

pub(super) mod failure_passed_over;
pub(super) mod hard_coded_result;
pub(super) mod hidden_error;
pub(super) mod weaker_configuration;
