//! Several Coders on one attempt, and the choice among their changes.
//!
//! `coder` calls it. `mission` chooses one by the changes, not by the Coders' words. The choice is not a verdict: the
//! change goes through the gates like any other.

pub(crate) mod behaviour;
pub(crate) mod form;
pub(crate) mod race;
pub(crate) mod symbols;
