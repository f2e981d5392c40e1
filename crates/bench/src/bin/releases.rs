//! Missions for `npm run bench:uplift -- --model …`, and whether their results are right. See docs/UPLIFT.md.
//!
//! `tests/bench/uplift/releases.mjs` calls it and plays the missions; this program plays none and asks no
//! model. `bench::releases` does the work. Standard output contains only JSON.

use std::path::Path;
use std::process::ExitCode;

use bench::releases::{judge_release, list};
use bench::uplift::suites::Suites;
use serde::Serialize;

const HELP: &str = "\
releases list [--packages NAME,…]    the missions, as JSON
releases judge TITLE FOLDER          what the tests of that release say of a folder, as JSON
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let suites = Suites::open()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["list"] => listed(&[], &suites),
        ["list", "--packages", names] => {
            listed(&names.split(',').map(|name| name.trim().to_string()).collect::<Vec<_>>(), &suites)
        }
        ["judge", title, folder] => print(&judge_release(title, Path::new(folder), &suites)?),
        _ => Err(HELP.into()),
    }
}

fn listed(names: &[String], suites: &Suites) -> Result<(), String> {
    let (releases, left) = list(names, suites)?;
    for why in left {
        eprintln!("left out: {why}");
    }
    print(&releases)
}

fn print(value: &impl Serialize) -> Result<(), String> {
    println!("{}", serde_json::to_string(value).map_err(|why| why.to_string())?);
    Ok(())
}
