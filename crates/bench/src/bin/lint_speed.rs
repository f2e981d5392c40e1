//! What `npm run bench:lint` needs of the core itself.
//!
//! - `lint_speed edit FILE`: how long a file takes to be linted again after an edit, as JSON.
//! - `lint_speed rules`: the ids of the built-in rules, one a line.
//! - `lint_speed bars TITLE AXIS`: a plot of the lines `name<TAB>value` on standard input, as SVG.
//!
//! `tests/bench/lint.mjs` calls it and times the other linters. Edits are made in memory: it writes no file.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::plot::{Axis, bars};
use guardian::{Guardian, GuardianOptions};

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

/// Times edits like a Coder's, one after the other, each at another place; the original file is the base of all. Edits
/// that leave the file broken are counted separately, because the errors have to be searched for.
fn edit(file: &str) -> Result<String, String> {
    let base = std::fs::read_to_string(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
    // The name says which language it is
    let name = Path::new(file).file_name().map_or_else(|| "edited.ts".into(), |name| name.to_string_lossy());
    let path = format!("src/{name}");
    let (guardian, _) = Guardian::new(GuardianOptions::default());
    let (mut sound, mut broken, mut findings) = (Times::default(), Times::default(), 0);
    let mut text = base.clone();
    for n in 0..EDITS {
        if n % 8 == 0 {
            text.clone_from(&base);
        }
        let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        if lines.len() < 2 {
            return Err(format!("`{file}` has too few lines to edit"));
        }
        let line = n * 37 % (lines.len() - 1);
        let before = text.clone();
        match n % 4 {
            // Removes a line, and often a bracket with it
            3 => text.replace_range(lines[line]..lines[line + 1], ""),
            _ => text.insert_str(lines[line], &format!("// edit {n}\n")),
        }
        let (start, worked) = (Instant::now(), processor_time());
        let found = guardian.lint_edit(&path, Some(&base), &text);
        let (clock, work) = (start.elapsed(), processor_time().saturating_sub(worked));
        findings += found.len();
        if found.iter().any(|finding| finding.rule == "syntax-error") {
            broken.add(clock, work);
            text = before;
        } else {
            sound.add(clock, work);
        }
    }
    let told = serde_json::json!({
        "bytes": base.len(),
        "findings": findings,
        "sound": sound.told(),
        "broken": broken.told(),
    });
    Ok(told.to_string())
}

#[derive(Default)]
struct Times {
    clock: Vec<f64>,
    processor: Vec<f64>,
}

impl Times {
    fn add(&mut self, clock: Duration, processor: Duration) {
        self.clock.push(clock.as_secs_f64() * 1_000.0);
        self.processor.push(processor.as_secs_f64() * 1_000.0);
    }

    fn told(&mut self) -> serde_json::Value {
        self.clock.sort_by(f64::total_cmp);
        self.processor.sort_by(f64::total_cmp);
        let at =
            |times: &[f64], share: usize| times.get(times.len().saturating_sub(1) * share / 100).copied();
        serde_json::json!({
            "edits": self.clock.len(),
            "median_ms": at(&self.clock, 50),
            "p95_ms": at(&self.clock, 95),
            "processor_median_ms": at(&self.processor, 50),
            "processor_p95_ms": at(&self.processor, 95),
        })
    }
}

/// The processor time of this thread.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
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
