//! How much a replaced function of an assertion library proves, and how that is reported.

use crate::code::file::File;
use crate::rules::tricks::is_new;
use crate::rules::{Found, Pair};

/// How a replacement is reported.
pub(super) enum Weight {
    Nothing,
    Suspicion,
    Proof,
}

pub(super) fn report(
    pair: &Pair,
    file: &File,
    index: usize,
    weight: &Weight,
    message: String,
    found: &mut Found,
) {
    if !is_new(pair, file, index) {
        return;
    }
    let node = file.flat().node(index);
    match weight {
        Weight::Nothing => {}
        Weight::Suspicion => found.maybe(file, node.start, node.end, message),
        Weight::Proof => found.at(file, node.start, node.end, message),
    }
}

/// Whether code may still report a failure.
pub(super) fn may_fail(text: &str) -> bool {
    ["throw", "raise", "assert", "expect", "fail", "original", "super()", ".apply(", ".call("]
        .iter()
        .any(|word| text.contains(word))
}
