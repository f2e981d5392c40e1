//! `npm run bench:engine`: numbers of the engine, each beside its target. `-- --plot FILE` draws how they grow, as
//! SVG.
//!
//! It prints what `engine_bench` measures. It starts a new process for each size, so that the memory is that mission's
//! alone. It asks no model, and a missed target is no failure.

use std::error::Error;
use std::time::{Duration, Instant};

use bench::engine_bench::{append, layers, random, replay, run};
use bench::plot::{Axis, Series, lines};
use mission::Policy;
use sim::Random;

const SIZES: [usize; 4] = [10, 100, 1000, 10_000];
/// Random missions for each number of workers: a single one may be easy or hard by chance.
const MISSIONS: u64 = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = memory_folder()?;
    if let Some(n) = std::env::args().nth(1).as_deref().and_then(|a| a.strip_prefix("--mission=")) {
        // Its own process, so that the memory is that of this plan alone
        let work = random(n.parse()?, &mut Random::new(1));
        let before = peak_memory_mb();
        let run = run(work, 8, folder.path())?;
        println!("{} {} {} {} {}", run.calls, run.events, run.real.as_micros(), before, peak_memory_mb());
        return Ok(());
    }
    let sizes: usize = std::env::var("SIZES").ok().and_then(|n| n.parse().ok()).unwrap_or(SIZES.len());
    println!("| what | aim | measured |\n|---|---|---|");
    let disk = tempfile::tempdir()?;
    let durable = append(disk.path(), 2000)?;
    println!("| durable event, median of 2,000, fdatasync included | ≤ 0.25 ms | {} ms |", ms(durable.event));
    println!("| a bare line with fdatasync, in turn with those | | {} ms |", ms(durable.line));
    let took = replay(&folder.path().join("replay.jsonl"), 100_000)?;
    println!("| 100,000 events read, checked and folded | ≤ 1 s | {:.2} s |", took.as_secs_f64());
    let took = validation(10_000)?;
    println!("| a plan of 10,000 tasks validated, best of 20 | ≤ 5 ms | {} ms |", ms(took));
    for workers in [2, 8, 64] {
        let (mut ratios, mut foreseen) = (Vec::new(), Vec::new());
        for seed in 0..MISSIONS {
            let work = random(1000, &mut Random::new(u64::from(workers) + 100 * seed));
            let bound = work.bound_ms(workers);
            foreseen.push(work.foreseen_ms(workers) as f64 / bound as f64);
            let dir = folder.path().join(format!("workers-{workers}-{seed}"));
            std::fs::create_dir(&dir)?;
            ratios.push(run(work, workers, &dir)?.makespan_ms as f64 / bound as f64);
            std::fs::remove_dir_all(&dir)?;
        }
        let told = |ratios: &[f64]| {
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            format!("{mean:.3} ({:.3})", ratios.iter().copied().fold(0.0, f64::max))
        };
        println!(
            "| 1,000 tasks on {workers} workers, against max(T∞, T1/W): mean of {MISSIONS} missions (worst) | ≤ 1.05 | {} |",
            told(&ratios)
        );
        println!("| the same, if all durations were known before | | {} |", told(&foreseen));
    }
    println!(
        "\n| tasks | plan validated (ms) | calls | events | engine a call (ms) | of a 5 s call | memory (MB) |"
    );
    println!("|---|---|---|---|---|---|---|");
    let itself = std::env::current_exe()?;
    let mut growth: [Vec<(f64, f64)>; 3] = Default::default();
    for n in SIZES.into_iter().take(sizes) {
        let plan = validation(n)?;
        let output = std::process::Command::new(&itself).arg(format!("--mission={n}")).output()?;
        let said = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [calls, events, micros, _, memory] = numbers[..] else {
            return Err(format!(
                "the mission of {n} tasks failed: {}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        };
        let call = micros / calls / 1000.0;
        let plan_ms = plan.as_secs_f64() * 1000.0;
        for (points, value) in growth.iter_mut().zip([call, plan_ms, memory]) {
            points.push((n as f64, value));
        }
        println!(
            "| {n} | {} | {calls} | {events} | {call:.2} | {:.3} % | {memory} |",
            ms(plan),
            call / 5000.0 * 100.0
        );
    }
    let mut args = std::env::args().skip(1);
    if let (Some("--plot"), Some(file)) = (args.next().as_deref(), args.next()) {
        let names = ["engine a call (ms)", "plan validated (ms)", "memory (MB)"];
        let series: Vec<Series> = names
            .into_iter()
            .zip(growth)
            .map(|(name, points)| Series { name: name.into(), points })
            .collect();
        let title = "What a mission costs the engine, by the number of its tasks";
        std::fs::write(&file, lines(title, Axis::log("tasks"), Axis::log("ms or MB"), &series)?)?;
    }
    Ok(())
}

/// A folder in memory, so that the engine is measured without the disk; the disk is measured separately.
fn memory_folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

fn validation(n: usize) -> Result<Duration, String> {
    let plan = layers(n);
    let policy = Policy { max_tasks: u32::MAX, ..Policy::default() };
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let plan = plan.clone();
        let begun = Instant::now();
        let checked = mission::graph::check(plan, &policy, &Default::default(), 0);
        best = best.min(begun.elapsed());
        // The plan is freed outside the measured time, because a mission keeps it
        checked.map_err(|problems| problems.join("; "))?;
    }
    Ok(best)
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// The peak memory of this process, in MB; 0 if the system does not report it.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1024
}
