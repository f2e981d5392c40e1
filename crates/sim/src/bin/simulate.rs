//! `simulate`: plays seeds and prints those in which an invariant broke.
//!
//! `simulate --seeds 10000 [--from N] [--jobs 2] [--minutes M] [--workers 1]`, or `simulate --seed N` for one seed with all its
//! events. It only counts and prints: `sim::run` plays. The machine's clock only ends the program; it changes no
//! seed.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sim::{Bug, Scenario, run_with};

struct Options {
    seeds: u64,
    from: u64,
    jobs: usize,
    seed: Option<u64>,
    minutes: Option<u64>,
    /// Workers check changes.
    workers: bool,
}

impl Options {
    fn scenario(&self, seed: u64) -> Scenario {
        if self.workers { Scenario::with_workers(seed) } else { Scenario::draw(seed) }
    }
}

/// The number of seeds between two lines of progress.
const EVERY: u64 = 250;

const USAGE: &str =
    "simulate --seeds N [--from N] [--jobs N] [--minutes N] [--workers 1] | simulate --seed N [--workers 1]";

fn main() -> ExitCode {
    match options() {
        Ok(options) => match options.seed {
            Some(seed) => one(&options.scenario(seed)),
            None => many(&options),
        },
        Err(why) => {
            eprintln!("{why}\nusage: {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut options = Options { seeds: 300, from: 0, jobs: cores, seed: None, minutes: None, workers: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("`{name}` wants a number"))?;
        let value: u64 = value.parse().map_err(|_| format!("`{name}` wants a number, not `{value}`"))?;
        match name.as_str() {
            "--seeds" => options.seeds = value,
            "--from" => options.from = value,
            "--jobs" => options.jobs = value.clamp(1, 256) as usize,
            "--seed" => options.seed = Some(value),
            "--workers" => options.workers = value > 0,
            "--minutes" => options.minutes = Some(value),
            _ => return Err(format!("there is no option `{name}`")),
        }
    }
    Ok(options)
}

fn one(scenario: &Scenario) -> ExitCode {
    println!("{scenario:#?}");
    let played = run_with(scenario, Bug::None);
    println!("{}\n{}", played.journal, played.said);
    for (step, count) in &played.steps_by_name {
        println!("{count:>7}  {step}");
    }
    println!("{played}");
    if played.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn many(options: &Options) -> ExitCode {
    let (next, begun) = (AtomicU64::new(options.from), Instant::now());
    let (played, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let ends = Mutex::new(BTreeMap::<String, u64>::new());
    let reached = Mutex::new(BTreeMap::<String, (u64, u64)>::new());
    let until = options.minutes.map(|minutes| begun + Duration::from_secs(minutes * 60));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let over = until.is_some_and(|until| Instant::now() > until);
                    if seed >= options.from.saturating_add(options.seeds) || over {
                        return;
                    }
                    let one = run_with(&options.scenario(seed), Bug::None);
                    let count = played.fetch_add(1, Ordering::Relaxed) + 1;
                    if count.is_multiple_of(EVERY) {
                        eprintln!("{count} seeds in {:.0} s", begun.elapsed().as_secs_f64());
                    }
                    let end = format!("{:?} in {} lives", one.outcome, one.lives);
                    *ends.lock().unwrap_or_else(PoisonError::into_inner).entry(end).or_default() += 1;
                    for (what, times) in events(&one.journal) {
                        let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
                        let (seeds, all) = reached.entry(what).or_default();
                        (*seeds, *all) = (*seeds + 1, *all + times);
                    }
                    if !one.violations.is_empty() {
                        println!("{one}");
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
                    }
                }
            });
        }
    });
    println!("  seeds    times  reached");
    for (what, (seeds, times)) in reached.into_inner().unwrap_or_else(PoisonError::into_inner) {
        println!("{seeds:>7}  {times:>7}  {what}");
    }
    for (end, count) in ends.into_inner().unwrap_or_else(PoisonError::into_inner) {
        println!("{count:>7}  {end}");
    }
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} seeds from {} in {:.0} s: {} failed {failed:?}",
        played.load(Ordering::Relaxed),
        options.from,
        begun.elapsed().as_secs_f64(),
        failed.len()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How often each event is in a journal, with the class of a failure and the rung of the ladder.
fn events(journal: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for line in journal.lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let event = &line["event"];
        let words = [&event["event"], &event["class"], &event["rung"]["kind"], &event["fault"]];
        let words: Vec<&str> = words.into_iter().filter_map(serde_json::Value::as_str).collect();
        *found.entry(words.join(" ")).or_default() += 1;
    }
    found
}
