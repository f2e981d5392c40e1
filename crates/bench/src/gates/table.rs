//! What the Guardian alone catches, as a table in Markdown.

use std::fmt::Write;

use super::{Caught, Correct, Measured};
use crate::mutants::{Family, MutantKind};

/// The measurement as a table in Markdown.
pub fn markdown(measured: &Measured) -> String {
    let mut text =
        String::from("| kind | family | mutants | caught | with warnings |\n|---|---|---:|---:|---:|\n");
    for kind in MutantKind::ALL {
        let Some(caught) = measured.kinds.get(&kind) else { continue };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            kind.name(),
            family(kind.family()),
            caught.mutants,
            percent(caught.by_error, caught.mutants),
            percent(caught.by_any, caught.mutants)
        );
    }
    let mean = |wanted: &dyn Fn(MutantKind) -> bool, part: &dyn Fn(&Caught) -> usize| {
        let shares: Vec<f64> = measured
            .kinds
            .iter()
            .filter(|(kind, caught)| wanted(**kind) && caught.mutants > 0)
            .map(|(_, caught)| part(caught) as f64 / caught.mutants as f64)
            .collect();
        if shares.is_empty() { 0.0 } else { 100.0 * shares.iter().sum::<f64>() / shares.len() as f64 }
    };
    let is_static = MutantKind::needs_no_execution;
    let total: usize = measured.kinds.values().map(|caught| caught.mutants).sum();
    let correct = &measured.correct;
    let one_in =
        correct.files.checked_div(correct.accused_files).map_or("none".to_string(), |n| format!("1 in {n}"));
    let _ = writeln!(
        text,
        "\n- packages: {}\n- changes: {}, mutants: {total}\n- caught by errors, average over kinds: {:.1} % of those that need no execution, \
         {:.1} % of all\n- caught with warnings: {:.1} % and {:.1} %\n- false alarms on the correct changes: {} of {} changed \
         source files ({one_in})",
        measured.packages.join(", "),
        measured.changes,
        mean(&is_static, &|c| c.by_error),
        mean(&|_| true, &|c| c.by_error),
        mean(&is_static, &|c| c.by_any),
        mean(&|_| true, &|c| c.by_any),
        correct.accused_files,
        correct.files,
    );
    let _ = writeln!(text, "\n{}\n{}", by_rule(correct), by_package(measured));
    text
}

/// The findings of each rule in correct changes; only errors count as wrong accusations.
fn by_rule(correct: &Correct) -> String {
    let mut text = String::from("| rule, on the correct changes | errors | warnings |\n|---|---:|---:|\n");
    for (rule, (errors, warnings)) in &correct.by_rule {
        let _ = writeln!(text, "| {rule} | {errors} | {warnings} |");
    }
    text
}

/// The mutants caught by errors, by kind and package.
fn by_package(measured: &Measured) -> String {
    let mut text = format!("| kind | {} | all |\n|---|", measured.packages.join(" | "));
    let _ = writeln!(text, "{}", "---:|".repeat(measured.packages.len() + 1));
    let share = |(caught, of): (usize, usize)| {
        if of == 0 { "none made".to_string() } else { format!("{} of {of}", percent(caught, of)) }
    };
    let wanted = measured.kinds.iter().filter(|(kind, _)| kind.needs_no_execution());
    for (kind, all) in wanted {
        let each = measured.packages.iter().map(|package| {
            let kinds = measured.by_package.get(package);
            share(kinds.and_then(|kinds| kinds.get(kind)).copied().unwrap_or_default())
        });
        let cells: Vec<String> = each.chain([share((all.by_error, all.mutants))]).collect();
        let _ = writeln!(text, "| {} | {} |", kind.name(), cells.join(" | "));
    }
    text
}

fn family(family: Family) -> &'static str {
    match family {
        Family::Broken => "broken",
        Family::Lazy => "lazy",
        Family::CrossFile => "cross-file",
        Family::Dishonest => "dishonest",
        Family::Execution => "execution",
        Family::Elsewhere => "elsewhere",
    }
}

fn percent(part: usize, of: usize) -> String {
    if of == 0 { "-".into() } else { format!("{:.1} %", 100.0 * part as f64 / of as f64) }
}
