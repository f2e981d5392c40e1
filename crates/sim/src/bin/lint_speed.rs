//! What `npm run bench:lint` needs of the core itself.
//!
//! - `lint_speed edit FILE`: how long a file takes to be linted again after an edit, as JSON.
//! - `lint_speed rules`: the ids of the built-in rules, one a line.
//! - `lint_speed bars TITLE AXIS`: a plot of the lines `name<TAB>value` on standard input, as SVG.

use std::io::Read;
use std::process::ExitCode;
use std::time::Instant;

use guardian::{Guardian, GuardianOptions};
use sim::plot::{Axis, bars};

const EDITS: usize = 400;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match words.as_slice() {
        ["edit", file] => edit(file),
        ["rules"] => Ok(rules()),
        ["bars", title, axis] => plot(title, axis),
        _ => Err("usage: lint_speed edit FILE | rules | bars TITLE AXIS".to_string()),
    };
    match answer {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Edits as a coder makes them, one after the other, each somewhere else; the file before them is the base of all.
fn edit(file: &str) -> Result<String, String> {
    let base = std::fs::read_to_string(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
    let (guardian, _) = Guardian::new(GuardianOptions::default());
    let lines: Vec<usize> = base.match_indices('\n').map(|(at, _)| at + 1).collect();
    if lines.is_empty() {
        return Err(format!("`{file}` has no lines to edit"));
    }
    let (mut times, mut work, mut findings) = (Vec::with_capacity(EDITS), Vec::new(), 0);
    let mut text = base.clone();
    for n in 0..EDITS {
        let at = lines[n * 37 % lines.len()].min(text.len());
        let at = text.floor_char_boundary(at);
        text.insert_str(at, &format!("// edit {n}\n"));
        if n % 8 == 7 {
            text.clone_from(&base);
        }
        let (start, worked) = (Instant::now(), processor_ms());
        let found = guardian.lint_edit("src/edited.ts", Some(&base), &text);
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
        work.extend(processor_ms().zip(worked).map(|(after, before)| after - before));
        findings += found.len();
    }
    let at = |mut times: Vec<f64>, share: usize| {
        times.sort_by(f64::total_cmp);
        times.get(times.len().saturating_sub(1) * share / 100).copied()
    };
    Ok(serde_json::json!({
        "bytes": base.len(),
        "edits": EDITS,
        "findings": findings,
        "median_ms": at(times.clone(), 50),
        "p95_ms": at(times, 95),
        "processor_median_ms": at(work.clone(), 50),
        "processor_p95_ms": at(work, 95),
    })
    .to_string())
}

/// What this thread has used of a processor; `None` where the system does not say.
fn processor_ms() -> Option<f64> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(said.split_whitespace().next()?.parse::<f64>().ok()? / 1e6)
}

fn rules() -> String {
    let ids: std::collections::BTreeSet<String> =
        guardian::rule_infos().into_iter().map(|rule| rule.id).collect();
    ids.into_iter().collect::<Vec<_>>().join("\n")
}

fn plot(title: &str, axis: &str) -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    let values: Vec<(String, f64)> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, value)| Some((name.to_string(), value.trim().parse().ok()?)))
        .collect();
    bars(title, Axis::linear(axis), &values).map_err(|error| error.to_string())
}
