//! Missions played from seeds: the invariants hold, a seed plays the same twice, and planted bugs are found.

use mission::Outcome;
use sim::{Bug, FaultPlan, Played, Scenario, When, run, run_with};

/// The seeds of each part. Every `npm test` plays all parts, and `npm run simulate` plays more.
const PART: u64 = 15;

fn holds(part: u64) {
    let played: Vec<Played> = (part * PART..(part + 1) * PART).map(run).collect();
    let broken: Vec<String> =
        played.iter().filter(|one| !one.violations.is_empty()).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.concat());
    // The simulation must have enough events of each kind to show something
    let share =
        |holds: &dyn Fn(&Played) -> bool| played.iter().filter(|one| holds(one)).count() as f64 / PART as f64;
    let (resumed, done) = (share(&|one| one.lives > 1), share(&|one| one.outcome == Some(Outcome::Done)));
    let tested = share(&|one| one.journal.contains("\"tests_written\""));
    assert!(
        resumed > 0.15 && done > 0.25 && tested > 0.1,
        "{resumed} resumed, {done} done, {tested} with tests that were written first"
    );
}

/// Parts run in parallel, each within the time limit of a test.
macro_rules! parts {
    ($($name:ident: $part:literal,)*) => {
        mod what_must_hold_holds_whatever_goes_wrong {
            $(#[test] fn $name() { super::holds($part); })*
        }
    };
}

parts! {
    seeds_from_0: 0,
    seeds_from_15: 1,
    seeds_from_30: 2,
    seeds_from_45: 3,
    seeds_from_60: 4,
    seeds_from_75: 5,
    seeds_from_90: 6,
    seeds_from_105: 7,
    seeds_from_120: 8,
    seeds_from_135: 9,
    seeds_from_150: 10,
    seeds_from_165: 11,
    seeds_from_180: 12,
    seeds_from_195: 13,
    seeds_from_210: 14,
    seeds_from_225: 15,
    seeds_from_240: 16,
    seeds_from_255: 17,
    seeds_from_270: 18,
    seeds_from_285: 19,
}

/// The mission of a seed whose process crashes before the n-th file of the delivery is written. The user edits a file
/// just before.
fn interrupted_delivery(seed: u64, file: u64) -> Played {
    let mut scenario = Scenario::draw(seed);
    scenario.faults = FaultPlan {
        crashes_writing: vec![Some(file)],
        edits: vec![When::Writing { life: 0, file: 2 }],
        crashes: vec![],
        stops: vec![],
        disk_full: vec![],
        ..scenario.faults
    };
    run_with(&scenario, Bug::None)
}

#[test]
fn what_a_user_writes_over_an_interrupted_delivery_stays_and_is_named() {
    for (seed, file) in [(6555, 2), (6555, 3), (9461, 3)] {
        let played = interrupted_delivery(seed, file);
        assert!(played.violations.is_empty(), "{played}");
        let delivered = played.journal.lines().find(|line| line.contains("\"event\":\"delivered\""));
        assert!(delivered.is_some_and(|line| line.contains("\"torn\":[\"")), "{}", played.journal);
    }
}

#[test]
fn a_branch_that_is_left_names_the_file_that_an_interrupted_delivery_changed() {
    let played = interrupted_delivery(9461, 2);
    let branch = played.journal.lines().find(|line| line.contains("\"event\":\"delivered\""));
    assert!(branch.is_some_and(|line| line.contains("\"branch\":\"orchestrator/")), "{}", played.journal);
    assert!(played.said.contains("except `data/f0.dat`, which was written to meanwhile"), "{}", played.said);
}

#[test]
fn a_delivery_that_a_full_disk_left_half_done_is_ended_by_the_next_process() {
    let mut scenario = Scenario::draw(5933);
    // The disk is full while the delivery writes
    for full in &mut scenario.faults.disk_full {
        *full = full.start + 6..full.end + 6;
    }
    let played = run_with(&scenario, Bug::None);
    assert!(played.violations.is_empty(), "{played}");
    let failed = played.journal.lines().find(|line| line.contains("\"event\":\"delivery_failed\""));
    assert!(failed.is_some_and(|line| line.contains("\"torn\":[\"")), "{}", played.journal);
    assert_eq!(played.outcome, Some(Outcome::Done), "{played}");
}

#[test]
fn what_an_earlier_process_used_over_its_budget_is_no_fault_of_the_next() {
    let mut scenario = Scenario::draw(2786);
    scenario.settings.tokens = Some(7_050);
    let played = run_with(&scenario, Bug::None);
    // More than one answer over the limit: it was reached while the usage could not be recorded.
    let over = played.journal.split(" of 7050 tokens are used").any(|before| {
        let used: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
        used.chars().rev().collect::<String>().parse::<u64>().is_ok_and(|used| used > 9_000)
    });
    assert!(over, "{}", played.journal);
    assert!(played.violations.is_empty(), "{played}");
}

#[test]
fn two_attempts_of_several_coders_do_not_wait_for_each_others_slots() {
    let played = run(1195);
    assert!(played.journal.contains("\"candidates_compared\""), "{}", played.journal);
    assert!(played.violations.is_empty(), "{played}");
    assert_eq!(played.outcome, Some(Outcome::Done), "{played}");
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

/// Missions whose changes workers check, with all faults of the queue and all others: what must hold holds, too.
fn holds_with_workers(seeds: std::ops::Range<u64>) {
    let played: Vec<Played> = seeds.map(|seed| run_with(&Scenario::with_workers(seed), Bug::None)).collect();
    let broken: String =
        played.iter().filter(|one| !one.violations.is_empty()).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{broken}");
    let count = |holds: &dyn Fn(&Played) -> bool| played.iter().filter(|one| holds(one)).count();
    let (elsewhere, wrong) = (
        count(&|one| one.journal.contains("\"worker\":\"")),
        count(&|one| one.faults.iter().any(|fault| fault.contains("answers wrongly"))),
    );
    assert!(elsewhere > 5 && wrong > 1, "{elsewhere} with answers, {wrong} with wrong ones");
}

#[test]
fn workers_that_die_err_and_lie_change_nothing_that_must_hold() {
    holds_with_workers(0..15);
}

#[test]
fn workers_that_die_err_and_lie_change_nothing_in_other_missions() {
    holds_with_workers(15..30);
}

#[test]
fn a_seed_with_workers_plays_the_same_twice() {
    let play = || run_with(&Scenario::with_workers(3), Bug::None);
    let (first, second) = (play(), play());
    assert_eq!(first.journal, second.journal);
    assert_eq!(first.faults, second.faults);
}

/// Plays a few missions without other faults, with tests that are written first.
fn with_tests_first(seeds: std::ops::Range<u64>, change: impl Fn(&mut Scenario)) -> Vec<Played> {
    let play = |seed| {
        let mut scenario = Scenario { faults: FaultPlan::default(), ..Scenario::draw(seed) };
        scenario.settings.tests_first = true;
        change(&mut scenario);
        run_with(&scenario, Bug::None)
    };
    let played: Vec<Played> = seeds.map(play).collect();
    let broken: String =
        played.iter().filter(|one| !one.violations.is_empty()).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{broken}");
    played
}

#[test]
fn right_tests_stand_in_nobodys_way() {
    let played = with_tests_first(0..12, |_| {});
    assert!(played.iter().any(|one| one.journal.contains("\"tests_written\"")));
    assert!(played.iter().all(|one| one.outcome == Some(Outcome::Done)));
}

#[test]
fn wrong_tests_are_rejected_or_written_again_and_no_mission_hangs_on_them() {
    let played = with_tests_first(12..30, |scenario| scenario.faults.model.wrong_tests = 0.8);
    for event in ["tests_rejected", "tests_written", "tests_redrawn"] {
        assert!(played.iter().any(|one| one.journal.contains(&format!("\"{event}\""))), "no {event}");
    }
}

/// The delivered tree passes its checks in a fresh clone: the simulation's truth checks it after every integration and
/// at the end. Files that checks leave, and that no commit contains, do not change that.
#[test]
fn what_checks_leave_in_slots_makes_no_wrong_tree_pass() {
    let play = |seed| {
        let mut scenario = Scenario { faults: FaultPlan::default(), ..Scenario::draw(seed) };
        scenario.faults.model.wrong = 0.4;
        scenario.faults.checks.leaves = 0.6;
        run_with(&scenario, Bug::None)
    };
    let played: Vec<Played> = (300..310).map(play).collect();
    let broken: String =
        played.iter().filter(|one| !one.violations.is_empty()).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{broken}");
    let count = |holds: &dyn Fn(&Played) -> bool| played.iter().filter(|one| holds(one)).count();
    let (done, left, rejected) = (
        count(&|one| one.outcome == Some(Outcome::Done)),
        count(&|one| one.faults.iter().any(|fault| fault.contains("leaves `"))),
        count(&|one| one.journal.contains("\"batch_rejected\"")),
    );
    assert!(done > 4 && left > 4, "{done} done, {left} with files that checks left, {rejected} rejected");
}

/// Asserts that one of a few missions without other faults shows a planted bug, with these words.
fn finds(bug: Bug, words: &str, change: impl Fn(&mut Scenario)) {
    let found = (0..12).find(|seed| {
        let mut scenario = Scenario { faults: FaultPlan::default(), ..Scenario::draw(*seed) };
        change(&mut scenario);
        run_with(&scenario, bug).violations.iter().any(|violation| violation.contains(words))
    });
    assert!(found.is_some(), "nobody noticed");
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
fn a_state_that_forgets_what_is_integrated_is_found_out() {
    finds(Bug::ForgetsWhatIsIntegrated, "memory and journal differ", |_| {});
}

#[test]
fn calls_beyond_their_limit_are_found_out() {
    finds(Bug::ForgetsTheBudget, "calls are used of", |_| {});
}

#[test]
fn a_role_that_makes_a_branch_of_the_users_is_found_out() {
    finds(Bug::MakesABranch, "`.git/refs/heads/stray` of the user has changed", |_| {});
}

#[test]
fn what_is_done_twice_is_found_out() {
    finds(Bug::DoesTwice, " is 2 times in ", |_| {});
}
