//! The chances of common verdicts of Reviewers: each errs with the common view of all, or independently.
//!
//! `predict` and `ladder` use it. How many Reviewers are asked comes from `mission::Panel` and the engine, so that the
//! rule exists once. It draws nothing and plays nothing.

use engine::for_benches::{last_test_voters, test_voters};
use mission::Panel;

use crate::uplift::rates::{Rates, SAME_EYES};

/// The Reviewers of a change.
#[derive(Clone, Copy, Debug)]
pub struct Reviewers {
    pub quorum: u32,
    pub rates: Rates,
}

impl Reviewers {
    /// The chance that a majority approves. `right`: whether the change is; `eyes_err`: whether the common view errs.
    pub fn approve(self, right: bool, eyes_err: bool) -> f64 {
        let errs = one(self.rates.review_errs(right), eyes_err);
        (0..=self.quorum)
            .filter(|erring| {
                let approve = if right { self.quorum - erring } else { *erring };
                approve * 2 > self.quorum
            })
            .map(|erring| binomial(self.quorum, erring, errs))
            .sum()
    }

    /// The review of the objective: the chance that it counts as met, and otherwise the numbers of objecting Reviewers
    /// with their chances. `right`: everything integrated is right; `whole`: every task was integrated; `eyes_err`: the
    /// common view errs.
    pub fn objective(self, panel: Panel, right: bool, whole: bool, eyes_err: bool) -> (f64, Vec<(u32, f64)>) {
        let errs = one(self.rates.review_errs(right), eyes_err);
        let objects = if right { errs } else { 1.0 - errs };
        let (mut met, mut objections) = (0.0, Vec::new());
        let mut open = vec![(0, 0, 1.0)];
        while let Some((asked, against, chance)) = open.pop() {
            let more = panel.next(asked, asked - against, against);
            if more > 0 {
                let ends = |late| (asked + more, against + late, chance * binomial(more, late, objects));
                open.extend((0..=more).map(ends));
            } else if whole && panel.met(asked, asked - against, against) == Some(true) {
                met += chance;
            } else {
                objections.push((against, chance));
            }
        }
        (met, objections)
    }
}

/// The chance that a test of another Coder is discarded; `right`: it asks for what the task asks for.
pub fn found_wrong(quorum: u32, rates: Rates, right: bool) -> f64 {
    let (first, last) = (test_voters(quorum), last_test_voters(quorum));
    let errs = rates.review_errs(right);
    let against = |asked: u32, erring: u32| if right { erring } else { asked - erring };
    let mut wrong = 0.0;
    for (eyes, weight) in [(true, errs), (false, 1.0 - errs)] {
        let errs = one(errs, eyes);
        for early in 0..=first {
            let chance = weight * binomial(first, early, errs);
            let votes = against(first, early);
            if votes * 2 != first {
                wrong += if votes * 2 > first { chance } else { 0.0 };
                continue;
            }
            for late in 0..=last - first {
                let votes = votes + against(last - first, late);
                wrong += if votes * 2 > last { chance * binomial(last - first, late, errs) } else { 0.0 };
            }
        }
    }
    wrong
}

/// The chance that one Reviewer errs; `eyes_err`: whether the common view errs.
fn one(errs: f64, eyes_err: bool) -> f64 {
    SAME_EYES * f64::from(u8::from(eyes_err)) + (1.0 - SAME_EYES) * errs
}

pub fn binomial(of: u32, count: u32, chance: f64) -> f64 {
    let ways = (0..count).fold(1.0, |ways, i| ways * f64::from(of - i) / f64::from(i + 1));
    ways * chance.powi(count.cast_signed()) * (1.0 - chance).powi((of - count).cast_signed())
}

#[cfg(test)]
mod tests {
    use mission::TrackRecord;

    use super::*;

    #[test]
    fn more_reviewers_err_less_often_but_not_without_end() {
        let rates = Rates::new(0.5);
        let misses = |quorum| {
            let of = Reviewers { quorum, rates };
            rates.review_misses() * of.approve(false, true)
                + (1.0 - rates.review_misses()) * of.approve(false, false)
        };
        assert!((misses(1) - 0.3).abs() < 1e-9, "{}", misses(1));
        assert!(misses(3) < misses(1) && misses(5) < misses(3) && misses(99) > 0.2, "{}", misses(99));
        let one = Reviewers { quorum: 1, rates };
        let objective = |rejected, right, eyes_err| {
            let panel = Panel::new(1, TrackRecord { rejected, integrated: 20 }, true, false);
            let (met, objections) = one.objective(panel, right, true, eyes_err);
            let all = met + objections.iter().map(|(_, of)| of).sum::<f64>();
            assert!((all - 1.0).abs() < 1e-9, "{met} {objections:?}");
            met
        };
        assert!(objective(0, true, false) > 0.95 && objective(30, true, false) > 0.9);
        assert!(objective(0, false, true) > 0.6 && objective(30, false, true) < 0.25, "more of them look");
        assert!(found_wrong(1, rates, false) > 0.6 && found_wrong(1, rates, true) < 0.1);
    }
}
