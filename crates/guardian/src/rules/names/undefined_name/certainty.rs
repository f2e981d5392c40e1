//! How sure it is that a name is missing.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    Sure,
    Likely,
    No,
}
