//! Secrets, injection, and disabled protection.
//!
//! The rules here know forms that issuers and libraries document. They follow no value from one function to another.

pub(super) mod secret_in_code;
pub(super) mod sql_from_values;
pub(super) mod unsafe_setting;
pub(super) mod weaker_security;
