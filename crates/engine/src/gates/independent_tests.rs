//! The independent tests of a task as a gate: they are unchanged since another Coder wrote them, and the implementation
//! passes them.
//!
//! `pipeline` calls it. It restores a changed test before the gate fails. It never decides that a test is wrong:
//! `mission::independent` decides when Reviewers inspect one, in `steps/review/dispute.rs`.

use mission::independent::SOURCE;
use mission::{FailureClass, Gate, GateVerdict, Issue, State, Task, WrittenTests};

use crate::bench::files::kinds::has_cases;
use crate::gates::test_run::{Ran, ran, read, run, runner_of, write};
use crate::gates::verdict::{Change, Finding, GateContext, Judgement, remembered};
use crate::text::{cut, quoted};

/// The tests of a task, with the earlier judgement of this very tree. A failed judgement is not reused, because it does
/// not contain the failed cases.
pub(crate) fn of(state: &State, task: &Task, tree: &str) -> Option<(WrittenTests, Option<Judgement>)> {
    let known = remembered(state, task, Gate::IndependentTests, tree);
    Some((task.tests.written.clone()?, known.filter(|known| known.verdict == GateVerdict::Pass)))
}

/// The gate of an implementation: the tests are unchanged, and pass.
pub(crate) async fn run_independent_tests(
    context: &GateContext,
    change: &Change<'_>,
    tests: &WrittenTests,
    known: Option<Judgement>,
) -> Judgement {
    if let Some(known) = known {
        return known;
    }
    pass(context, change, tests).await.unwrap_or_else(|error| {
        judgement(
            GateVerdict::NoEvidence,
            error.to_string(),
            Some((FailureClass::Host, vec![Issue::new("workspace", error.to_string())])),
        )
    })
}

async fn pass(
    context: &GateContext,
    change: &Change<'_>,
    tests: &WrittenTests,
) -> Result<Judgement, workspace::Error> {
    let written = read(context, &tests.commit, &tests.paths).await?;
    let now = read(context, &change.commit.id, &tests.paths).await?;
    let changed: Vec<(String, String)> = written.iter().filter(|file| !now.contains(file)).cloned().collect();
    if !changed.is_empty() {
        let message = "this test was written for the task by another coder, and is not yours to change. It was put back as it \
                       was: make the code right instead";
        let issues: Vec<Issue> =
            changed.iter().map(|(path, _)| Issue::new("protected", message).at(path.clone(), None)).collect();
        let detail = format!("{} was changed", quoted(changed.iter().map(|(path, _)| path)));
        write(context, change.slot, changed).await?;
        return Ok(judgement(GateVerdict::Fail, detail, Some((FailureClass::Scope, issues))));
    }
    let cases = written.iter().filter(|(path, text)| has_cases(path, text));
    let (mut issues, mut passing) = (Vec::new(), Vec::new());
    for (path, _) in cases {
        let Some(check) = runner_of(context.checks.list(), path) else { continue };
        let mut outcome = run(context, change.slot, &check, path).await;
        if ran(&outcome) == Ran::Fails {
            // Two different results are flaky, and do not block
            let again = run(context, change.slot, &check, path).await;
            if matches!(ran(&again), Ran::Passes(_)) {
                context
                    .bench
                    .host
                    .progress(&format!("- `{path}` is flaky: it failed and then passed on the same tree\n"));
                outcome = again;
            }
        }
        match ran(&outcome) {
            Ran::Passes(_) => passing.push(path.clone()),
            Ran::Fails => issues.extend(failures(&outcome, path)),
            Ran::Unknown(why) => issues.push(Issue::new(SOURCE, why).at(path.clone(), None)),
        }
    }
    if context.bench.cancel.is_cancelled() {
        let issue = Issue::new("engine", "the mission was stopped");
        return Ok(judgement(
            GateVerdict::NoEvidence,
            issue.message.clone(),
            Some((FailureClass::Host, vec![issue])),
        ));
    }
    if issues.is_empty() {
        let detail = match passing.len() {
            0 => "no check runs them any more".to_string(),
            _ => format!("{}, written before the change, pass", quoted(passing.iter())),
        };
        let verdict = if passing.is_empty() { GateVerdict::NoEvidence } else { GateVerdict::Pass };
        return Ok(judgement(verdict, detail, None));
    }
    let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Ok(judgement(GateVerdict::Fail, detail, Some((FailureClass::Test, issues))))
}

/// The longest message of one failure, in bytes.
const MAX_MESSAGE: usize = 1500;

fn failures(outcome: &::checks::Outcome, path: &str) -> Vec<Issue> {
    let failing = outcome.failing.as_deref().unwrap_or_default();
    if failing.is_empty() {
        let message = format!("it fails: {}", cut(outcome.output.trim(), MAX_MESSAGE));
        return vec![Issue::new(SOURCE, message).at(path, None)];
    }
    let issue = |test: &::checks::TestFailure| {
        let detail = cut(test.detail.as_deref().unwrap_or("it fails"), MAX_MESSAGE);
        Issue::new(SOURCE, format!("`{}` fails: {detail}", test.name)).at(path, test.line)
    };
    failing.iter().map(issue).collect()
}

fn judgement(verdict: GateVerdict, detail: String, failure: Option<(FailureClass, Vec<Issue>)>) -> Judgement {
    let failure = failure.map(|(class, issues)| Finding { class, issues });
    Judgement { gate: Gate::IndependentTests, verdict, detail, failure }
}
