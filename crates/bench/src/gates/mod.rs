//! How many wrong changes the gates let through: mutants of real changes, judged by the gates of a mission.
//!
//! This file measures the Guardian alone, which runs nothing; `stack` measures every gate that asks no model.
//! `bench_gates` calls both. A finding that the correct change has too never counts as a catch. No rule is made or
//! changed here.

mod reason;
mod room;
mod stack;
mod stack_table;
mod table;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use engine::for_benches::Lint;
use mission::GateVerdict;

use crate::mutants::{Mutant, MutantKind, correct, mutants};
use crate::projects::{Change, Project, ProjectError, Set};
use sim::Random;

pub use reason::reason_to_edit_tests;
pub use stack::{Effort, Right, Row, Stack, Truth, whole_stack};
pub use stack_table::stack_markdown;
pub use table::markdown;

/// The results for one set of packages.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub kinds: BTreeMap<MutantKind, Caught>,
    /// By package and kind: mutants caught by an error, and all mutants.
    pub by_package: BTreeMap<&'static str, BTreeMap<MutantKind, (usize, usize)>>,
    pub packages: Vec<&'static str>,
    /// Packages that could not be fetched, and why.
    pub left_out: Vec<String>,
    pub changes: usize,
    pub correct: Correct,
}

/// Mutants of one kind.
#[derive(Clone, Debug, Default)]
pub struct Caught {
    pub mutants: usize,
    /// With a finding of severity error.
    pub by_error: usize,
    /// With a finding of any severity that the correct change does not have.
    pub by_any: usize,
    /// Mutants that the gate lets through, in words.
    pub missed: Vec<String>,
}

/// Correct changes.
#[derive(Clone, Debug, Default)]
pub struct Correct {
    pub files: usize,
    /// Changed files in which the gate finds an error.
    pub accused_files: usize,
    /// Every such error.
    pub errors: Vec<String>,
    /// Errors and warnings, by rule. A warning may be an error that the gate leaves to the Reviewer.
    pub by_rule: BTreeMap<String, (usize, usize)>,
}

/// What to measure of the Guardian alone.
#[derive(Clone, Copy, Debug)]
pub struct Alone<'a> {
    pub set: Set,
    /// The most mutants of one kind in one change.
    pub a_kind: usize,
    pub seed: u64,
    pub kinds: &'a [MutantKind],
    /// How many changes are judged in parallel.
    pub jobs: usize,
}

/// Measures the Guardian's gate on every change of a set. A package that cannot be fetched is left out and named. It
/// is an error if no package can be fetched.
pub fn guardian_alone(alone: Alone<'_>, packages: &[&'static Project]) -> Result<Measured, ProjectError> {
    let mut measured = Measured::default();
    let mut last = None;
    let mut all = Vec::new();
    for project in packages.iter().filter(|project| project.set == alone.set) {
        match project.changes() {
            Ok(changes) => {
                measured.packages.push(project.name);
                all.extend(changes);
            }
            Err(error) => {
                measured.left_out.push(format!("{}: {error}", project.name));
                last = Some(error);
            }
        }
    }
    measured.changes = all.len();
    let (next, random) = (AtomicUsize::new(0), Random::new(alone.seed));
    let found: Mutex<Vec<(usize, Measured)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..alone.jobs.max(1) {
            scope.spawn(|| {
                let lint = Lint::default();
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(change) = all.get(at)
                {
                    let mut one = Measured::default();
                    lint_change(&lint, change, &alone, &random, &mut one);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((at, one));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().for_each(|(_, one)| measured.add(one));
    match last {
        Some(error) if measured.packages.is_empty() => Err(error),
        _ => Ok(measured),
    }
}

impl Measured {
    fn add(&mut self, other: Measured) {
        for (kind, caught) in other.kinds {
            let all = self.kinds.entry(kind).or_default();
            all.mutants += caught.mutants;
            all.by_error += caught.by_error;
            all.by_any += caught.by_any;
            all.missed.extend(caught.missed);
        }
        for (package, kinds) in other.by_package {
            let all = self.by_package.entry(package).or_default();
            for (kind, (caught, of)) in kinds {
                let (all_caught, all_of) = all.entry(kind).or_default();
                *all_caught += caught;
                *all_of += of;
            }
        }
        self.correct.files += other.correct.files;
        self.correct.accused_files += other.correct.accused_files;
        self.correct.errors.extend(other.correct.errors);
        for (rule, (errors, warnings)) in other.correct.by_rule {
            let all = self.correct.by_rule.entry(rule).or_default();
            *all = (all.0 + errors, all.1 + warnings);
        }
    }
}

fn lint_change(lint: &Lint, change: &Change, alone: &Alone<'_>, random: &Random, measured: &mut Measured) {
    let right = lint.judge_files(&change.base, &correct(change), reason_to_edit_tests(change).as_deref());
    let mut accused: Vec<&str> = Vec::new();
    for issue in &right.issues {
        measured.correct.errors.push(format!("{}: {issue}", change.title()));
        accused.extend(issue.path.as_deref());
        measured.correct.by_rule.entry(issue.source.clone()).or_default().0 += 1;
    }
    let is_issue = |finding: &guardian::Finding| {
        right.issues.iter().any(|i| {
            i.source == finding.rule && i.path.as_ref() == Some(&finding.path) && i.line == Some(finding.line)
        })
    };
    for finding in right.findings.iter().filter(|finding| !is_issue(finding)) {
        measured.correct.by_rule.entry(finding.rule.clone()).or_default().1 += 1;
    }
    accused.sort_unstable();
    accused.dedup();
    measured.correct.accused_files += accused.len();
    measured.correct.files +=
        change.changed.iter().filter(|path| syntax::Language::of_path(path).is_some()).count();
    for kind in alone.kinds {
        for mutant in mutants(change, *kind, alone.a_kind, random) {
            lint_mutant(lint, change, &mutant, &right, measured);
        }
    }
}

/// Findings that the correct change does not have. Each finding of the correct change cancels one of the mutant,
/// wherever it is in the file.
fn more<'f>(findings: &'f [guardian::Finding], right: &[guardian::Finding]) -> Vec<&'f guardian::Finding> {
    let mut known: Vec<&guardian::Finding> = right.iter().collect();
    let mut new = Vec::new();
    for finding in findings {
        let same = |f: &&guardian::Finding| {
            (&f.rule, &f.message, &f.path, f.severity)
                == (&finding.rule, &finding.message, &finding.path, finding.severity)
        };
        match known.iter().position(same) {
            Some(at) => drop(known.swap_remove(at)),
            None => new.push(finding),
        }
    }
    new
}

/// Judges a mutant. Findings that the correct change has too do not count.
fn lint_mutant(
    lint: &Lint,
    change: &Change,
    mutant: &Mutant,
    right: &engine::for_benches::LintReport,
    measured: &mut Measured,
) {
    // The plan gives no reason for what a mutant does to tests
    let reason = reason_to_edit_tests(change).filter(|_| !mutant.on_base_tests);
    let report = lint.judge_files(&change.base, &mutant.answer(change), reason.as_deref());
    let new = more(&report.findings, &right.findings);
    let by_error = report.verdict == GateVerdict::Fail
        && new.iter().any(|f| {
            f.severity == guardian::Severity::Error
                && report
                    .issues
                    .iter()
                    .any(|issue| issue.source == f.rule && issue.path.as_ref() == Some(&f.path))
        });
    let caught = measured.kinds.entry(mutant.kind).or_default();
    caught.mutants += 1;
    caught.by_error += usize::from(by_error);
    caught.by_any += usize::from(!new.is_empty());
    let here = measured.by_package.entry(change.project.name).or_default().entry(mutant.kind).or_default();
    *here = (here.0 + usize::from(by_error), here.1 + 1);
    if !by_error {
        let warned = new.first().map_or(String::new(), |f| format!(" (only a warning: {})", f.rule));
        caught.missed.push(format!("{}: {}{warned}", change.title(), mutant.description));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_correct_change_is_told_stands_for_one_finding_of_the_same_severity() {
        let finding = |line: u32, severity: guardian::Severity| guardian::Finding {
            path: "a.py".into(),
            line,
            column: 1,
            rule: "blanket-suppression".into(),
            severity,
            message: "every check was switched off".into(),
            note: None,
        };
        let (error, warning) = (guardian::Severity::Error, guardian::Severity::Warning);
        let right = [finding(7, warning)];
        // The same finding moved, and an error with the same text
        let mutant = [finding(9, warning), finding(20, error), finding(30, warning)];
        let new: Vec<u32> = more(&mutant, &right).iter().map(|finding| finding.line).collect();
        assert_eq!(new, [20, 30]);
    }
}
