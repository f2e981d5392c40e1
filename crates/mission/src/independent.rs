//! The tests of a task that another coder writes before its implementation, and what is due about them.

use serde::{Deserialize, Serialize};

use crate::{Effect, Event, FailureClass, Issue, Phase, State, Task};

/// The source of issues that the gate of these tests raises.
pub const SOURCE: &str = "independent tests";
/// Authors that try before the task goes on without; one more after a redraw.
const DRAWS: u32 = 2;
/// Redraws of tests that attempts failed on.
const REDRAWS: u32 = 1;
/// Attempts that fail on the same test before it is looked at.
const DISPUTED: usize = 2;

/// What became of a task's independent tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndependentTests {
    /// Authors that began; those lost to a crash, a stop or the host do not count.
    pub draws: u32,
    /// What was wrong with the last ones, for the next author.
    pub remarks: Vec<Issue>,
    /// Those that stand: the task is built upon them.
    pub written: Option<WrittenTests>,
    /// Why the task goes on without.
    pub skipped: Option<String>,
    /// A reviewer found them right when attempts failed on them.
    pub upheld: bool,
    /// How often a reviewer found them wrong.
    pub redraws: u32,
}

/// Tests as they were accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenTests {
    pub commit: String,
    /// Files, those that the tests need included.
    pub paths: Vec<String>,
    /// How they failed before the change, in words.
    #[serde(default)]
    pub detail: String,
}

/// Whether an author of tests is due before the task is worked on.
pub(crate) fn due(state: &State, task: &Task) -> bool {
    let tests = &task.tests;
    state.policy.independent_tests
        && !task.compound
        && task.behaviour == Some(true)
        && tests.written.is_none()
        && tests.skipped.is_none()
        // without checks there is nobody to run them
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
        Event::TestsSkipped { task: task.id.clone(), reason, tried: true }
    })
}

/// What a reviewer has to look at before the ladder goes on: the only test that the last two attempts ended on, or the
/// words of a coder who cannot go on with it.
pub fn disputed(task: &Task) -> Option<&Issue> {
    let tests = &task.tests;
    if !matches!(task.phase, Phase::Failed { .. })
        || tests.written.is_none()
        || tests.upheld
        || tests.redraws >= REDRAWS
    {
        return None;
    }
    if let Some(last) = task.failures.last().filter(|failure| failure.class == FailureClass::Blocked) {
        return last.issues.first();
    }
    let mut last: Option<&Issue> = None;
    let mut seen = 0;
    let mut attempt = None;
    for failure in task.failures.iter().rev() {
        // only how an attempt ended counts
        if attempt == Some(failure.attempt) {
            continue;
        }
        attempt = Some(failure.attempt);
        let [issue] = failure.issues.as_slice() else { return None };
        if issue.source != SOURCE || last.is_some_and(|last| name(last) != name(issue)) {
            return None;
        }
        last = last.or(Some(issue));
        seen += 1;
        if seen == DISPUTED {
            return last;
        }
    }
    None
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
        Event::TestsRejected { issues, mending: false, .. } => rejected(task, issues),
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
            ended(task);
        }
        Event::TestsSkipped { reason, .. } => {
            task.no_trouble();
            task.tests.skipped = Some(reason.clone());
            task.tests.written = None;
            ended(task);
        }
        Event::TestsRedrawn { reason, .. } => {
            task.answered();
            task.tests.written = None;
            task.tests.redraws = task.tests.redraws.saturating_add(1);
            task.tests.remarks = vec![Issue::new("reviewer", reason.clone())];
            // attempts that a wrong test failed do not count: the ladder is climbed anew
            task.granted = task.attempt;
            (task.model, task.fixes, task.whole_files) = (0, 0, false);
            if matches!(task.phase, Phase::Failed { .. }) {
                task.phase = Phase::Waiting;
            }
        }
        Event::TestsUpheld { .. } => {
            task.answered();
            task.tests.upheld = true;
        }
        _ => {}
    }
}

/// What an author handed in came to nothing.
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
