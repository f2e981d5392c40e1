//! What a simulated model answers to a task: drawn by its chance to be right, fresh or as a repair of its last answer.
//! It knows how many wrong answers a task has, but not what they are.

use super::rates::{Rates, SAME_AGAIN, SLIPS};
use sim::Random;

/// What a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drawn {
    Right,
    /// The place among the task's wrong answers, and whether it contains the tests of the release, too.
    Wrong(usize, bool),
    Slip(Slip),
}

/// An answer without work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slip {
    /// It says that it has done everything.
    Prose,
    /// It submits without having changed anything.
    Claim,
    /// It writes the right text at a wrong place.
    WrongPath,
}

/// Draws a fresh answer to a task. `wrong`: how many wrong answers the task has; `before`: the last answer of this
/// model.
pub fn fresh(wrong: usize, of_task: f64, before: Option<Drawn>, random: &mut Random) -> Drawn {
    if random.chance(of_task) {
        return Drawn::Right;
    }
    not_right(wrong, of_task, before, random)
}

/// Draws the answer after the model was shown what failed.
pub fn repaired(wrong: usize, of_task: f64, current: Drawn, random: &mut Random) -> Drawn {
    let right = match current {
        // Told that its right answer is wrong, the model keeps it or spoils it
        Drawn::Right => 0.5 + of_task / 2.0,
        _ => Rates::repair(of_task),
    };
    if random.chance(right) {
        return Drawn::Right;
    }
    if current != Drawn::Right && random.chance(SAME_AGAIN) {
        return current;
    }
    Drawn::Wrong(random.below(wrong), random.chance(of_task))
}

fn not_right(wrong: usize, of_task: f64, before: Option<Drawn>, random: &mut Random) -> Drawn {
    if let Some(before @ Drawn::Wrong(..)) = before
        && random.chance(SAME_AGAIN)
    {
        return before;
    }
    if random.chance(SLIPS) || wrong == 0 {
        let slips = [Slip::Prose, Slip::Claim, Slip::WrongPath];
        return Drawn::Slip(slips.get(random.below(slips.len())).copied().unwrap_or(Slip::Prose));
    }
    let at = random.below(wrong);
    Drawn::Wrong(at, random.chance(of_task))
}
