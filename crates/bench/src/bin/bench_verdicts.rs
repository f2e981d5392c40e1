//! `npm run bench:verdicts`: how long a verdict takes in a project that cargo builds: from a fresh checkout with and
//! without the builds of the base's checks, and in a warm slot. `-- N` makes a project of N crates (12); `-- N ROUNDS`
//! takes the median of that many verdicts of each kind (3), in turn.
//!
//! A role works for minutes and a verdict takes seconds. So it also plays missions whose merged trees are judged in both
//! ways and compares how long the whole takes.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::timing::median;
use engine::for_benches::{ChangedFiles, GateReport, Judge, Permissions, Processes};
use mission::{Gate, GateVerdict};
use tokio::sync::{Mutex, Semaphore};

/// Functions of each crate, so that it takes a while to build.
const FUNCTIONS: usize = 100;
/// The tasks of a mission, and how many of them are worked on at once.
const TASKS: usize = 6;
const ROLES: usize = 2;
/// How long a role of a mission works: less than real ones do, so that verdicts count for more.
const WORK: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let crates = numbers.next().transpose()?.unwrap_or(12).max(2);
    let rounds = numbers.next().transpose()?.unwrap_or(3).max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(crates, rounds))
}

async fn measure(crates: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
    let place = tempfile::Builder::new().prefix("verdicts-").tempdir()?;
    let root = place.path().join("project");
    project(&root, crates)?;
    let check =
        serde_json::json!({ "name": "test", "run": "cargo test --offline --workspace", "timeout": "30m" });
    let settings = serde_json::json!({ "checks": { "auto": false, "command": [check] } });
    let judge = Judge::open(&root, &place.path().join("state"), Some(settings), Arc::new(Processes)).await?;
    let mut number = 0;
    let mut next = || {
        number += 1;
        change(crates, number)
    };
    let started = Instant::now();
    green(&judge.judge_tree(&next(), true).await?)?;
    println!("the base and the first verdict: {:.1} s", started.elapsed().as_secs_f64());
    // Warms the slots of the roles and one in place of the checking slot
    let changes: Vec<ChangedFiles> = (0..=ROLES).map(|_| next()).collect();
    futures_util::future::try_join_all(changes.iter().map(|change| slot(&judge, change))).await?;
    let (mut warm, mut cold, mut in_slot) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        warm.push(tree(&judge, &next(), true).await?);
        in_slot.push(slot(&judge, &next()).await?);
        cold.push(tree(&judge, &next(), false).await?);
    }
    let (warm, cold, in_slot) = (median(warm), median(cold), median(in_slot));
    let row = |what: &str, took: Duration| {
        println!(
            "| {what} | {:.2} | {:.2} |",
            took.as_secs_f64(),
            took.as_secs_f64() / in_slot.as_secs_f64()
        );
    };
    println!(
        "\n| verdict, {crates} crates, median of {rounds} | seconds | against the warm slot |\n|---|---|---|"
    );
    row("in a role's warm slot", in_slot);
    row("fresh checkout with the base's build", warm);
    row("fresh checkout, cold", cold);
    let (mut with_fresh, mut with_warm) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        with_fresh.push(mission(&judge, &mut next, Merged::Fresh).await?);
        with_warm.push(mission(&judge, &mut next, Merged::InWarmSlot).await?);
    }
    let (with_fresh, with_warm) = (median(with_fresh), median(with_warm));
    println!(
        "\n| a mission of {TASKS} tasks, {ROLES} at once, {} s of a role each, median of {rounds} | seconds | against warm slots (goal: at most 1.15) |\n|---|---|---|",
        WORK.as_secs()
    );
    for (what, took) in [("merged trees in a warm slot", with_warm), ("in fresh checkouts", with_fresh)] {
        let ratio = took.as_secs_f64() / with_warm.as_secs_f64();
        println!("| {what} | {:.1} | {ratio:.2} |", took.as_secs_f64());
    }
    Ok(())
}

/// Where a mission judges its merged trees.
#[derive(Clone, Copy, PartialEq)]
enum Merged {
    Fresh,
    InWarmSlot,
}

/// The time from the first task to the last integrated one: a role works, its slot is checked, and then the merged tree,
/// one at a time.
async fn mission(
    judge: &Judge,
    next: &mut impl FnMut() -> ChangedFiles,
    merged: Merged,
) -> Result<Duration, Box<dyn Error>> {
    let changes: Vec<(ChangedFiles, ChangedFiles)> = (0..TASKS).map(|_| (next(), next())).collect();
    let (roles, integration) = (Semaphore::new(ROLES), Mutex::new(()));
    let started = Instant::now();
    let task = async |(own, of_merge): &(ChangedFiles, ChangedFiles)| {
        // The semaphore is never closed
        let _role = roles.acquire().await;
        tokio::time::sleep(WORK).await;
        slot(judge, own).await?;
        let _turn = integration.lock().await;
        match merged {
            Merged::Fresh => tree(judge, of_merge, true).await,
            Merged::InWarmSlot => slot(judge, of_merge).await,
        }
    };
    futures_util::future::try_join_all(changes.iter().map(task)).await?;
    Ok(started.elapsed())
}

/// A workspace in which each crate uses the one before it.
fn project(root: &Path, crates: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(root)?;
    std::fs::write(root.join(".gitignore"), "target\n")?;
    std::fs::write(root.join("Cargo.toml"), "[workspace]\nresolver = \"2\"\nmembers = [\"c*\"]\n")?;
    for n in 0..crates {
        let folder = root.join(format!("c{n}/src"));
        std::fs::create_dir_all(&folder)?;
        let needs = match n {
            0 => String::new(),
            n => format!("[dependencies]\nc{} = {{ path = \"../c{}\" }}\n", n - 1, n - 1),
        };
        let manifest =
            format!("[package]\nname = \"c{n}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{needs}");
        std::fs::write(root.join(format!("c{n}/Cargo.toml")), manifest)?;
        std::fs::write(folder.join("lib.rs"), source(n, 0))?;
    }
    Ok(())
}

fn source(n: usize, version: usize) -> String {
    let mut text = match n {
        0 => format!("pub fn value() -> usize {{ {version} - {version} }}\n"),
        n => format!("pub fn value() -> usize {{ c{}::value() + {version} - {version} + 1 }}\n", n - 1),
    };
    for f in 0..FUNCTIONS {
        text.push_str(&format!(
            "pub fn f{f}(words: &[String]) -> Vec<String> {{\n    words.iter().filter(|w| w.len() > {f}).map(|w| format!(\"{{w}}-{f}\")).collect()\n}}\n"
        ));
    }
    text.push_str(&format!("#[cfg(test)]\nmod tests {{\n    #[test]\n    fn counts() {{\n        assert_eq!(super::value(), {n});\n    }}\n}}\n"));
    text
}

/// Changes the last crate but one: a task seldom changes what everything else needs.
fn change(crates: usize, version: usize) -> ChangedFiles {
    let n = crates - 2;
    [(format!("c{n}/src/lib.rs"), Some(source(n, version)))].into()
}

async fn tree(judge: &Judge, answer: &ChangedFiles, warm: bool) -> Result<Duration, Box<dyn Error>> {
    let report = judge.judge_tree(answer, warm).await?;
    green(&report)?;
    Ok(report.took)
}

async fn slot(judge: &Judge, answer: &ChangedFiles) -> Result<Duration, Box<dyn Error>> {
    let reports = judge.judge_files(answer, Permissions::default(), false).await?;
    let report = reports.iter().find(|report| report.gate == Gate::Checks).ok_or("the checks did not run")?;
    green(report)?;
    Ok(report.took)
}

fn green(report: &GateReport) -> Result<(), Box<dyn Error>> {
    match report.verdict {
        GateVerdict::Pass => Ok(()),
        verdict => Err(format!("{verdict:?}: {}", report.detail).into()),
    }
}
