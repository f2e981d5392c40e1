//! Secrets, injection, and protection that is switched off.

pub(super) mod secret_in_code;
pub(super) mod sql_from_values;
pub(super) mod unsafe_setting;
