//! How a simulated model errs, computed from one number that says how good it is.
//!
//! `drawn`, `model`, `authors` and `replay` use it to err, and `predict` to predict: with a rate elsewhere the two
//! would differ. It knows no task and gives no answer.

use serde::{Deserialize, Serialize};

use sim::Random;

/// `p`: the chance that its answer to a task is right, on average over tasks.
///
/// Attempts at one task are correlated: each task has its own chance, drawn from a beta distribution with mean `p`
/// ([`Rates::of_task`]), and the model repeats a mistake more often than it makes a new one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    pub p: f64,
    /// Sum of the beta distribution's parameters: the smaller, the more tasks differ.
    pub spread: f64,
}

/// The share of answers without work among those that are not right.
pub const SLIPS: f64 = 0.12;
/// The chance that a failed repair changes nothing, or that the next attempt makes the same mistake.
pub const SAME_AGAIN: f64 = 0.5;
/// The chance that a Reviewer judges by the common view of all Reviewers of a change.
pub const SAME_EYES: f64 = 0.5;

/// The chance that an answer is written in the usual form; otherwise no other answer has its form, although it does the
/// same.
pub const USUAL_FORM: f64 = 0.7;

impl Rates {
    pub fn new(p: f64) -> Rates {
        Rates { p, spread: 8.0 }
    }

    /// Draws the model's chance at one task.
    pub fn of_task(&self, random: &mut Random) -> f64 {
        beta(self.p * self.spread, (1.0 - self.p) * self.spread, random)
    }

    /// The chance that a role fixes a failure that it is shown: 13 % for very weak models, 74 % for able ones.
    pub fn repair(of_task: f64) -> f64 {
        (0.13 + (0.74 - 0.13) * (of_task - 0.3) / 0.65).clamp(0.05, 0.8)
    }

    /// The chance that a Reviewer approves a wrong change.
    pub fn review_misses(&self) -> f64 {
        0.5 - 0.4 * self.p
    }

    /// The chance that a Reviewer rejects a right change.
    pub fn review_rejects(&self) -> f64 {
        0.01 + 0.15 * (1.0 - self.p)
    }

    /// The chance that a Reviewer errs about a right or a wrong change.
    pub fn review_errs(&self, right: bool) -> f64 {
        if right { self.review_rejects() } else { self.review_misses() }
    }

    /// The chance that the first submitted plan is invalid.
    pub fn plan_faults(&self) -> f64 {
        0.5 * (1.0 - self.p)
    }
}

/// Jöhnk's method: exact, and fast for small parameters.
fn beta(a: f64, b: f64, random: &mut Random) -> f64 {
    const TRIES: usize = 100_000;
    for _ in 0..TRIES {
        let (x, y) = (random.unit().powf(1.0 / a), random.unit().powf(1.0 / b));
        if x + y <= 1.0 && x + y > 0.0 {
            return x / (x + y);
        }
    }
    a / (a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_of_tasks_have_the_mean_and_the_spread_that_were_asked_for() {
        for p in [0.3, 0.5, 0.7, 0.95] {
            let (rates, mut random) = (Rates::new(p), Random::new(7));
            let draws: Vec<f64> = (0..20_000).map(|_| rates.of_task(&mut random)).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            assert!((mean - p).abs() < 0.01, "{p}: {mean}");
            assert!((variance - p * (1.0 - p) / (rates.spread + 1.0)).abs() < 0.003, "{p}: {variance}");
        }
    }

    #[test]
    fn repairs_succeed_as_often_as_measured_for_real_models() {
        assert!((Rates::repair(0.3) - 0.13).abs() < 1e-9);
        assert!((Rates::repair(0.95) - 0.74).abs() < 1e-9);
        assert!((0.25..0.4).contains(&Rates::repair(0.5)));
    }
}
