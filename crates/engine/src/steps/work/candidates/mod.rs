//! Several coders on one attempt, and the choice among what they made.

pub(crate) mod behaviour;
pub(crate) mod form;
pub(crate) mod race;
pub(crate) mod symbols;
