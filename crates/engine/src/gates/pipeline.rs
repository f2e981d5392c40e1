//! The gates that ask no model, in their order, cheapest first: for a task's change and for a merged tree.
//! `mission::Gate` defines the order. Only this file calls more than one gate; it records nothing.

use mission::{CheckSummary, FailureClass, Gate, Issue, State, Task, TaskId, WrittenTests};
use workspace::{Commit, Slot};

use crate::gates::decided::{Held, Trees, hold, settle};
use crate::gates::guardian::Linted;
use crate::gates::test_edits::TestEdits;
use crate::gates::verdict::{Change, GateContext, Judgement};
use crate::gates::{checks, guardian, independent_tests, new_tests, protected};

/// Input of gates, and results that later gates or the Reviewer need.
#[derive(Default)]
pub(crate) struct Evidence {
    /// Fewer tests than on the base are a failure.
    pub keeps_tests: bool,
    /// The earlier judgement of the new tests of this very tree.
    pub remembered: Option<Judgement>,
    /// Tests that were written before the change, with the earlier judgement of this very tree.
    pub independent: Option<(WrittenTests, Option<Judgement>)>,
    /// Existing tests that the plan let the change edit, and what changed in them.
    pub edited: Vec<String>,
    pub weakened: Vec<Issue>,
    /// The Guardian's suspicions, and its errors in which the project's own compiler finds no fault.
    pub questions: Vec<Issue>,
    /// Errors that wait for the checks.
    pub held: Option<Held>,
    /// Results of the checks, and which of them vouch for the change.
    pub checks: String,
    pub verified_by: Vec<String>,
    /// The worker of another machine that ran them.
    pub worker: Option<String>,
}

impl Evidence {
    /// The mission's knowledge of a task before its change is judged.
    pub fn of_task(state: &State, task: &Task, tree: &str) -> Evidence {
        Evidence {
            keeps_tests: checks::keeps_tests(state, &[&task.id]),
            independent: independent_tests::of(state, task, tree),
            ..Evidence::default()
        }
    }
}

/// The judgement of one of [`Gate::without_models`]; empty if the gate has nothing to inspect. If checks may decide the
/// Guardian's findings, the Guardian's judgement follows theirs.
pub(crate) async fn ask(
    gate: Gate,
    context: &GateContext,
    change: &Change<'_>,
    evidence: &mut Evidence,
) -> Vec<Judgement> {
    let trees =
        Trees { mission_base: change.mission_base, commit: &change.commit.id, tree: &change.commit.tree };
    let judgement = match gate {
        Gate::Protected => {
            let (judgement, edited) = protected::judge_protected_files(context, change).await;
            evidence.edited = edited;
            judgement
        }
        Gate::Guardian => {
            let Linted { judgement, weakened, warnings, errors } =
                guardian::lint_change(context, change).await;
            (evidence.weakened, evidence.questions) = (weakened, warnings);
            match hold(context, &trees, errors, judgement).await {
                Ok(held) => {
                    evidence.held = Some(held);
                    return Vec::new();
                }
                Err(judgement) => judgement,
            }
        }
        Gate::IndependentTests => {
            let Some((tests, known)) = evidence.independent.take() else { return Vec::new() };
            let judgement = independent_tests::run_independent_tests(context, change, &tests, known).await;
            evidence.checks = format!("\nTests of this task: {}", judgement.detail);
            judgement
        }
        Gate::Checks => {
            let (judgement, checks::Ran { verified_by, passed, worker }) =
                checks::run_checks(context, change, evidence.keeps_tests).await;
            evidence.worker = worker;
            evidence.checks.insert_str(0, &judgement.detail);
            evidence.verified_by = verified_by;
            if let Some(held) = evidence.held.take() {
                let (settled, questions) = settle(context, &trees, held, &passed).await;
                evidence.questions.extend(questions);
                return with_held(judgement, settled);
            }
            judgement
        }
        Gate::NewTests => {
            let judged = new_tests::judge_new_tests(context, change, evidence.remembered.take()).await;
            return judged.into_iter().collect();
        }
        Gate::Scope | Gate::Review => return Vec::new(),
    };
    match evidence.held.take_if(|_| judgement.failure.is_some()) {
        Some(held) => with_held(judgement, held.into_judgement()),
        None => vec![judgement],
    }
}

/// A gate's judgement together with the Guardian's held one. If the gate fails, the attempt fails by that gate, and the
/// Fixer gets both judgements.
fn with_held(mut said: Judgement, mut held: Judgement) -> Vec<Judgement> {
    let Some(failure) = &mut said.failure else { return vec![said, held] };
    // Nothing was judged, and every gate will be asked again
    if failure.class == FailureClass::Host {
        return vec![said];
    }
    failure.issues.extend(held.failure.take().into_iter().flat_map(|found| found.issues));
    vec![held, said]
}

/// Changes that passed one by one, merged onto the commit `from`.
pub(crate) struct Merge<'a> {
    /// The commit before the merge.
    pub from: &'a str,
    pub commit: &'a Commit,
    /// The paths that the merge changes since `from`.
    pub paths: &'a [String],
    pub test_edits: TestEdits,
    pub mission_base: &'a str,
}

impl Merge<'_> {
    fn trees(&self) -> Trees<'_> {
        Trees { mission_base: self.mission_base, commit: &self.commit.id, tree: &self.commit.tree }
    }
}

/// The gates of a merged tree that need no slot: the Guardian, on the changes of the merge. Returns the errors that
/// wait for the checks, or the judgement that rejects the tree.
pub(crate) async fn lint_merged(context: &GateContext, merge: &Merge<'_>) -> Result<Option<Held>, Judgement> {
    let Merge { from, commit, paths, test_edits, .. } = merge;
    let linted = guardian::lint_trees(context, from, &commit.id, paths, test_edits).await;
    if linted.judgement.failure.is_none() {
        return Ok(None);
    }
    hold(context, &merge.trees(), linted.errors, linted.judgement).await.map(Some)
}

/// Decides errors that waited for the checks of a merged tree.
pub(crate) async fn settle_merged(
    context: &GateContext,
    merge: &Merge<'_>,
    held: Held,
    summaries: &[CheckSummary],
) -> Judgement {
    settle(context, &merge.trees(), held, &checks::passed(summaries)).await.0
}

/// The gates of a merged tree that need a slot: all checks of the project, compared with the mission's base. Also
/// returns the result of each check.
pub(crate) async fn check_merged(
    context: &GateContext,
    slot: &Slot,
    tree: &str,
    keeps_tests: bool,
) -> (Judgement, Vec<CheckSummary>) {
    checks::check_tree(context, slot, tree, keeps_tests).await
}

/// Whether these tasks must keep all tests that exist since the mission's start.
pub(crate) fn keeps_tests(state: &State, tasks: &[&TaskId]) -> bool {
    checks::keeps_tests(state, tasks)
}

#[cfg(test)]
mod tests {
    use mission::GateVerdict;

    use super::*;
    use crate::gates::verdict::Finding;

    fn failed(gate: Gate, class: FailureClass, what: &str) -> Judgement {
        let failure = Some(Finding { class, issues: vec![Issue::new("x", what)] });
        Judgement { gate, verdict: GateVerdict::Fail, detail: what.into(), failure }
    }

    fn told(said: Judgement) -> Vec<(Gate, GateVerdict, Vec<String>)> {
        let issues = |failure: Finding| -> Vec<String> {
            failure.issues.into_iter().map(|issue| issue.message).collect()
        };
        with_held(said, failed(Gate::Guardian, FailureClass::Lint, "a lint"))
            .into_iter()
            .map(|said| (said.gate, said.verdict, said.failure.map(issues).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn what_the_guardian_held_back_is_told_with_a_failure_after_it() {
        let tests = told(failed(Gate::Checks, FailureClass::Test, "a test"));
        let both = vec!["a test".to_string(), "a lint".to_string()];
        assert_eq!(
            tests,
            [(Gate::Guardian, GateVerdict::Fail, vec![]), (Gate::Checks, GateVerdict::Fail, both)],
            "the attempt fails by one of them"
        );
        let passed = Judgement {
            gate: Gate::Checks,
            verdict: GateVerdict::Pass,
            detail: String::new(),
            failure: None,
        };
        let passed = told(passed);
        assert_eq!(
            passed,
            [
                (Gate::Checks, GateVerdict::Pass, vec![]),
                (Gate::Guardian, GateVerdict::Fail, vec!["a lint".to_string()])
            ]
        );
        let host = told(failed(Gate::Checks, FailureClass::Host, "no slot"));
        assert_eq!(host.len(), 1, "nothing was judged");
    }
}
