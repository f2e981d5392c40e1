//! The results of the whole stack as tables in Markdown, with a column for each gate of the table of gates.
//!
//! `bench_gates` prints it. It runs nothing, writes no file and names no gate: a new one gets its column from
//! `mission::Gate`. Whether a mutant is wrong is taken from `stack`.

use std::collections::BTreeSet;
use std::fmt::Write;

use mission::Gate;

use super::stack::{Row, Stack, Truth};
use crate::mutants::{Family, MutantKind};

/// The share of wrong mutants for which `part` is true; `None` if none is wrong.
fn share(rows: &[&Row], part: impl Fn(&Row) -> bool) -> Option<f64> {
    let wrong: Vec<&&Row> = rows.iter().filter(|row| row.is_wrong()).collect();
    let count = wrong.iter().filter(|row| part(row)).count();
    (!wrong.is_empty()).then(|| count as f64 / wrong.len() as f64)
}

/// A name, and a test for the rows that it counts.
type Named = (&'static str, fn(&Row) -> bool);

/// The mutants that are let through if only these look.
const THROUGH: [Named; 3] = [
    ("visible tests alone", |row| !row.visible_tests),
    ("stack without tests", |row| !row.caught_without_tests()),
    ("whole stack", |row| !row.caught()),
];

/// A column of the table: a heading, and which rows count for it.
struct Column {
    heading: String,
    counts: Box<dyn Fn(&Row) -> bool>,
}

/// The columns: what each gate catches, and what is let through.
fn columns() -> Vec<Column> {
    let caught = Gate::of_a_change().map(|gate| Column {
        heading: format!("caught: {}", gate.name()),
        counts: Box::new(move |row| row.caught_by(gate)),
    });
    let through = THROUGH
        .iter()
        .map(|(name, counts)| Column { heading: format!("let through: {name}"), counts: Box::new(counts) });
    caught.chain(through).collect()
}

/// The measurement as tables in Markdown.
pub fn stack_markdown(stack: &Stack) -> String {
    let mut text = String::from("| kind | mutants | wrong | not told apart |");
    let columns = columns();
    for column in &columns {
        let _ = write!(text, " {} |", column.heading);
    }
    text.push_str("\n|---|---:|---:|---:|");
    text.push_str(&"---:|".repeat(columns.len()));
    text.push('\n');
    for kind in MutantKind::ALL {
        let rows = of(stack, |row| row.kind == kind);
        if rows.is_empty() {
            continue;
        }
        let wrong = rows.iter().filter(|row| row.is_wrong()).count();
        let _ = write!(text, "| {} | {} | {wrong} | {} |", kind.name(), rows.len(), rows.len() - wrong);
        for column in &columns {
            let _ = write!(text, " {} |", percent(share(&rows, &column.counts)));
        }
        text.push('\n');
    }
    let families: [(&str, &dyn Fn(MutantKind) -> bool); 3] = [
        ("average over kinds that need no execution", &|kind| {
            !matches!(kind.family(), Family::Execution | Family::Elsewhere)
        }),
        ("average over kinds that only running shows", &|kind| kind.family() == Family::Execution),
        ("average over all kinds", &|_| true),
    ];
    for (name, wanted) in families {
        let _ = write!(text, "| **{name}** | | | |");
        for column in &columns {
            let mean = mean_over_kinds(&of(stack, |row| wanted(row.kind)), &column.counts);
            let _ = write!(text, " **{}** |", percent(mean));
        }
        text.push('\n');
    }
    text.push_str(
        "\n| package | language | mutants | mutation score of the visible tests | let through: visible tests alone | whole stack |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    let packages: BTreeSet<(&str, &str)> =
        stack.mutants.iter().map(|row| (row.package, row.language)).collect();
    for (package, language) in packages {
        let rows = of(stack, |row| row.package == package);
        let _ = writeln!(
            text,
            "| {package} | {language} | {} | {} | {} | {} |",
            rows.len(),
            score(&rows),
            percent(mean_over_kinds(&rows, |row| !row.visible_tests)),
            percent(mean_over_kinds(&rows, |row| !row.caught()))
        );
    }
    summary(stack, &mut text);
    text
}

fn summary(stack: &Stack, text: &mut String) {
    let all = of(stack, |_| true);
    let alone = mean_over_kinds(&all, |row| !row.visible_tests);
    let whole = mean_over_kinds(&all, |row| !row.caught());
    let goal = match (alone, whole) {
        (Some(alone), Some(whole)) => {
            let said = if whole <= alone / 2.0 { "reached" } else { "missed" };
            format!("{said}: {} of {}", percent(Some(whole)), percent(Some(alone)))
        }
        _ => "not measured".into(),
    };
    let refused: Vec<String> = stack
        .correct
        .iter()
        .flat_map(|right| {
            right.refused.iter().map(move |(gate, why)| {
                format!("  - {} {} → {}: {gate}: {}", right.package, right.from, right.to, first(why))
            })
        })
        .collect();
    let accused = stack.correct.iter().filter(|right| !right.refused.is_empty()).count();
    let given = stack.correct.iter().filter(|right| !right.given.is_empty()).count();
    let told = all.iter().filter(|row| row.truth == Truth::ByHeldOutTests).count();
    let _ = writeln!(
        text,
        "\n- mutants: {}, of {} correct changes of {} packages; {} wrong, {told} of them by the held-out tests alone; {} cannot be \
         told from the correct change\n- goal, that the stack lets through at most half of what the visible tests alone do, \
         averaged over kinds: {goal}\n- mutation score of the visible tests, over kinds that only running shows: {}\n\
         - false alarms: {accused} of {} correct changes are refused ({given} of them with files put into the base before, \
         which only a plan, the engine or the user may change)",
        all.len(),
        stack.correct.len(),
        stack.correct.iter().map(|right| right.package).collect::<BTreeSet<_>>().len(),
        all.iter().filter(|row| row.is_wrong()).count(),
        all.iter().filter(|row| !row.is_wrong()).count(),
        score(&all),
        stack.correct.len(),
    );
    for line in refused {
        let _ = writeln!(text, "{line}");
    }
    for why in &stack.left_out {
        let _ = writeln!(text, "- left out: {why}");
    }
    if stack.not_begun > 0 {
        let _ = writeln!(text, "- {} mutants were not begun, because the time was over", stack.not_begun);
    }
    let _ = writeln!(text, "- runs of tests that were made now: {}", stack.runs);
}

fn of(stack: &Stack, wanted: impl Fn(&Row) -> bool) -> Vec<&Row> {
    stack.mutants.iter().filter(|row| wanted(row)).collect()
}

/// The mean over kinds: each kind has the same weight, however many mutants it has.
fn mean_over_kinds(rows: &[&Row], part: impl Fn(&Row) -> bool) -> Option<f64> {
    let shares: Vec<f64> = MutantKind::ALL
        .iter()
        .filter_map(|kind| {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.kind == *kind).copied().collect();
            share(&rows, &part)
        })
        .collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

/// The mutants that were caught, as a share of those known to be wrong, and of all.
fn score(rows: &[&Row]) -> String {
    let rows: Vec<&&Row> = rows.iter().filter(|row| row.kind.family() == Family::Execution).collect();
    let killed = rows.iter().filter(|row| row.visible_tests).count();
    let wrong = rows.iter().filter(|row| row.is_wrong()).count();
    let of = |count: usize| percent((count > 0).then(|| killed as f64 / count as f64));
    format!("{} ({} of all {})", of(wrong), of(rows.len()), rows.len())
}

fn first(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.get(..line.floor_char_boundary(240)).unwrap_or_default().to_string()
}

fn percent(share: Option<f64>) -> String {
    share.map_or("-".into(), |share| format!("{:.1} %", 100.0 * share))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn row(kind: MutantKind, truth: Truth, visible_tests: bool, gate: Option<Gate>) -> Row {
        let gates: BTreeMap<_, _> = gate.iter().map(|gate| (gate.name(), true)).collect();
        Row {
            package: "a",
            language: "Rust",
            from: "1".into(),
            to: "2".into(),
            kind,
            path: "a.rs".into(),
            description: String::new(),
            truth,
            visible_tests,
            gates,
        }
    }

    #[test]
    fn kinds_count_alike_and_what_is_not_known_to_be_wrong_counts_nowhere() {
        let stack = Stack {
            mutants: vec![
                row(MutantKind::Truncation, Truth::ByConstruction, false, Some(Gate::Guardian)),
                row(MutantKind::Truncation, Truth::ByConstruction, false, Some(Gate::Guardian)),
                row(MutantKind::Truncation, Truth::ByConstruction, false, Some(Gate::Protected)),
                row(MutantKind::WrongOperator, Truth::ByVisibleTests, true, Some(Gate::Checks)),
                row(MutantKind::WrongOperator, Truth::ByHeldOutTests, false, None),
                row(MutantKind::WrongOperator, Truth::NotKnownToBeWrong, false, None),
            ],
            ..Stack::default()
        };
        let text = stack_markdown(&stack);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
        assert_eq!(
            line("| truncation"),
            "| truncation | 3 | 3 | 0 | 0.0 % | 33.3 % | 66.7 % | 0.0 % | 0.0 % | 100.0 % | 0.0 % | 0.0 % |"
        );
        assert_eq!(
            line("| wrong operator"),
            "| wrong operator | 3 | 2 | 1 | 0.0 % | 0.0 % | 0.0 % | 50.0 % | 0.0 % | 50.0 % | 100.0 % | 50.0 % |"
        );
        assert!(line("| **average over all kinds**").ends_with("**75.0 %** | **50.0 %** | **25.0 %** |"));
        assert!(text.contains("reached: 25.0 % of 75.0 %"), "{text}");
        assert!(line("| a | Rust").contains("50.0 % (33.3 % of all 3)"));
    }
}
