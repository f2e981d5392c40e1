//! Wrong results that only running shows. A file for each way; a family of `kind`.

pub(super) mod arguments;
pub(super) mod awaits;
pub(super) mod branch;
pub(super) mod operator;
