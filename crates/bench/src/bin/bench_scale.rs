//! `npm run bench:scale`: how far checks spread over workers, each number beside its target.
//!
//! - `bench_scale [--tasks N] [--check-ms N] [--model-ms N] [--workers 1,2,4,8] [--jobs N] [--plot FILE]` measures, and
//!   writes a plot as SVG if a file is named;
//! - `bench_scale worker …` is the program's `worker`, which the measurement starts.
//!
//! It needs `nats-server`. A missed target is no failure.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use bench::plot::{Axis, Series, lines};
use bench::scale::growth::{self, grow};
use bench::scale::server::Server;
use bench::scale::tasks::{Load, Spread, spread, work};

/// Tasks at once for each worker: enough that a worker never waits for the simulated models.
const AT_ONCE: usize = 4;
/// Workers in one process.
const IN_PROCESS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if args.first().is_some_and(|first| first == "worker") {
        return Ok(runtime.block_on(work(&args))?);
    }
    let given = options(&args)?;
    let number = |name: &str, usual: u64| given.get(name).map_or(Ok(usual), |text| text.parse::<u64>());
    let load = Load {
        tasks: number("tasks", 64)? as usize,
        model: Duration::from_millis(number("model-ms", 2000)?),
        check: Duration::from_millis(number("check-ms", 5000)?),
        at_once: AT_ONCE,
    };
    let workers = given.get("workers").map_or("1,2,4,8", String::as_str);
    let workers: Vec<usize> = workers.split(',').map(str::parse).collect::<Result<_, _>>()?;
    println!(
        "{} tasks, a model of {} ms and a check of {} ms each\n",
        load.tasks,
        load.model.as_millis(),
        load.check.as_millis()
    );
    println!(
        "| workers | time (s) | speed-up | of the workers (aim ≥ 0.9) | overhead a task (aim ≤ 150 ms) | on the wire a task |"
    );
    println!("|---|---|---|---|---|---|");
    let mut measured: Vec<Spread> = Vec::new();
    for count in workers {
        let one = runtime.block_on(spread(load, count))?;
        let first = measured.first().unwrap_or(&one);
        let speedup = first.workers as f64 * first.took.as_secs_f64() / one.took.as_secs_f64();
        println!(
            "| {count} | {:.1} | {speedup:.2} | {:.2} | {} ms | {:.1} KB |",
            one.took.as_secs_f64(),
            speedup / count as f64,
            one.overhead.as_millis(),
            one.bytes_a_task as f64 / 1024.0
        );
        measured.push(one);
    }
    for one in &measured {
        let share: Vec<String> = one.share.values().map(usize::to_string).collect();
        println!("\n{} workers checked {} tasks", one.workers, share.join(", "));
    }
    growth(&runtime, number("jobs", 1000)? as usize)?;
    if let Some(file) = given.get("plot") {
        std::fs::write(file, plot(&measured)?)?;
    }
    Ok(())
}

fn growth(runtime: &tokio::runtime::Runtime, most: usize) -> Result<(), Box<dyn Error>> {
    let work = growth::WORK.as_millis();
    println!("\nJobs of {work} ms on {IN_PROCESS} workers in one process, all asked for at once:\n");
    println!("| jobs | time (s) | overhead a job | on the wire a job |\n|---|---|---|---|");
    let server = Server::start()?;
    for jobs in [most / 10, most / 3, most].into_iter().filter(|jobs| *jobs > 0) {
        let grown = runtime.block_on(grow(&server, jobs, IN_PROCESS))?;
        println!(
            "| {} | {:.1} | {} ms | {:.1} KB |",
            grown.jobs,
            grown.took.as_secs_f64(),
            grown.overhead.as_millis(),
            grown.bytes_a_job as f64 / 1024.0
        );
    }
    Ok(())
}

/// Options as `--name value`.
fn options(args: &[String]) -> Result<BTreeMap<&str, String>, String> {
    let mut found = BTreeMap::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or(format!("`{word}` is no option"))?;
        if !["tasks", "check-ms", "model-ms", "workers", "jobs", "plot"].contains(&name) {
            return Err(format!("`{word}` is no option"));
        }
        found.insert(name, words.next().ok_or(format!("`{word}` needs a value"))?.clone());
    }
    Ok(found)
}

fn plot(measured: &[Spread]) -> Result<String, Box<dyn Error>> {
    let Some(first) = measured.first() else { return Err("nothing was measured".into()) };
    let one = first.workers as f64 * first.took.as_secs_f64();
    let points = |y: &dyn Fn(&Spread) -> f64| measured.iter().map(|s| (s.workers as f64, y(s))).collect();
    let series = [
        Series { name: "measured".into(), points: points(&|s| one / s.took.as_secs_f64()) },
        Series { name: "as many times faster as workers".into(), points: points(&|s| s.workers as f64) },
    ];
    Ok(lines(
        "Checks of tasks on worker processes",
        Axis::linear("workers"),
        Axis::linear("speed-up"),
        &series,
    )?)
}
