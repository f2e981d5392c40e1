//! The tests of a task that another coder writes before its implementation: what is due about them, and what their
//! events change. `decide`, `apply` and the engine's `dispute` ask; what is kept of them is `written_tests.rs`. It runs
//! and reads no test: which one failed comes as an issue of the gate, and whether it is wrong is for Reviewers to say.

use super::written_tests::WrittenTests;
use crate::{AttemptFailure, Effect, Event, FailureClass, Gate, Issue, Phase, State, Task};

/// The source of issues that the gate of these tests raises.
pub const SOURCE: &str = Gate::IndependentTests.row().name;
/// Authors that try before the task goes on without; one more after a redraw.
const DRAWS: u32 = 2;
/// Redraws of tests that attempts failed on; what is wrong after that is dropped.
const REDRAWS: u32 = 1;
/// How often the same tests are looked at: once early, and once more when an attempt from nothing says the same.
const LOOKS: u32 = 2;

/// Whether an author of tests is due before the task is worked on.
pub(crate) fn due(state: &State, task: &Task) -> bool {
    let tests = &task.tests;
    state.policy.independent_tests
        && !task.compound
        && task.behaviour == Some(true)
        && tests.written.is_none()
        && tests.skipped.is_none()
        // Without checks there is nobody to run them
        && state.base_checks.as_ref().is_some_and(|checks| !checks.is_empty())
}

/// Whether it is not known yet if an author is due: that waits for the checks of the base.
pub(crate) fn unknown(state: &State, task: &Task) -> bool {
    state.policy.independent_tests
        && state.base_checks.is_none()
        && !task.compound
        && task.behaviour == Some(true)
}

/// The author that is due or at work, numbered from 1; the key stays the same while one is.
pub(crate) fn write(task: &Task) -> Effect {
    let draw = task.tests.draws + u32::from(task.phase != Phase::Testing);
    Effect::WriteTests { task: task.id.clone(), draw, host_failures: task.host_failures }
}

/// The task goes on without, once enough authors have tried.
pub(crate) fn skipped(state: &State, task: &Task) -> Option<Event> {
    let tests = &task.tests;
    let tried = task.phase == Phase::Waiting && due(state, task) && tests.draws >= DRAWS + tests.redraws;
    tried.then(|| {
        let what = tests.remarks.first().map(ToString::to_string).unwrap_or_default();
        let reason = format!("{} authors, the last one failed: {what}", tests.draws);
        Event::TestsSkipped { task: task.id.clone(), reason, tried: true, kept: None }
    })
}

/// Why a test is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dispute<'a> {
    /// The only test that an attempt failed on, and fails on still after a repair.
    Repaired(&'a Issue),
    /// The only test that the last two attempts ended on.
    Attempts(&'a Issue),
    /// The words of a coder who cannot go on.
    Blocked(&'a Issue),
}

impl<'a> Dispute<'a> {
    pub fn issue(self) -> &'a Issue {
        let (Dispute::Repaired(issue) | Dispute::Attempts(issue) | Dispute::Blocked(issue)) = self;
        issue
    }
}

/// What reviewers have to look at before the ladder goes on; `repairs`: another repair of this attempt may follow.
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
    // Only how an attempt ended counts, and those that other tests failed say nothing of these
    let earlier = task.failures.iter().rev().find(|failure| failure.attempt != last.attempt);
    let earlier = earlier.filter(|failure| failure.attempt > task.granted).filter(same);
    earlier.map(|_| Dispute::Attempts(issue))
}

/// The one test that a change failed on, where it failed on nothing else.
fn alone(failure: &AttemptFailure) -> Option<&Issue> {
    let [issue] = failure.issues.as_slice() else { return None };
    (issue.source == SOURCE).then_some(issue)
}

/// What is said of tests that reviewers find wrong: they are written again once, and then dropped.
pub fn found_wrong(task: &Task, reason: String, kept: Option<String>) -> Event {
    let id = task.id.clone();
    match task.tests.redraws < REDRAWS {
        true => Event::TestsRedrawn { task: id, reason, kept },
        false => Event::TestsSkipped { task: id, reason, tried: true, kept },
    }
}

/// File and test: what the message has to say beside them differs from run to run.
fn name(issue: &Issue) -> (Option<&str>, &str) {
    (issue.path.as_deref(), issue.message.split('`').nth(1).unwrap_or_default())
}

/// Folds what happens to the tests of a task that is not over.
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

/// Attempts that a wrong test failed do not count: the ladder is climbed again.
fn discard(task: &mut Task, kept: Option<&String>) {
    task.tests.kept = kept.cloned();
    task.granted = task.attempt;
    (task.model, task.fixes, task.whole_files) = (0, 0, false);
    if matches!(task.phase, Phase::Failed { .. }) {
        task.phase = Phase::Waiting;
    }
}

/// What an author submitted came to nothing.
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
