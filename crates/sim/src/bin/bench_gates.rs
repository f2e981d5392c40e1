//! `npm run bench:gates -- [--quick] [--tuning] [--misses] [--package NAME]`: what the gates let through.

use std::process::ExitCode;

use sim::gates::{guardian_alone, markdown};
use sim::projects::{ALL, Project, Set};

const SEED: u64 = 20_261_122;
/// Mutants of a kind in one change.
const A_KIND: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let only = arguments.iter().position(|a| a == "--package").and_then(|at| arguments.get(at + 1));
    let set = if has("--tuning") { Set::Tuning } else { Set::Measuring };
    let mut packages: Vec<&'static Project> = ALL.iter().filter(|p| p.set == set).collect();
    packages.retain(|project| only.is_none_or(|name| project.name == name));
    if has("--quick") {
        packages.truncate(2);
    }
    let measured = match guardian_alone(set, if has("--quick") { 1 } else { A_KIND }, SEED, &packages) {
        Ok(measured) => measured,
        Err(error) => {
            eprintln!("nothing was measured: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", markdown(&measured));
    if has("--misses") {
        for (kind, caught) in &measured.kinds {
            for missed in &caught.missed {
                println!("missed: {}: {missed}", kind.name());
            }
        }
        for error in &measured.correct.errors {
            println!("false alarm: {error}");
        }
    }
    ExitCode::SUCCESS
}
