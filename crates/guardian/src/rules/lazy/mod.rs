//! Work that was left out.
//!
//! Must not report bodies that are empty on purpose: hooks, abstract methods, null objects. Tests that check less
//! are for `tests_of_project`.

pub(super) mod commented_out_code;
pub(super) mod constant_result;
pub(super) mod elided_code;
pub(super) mod emptied_body;
pub(super) mod empty_branch;
mod given_up;
mod made_up;
pub(super) mod pretended_work;
pub(super) mod unwritten_body;
