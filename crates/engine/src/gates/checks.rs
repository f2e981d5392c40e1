//! The project's own checks as a gate: only failures that the base did not have.

use mission::{CheckSummary, FailureClass, Gate, GateVerdict, Issue, Phase, State, TaskId};
use workspace::Slot;

use crate::bench::project_checks::JudgedCheck;
use crate::gates::verdict::{Change, Finding, GateContext, Judgement};

/// Also gives what vouches for the change, in words.
pub(crate) async fn judge(
    context: &GateContext,
    change: &Change<'_>,
    keeps_tests: bool,
) -> (Judgement, Vec<String>) {
    let (base, tree) = (change.mission_base, &change.commit.tree);
    // without the base the checks give no evidence, which `check_tree` says
    let _ = context.checks.ensure_base(base).await;
    let (judgement, summaries) = check_tree(context, change.slot, tree, keeps_tests).await;
    let vouched = summaries
        .iter()
        .filter(|s| s.verdict == GateVerdict::Pass)
        .map(|s| format!("`{}` ({})", s.run, s.detail));
    (judgement, vouched.collect())
}

/// Whether with these tasks no test may be gone since the mission began: none of them, and nothing that was integrated before,
/// has a reason to change tests.
pub(crate) fn keeps_tests(state: &State, tasks: &[&TaskId]) -> bool {
    let landed = |phase: &Phase| matches!(phase, Phase::Integrated { .. });
    !state.tasks.values().any(|t| t.edits_tests.is_some() && (landed(&t.phase) || tasks.contains(&&t.id)))
}

/// Judges a tree that stands in `slot`. `keeps_tests`: fewer tests than on the base are a failure.
pub(crate) async fn check_tree(
    context: &GateContext,
    slot: &Slot,
    tree: &str,
    keeps_tests: bool,
) -> (Judgement, Vec<CheckSummary>) {
    let gate = Gate::Checks;
    let judged = match context.checks.judge(slot, tree, keeps_tests).await {
        Ok(judged) => judged,
        Err(why) => {
            return (
                Judgement { gate, verdict: GateVerdict::NoEvidence, detail: why, failure: None },
                Vec::new(),
            );
        }
    };
    let summaries: Vec<CheckSummary> = judged.iter().map(JudgedCheck::summary).collect();
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

fn not_empty(issues: Vec<Issue>, class: FailureClass) -> Vec<Issue> {
    if issues.is_empty() {
        vec![Issue::new("checks", format!("a {} check fails", class.name()))]
    } else {
        issues
    }
}
