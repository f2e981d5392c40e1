//! Which missions are played, and playing them.
//!
//! `bench_uplift` calls it; `mission`, `replay` and `baselines` play, `results` keeps the results. It prints nothing
//! and computes no shares. A mission depends on its point and seed only, never on its thread or on earlier missions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::mission::{Gate, GateVerdict};

use super::authors::Authored;
use super::configurations::Configuration;
use super::drawn::Drawn;
use super::measured::results::{Key, Results};
use super::measured::stats::Sum;
use super::mission::{self, Ended, Setup};
use super::predict::{Predicted, Predictions};
use super::rates::Rates;
use super::steps::ReleaseTask;
use super::suites::Suites;
use super::verdicts::Verdicts;
use super::{baselines, replay};

/// A way of working.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    OneAttempt,
    RetryOnTests,
    Engine(&'static Configuration),
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Way::OneAttempt => "one attempt",
            Way::RetryOnTests => "retry on tests",
            Way::Engine(configuration) => configuration.name,
        }
    }

    pub fn configuration(self) -> &'static Configuration {
        match self {
            Way::OneAttempt | Way::RetryOnTests => &super::configurations::DEFAULT,
            Way::Engine(configuration) => configuration,
        }
    }
}

/// A way of working with a model on missions of a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub way: Way,
    /// In thousandths.
    pub p: u32,
    pub n: usize,
    pub whole: bool,
    pub missions: u64,
}

pub struct Ground {
    pub steps: Vec<Arc<ReleaseTask>>,
    pub suites: Arc<Suites>,
    pub verdicts: Arc<Verdicts>,
}

/// Computes the verdicts of gates and tests on every answer, `jobs` at a time, so that no mission has to wait for them;
/// `tested`: also with tests by another Coder.
///
/// # Errors
/// The first verdict that could not be found, in words.
pub fn verdicts_of_all(ground: &Ground, jobs: usize, tested: bool) -> Result<(), String> {
    let all: Vec<_> = ground
        .steps
        .iter()
        .flat_map(|step| Verdicts::answers(step).into_iter().map(move |drawn| (step, drawn)))
        .collect();
    let of = |step: &Arc<ReleaseTask>, drawn: Drawn| -> Result<(), String> {
        ground.verdicts.of(step, drawn, false)?;
        if tested && !step.pool.is_empty() {
            ground.verdicts.of(step, drawn, true)?;
            if drawn == Drawn::Right {
                Authored::ALL
                    .iter()
                    .try_for_each(|tests| ground.verdicts.of_tests(step, *tests).map(drop))?;
            }
        }
        Ok(())
    };
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((step, drawn)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = of(step, *drawn) {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
                        return;
                    }
                    ground.verdicts.tests_pass(step, *drawn);
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Removes the releases that change protected files without a reason in the plan: a real mission would ask its user.
/// Returns their names.
///
/// # Errors
/// As [`verdicts_of_all`].
pub fn leave_out_what_asks_the_user(ground: &mut Ground) -> Result<Vec<String>, String> {
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for step in std::mem::take(&mut ground.steps) {
        let verdict = ground.verdicts.of(&step, Drawn::Right, false)?;
        match verdict.gates.contains(&(Gate::Protected, GateVerdict::Fail)) {
            true => left.push(step.title.clone()),
            false => kept.push(step),
        }
    }
    ground.steps = kept;
    Ok(left)
}

/// Plays the missions without a result, `jobs` at a time, until the time is over. Returns all known results by point.
///
/// # Errors
/// The first error of a mission, in words.
pub fn play(
    ground: &Ground,
    points: &[Point],
    results: &Results,
    jobs: usize,
    most: Option<Duration>,
) -> Result<Vec<Sum>, String> {
    let begun = Instant::now();
    let work: Vec<(usize, u64)> = points
        .iter()
        .enumerate()
        .flat_map(|(at, point)| (0..point.missions).map(move |seed| (at, seed)))
        .collect();
    let next = AtomicUsize::new(0);
    let found: Mutex<BTreeMap<(usize, u64), Ended>> = Mutex::default();
    let failed: Mutex<Option<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((at, seed)) = work.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
                    let Some(point) = points.get(at) else { return };
                    let key = Key {
                        way: point.way.name().into(),
                        p: point.p,
                        n: point.n,
                        seed,
                        whole: point.whole,
                    };
                    let late = most.is_some_and(|most| begun.elapsed() > most);
                    let ended = match results.get(&key) {
                        Some(ended) => Ok(ended.clone()),
                        None if late => continue,
                        None => one(ground, point, seed).inspect(|ended| results.keep(&key, ended)),
                    };
                    match ended {
                        Ok(ended) => {
                            found.lock().unwrap_or_else(PoisonError::into_inner).insert((at, seed), ended);
                        }
                        Err(why) => {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
                            return;
                        }
                    }
                }
            });
        }
    });
    if let Some(why) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(why);
    }
    let mut sums = vec![Sum::default(); points.len()];
    for ((at, _), ended) in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Some(sum) = sums.get_mut(at) {
            sum.add(&ended);
        }
    }
    Ok(sums)
}

/// The expected results of a point, from rates and verdicts alone.
///
/// # Errors
/// As [`verdicts_of_all`].
pub fn predict(ground: &Ground, point: &Point, known: &mut Predictions) -> Result<Option<Predicted>, String> {
    let Way::Engine(configuration) = point.way else { return Ok(None) };
    let rates = Rates::new(f64::from(point.p) / 1000.0);
    known.of(&ground.steps, &ground.verdicts, configuration, rates, point.n)
}

fn one(ground: &Ground, point: &Point, seed: u64) -> Result<Ended, String> {
    let setup = Setup {
        steps: &ground.steps,
        suites: &ground.suites,
        configuration: point.way.configuration(),
        rates: Rates::new(f64::from(point.p) / 1000.0),
    };
    match point.way {
        Way::OneAttempt => baselines::one_attempt(&setup, &ground.verdicts, point.n, seed),
        Way::RetryOnTests => baselines::retry_on_tests(&setup, &ground.verdicts, point.n, seed),
        Way::Engine(_) if point.whole => mission::play(&setup, point.n, seed),
        Way::Engine(_) => replay::play(&setup, &ground.verdicts, point.n, seed),
    }
}
