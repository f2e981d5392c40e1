//! Missions played from seeds: what must hold does, a seed plays the same twice, and planted bugs are found.

use std::sync::atomic::{AtomicU64, Ordering};

use mission::Outcome;
use sim::simulation::{Bug, Plan, Played, Scenario, run, run_with};

/// Seeds of every `npm test`; `npm run simulate` plays more.
const SEEDS: u64 = 300;
const THREADS: usize = 2;

fn all(seeds: std::ops::Range<u64>, play: impl Fn(u64) -> Played + Sync) -> Vec<Played> {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut played = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return played;
            }
            played.push(play(seed));
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[test]
fn what_must_hold_holds_whatever_goes_wrong() {
    let played = all(0..SEEDS, run);
    let broken: Vec<String> =
        played.iter().filter(|one| !one.violations.is_empty()).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.concat());
    // a simulation in which little happens shows little
    let share = |holds: &dyn Fn(&Played) -> bool| {
        played.iter().filter(|one| holds(one)).count() as f64 / SEEDS as f64
    };
    let crashed = share(&|one| one.faults.iter().any(|fault| fault.contains("crash")));
    let resumed = share(&|one| one.lives > 1);
    let done = share(&|one| one.outcome == Some(Outcome::Done));
    assert!(
        crashed > 0.25 && resumed > 0.3 && done > 0.25,
        "{crashed} crashed, {resumed} resumed, {done} done"
    );
}

#[test]
fn a_seed_plays_the_same_twice() {
    for seed in [2, 11, 23] {
        let (first, second) = (run(seed), run(seed));
        assert!(first.journal.lines().count() > 10, "{}", first.journal);
        assert_eq!(first.journal, second.journal, "seed {seed}");
        assert_eq!(first.faults, second.faults, "seed {seed}");
        assert_eq!(first.steps, second.steps, "seed {seed}");
    }
}

/// Whether one of a few otherwise undisturbed missions shows a planted bug, in these words.
fn finds(bug: Bug, words: &str, change: impl Fn(&mut Scenario) + Sync) {
    let played = all(0..12, |seed| {
        let mut scenario = Scenario { faults: Plan::default(), ..Scenario::draw(seed) };
        change(&mut scenario);
        run_with(&scenario, bug)
    });
    let found: Vec<&String> = played.iter().flat_map(|one| &one.violations).collect();
    assert!(found.iter().any(|violation| violation.contains(words)), "nobody noticed: {found:#?}");
}

#[test]
fn checks_that_see_nothing_are_found_out() {
    finds(Bug::BlindChecks, "is red", |scenario| scenario.faults.model.wrong = 0.9);
}

#[test]
fn a_role_that_writes_into_the_users_files_is_found_out() {
    finds(Bug::WritesToTheUser, "the user's files differ", |_| {});
}

#[test]
fn a_state_that_forgets_what_landed_is_found_out() {
    finds(Bug::ForgetsWhatLanded, "memory and journal differ", |_| {});
}
