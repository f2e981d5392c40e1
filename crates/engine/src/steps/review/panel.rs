//! The Reviewers as a gate: an odd number of them, independent of each other; the majority decides.
//!
//! A Reviewer sees task, acceptance and diff, never the Coder's prose.

use std::ops::Range;
use std::sync::Arc;

use mission::mailbox::Review;
use mission::{FailureClass, Gate, GateVerdict, Issue, Task};
use tokio::task::JoinSet;
use workspace::Workspace;

use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::gates::verdict::{Change, Finding, Judgement};
use crate::steps::context::MissionContext;
use crate::steps::review::reviewer::Subject;
use crate::steps::review::vote::Vote;
use crate::steps::review::{reviewer, vote};
use crate::talk::{pages, prompt};
use crate::text::cut;

/// The longest diff in a prompt, in bytes; a page has the whole diff.
const MAX_DIFF: usize = 60_000;
/// The most bytes of functions around the hunks.
const MAX_FUNCTIONS: usize = 12_000;
/// The longest diff that is kept, in bytes.
pub(crate) const MAX_PAGE: usize = 2_000_000;
/// The text if tests were removed.
const REMOVED: &str = "Approve only if the acceptance asks for what they tested to go, or if others test it:";
/// The text if a Coder found that a task of a further cycle is already met.
const UNCHANGED: &str = "\n# Nothing was changed for this task\nA Coder found that what is asked is already met. Below stands what was made of the task's files so far; read them where that does not show it. Approve if every item holds as things are, reject if one does not.\n";
/// The most findings about tests in a prompt.
const MAX_WEAKENED: usize = 30;
/// The most suspicions in a prompt, and the longest one, in bytes.
const MAX_QUESTIONS: usize = 10;
const MAX_QUESTION: usize = 300;

/// Results of other gates for the Reviewers.
pub(crate) struct Evidence<'a> {
    /// The results of the checks, in words.
    pub checks: &'a str,
    /// Existing tests that the plan allows this change to edit.
    pub edited_tests: &'a [String],
    /// The Guardian's findings about these tests.
    pub weakened: &'a [Issue],
    /// What the Guardian suspects and cannot prove.
    pub questions: &'a [Issue],
}

pub(crate) async fn review_change(
    context: &Arc<MissionContext>,
    task: &Task,
    change: &Change<'_>,
    evidence: Evidence<'_>,
) -> Judgement {
    // For a task that is already met, the diff shows the mission's changes to the task's files
    let (from, files, asked) = match change.paths.is_empty() {
        false => (change.slot.commit.as_str(), Vec::new(), prompt::task(task) + &prompt::outside(task)),
        true => (change.mission_base, task.scope.iter().cloned().collect(), prompt::task(task) + UNCHANGED),
    };
    let (workspace, from, to) = (context.bench.workspace.clone(), from.to_string(), change.commit.id.clone());
    let diff = match blocking(move || with_functions(&workspace, &from, &to, &files)).await {
        Ok(diff) => diff,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    let subject = Subject {
        task: Some(task.id.clone()),
        title: task.title.clone(),
        asked,
        items: task.acceptance.len(),
        outside: task.unplanned.len(),
        slot: change.slot.clone(),
        diff: shown(context, diff).await,
        evidence: evidence.checks.to_string() + &questions(evidence.questions),
        tests: tests(&evidence),
    };
    let (reviews, failure) = poll(context, &Arc::new(subject), 0..quorum(context)).await;
    match vote::count(task, quorum(context), &reviews) {
        Vote::Approved { detail } => {
            Judgement { gate: Gate::Review, verdict: GateVerdict::Pass, detail, failure: None }
        }
        Vote::Rejected { detail, issues } => {
            let failure = Some(Finding { class: FailureClass::Review, issues });
            Judgement { gate: Gate::Review, verdict: GateVerdict::Fail, detail, failure }
        }
        Vote::Open => undecided(failure),
    }
}

/// The diff with the functions around its hunks. The hunks alone if the diff is long as it is.
fn with_functions(
    workspace: &Workspace,
    from: &str,
    to: &str,
    files: &[String],
) -> Result<String, workspace::Error> {
    let diff = workspace.diff(from, to, files, MAX_PAGE)?;
    let room = MAX_FUNCTIONS.min(MAX_DIFF.saturating_sub(diff.len()));
    // A file that cannot be read keeps its hunks
    let read = |path: &str| String::from_utf8(workspace.read(to, path).ok()??).ok();
    Ok(context::with_enclosing(&diff, &read, room))
}

/// How many Reviewers are asked.
pub(crate) fn quorum(context: &MissionContext) -> usize {
    context.bench.config.review.quorum.max(1)
}

/// The part of a diff that fits a prompt, with the name of the page that has all of it.
pub(crate) async fn shown(context: &Arc<MissionContext>, diff: String) -> String {
    if diff.len() <= MAX_DIFF {
        return diff;
    }
    let page = pages::store(&context.desk, "diff", &diff).await;
    format!("{}\n{page}", cut(&diff, MAX_DIFF))
}

/// Asks the Reviewers with these places (from 0) in parallel. Returns the reviews of those who voted, and why another
/// one did not.
pub(crate) async fn poll(
    context: &Arc<MissionContext>,
    subject: &Arc<Subject>,
    places: Range<usize>,
) -> (Vec<Review>, Option<RoleFailure>) {
    let mut voters = JoinSet::new();
    for nth in places {
        let (context, subject) = (context.clone(), subject.clone());
        voters.spawn(async move { reviewer::review(&context, &subject, nth).await });
    }
    let (mut reviews, mut failure) = (Vec::new(), None);
    while let Some(voted) = voters.join_next().await {
        match voted {
            Ok(Ok(review)) => reviews.push(review),
            Ok(Err(why)) => failure = Some(why),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => failure = Some(RoleFailure::new(FailureClass::Host, error.to_string())),
            },
        }
    }
    (reviews, failure)
}

/// How the change treats existing tests, in words.
fn tests(evidence: &Evidence<'_>) -> String {
    let removed = evidence.weakened.iter().filter(|issue| issue.source == "test-removed").count();
    let mut text = match removed {
        0 => String::new(),
        1 => format!("This change removes a test. {REMOVED}\n"),
        n => format!("This change removes {n} tests. {REMOVED}\n"),
    };
    let edited: String =
        evidence.edited_tests.iter().map(|path| format!("- `{path}` was changed\n")).collect();
    text.push_str(&edited);
    text.extend(evidence.weakened.iter().take(MAX_WEAKENED).map(|issue| format!("- {issue}\n")));
    if evidence.weakened.len() > MAX_WEAKENED {
        text.push_str(&format!("- and {} more\n", evidence.weakened.len() - MAX_WEAKENED));
    }
    text
}

/// The Guardian's suspicions, in words.
fn questions(issues: &[Issue]) -> String {
    if issues.is_empty() {
        return String::new();
    }
    let lines = issues.iter().take(MAX_QUESTIONS).map(|issue| cut(&format!("- {issue}"), MAX_QUESTION));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    if issues.len() > MAX_QUESTIONS {
        text.push_str(&format!("\n- and {} more", issues.len() - MAX_QUESTIONS));
    }
    format!(
        "\n\n# What the linter suspects\nNone of it is proven: look there, and report what is right.\n{text}"
    )
}

fn undecided(failure: Option<RoleFailure>) -> Judgement {
    let why =
        failure.unwrap_or_else(|| RoleFailure::new(FailureClass::Host, "the reviewers gave no majority"));
    failed(why.class, vec![Issue::new("reviewer", why.reason)])
}

fn failed(class: FailureClass, issues: Vec<Issue>) -> Judgement {
    let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Judgement {
        gate: Gate::Review,
        verdict: GateVerdict::NoEvidence,
        detail,
        failure: Some(Finding { class, issues }),
    }
}
