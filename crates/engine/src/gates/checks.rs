//! The project's own checks as a gate: only failures that the base did not have count.

use mission::{CheckKind, CheckSummary, FailureClass, Gate, GateVerdict, Issue, Phase, State, TaskId};
use workspace::Slot;

use crate::bench::check_words::JudgedCheck;
use crate::gates::verdict::{Change, Finding, GateContext, Judgement};

/// The checks of a change, beside their judgement.
pub(crate) struct Ran {
    /// What vouches for the change, in words.
    pub verified_by: Vec<String>,
    /// The names of the base's checks that passed.
    pub passed: Vec<String>,
    /// The worker of another machine that ran them.
    pub worker: Option<String>,
}

/// Runs the checks on a change.
pub(crate) async fn run_checks(
    context: &GateContext,
    change: &Change<'_>,
    keeps_tests: bool,
) -> (Judgement, Ran) {
    let (base, tree) = (change.mission_base, &change.commit.tree);
    // Without a result for the base the checks give no evidence, which `check_tree` reports
    let _ = context.checks.ensure_base_for(base, tree).await;
    let (judgement, summaries) = check_tree(context, change.slot, tree, keeps_tests).await;
    let verified_by = vouched(&summaries, change.paths);
    let worker = summaries.iter().find_map(|summary| summary.worker.clone());
    (judgement, Ran { verified_by, passed: passed(&summaries), worker })
}

/// The names of the base's own checks that passed.
pub(crate) fn passed(summaries: &[CheckSummary]) -> Vec<String> {
    let passed = summaries.iter().filter(|summary| summary.verdict == GateVerdict::Pass && !summary.own);
    passed.map(|summary| summary.name.clone()).collect()
}

/// Whether these tasks must keep all tests that exist since the mission's start: neither they nor any integrated task
/// has a reason to change tests.
pub(crate) fn keeps_tests(state: &State, tasks: &[&TaskId]) -> bool {
    let integrated = |phase: &Phase| matches!(phase, Phase::Integrated { .. });
    !state.tasks.values().any(|t| t.edits_tests.is_some() && (integrated(&t.phase) || tasks.contains(&&t.id)))
}

/// Judges the tree that is checked out in `slot`. `keeps_tests`: fewer tests than on the base are a failure.
pub(crate) async fn check_tree(
    context: &GateContext,
    slot: &Slot,
    tree: &str,
    keeps_tests: bool,
) -> (Judgement, Vec<CheckSummary>) {
    let gate = Gate::Checks;
    let judged = match context.checks.run_and_compare(slot, tree, keeps_tests).await {
        Ok(judged) => judged,
        Err(why) => {
            return (
                Judgement { gate, verdict: GateVerdict::NoEvidence, detail: why, failure: None },
                Vec::new(),
            );
        }
    };
    let mut summaries: Vec<CheckSummary> = judged.iter().map(JudgedCheck::summary).collect();
    let mut coverage = context.checks.coverage(slot, tree).await;
    for summary in &mut summaries {
        if let Some((covers, misses)) = coverage.remove(&summary.name) {
            (summary.covers, summary.misses) = (covers, misses);
        }
    }
    let failed = judged.iter().find(|j| matches!(j.verdict, ::checks::Verdict::Fail { .. }));
    let verdict = match (failed, summaries.iter().any(|s| s.verdict == GateVerdict::Pass)) {
        (Some(_), _) => GateVerdict::Fail,
        (None, true) => GateVerdict::Pass,
        (None, false) => GateVerdict::NoEvidence,
    };
    let detail = if summaries.is_empty() {
        "the project has no checks".to_string()
    } else {
        summaries.iter().map(|s| format!("`{}`: {}", s.run, s.detail)).collect::<Vec<_>>().join("; ")
    };
    let failure =
        failed.map(|j| Finding { class: j.class(), issues: not_empty(j.issues(&slot.path), j.class()) });
    (Judgement { gate, verdict, detail, failure }, summaries)
}

/// What vouches for a change of `paths`, in words: tests that cover some of them. Builds, type checks and linters are
/// named as such.
fn vouched(summaries: &[CheckSummary], paths: &[String]) -> Vec<String> {
    let concerns = |s: &&CheckSummary| {
        s.vouches() && (s.covers.iter().any(|path| paths.contains(path)) || s.misses.is_empty())
    };
    let own = |s: &CheckSummary| if s.own { ", brought by this mission" } else { "" };
    let tests = summaries.iter().filter(concerns).map(|s| format!("`{}` ({}{})", s.run, s.detail, own(s)));
    let passed = |s: &&CheckSummary| s.verdict == GateVerdict::Pass && !s.vouches();
    let others = summaries
        .iter()
        .filter(passed)
        .map(|s| format!("only a {}: `{}` ({})", s.kind.map_or("check", CheckKind::name), s.run, s.detail));
    let tests: Vec<String> = tests.collect();
    if tests.is_empty() { others.collect() } else { tests }
}

fn not_empty(issues: Vec<Issue>, class: FailureClass) -> Vec<Issue> {
    if issues.is_empty() {
        vec![Issue::new("checks", format!("a {} check fails", class.name()))]
    } else {
        issues
    }
}
