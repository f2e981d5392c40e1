//! How much of what is wrong the gates let through: mutants of real changes, judged by the gate that a mission has.

mod reason;
mod room;
mod stack;
mod stack_table;
mod table;

use std::collections::BTreeMap;

use engine::Lint;
use mission::GateVerdict;

use crate::Random;
use crate::mutants::{Kind, Mutant, correct, mutants};
use crate::projects::{Change, Project, ProjectError, Set};

pub use reason::reason_to_edit_tests;
pub use stack::{Effort, GATES, Right, Row, Stack, Truth, whole_stack};
pub use stack_table::stack_markdown;
pub use table::markdown;

/// What was measured on one set of packages.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub kinds: BTreeMap<Kind, Caught>,
    pub packages: Vec<&'static str>,
    /// Packages that could not be had, and why.
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
    /// With a finding that the correct change has not, warnings too.
    pub by_any: usize,
    /// Those that the gate lets through, in words.
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
    /// Findings by rule, warnings too.
    pub by_rule: BTreeMap<String, usize>,
}

/// Measures the Guardian's gate on every change of a set; `a_kind`: mutants of a kind in a change, at most.
/// A package that cannot be fetched is left out, and named; an error where none could be.
pub fn guardian_alone(
    set: Set,
    a_kind: usize,
    seed: u64,
    packages: &[&'static Project],
) -> Result<Measured, ProjectError> {
    let (lint, random) = (Lint::default(), Random::new(seed));
    let mut measured = Measured::default();
    let mut last = None;
    for project in packages.iter().filter(|project| project.set == set) {
        let changes = match project.changes() {
            Ok(changes) => changes,
            Err(error) => {
                measured.left_out.push(format!("{}: {error}", project.name));
                last = Some(error);
                continue;
            }
        };
        measured.packages.push(project.name);
        for change in changes {
            measured.changes += 1;
            look(&lint, &change, a_kind, &random, &mut measured);
        }
    }
    match last {
        Some(error) if measured.packages.is_empty() => Err(error),
        _ => Ok(measured),
    }
}

fn look(lint: &Lint, change: &Change, a_kind: usize, random: &Random, measured: &mut Measured) {
    let right = lint.judge(&change.base, &correct(change), reason_to_edit_tests(change).as_deref());
    let mut accused: Vec<&str> = Vec::new();
    for issue in &right.issues {
        measured.correct.errors.push(format!("{}: {issue}", change.title()));
        accused.extend(issue.path.as_deref());
    }
    for finding in &right.findings {
        *measured.correct.by_rule.entry(finding.rule.clone()).or_default() += 1;
    }
    accused.sort_unstable();
    accused.dedup();
    measured.correct.accused_files += accused.len();
    measured.correct.files +=
        change.changed.iter().filter(|path| syntax::Language::of_path(path).is_some()).count();
    for kind in Kind::ALL {
        for mutant in mutants(change, kind, a_kind, random) {
            judge(lint, change, &mutant, &right, measured);
        }
    }
}

/// What is held against the correct change, too, says nothing of the mutant.
fn judge(lint: &Lint, change: &Change, mutant: &Mutant, right: &engine::LintReport, measured: &mut Measured) {
    // what happens to tests in a mutant that is about tests has no reason in the plan
    let reason = reason_to_edit_tests(change).filter(|_| !mutant.on_base_tests);
    let report = lint.judge(&change.base, &mutant.answer(change), reason.as_deref());
    let known = |rule: &str, message: &str, path: &str| {
        right.findings.iter().any(|f| f.rule == rule && f.message == message && f.path == path)
    };
    let new: Vec<&guardian::Finding> =
        report.findings.iter().filter(|f| !known(&f.rule, &f.message, &f.path)).collect();
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
    if !by_error {
        let warned = new.first().map_or(String::new(), |f| format!(" (only a warning: {})", f.rule));
        caught.missed.push(format!("{}: {}{warned}", change.title(), mutant.description));
    }
}
