//! Several coders on one attempt, and the choice among what they made.
//!
//! `coder` calls it. Which one is chosen is decided by `mission`, from what they make and not from what they say. To be
//! chosen is no verdict: the change goes through the gates like any other.

pub(crate) mod behaviour;
pub(crate) mod form;
pub(crate) mod race;
pub(crate) mod symbols;
