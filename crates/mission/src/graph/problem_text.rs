//! The text of a plan's problems: long names are cut, and the list is as short as a model can fix
//! at once.

use std::borrow::Cow;

use crate::mailbox::Problems;

/// The most problems in one answer: a model fixes a few at a time.
const MAX_PROBLEMS: usize = 12;

pub(super) fn bounded(mut problems: Problems) -> Problems {
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(format!("and {more} more of this kind"));
    }
    problems
}

pub(super) fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 40;
    shared::text::clip_characters(text, MOST)
}
