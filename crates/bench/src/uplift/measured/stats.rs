//! Counts, intervals, and the prediction of the formula.
//!
//! `grid` adds missions, `report` reads. Pure: its draws have a fixed seed. The formula knows no cycles and no
//! Reviewers who err together: `predict` does.

use crate::uplift::mission::Ended;
use crate::uplift::rates::Rates;
use sim::Random;

/// A share with its 95 % interval after Wilson.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

pub fn share(part: u64, of: u64) -> Share {
    if of == 0 {
        return Share { value: f64::NAN, low: 0.0, high: 1.0 };
    }
    const Z: f64 = 1.959_964;
    let (n, p) = (of as f64, part as f64 / of as f64);
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Share { value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

impl Share {
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Missions of one point.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    pub missions: u64,
    /// Done, and every task right.
    pub right: u64,
    /// Done, although something in it is wrong.
    pub wrong: u64,
    /// Not done, and reported so.
    pub incomplete: u64,
    /// Incomplete missions that delivered something wrong.
    pub incomplete_wrong: u64,
    pub tasks: u64,
    pub tasks_right: u64,
    pub tasks_wrong: u64,
    pub calls: u64,
    pub tokens: u64,
    pub right_judged: u64,
    pub right_accepted: u64,
    pub wrong_judged: u64,
    pub wrong_accepted: u64,
    pub let_through: std::collections::BTreeMap<String, u64>,
    pub caught: std::collections::BTreeMap<String, u64>,
    pub rejected: std::collections::BTreeMap<String, u64>,
    pub incomplete_for: std::collections::BTreeMap<String, u64>,
    pub troubles: u64,
}

impl Sum {
    pub fn add(&mut self, one: &Ended) {
        self.missions += 1;
        match (one.done, one.wrong) {
            (true, 0) if one.missing == 0 => self.right += 1,
            (true, _) => self.wrong += 1,
            (false, wrong) => {
                self.incomplete += 1;
                self.incomplete_wrong += u64::from(wrong > 0);
            }
        }
        self.tasks += (one.right + one.wrong + one.missing) as u64;
        self.tasks_right += one.right as u64;
        self.tasks_wrong += one.wrong as u64;
        self.calls += one.calls;
        self.tokens += one.tokens;
        self.right_judged += one.right_judged;
        self.right_accepted += one.right_accepted;
        self.wrong_judged += one.wrong_judged;
        self.wrong_accepted += one.wrong_accepted;
        if let Some(why) = &one.incomplete_for {
            *self.incomplete_for.entry(why.clone()).or_default() += 1;
        }
        self.troubles += u64::from(one.trouble.is_some());
        for (sum, more) in [
            (&mut self.let_through, &one.let_through),
            (&mut self.caught, &one.caught),
            (&mut self.rejected, &one.rejected),
        ] {
            for (name, count) in more {
                *sum.entry(name.clone()).or_default() += count;
            }
        }
    }

    pub fn delivered_right(&self) -> Share {
        share(self.right, self.missions)
    }

    pub fn delivered_wrong(&self) -> Share {
        share(self.wrong, self.missions)
    }

    /// The chance that a right answer is accepted.
    pub fn r(&self) -> f64 {
        share(self.right_accepted, self.right_judged).value
    }

    /// The chance that a wrong answer is accepted.
    pub fn f(&self) -> f64 {
        share(self.wrong_accepted, self.wrong_judged).value
    }
}

/// How many answers a task may get.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    pub fixes: u32,
    pub fresh: u32,
    pub splits: u32,
}

/// π = pr/(pr+(1−p)f), a = pr+(1−p)f, [π(1−(1−a)^k)]^n, for answers that are independent of each other; k: the
/// attempts from a clean base.
pub fn formula(p: f64, r: f64, f: f64, tries: Tries, n: usize) -> f64 {
    let a = p * r + (1.0 - p) * f;
    if a <= 0.0 {
        return 0.0;
    }
    let k = f64::from((1 + tries.fresh) * (1 + tries.splits));
    (p * r / a * (1.0 - (1.0 - a).powf(k))).powf(n as f64)
}

/// The same for this model: tasks differ, and a repair succeeds with another chance than an attempt. It averages over
/// tasks that are drawn like those of missions.
pub fn formula_of_tasks(rates: Rates, r: f64, f: f64, tries: Tries, n: usize) -> f64 {
    const TASKS: u32 = 20_000;
    let mut random = Random::new(97);
    let one = |random: &mut Random| {
        let (mut done, mut open) = (0.0, 1.0);
        for _ in 0..=tries.splits {
            let p = rates.of_task(random);
            let sticks = 0.5 + p / 2.0;
            for _ in 0..=tries.fresh {
                // The chances that the slot's content is right, or wrong
                let (mut right, mut wrong) = (open * p, open * (1.0 - p));
                for fix in 0..=tries.fixes {
                    done += right * r;
                    (right, wrong) = (right * (1.0 - r), wrong * (1.0 - f));
                    if fix < tries.fixes {
                        let fixed = wrong * Rates::repair(p);
                        let spoilt = right * (1.0 - sticks);
                        (right, wrong) = (right - spoilt + fixed, wrong - fixed + spoilt);
                    }
                }
                open = right + wrong;
            }
        }
        done
    };
    let mean = (0..TASKS).map(|_| one(&mut random)).sum::<f64>() / f64::from(TASKS);
    mean.powf(n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let half = share(50, 100);
        assert!((half.low - 0.4038).abs() < 1e-3 && (half.high - 0.5962).abs() < 1e-3, "{half:?}");
        let none = share(0, 200);
        assert!(none.low.abs() < 1e-12 && (none.high - 0.0188).abs() < 1e-3, "{none:?}");
        assert!(share(0, 0).value.is_nan());
    }

    #[test]
    fn the_formula_gives_the_numbers_of_the_design() {
        // p = 0.5, n = 20, f = 0.3: 59 % of missions are silently wrong if retries never end
        let tries = Tries { fixes: 0, fresh: 10_000, splits: 0 };
        let right = formula(0.5, 1.0, 0.02, tries, 20);
        assert!((right - (0.5_f64 / 0.51).powf(20.0)).abs() < 1e-9, "{right}");
        assert!(formula(0.5, 1.0, 0.0023, tries, 20) > 0.95);
        assert!(formula(0.5, 0.0, 0.0, tries, 20).abs() < 1e-12);
    }

    #[test]
    fn one_attempt_without_gates_is_right_as_often_as_its_tasks_are_on_average() {
        let tries = Tries { fixes: 0, fresh: 0, splits: 0 };
        let right = formula_of_tasks(Rates::new(0.7), 1.0, 1.0, tries, 1);
        assert!((right - 0.7).abs() < 0.01, "{right}");
    }
}
