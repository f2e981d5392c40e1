//! The answer ran out of room: everything from some point on is missing.
//!
//! Called by `mutants`. It cuts without regard to syntax, at ends of lines too, and adds no word that says so: that is
//! `elision`. Files of a few lines are left alone.

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
        // Tokens of a model end at words more often than within them, and often at the end of a line
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
