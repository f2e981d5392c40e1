//! Work that was left out.

pub(super) mod commented_out_code;
pub(super) mod constant_result;
pub(super) mod elided_code;
pub(super) mod emptied_body;
pub(super) mod empty_branch;
pub(super) mod pretended_work;
pub(super) mod unwritten_body;
