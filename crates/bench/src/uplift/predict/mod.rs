//! Predicts the results of missions without playing one: from the model's [`Rates`], the verdict of each gate on each
//! answer, and the rates of Reviewers and authors of tests. [`ladder`] computes one task, this file a mission with its
//! cycles.

pub mod ladder;
mod reviews;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use mission::{Panel, TrackRecord};

use self::ladder::{Fate, Fates, Known, chances, fates};
use self::reviews::{Reviewers, binomial};
use super::configurations::Configuration;
use super::rates::Rates;
use super::steps::ReleaseTask;
use super::verdicts::Verdicts;

/// The chance that a task waits for another one.
const WAITS: f64 = 0.15;
/// Less likely cases are not followed.
const NEVER: f64 = 1e-9;

/// The chances of each end of a mission.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Predicted {
    pub right: f64,
    pub wrong: f64,
    pub incomplete: f64,
}

/// The chances of each release's task, by the way of working and the bits of p.
#[derive(Default)]
pub struct Predictions(HashMap<(&'static str, u64), Vec<Fates>>);

impl Predictions {
    /// `None` if several Coders make an attempt, or if an ablation removes something that the chain relies on.
    ///
    /// # Errors
    /// In words, if a verdict is not known and cannot be found.
    pub fn of(
        &mut self,
        steps: &[Arc<ReleaseTask>],
        verdicts: &Verdicts,
        way: &Configuration,
        rates: Rates,
        n: usize,
    ) -> Result<Option<Predicted>, String> {
        if way.candidates > 1 || !way.doubts || !way.answers || steps.is_empty() {
            return Ok(None);
        }
        let key = (way.name, rates.p.to_bits());
        let of_steps = match self.0.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let chances = chances(rates);
                let of = |step| Ok(fates(&Known::of(step, verdicts, way)?, way, rates, &chances));
                unknown.insert(steps.iter().map(of).collect::<Result<_, String>>()?)
            }
        };
        Ok(Some(mission(of_steps, way, rates, n)))
    }
}

/// The chance by the number of missing tasks and the number of tasks that were integrated wrong.
type Counts = Vec<Vec<f64>>;

fn none(n: usize) -> Counts {
    vec![vec![0.0; n + 1]; n + 1]
}

/// Adds one task.
fn with(counts: &Counts, fate: Fate) -> Counts {
    let mut next = none(counts.len().saturating_sub(1));
    for (missing, row) in counts.iter().enumerate() {
        for (wrong, chance) in row.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
            let mut add = |missing: usize, wrong: usize, of: f64| {
                if let Some(at) = next.get_mut(missing).and_then(|row| row.get_mut(wrong)) {
                    *at += chance * of;
                }
            };
            add(missing, wrong, fate.right);
            add(missing, wrong + 1, fate.wrong);
            add(missing + 1, wrong, fate.missing);
        }
    }
    next
}

/// The weighted mean over the tasks.
fn mean(fates: &[Fates], weight: impl Fn(&Fate) -> f64, which: impl Fn(&Fates) -> Fate) -> Fate {
    let all: f64 = fates.iter().map(|of| weight(&of.made)).sum();
    let mut fate = Fate::default();
    for of in fates {
        let share = if all > 0.0 { weight(&of.made) / all } else { 1.0 / fates.len() as f64 };
        fate.add(which(of), share);
    }
    fate
}

fn mission(fates: &[Fates], way: &Configuration, rates: Rates, n: usize) -> Predicted {
    // A task that waits for one that is not integrated is cancelled
    let waits = |fate: Fate, lost: f64| {
        let cancelled = WAITS * lost * (n as f64 - 1.0) / n as f64;
        let mut waiting = Fate { missing: cancelled, ..Fate::default() };
        waiting.add(fate, 1.0 - cancelled);
        waiting
    };
    let made = mean(fates, |_| 1.0, |of| of.made);
    let mut counts = none(n);
    if let Some(at) = counts.first_mut().and_then(|row| row.first_mut()) {
        *at = 1.0;
    }
    // Each release is drawn equally often, and the rest at random
    for _ in 0..n / fates.len() {
        counts = fates.iter().fold(counts, |counts, of| with(&counts, waits(of.made, made.missing)));
    }
    let any = waits(made, made.missing);
    for _ in 0..n % fates.len() {
        counts = with(&counts, any);
    }
    let reviewers = Reviewers { quorum: way.quorum, rates };
    let mut sum = Predicted::default();
    // Tasks that were not integrated once fail more often again
    let mut again = mean(fates, |made| made.missing, |of| of.made);
    // Rejections in further cycles
    let (mut added, mut variance) = (0.0, 0.0);
    let (of_integrated, of_missing) = (made.rejected_before_integrated(), made.rejected_before_missing());
    // The chance that nothing was rejected, for tasks integrated right and wrong; later cycles follow a rejection
    let of_those = |at_once: f64, all: f64| if all > 0.0 { at_once / all } else { 0.0 };
    let of_right = of_those(made.right_at_once, made.right);
    let of_wrong = of_those(made.wrong_at_once, made.wrong);
    for cycle in 1..=way.max_cycles {
        let mut next = none(n);
        for (missing, row) in counts.iter().enumerate() {
            for (wrong, chance) in row.iter().copied().enumerate() {
                if chance < NEVER {
                    sum.incomplete += chance;
                    continue;
                }
                let (integrated, whole) = (missing < n, missing == 0);
                let mut ends = |met: f64| match wrong {
                    0 => sum.right += met,
                    _ => sum.wrong += met,
                };
                if whole && !way.reviews_objective {
                    ends(chance);
                    continue;
                }
                let mut at_once = 0.0;
                if whole && cycle == 1 {
                    let powi = |of: f64, count: usize| of.powi(count.try_into().unwrap_or(i32::MAX));
                    at_once = powi(of_right, n - wrong) * powi(of_wrong, wrong);
                }
                let any = (1.0 - at_once).max(f64::MIN_POSITIVE);
                // If the mission is one task, its Reviewer has judged the objective
                let mut chance = chance;
                if n == 1 {
                    ends(chance * at_once);
                    chance *= 1.0 - at_once;
                    at_once = 0.0;
                }
                let both =
                    |integrated: f64, lost: f64| (n - missing) as f64 * integrated + missing as f64 * lost;
                let expected = (both(of_integrated.0, of_missing.0) + added) / any;
                let variance = both(of_integrated.1, of_missing.1) + variance;
                let errs = rates.review_errs(wrong == 0);
                for (eyes_err, of_eyes) in [(true, errs), (false, 1.0 - errs)] {
                    for (rejected, of_trust) in panels(expected, variance, at_once) {
                        let record = TrackRecord { rejected, integrated: n - missing };
                        let panel = Panel::new(way.quorum, record, whole, false);
                        let (met, objections) = reviewers.objective(panel, wrong == 0, whole, eyes_err);
                        let weight = chance * of_eyes * of_trust;
                        ends(weight * met);
                        let open = weight * (1.0 - met);
                        // If nothing is integrated, one more plan is tried
                        if cycle == way.max_cycles || (!integrated && cycle > 1) {
                            sum.incomplete += open;
                            continue;
                        }
                        let panel = Panel::new(way.quorum, record, true, true);
                        let (stays, _) = reviewers.objective(panel, wrong == 0, true, eyes_err);
                        let among = if wrong > 0 { wrong } else { n - missing };
                        let objections =
                            if integrated { distinct(&objections, among) } else { vec![(0, 1.0)] };
                        for (named, of_named) in objections {
                            let weight = weight * of_named;
                            let redone = Redone { again, fates, missing, wrong, named };
                            let (ended, answered) = redone.spread(&mut next, weight, n);
                            ends(weight * answered * stays);
                            sum.incomplete += weight * (ended + answered * (1.0 - stays));
                        }
                    }
                }
            }
        }
        let open: f64 = next.iter().flatten().sum();
        counts = next;
        if open > 0.0 {
            let once_more = again.rejected_before_integrated();
            added += once_more.0;
            variance += once_more.1;
        }
        again = mean(fates, |made| made.missing.powi(cycle.cast_signed() + 1), |of| of.made);
    }
    sum
}

/// Nine values of the same weight that approximate the normal distribution.
const SPREAD: [f64; 9] = [-1.593, -0.967, -0.589, -0.282, 0.0, 0.282, 0.589, 0.967, 1.593];

/// Numbers of rejected submissions with their chances: none, or values around the expected number otherwise.
fn panels(expected: f64, variance: f64, at_once: f64) -> Vec<(usize, f64)> {
    let weight = (1.0 - at_once) / SPREAD.len() as f64;
    let some = SPREAD.map(|of| ((expected + of * variance.sqrt()).round().max(1.0) as usize, weight));
    [(0, at_once)].into_iter().chain(some).collect()
}

/// How many different folders are named, with chances, if each objection names one of `among`.
fn distinct(objections: &[(u32, f64)], among: usize) -> Vec<(usize, f64)> {
    let most = objections.iter().map(|(objects, _)| *objects).max().unwrap_or_default();
    let mut sums = vec![0.0; most as usize + 1];
    let mut chances = vec![1.0];
    for named_by in 0..=most {
        let of: f64 = objections.iter().filter(|(objects, _)| *objects == named_by).map(|(_, of)| of).sum();
        for (sum, chance) in sums.iter_mut().zip(&chances) {
            *sum += of * chance;
        }
        let mut next = vec![0.0; chances.len() + 1];
        for (known, chance) in chances.iter().enumerate() {
            let same = (known as f64 / among.max(1) as f64).min(1.0);
            next[known] += chance * same;
            next[known + 1] += chance * (1.0 - same);
        }
        chances = next;
    }
    sums.into_iter().enumerate().filter(|(_, chance)| *chance > 0.0).collect()
}

/// The work of a further cycle.
struct Redone<'a> {
    again: Fate,
    fates: &'a [Fates],
    missing: usize,
    wrong: usize,
    named: usize,
}

impl Redone<'_> {
    /// Adds the results of the cycle. Returns the chance that the mission ends here without progress, and the chance
    /// that everything stays as it was integrated.
    fn spread(&self, next: &mut Counts, weight: f64, n: usize) -> (f64, f64) {
        let of_named = match self.wrong > 0 {
            true => mean(self.fates, |made| made.wrong, |of| of.wrong),
            false => mean(self.fates, |made| made.right, |of| of.right),
        };
        let named = u32::try_from(self.named).unwrap_or(u32::MAX);
        let missing = u32::try_from(self.missing).unwrap_or(u32::MAX);
        let all_integrated = (1.0 - of_named.missing).powi(named.cast_signed());
        let mut ended = 1.0 - all_integrated;
        let of_integrated = |part: f64| part / (1.0 - of_named.missing).max(f64::MIN_POSITIVE);
        // The chances that a named task is right afterwards, and that it stays as it was
        let (fine, same) = match self.wrong > 0 {
            true => (of_integrated(of_named.right), of_integrated(of_named.unchanged)),
            false => (of_integrated(of_named.unchanged), of_integrated(of_named.unchanged)),
        };
        let all_same = all_integrated * same.powi(named.cast_signed());
        let answered = if missing == 0 { all_same } else { 0.0 };
        for fixed in 0..=named {
            let mut of_fixed = all_integrated * binomial(named, fixed, fine);
            // Nothing changed if all of them stayed as they were
            let is_same = if self.wrong > 0 { fixed == 0 } else { fixed == named };
            if is_same && missing == 0 {
                of_fixed -= answered;
            }
            let wrong = match self.wrong > 0 {
                true => self.wrong - fixed as usize,
                false => (named - fixed) as usize,
            };
            for still in 0..=missing {
                let mut of_still = of_fixed * binomial(missing, still, self.again.missing);
                if is_same && still == missing && missing > 0 {
                    let nothing = all_same * binomial(missing, still, self.again.missing);
                    ended += nothing;
                    of_still -= nothing;
                }
                let integrated = missing - still;
                let share = self.again.wrong / (1.0 - self.again.missing).max(f64::MIN_POSITIVE);
                for bad in 0..=integrated {
                    let of = of_still * binomial(integrated, bad, share);
                    let at = (still as usize, (wrong + bad as usize).min(n - still as usize));
                    if let Some(into) = next.get_mut(at.0).and_then(|row| row.get_mut(at.1)) {
                        *into += weight * of;
                    }
                }
            }
        }
        (ended, answered)
    }
}
