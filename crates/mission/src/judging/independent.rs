//! The tests of a task that another Coder writes before its implementation: what is due about them, and what their
//! events change. `decide`, `apply` and the engine's `dispute` call it; `written_tests.rs` has the data. It runs and
//! reads no test: the gate's issue names the test that failed, and Reviewers say whether the test is wrong.

use super::written_tests::WrittenTests;
use crate::{AttemptFailure, Effect, Event, FailureClass, Gate, Issue, Phase, State, Task};

/// The source of issues that the gate of these tests raises.
pub const SOURCE: &str = Gate::IndependentTests.row().name;
/// The most authors that try before the task continues without tests; one more after a redraw.
const DRAWS: u32 = 2;
/// The most redraws of tests on which attempts failed; tests that are still wrong then are dropped.
const REDRAWS: u32 = 1;
/// The most reviews of the same tests: one early, and one more when a fresh attempt fails on the same test.
const LOOKS: u32 = 2;

/// Whether an author of tests is due before the task is worked on.
pub(crate) fn due(state: &State, task: &Task) -> bool {
    let tests = &task.tests;
    state.policy.independent_tests
        && !task.compound
        && task.behaviour == Some(true)
        && tests.written.is_none()
        && tests.skipped.is_none()
        // Without checks nothing would run the tests
        && state.base_checks.as_ref().is_some_and(|checks| !checks.is_empty())
}

/// Whether it is still unknown if an author is due: the checks of the base have not run yet.
pub(crate) fn unknown(state: &State, task: &Task) -> bool {
    state.policy.independent_tests
        && state.base_checks.is_none()
        && !task.compound
        && task.behaviour == Some(true)
}

/// The effect of the author that is due or at work, numbered from 1; its key stays the same while the author works.
pub(crate) fn write(task: &Task) -> Effect {
    let draw = task.tests.draws + u32::from(task.phase != Phase::Testing);
    Effect::WriteTests { task: task.id.clone(), draw, host_failures: task.host_failures }
}

/// The event by which the task continues without tests, once enough authors have tried.
pub(crate) fn skipped(state: &State, task: &Task) -> Option<Event> {
    let tests = &task.tests;
    let tried = task.phase == Phase::Waiting && due(state, task) && tests.draws >= DRAWS + tests.redraws;
    tried.then(|| {
        let what = tests.remarks.first().map(ToString::to_string).unwrap_or_default();
        let reason = format!("{} authors, the last one failed: {what}", tests.draws);
        Event::TestsSkipped { task: task.id.clone(), reason, tried: true, kept: None }
    })
}

/// Why Reviewers look at a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dispute<'a> {
    /// An attempt failed on this test alone, and still does after a repair.
    Repaired(&'a Issue),
    /// The last two attempts both ended on this test alone.
    Attempts(&'a Issue),
    /// The Coder says that it cannot continue because of this test.
    Blocked(&'a Issue),
}

impl<'a> Dispute<'a> {
    pub fn issue(self) -> &'a Issue {
        let (Dispute::Repaired(issue) | Dispute::Attempts(issue) | Dispute::Blocked(issue)) = self;
        issue
    }
}

/// The test that Reviewers look at before the ladder continues; `repairs`: another repair of this attempt may
/// follow.
pub fn disputed(task: &Task, repairs: bool) -> Option<Dispute<'_>> {
    let tests = &task.tests;
    if !matches!(task.phase, Phase::Failed { .. }) || tests.written.is_none() || tests.upheld >= LOOKS {
        return None;
    }
    let last = task.failures.last()?;
    if last.class == FailureClass::Blocked {
        return (tests.upheld == 0).then(|| last.issues.first().map(Dispute::Blocked)).flatten();
    }
    let issue = alone(last)?;
    let same = |failure: &&AttemptFailure| alone(failure).is_some_and(|other| name(other) == name(issue));
    let before = task.failures.iter().rev().nth(1).filter(same);
    if tests.upheld == 0 && before.is_some_and(|before| before.attempt == last.attempt) {
        return Some(Dispute::Repaired(issue));
    }
    if repairs || (tests.upheld > 0 && tests.upheld_at == last.attempt) {
        return None;
    }
    // Only the end of an attempt counts, and only attempts that failed on these tests
    let earlier = task.failures.iter().rev().find(|failure| failure.attempt != last.attempt);
    let earlier = earlier.filter(|failure| failure.attempt > task.granted).filter(same);
    earlier.map(|_| Dispute::Attempts(issue))
}

/// The test that a change failed on, if it failed on nothing else.
fn alone(failure: &AttemptFailure) -> Option<&Issue> {
    let [issue] = failure.issues.as_slice() else { return None };
    (issue.source == SOURCE).then_some(issue)
}

/// The event for tests that Reviewers find wrong: they are written again once, and then dropped.
pub fn found_wrong(task: &Task, reason: String, kept: Option<String>) -> Event {
    let id = task.id.clone();
    match task.tests.redraws < REDRAWS {
        true => Event::TestsRedrawn { task: id, reason, kept },
        false => Event::TestsSkipped { task: id, reason, tried: true, kept },
    }
}

/// The file and the test. The rest of the message differs from run to run.
fn name(issue: &Issue) -> (Option<&str>, &str) {
    (issue.path.as_deref(), issue.message.split('`').nth(1).unwrap_or_default())
}

/// Folds an event about the tests of a task that is not over.
pub(crate) fn apply(task: &mut Task, event: &Event) {
    match event {
        Event::TestsStarted { .. } if task.phase == Phase::Waiting => {
            task.phase = Phase::Testing;
            task.tests.draws = task.tests.draws.saturating_add(1);
        }
        Event::TestsRejected { issues, to_fix: false, .. } => rejected(task, issues),
        Event::TestsRejected { issues, .. } => {
            task.answered();
            task.tests.remarks.clone_from(issues);
        }
        Event::TestsWritten { commit, paths, detail, .. } => {
            task.answered();
            task.tests.remarks.clear();
            let (commit, paths, detail) = (commit.clone(), paths.clone(), detail.clone());
            task.scope.extend(paths.iter().cloned());
            task.tests.written = Some(WrittenTests { commit, paths, detail });
            task.tests.upheld = 0;
            ended(task);
        }
        Event::TestsSkipped { reason, kept, .. } => {
            task.no_trouble();
            task.tests.skipped = Some(reason.clone());
            let stood = task.tests.written.take().is_some();
            match task.phase {
                Phase::Failed { .. } if stood => discard(task, kept.as_ref()),
                _ => ended(task),
            }
        }
        Event::TestsRedrawn { reason, kept, .. } => {
            task.answered();
            task.tests.written = None;
            task.tests.redraws = task.tests.redraws.saturating_add(1);
            task.tests.remarks = vec![Issue::new("reviewer", reason.clone())];
            discard(task, kept.as_ref());
        }
        Event::TestsUpheld { .. } => {
            task.answered();
            task.tests.upheld = task.tests.upheld.saturating_add(1);
            task.tests.upheld_at = task.attempt;
        }
        _ => {}
    }
}

/// Attempts that failed on a wrong test do not count: the ladder starts again.
fn discard(task: &mut Task, kept: Option<&String>) {
    task.tests.kept = kept.cloned();
    task.granted = task.attempt;
    (task.model, task.fixes, task.whole_files) = (0, 0, false);
    if matches!(task.phase, Phase::Failed { .. }) {
        task.phase = Phase::Waiting;
    }
}

/// The author's tests were rejected.
pub(crate) fn rejected(task: &mut Task, issues: &[Issue]) {
    task.answered();
    task.tests.remarks = issues.to_vec();
    ended(task);
}

fn ended(task: &mut Task) {
    if task.phase == Phase::Testing {
        task.phase = Phase::Waiting;
    }
}
