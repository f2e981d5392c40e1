//! How sure it is that a name is missing.
//!
//! Where it is not sure the rule warns or says nothing.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    Sure,
    Likely,
    No,
}
