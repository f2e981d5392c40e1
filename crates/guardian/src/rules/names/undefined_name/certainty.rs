//! How certain it is that a name is missing.
//!
//! If it is uncertain, the rule warns or reports nothing.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    Sure,
    Likely,
    No,
}
