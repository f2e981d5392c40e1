//! `npm run bench:sandbox`: the extra time for starting a check at each sandbox level.
//!
//! The levels take turns, so that the machine is in the same state for all. `-- 50` sets the number of
//! rounds.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use checks::{Check, Level, RunOptions, Sandbox, run};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 31;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).map(|n| n.parse()).transpose()?.unwrap_or(ROUNDS).max(1);
    let place = tempfile::tempdir()?;
    std::fs::create_dir(place.path().join("slot"))?;
    let mut options = RunOptions::new(place.path().join("slot"), place.path().join("tmp"), "bench");
    let check = Check::configured("custom", "true", Some(Duration::from_secs(60)));
    let levels: Vec<Level> = [Level::None, Level::Basic, Level::Full]
        .into_iter()
        .filter(|level| Sandbox { require: Some(*level), ..Sandbox::default() }.level().is_ok())
        .collect();
    let mut times = vec![Vec::with_capacity(rounds); levels.len()];
    // The first round includes work that is done only once
    for round in 0..=rounds {
        for (level, times) in levels.iter().zip(&mut times) {
            options.sandbox.require = Some(*level);
            let start = Instant::now();
            let outcome = run(&check, None, &options, &CancellationToken::new()).await;
            if !outcome.end.success() {
                return Err(format!("a check at level {level} failed: {:?}", outcome.end).into());
            }
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    println!("| level | median | least | over none | ratio |\n|---|---|---|---|---|");
    let mut none = None;
    for (level, times) in levels.iter().zip(&mut times) {
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let none = *none.get_or_insert(median);
        println!(
            "| {level} | {} ms | {} ms | {} ms | {:.2} |",
            ms(median),
            ms(times.first().copied().unwrap_or_default()),
            ms(median.saturating_sub(none)),
            median.as_secs_f64() / none.as_secs_f64()
        );
    }
    Ok(())
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
