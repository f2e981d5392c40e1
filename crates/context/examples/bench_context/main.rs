//! Measures how well the index finds the files of real commits from their messages: `npm run bench:context -- --repo
//! PATH`.
//!
//! The index sees the tree and the history before the commit. With `--fit`, the weights of the ranking are learned
//! from the repositories instead. With `--index N`, the index itself is measured, over N files of the repositories.

mod cases;
mod fit;
mod git;
mod lines;
mod speed;

use cases::{Case, each_case};
use context::{Part, VOICES, Voice, Weights};
use fit::Sample;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The first files that count for recall.
const TOP: usize = 10;
/// For the fit: the best files of each voice that are kept.
const POOL: usize = 60;

/// The parts of the ranking that use history.
const PAST: [Part; 3] = [Part::History, Part::CoChange, Part::Recency];

const USAGE: &str = "usage: bench_context [--commits N] [--fit | --index N] --repo PATH [--repo PATH …]";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut repositories: Vec<PathBuf> = Vec::new();
    let (mut commits, mut fitting, mut files) = (100, false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--repo" => repositories.push(args.next().ok_or(USAGE)?.into()),
            "--commits" => commits = args.next().ok_or(USAGE)?.parse()?,
            "--fit" => fitting = true,
            "--index" => files = Some(args.next().ok_or(USAGE)?.parse()?),
            _ => return Err(USAGE.into()),
        }
    }
    if repositories.is_empty() {
        return Err(USAGE.into());
    }
    if let Some(files) = files {
        return speed::measure(&repositories, files);
    }
    if fitting { learn(&repositories, commits) } else { judge(&repositories, commits) }
}

/// The rankings that are compared, in the order of the table.
fn rankings() -> Vec<(String, Weights)> {
    let learned = Weights::LEARNED;
    // A part whose learned weights are all 0 is shown with equal weights.
    let alone = |part: Part| {
        let own = learned.only(part);
        if own.0.iter().any(|weight| *weight > 0.0) { own } else { Weights([1.0; VOICES]).only(part) }
    };
    let mut list = vec![("BM25".to_owned(), plain())];
    // No embedding model is asked here
    let parts = || Part::ALL.into_iter().filter(|part| *part != Part::Meaning);
    list.extend(parts().map(|part| (part.name().to_owned(), alone(part))));
    list.push(("fused".to_owned(), learned));
    list.push((
        "no past".to_owned(),
        PAST.iter().fold(Weights::WITHOUT_PAST, |weights, part| weights.without(*part)),
    ));
    list.extend(parts().map(|part| (format!("-{}", part.name()), learned.without(part))));
    list
}

/// BM25 over all words alike: the baseline of the ranking.
fn plain() -> Weights {
    let mut plain = Weights([0.0; VOICES]);
    plain.0[Voice::Words as usize] = 1.0;
    plain
}

fn judge(repositories: &[PathBuf], commits: usize) -> Result<(), Box<dyn std::error::Error>> {
    let rankings = rankings();
    let mut lines = lines::Table::default();
    println!("recall at {TOP}, in percent");
    let names: Vec<&str> = rankings.iter().map(|(name, _)| name.as_str()).collect();
    println!("{:24} {:>7} {}", "repository", "commits", names.join("  "));
    let mut totals = vec![0.0; rankings.len()];
    for path in repositories {
        let mut sums = vec![0.0; rankings.len()];
        let done = each_case(path, commits, |case| {
            let evidence = case.index.evidence(case.question);
            for (sum, (_, weights)) in sums.iter_mut().zip(&rankings) {
                let ranked: BTreeSet<&str> =
                    evidence.rank(weights, TOP).into_iter().map(|(path, _)| path).collect();
                let found = case.changed.iter().filter(|path| ranked.contains(path.as_str())).count();
                *sum += 100.0 * found as f64 / case.changed.len() as f64;
            }
            lines.add(&evidence, case);
        })?;
        let means: Vec<f64> = sums.iter().map(|sum| sum / done.max(1) as f64).collect();
        println!("{}", row(&name_of(path), done, &names, &means));
        lines.end(&name_of(path));
        totals.iter_mut().zip(&means).for_each(|(total, mean)| *total += mean);
    }
    let means: Vec<f64> = totals.iter().map(|total| total / repositories.len() as f64).collect();
    println!("{}", row("mean", 0, &names, &means));
    print!("\n{lines}");
    Ok(())
}

fn row(name: &str, commits: usize, names: &[&str], means: &[f64]) -> String {
    let cells: Vec<String> =
        names.iter().zip(means).map(|(name, mean)| format!("{mean:>w$.1}", w = name.len())).collect();
    format!("{name:24} {commits:>7} {}", cells.join("  "))
}

pub(crate) fn name_of(path: &std::path::Path) -> String {
    let last = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match last(path) {
        Some(name) if name == "repo" => path.parent().and_then(last).unwrap_or(name),
        name => name.unwrap_or_default(),
    }
}

fn learn(repositories: &[PathBuf], commits: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut all: Vec<Vec<Sample>> = Vec::new();
    for path in repositories {
        let mut samples = Vec::new();
        let done = each_case(path, commits, |case| samples.push(sample(case)))?;
        eprintln!("{}: {done} commits", name_of(path));
        all.push(samples);
    }
    print_fit("with the past", fit::fit(&all, Weights::LEARNED));
    let past: Vec<usize> =
        PAST.into_iter().flat_map(|part| part.voices()).map(|voice| *voice as usize).collect();
    for (voices, _) in all.iter_mut().flatten().flat_map(|sample| &mut sample.files) {
        past.iter().for_each(|voice| voices[*voice] = 0.0);
    }
    print_fit("without the past", fit::fit(&all, Weights::WITHOUT_PAST));
    Ok(())
}

fn print_fit(what: &str, (weights, worth): (Weights, f32)) {
    let named: Vec<String> =
        Voice::ALL.iter().zip(weights.0).map(|(voice, weight)| format!("{voice:?} {weight}")).collect();
    println!("{what}: {worth:.4}\n{}\n{:?}", named.join(", "), weights.0);
}

fn sample(case: &Case<'_>) -> Sample {
    let evidence = case.index.evidence(case.question);
    let mut pool: BTreeSet<String> = case.changed.clone();
    for voice in 0..VOICES {
        let mut own = Weights([0.0; VOICES]);
        own.0[voice] = 1.0;
        pool.extend(evidence.rank(&own, POOL).into_iter().map(|(path, _)| path.to_owned()));
    }
    let files =
        pool.iter().filter_map(|path| Some((evidence.of(path)?, case.changed.contains(path)))).collect();
    Sample { files, changed: case.changed.len() }
}
