//! What is predicted of missions from rates alone, without playing one: the model's ([`Rates`]), what each gate says of each
//! answer, and what reviewers and authors of tests do. [`ladder`] says what becomes of a task, this file of a mission with its
//! cycles.

pub mod ladder;
mod reviews;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use self::ladder::{Fate, Known, chances, fates};
use self::reviews::{Reviewers, binomial};
use super::configurations::Configuration;
use super::rates::Rates;
use super::steps::Step;
use super::verdicts::Verdicts;

/// How often a task waits for another one.
const WAITS: f64 = 0.15;

/// What becomes of a mission.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Predicted {
    pub right: f64,
    pub wrong: f64,
    pub incomplete: f64,
}

/// What becomes of a task of each release, by the way of working and the bits of p.
#[derive(Default)]
pub struct Predictions(HashMap<(&'static str, u64), Vec<(Fate, Fate)>>);

impl Predictions {
    /// `None` where several coders make an attempt, which the chain has no states for.
    ///
    /// # Errors
    /// In words, where a verdict is not known and cannot be found.
    pub fn of(
        &mut self,
        steps: &[Arc<Step>],
        verdicts: &Verdicts,
        way: &Configuration,
        rates: Rates,
        n: usize,
    ) -> Result<Option<Predicted>, String> {
        if way.candidates > 1 || steps.is_empty() {
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

/// By how many are missing, and how many landed wrong: the chance.
type Counts = Vec<Vec<f64>>;

fn none(n: usize) -> Counts {
    vec![vec![0.0; n + 1]; n + 1]
}

/// A task more.
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

/// The mean of what becomes of tasks, each weighed.
fn mean(
    fates: &[(Fate, Fate)],
    weight: impl Fn(&Fate) -> f64,
    which: impl Fn(&(Fate, Fate)) -> Fate,
) -> Fate {
    let all: f64 = fates.iter().map(|(made, _)| weight(made)).sum();
    let mut fate = Fate::default();
    for of in fates {
        let share = if all > 0.0 { weight(&of.0) / all } else { 1.0 / fates.len() as f64 };
        fate.add(which(of), share);
    }
    fate
}

fn mission(fates: &[(Fate, Fate)], way: &Configuration, rates: Rates, n: usize) -> Predicted {
    // who waits for what does not land is cancelled
    let waits = |fate: Fate, lost: f64| {
        let cancelled = WAITS * lost * (n as f64 - 1.0) / n as f64;
        let mut waiting = Fate { missing: cancelled, ..Fate::default() };
        waiting.add(fate, 1.0 - cancelled);
        waiting
    };
    let lost = mean(fates, |_| 1.0, |of| of.0).missing;
    let mut counts = none(n);
    if let Some(at) = counts.first_mut().and_then(|row| row.first_mut()) {
        *at = 1.0;
    }
    // each release as often as the others, and of what is left over any
    for _ in 0..n / fates.len() {
        counts = fates.iter().fold(counts, |counts, (made, _)| with(&counts, waits(*made, lost)));
    }
    let any = waits(mean(fates, |_| 1.0, |of| of.0), lost);
    for _ in 0..n % fates.len() {
        counts = with(&counts, any);
    }
    let reviewers = Reviewers { quorum: way.quorum, rates };
    let mut sum = Predicted::default();
    // what did not land once more often does not land again
    let mut again = mean(fates, |made| made.missing, |of| of.0);
    for cycle in 1..=way.max_cycles {
        let mut next = none(n);
        for (missing, row) in counts.iter().enumerate() {
            for (wrong, chance) in row.iter().copied().enumerate() {
                if chance <= 0.0 {
                    continue;
                }
                let landed = missing < n;
                // the reviewer of a task that is the whole mission has judged the objective
                let reviewed = way.reviews_objective && (n > 1 || cycle > 1);
                let (met, objections) = match reviewed {
                    true => reviewers.objective(wrong == 0, missing == 0),
                    false => (f64::from(u8::from(missing == 0)), vec![(0, f64::from(u8::from(missing > 0)))]),
                };
                if wrong == 0 {
                    sum.right += chance * met
                } else {
                    sum.wrong += chance * met
                }
                let open = chance * (1.0 - met);
                if open <= 0.0 || !landed || cycle == way.max_cycles {
                    sum.incomplete += open;
                    continue;
                }
                for (objects, of) in objections {
                    let among = if wrong > 0 { wrong } else { n - missing };
                    for (named, of_named) in distinct(objects, among) {
                        let weight = chance * of * of_named;
                        let redone = Redone { again, fates, missing, wrong, named };
                        sum.incomplete += weight * redone.spread(&mut next, weight, n);
                    }
                }
            }
        }
        counts = next;
        again = mean(fates, |made| made.missing.powi(cycle.cast_signed() + 1), |of| of.0);
    }
    sum
}

/// How many different ones are named by so many who each name one.
fn distinct(objects: u32, among: usize) -> Vec<(usize, f64)> {
    let mut chances = vec![1.0];
    for _ in 0..objects {
        let mut next = vec![0.0; chances.len() + 1];
        for (known, chance) in chances.iter().enumerate() {
            let same = (known as f64 / among.max(1) as f64).min(1.0);
            next[known] += chance * same;
            next[known + 1] += chance * (1.0 - same);
        }
        chances = next;
    }
    chances.into_iter().enumerate().filter(|(_, chance)| *chance > 0.0).collect()
}

/// What a further cycle is for.
struct Redone<'a> {
    again: Fate,
    fates: &'a [(Fate, Fate)],
    missing: usize,
    wrong: usize,
    named: usize,
}

impl Redone<'_> {
    /// Adds what it comes to; gives the chance that the mission ends there: nothing lands, or what was named does not.
    fn spread(&self, next: &mut Counts, weight: f64, n: usize) -> f64 {
        let mut ended = 0.0;
        // of those named: mended, or spoilt
        let of_named = match self.wrong > 0 {
            true => mean(self.fates, |made| made.wrong, |of| of.0),
            false => mean(self.fates, |_| 1.0, |of| of.1),
        };
        let named = u32::try_from(self.named).unwrap_or(u32::MAX);
        let missing = u32::try_from(self.missing).unwrap_or(u32::MAX);
        let all_land = (1.0 - of_named.missing).powi(named.cast_signed());
        ended += 1.0 - all_land;
        let right = of_named.right / (1.0 - of_named.missing).max(f64::MIN_POSITIVE);
        for mended in 0..=named {
            let of_mended = all_land * binomial(named, mended, right);
            let wrong = match self.wrong > 0 {
                true => self.wrong - mended as usize,
                false => (named - mended) as usize,
            };
            for still in 0..=missing {
                let of_still = of_mended * binomial(missing, still, self.again.missing);
                if still == missing && missing > 0 && named == 0 {
                    ended += of_still;
                    continue;
                }
                let landed = missing - still;
                let share = self.again.wrong / (1.0 - self.again.missing).max(f64::MIN_POSITIVE);
                for bad in 0..=landed {
                    let of = of_still * binomial(landed, bad, share);
                    let at = (still as usize, (wrong + bad as usize).min(n - still as usize));
                    if let Some(into) = next.get_mut(at.0).and_then(|row| row.get_mut(at.1)) {
                        *into += weight * of;
                    }
                }
            }
        }
        ended
    }
}
