//! Wrong results that hide that they are wrong: tests that say less, errors that nobody hears of. A file for each way; a
//! family of `kind`.

pub(super) mod error;
pub(super) mod hard_coded;
pub(super) mod suppression;
pub(super) mod tests_changed;
