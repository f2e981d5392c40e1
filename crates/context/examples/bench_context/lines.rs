//! Share of changed lines that are found within a budget of tokens: with passages, and by reading the best files whole.

use crate::cases::Case;
use context::{Evidence, Weights, estimate_tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The budgets, in tokens.
const BUDGETS: [usize; 2] = [6_000, 24_000];
/// The most files that are read whole.
const MAX_FILES: usize = 60;
/// The cost of a line number, which passages count for each line.
const NUMBER: &str = "        ";

/// For each budget the share of found changed lines: with passages, with whole files of the same ranking, with whole
/// files of BM25.
#[derive(Default)]
pub struct Table {
    sums: [[f64; 3]; BUDGETS.len()],
    cases: usize,
    rows: Vec<(String, [[f64; 3]; BUDGETS.len()])>,
}

impl Table {
    pub fn add(&mut self, evidence: &Evidence<'_>, case: &Case<'_>) {
        let all: usize = case.lines.values().map(BTreeSet::len).sum();
        // A change of a mode, or of a binary file.
        if all == 0 {
            return;
        }
        self.cases += 1;
        let plain = crate::plain();
        for (sums, budget) in self.sums.iter_mut().zip(BUDGETS) {
            let share = |shown: BTreeMap<String, BTreeSet<u32>>| {
                let found = case
                    .lines
                    .iter()
                    .filter_map(|(path, lines)| Some(shown.get(path)?.intersection(lines).count()));
                100.0 * found.sum::<usize>() as f64 / all as f64
            };
            let mut passages: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
            for passage in evidence.passages(&Weights::LEARNED, budget) {
                passages.entry(passage.path).or_default().extend(passage.from..=passage.to);
            }
            sums[0] += share(passages);
            sums[1] += share(whole(evidence, case, &Weights::LEARNED, budget));
            sums[2] += share(whole(evidence, case, &plain, budget));
        }
    }

    pub fn end(&mut self, name: &str) {
        let cases = self.cases.max(1) as f64;
        self.rows.push((name.to_owned(), self.sums.map(|budget| budget.map(|sum| sum / cases))));
        (self.sums, self.cases) = Default::default();
    }
}

/// The lines that are seen by reading the best files from their beginning, until the budget is used.
fn whole(
    evidence: &Evidence<'_>,
    case: &Case<'_>,
    weights: &Weights,
    budget: usize,
) -> BTreeMap<String, BTreeSet<u32>> {
    let mut seen: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut spent = 0;
    for (path, _) in evidence.rank(weights, MAX_FILES) {
        let Ok(text) = std::fs::read_to_string(case.root.join(path)) else { continue };
        for (line, number) in text.lines().zip(1..) {
            spent += line.len() + NUMBER.len();
            if spent > budget_bytes(budget) {
                return seen;
            }
            seen.entry(path.to_owned()).or_default().insert(number);
        }
    }
    seen
}

/// The bytes that a budget allows.
fn budget_bytes(tokens: usize) -> usize {
    let sample = "x".repeat(100_000);
    tokens * sample.len() / estimate_tokens(&sample)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "recall of changed lines, in percent: passages, the same files whole, files of BM25 whole"
        )?;
        let mut means = [[0.0; 3]; BUDGETS.len()];
        for (_, row) in &self.rows {
            for (mean, own) in means.iter_mut().flatten().zip(row.iter().flatten()) {
                *mean += own / self.rows.len() as f64;
            }
        }
        for (name, row) in self.rows.iter().map(|(name, row)| (name.as_str(), row)).chain([("mean", &means)])
        {
            write!(f, "{name:24}")?;
            for (budget, [passages, whole, plain]) in BUDGETS.iter().zip(row) {
                write!(f, "   {budget:>6} tokens {passages:>5.1} {whole:>5.1} {plain:>5.1}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
