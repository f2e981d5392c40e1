//! `npm run bench:gates -- [options]`: what the gates let through.
//!
//! It reads options and prints: `gates` and `fresh` measure. It asks no model. Findings on fresh changes are
//! printed only with `--show`, after the seed is marked as spent.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

use bench::fresh::{self, Spent};
use bench::gates::{Alone, Effort, Stack, guardian_alone, markdown, stack_markdown, whole_stack};
use bench::mutants::MutantKind;
use bench::projects::{ALL, Project, Set};

const SEED: u64 = 20_261_122;
/// The most mutants of one kind in one change.
const A_KIND: usize = 2;

const HELP: &str = "\
bench:gates measures what the gates let through: the Guardian alone, then every gate that asks no model, with tests.

  --guardian      only the Guardian alone: nothing is run
  --stack         only the whole stack
  --quick         two packages, one mutant of a kind in a change, one change in the whole stack
  --package NAMES only these, between commas
  --tuning        the packages that rules may be tuned by
  --kind NAMES    of the Guardian alone only these kinds of mutants, between commas; `static`: all that need no execution
  --a-kind N      mutants of a kind in a change, at most (2)
  --changes N     changes of a package in the whole stack, at most
  --jobs N        packages whose tests run, and changes that are linted, side by side (2)
  --minutes N     begin no further mutant of the whole stack after this; the next run goes on from what is remembered
  --fresh N SEED  only this: N releases of packages in no list, drawn by SEED; how many correct changes the Guardian refuses
  --show          with --fresh: what it found, which spends the seed: no later one draws its packages
  --repo PATHS    only this: the newest commits of git repositories (bare or not), between commas; with --show the errors
  --commits N     with --repo: commits of each that change 1 to 15 source files, at most (15)
  --misses        every mutant that was let through, every false alarm
  --json FILE     what was measured of the whole stack, mutant by mutant";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if has("--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match measure(&arguments, &has) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &[String], has: &dyn Fn(&str) -> bool) -> Result<(), String> {
    if has("--fresh") {
        return fresh(arguments, has("--show"));
    }
    if let Some(paths) = value::<String>(arguments, "--repo")? {
        return repositories(&paths, value(arguments, "--commits")?.unwrap_or(15), has("--show"));
    }
    let quick = has("--quick");
    let only: Option<String> = value(arguments, "--package")?;
    let a_kind = value(arguments, "--a-kind")?.unwrap_or(if quick { 1 } else { A_KIND });
    let minutes: Option<u64> = value(arguments, "--minutes")?;
    let effort = Effort {
        a_kind,
        changes: value(arguments, "--changes")?.unwrap_or(if quick { 1 } else { usize::MAX }),
        seed: SEED,
        jobs: value(arguments, "--jobs")?.unwrap_or(2),
        until: minutes.and_then(|minutes| Instant::now().checked_add(Duration::from_secs(60 * minutes))),
    };
    let json: Option<String> = value(arguments, "--json")?;
    let set = if has("--tuning") { Set::Tuning } else { Set::Measuring };
    let mut packages: Vec<&'static Project> = ALL.iter().filter(|p| p.set == set).collect();
    packages.retain(|project| {
        only.as_ref().is_none_or(|names| names.split(',').any(|name| name == project.name))
    });
    if quick {
        packages.truncate(2);
    }
    if !has("--stack") {
        let kinds = kinds(value::<String>(arguments, "--kind")?.as_deref())?;
        let wanted = Alone { set, a_kind, seed: SEED, kinds: &kinds, jobs: effort.jobs };
        alone(wanted, &packages, has("--misses"))?;
    }
    if !has("--guardian") {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| why.to_string())?;
        let stack = runtime.block_on(whole_stack(&packages, effort));
        println!("## The whole stack\n\n{}", stack_markdown(&stack));
        if has("--misses") {
            misses(&stack);
        }
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&stack).map_err(|why| why.to_string())?;
            std::fs::write(&path, text).map_err(|why| format!("`{path}`: {why}"))?;
        }
    }
    println!("How fast the Guardian is, beside other linters: npm run bench:lint");
    Ok(())
}

/// Judges correct changes that no rule was tuned by.
fn fresh(arguments: &[String], show: bool) -> Result<(), String> {
    let at = arguments.iter().position(|argument| argument == "--fresh").unwrap_or_default();
    let number = |place: usize, what: &str| -> Result<u64, String> {
        let text = arguments.get(at + place).ok_or(format!("`--fresh` needs {what}: --fresh N SEED"))?;
        text.parse().map_err(|why| format!("`--fresh`: `{text}` is not {what}: {why}"))
    };
    let (count, seed) = (number(1, "a number of changes")?, number(2, "a seed")?);
    let count = usize::try_from(count).map_err(|why| format!("`--fresh {count}`: {why}"))?;
    let jobs = value(arguments, "--jobs")?.unwrap_or(2);
    let mut spent = Spent::load().map_err(|why| format!("the list of spent seeds cannot be read: {why}"))?;
    let was_spent = spent.is_spent(seed);
    let drawn = fresh::draw(count, seed, &spent, jobs);
    if drawn.changes.is_empty() {
        return Err(format!("nothing was drawn:\n{}", drawn.left_out.join("\n")));
    }
    if show {
        drawn.changes.iter().for_each(|change| spent.add(seed, change.project.registry, change.project.name));
        spent.save().map_err(|why| format!("seed {seed} cannot be marked as spent: {why}"))?;
    }
    let judged = fresh::judge(&drawn.changes, jobs);
    println!("{}", judged.markdown(&format!("seed {seed}")));
    if drawn.changes.len() < count {
        println!("Only {} of {count} changes could be drawn.", drawn.changes.len());
    }
    println!(
        "{} packages gave no change: not to be had, no source file changed, or too many.",
        drawn.left_out.len()
    );
    if was_spent || show {
        println!("Seed {seed} is spent: its findings were shown, and rules may be tuned by them.");
    }
    if show {
        judged.errors.iter().for_each(|error| println!("false error: {error}"));
    }
    Ok(())
}

/// Judges commits of repositories on this machine.
fn repositories(paths: &str, commits: usize, show: bool) -> Result<(), String> {
    let mut judged = fresh::Judged::default();
    for path in paths.split(',').filter(|path| !path.is_empty()) {
        judged.join(fresh::judge_repository(Path::new(path), commits)?);
    }
    println!("{}", judged.markdown(&format!("at most {commits} commits of each repository")));
    if show {
        judged.errors.iter().for_each(|error| println!("error: {error}"));
    }
    Ok(())
}

fn kinds(names: Option<&str>) -> Result<Vec<MutantKind>, String> {
    let Some(names) = names else { return Ok(MutantKind::ALL.to_vec()) };
    let mut found = Vec::new();
    for name in names.split(',') {
        let of = MutantKind::ALL.into_iter().filter(|kind| match name {
            "static" => kind.needs_no_execution(),
            name => kind.name() == name,
        });
        let before = found.len();
        found.extend(of);
        if found.len() == before {
            let known = MutantKind::ALL.map(MutantKind::name).join(", ");
            return Err(format!("there is no kind `{name}`\nhint: the kinds are {known}, or `static`"));
        }
    }
    Ok(found)
}

fn alone(wanted: Alone<'_>, packages: &[&'static Project], shown: bool) -> Result<(), String> {
    let measured = guardian_alone(wanted, packages).map_err(|why| format!("nothing was measured: {why}"))?;
    for package in &measured.left_out {
        eprintln!("left out, as it could not be fetched: {package}");
    }
    println!("## The Guardian alone\n\n{}", markdown(&measured));
    if shown {
        for (kind, caught) in &measured.kinds {
            for missed in &caught.missed {
                println!("missed: {}: {missed}", kind.name());
            }
        }
        for error in &measured.correct.errors {
            println!("false alarm: {error}");
        }
    }
    Ok(())
}

fn misses(stack: &Stack) {
    for row in stack.mutants.iter().filter(|row| row.is_wrong() && !row.caught()) {
        println!(
            "let through: {}: {} {} → {}: {}: {} ({:?})",
            row.kind.name(),
            row.package,
            row.from,
            row.to,
            row.path,
            row.description,
            row.truth
        );
    }
}

/// The value after an option.
fn value<T: FromStr<Err: Display>>(arguments: &[String], name: &str) -> Result<Option<T>, String> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
    let text = arguments.get(at + 1).ok_or_else(|| format!("`{name}` needs a value"))?;
    text.parse().map(Some).map_err(|why| format!("`{name} {text}`: {why}"))
}
