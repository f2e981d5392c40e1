//! The answer reached its length limit: everything after some point is missing.
//!
//! `mutants` calls it. It cuts without regard to syntax, also at ends of lines, and adds no word about it: `elision`
//! does that. Files of a few lines are left alone.

use super::code::{Code, Edit};
use sim::Random;

const TRIES: usize = 12;

pub(super) fn edits(code: &Code<'_>, random: &mut Random) -> Vec<Edit> {
    let length = code.text.trim_end().len();
    if code.text.lines().count() < 12 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for _ in 0..TRIES {
        let mut at = code.text.floor_char_boundary(length * 2 / 5 + random.below(length / 2));
        // A model's tokens often end with a word, and often at the end of a line
        if random.chance(0.5) {
            at = code
                .text
                .get(..at)
                .and_then(|before| before.rfind('\n'))
                .map_or(at, |line| line + usize::from(random.chance(0.5)));
        }
        if code
            .text
            .get(at..)
            .is_some_and(|rest| rest.lines().filter(|line| !line.trim().is_empty()).count() >= 3)
        {
            found.push(code.edit(at..code.text.len(), "", "everything from here on is missing"));
        }
    }
    found
}
