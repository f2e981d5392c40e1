//! Reviewers look at a test on which attempts fail. They uphold it, or discard it; then the rejected change is judged
//! again.
//!
//! Reviewers see test, task and change, but not the words of the Coder that failed.

use std::sync::Arc;

use mission::independent::{self, Dispute};
use mission::mailbox::{Review, Verdict};
use mission::{Event, FailureClass, Issue, State, Task, WrittenTests};

use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::review::panel::{poll, quorum};
use crate::steps::review::reviewer::Subject;
use crate::steps::workers::Worker;
use crate::talk::prompt;

/// The longest diff of tests that is shown, in bytes.
const MAX_DIFF: usize = 30_000;

/// How many Reviewers look at a test; `quorum`: how many judge a change. Never one alone.
pub fn test_voters(quorum: u32) -> u32 {
    quorum.max(2)
}

/// How many Reviewers decide in the end if these do not agree.
pub fn last_test_voters(quorum: u32) -> u32 {
    test_voters(quorum) | 1
}

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State, id: &str) -> Vec<Event> {
    // The change stays for a repair if the test is right
    let worker = context.workers.take(id);
    let (event, worker) = match decide_dispute(context, state, id, worker.as_ref()).await {
        Ok(Some(upheld @ Event::TestsUpheld { .. })) => (upheld, worker),
        Ok(Some(wrong)) => (wrong, None),
        Ok(None) => return Vec::new(),
        Err(RoleFailure { class: class @ FailureClass::Host, reason }) => {
            (Event::JudgeFailed { task: id.to_string(), reason, class }, worker)
        }
        // Without a verdict the test is upheld
        Err(RoleFailure { reason, .. }) => {
            let reason = format!("no verdict on it: {reason}");
            (Event::TestsUpheld { task: id.to_string(), reason }, worker)
        }
    };
    if let Some(worker) = worker {
        context.workers.put(id, worker);
    }
    vec![event]
}

async fn decide_dispute(
    context: &Arc<MissionContext>,
    state: &State,
    id: &str,
    worker: Option<&Worker>,
) -> Result<Option<Event>, RoleFailure> {
    let Some(task) = state.tasks.get(id) else { return Ok(None) };
    let (Some(dispute), Some(tests)) = (independent::disputed(task, false), &task.tests.written) else {
        return Ok(None);
    };
    // Waiting for a second slot while holding one could deadlock, so Reviewers use the slot of the attempt
    let (_lease, slot) = match worker {
        Some(worker) => (None, worker.lease.slot.clone()),
        None => {
            let lease = context.slot(&tests.commit).await?;
            let slot = lease.slot.clone();
            (Some(lease), slot)
        }
    };
    let (workspace, commit, paths) =
        (context.bench.workspace.clone(), tests.commit.clone(), tests.paths.clone());
    let base = state.base.as_ref().map(|b| b.commit.clone()).unwrap_or_default();
    let diff = blocking(move || workspace.diff(&base, &commit, &paths, MAX_DIFF)).await.map_err(host)?;
    let subject = Arc::new(Subject {
        task: Some(task.id.clone()),
        title: task.title.clone(),
        asked: prompt::task(task),
        items: task.acceptance.len(),
        outside: 0,
        slot,
        diff,
        evidence: evidence(dispute),
        tests: String::new(),
    });
    let reviews = vote(context, &subject).await?;
    let against: Vec<&Review> = reviews.iter().filter(|review| review.verdict == Verdict::Reject).collect();
    // Without a majority against it the test stays
    let wrong = against.len() * 2 > reviews.len();
    let on_side = reviews.iter().filter(|review| (review.verdict == Verdict::Reject) == wrong);
    let said: Vec<&str> = on_side.flat_map(|r| &r.findings).map(|f| f.message.as_str()).collect();
    let said = if said.is_empty() { dispute.issue().to_string() } else { said.join("; ") };
    let votes = if wrong { against.len() } else { reviews.len() - against.len() };
    let reason = format!("{votes} of {} reviewers: {said}", reviews.len());
    if !wrong {
        return Ok(Some(Event::TestsUpheld { task: task.id.clone(), reason }));
    }
    let judged = dispute.issue().source == independent::SOURCE || task.fixes > 0;
    let kept = match worker.filter(|_| judged) {
        Some(worker) => Some(keep(context, state, task, tests, worker).await?),
        None => None,
    };
    Ok(Some(independent::found_wrong(task, reason, kept)))
}

/// Asks Reviewers until their verdicts decide; Reviewers without a verdict do not count.
async fn vote(context: &Arc<MissionContext>, subject: &Arc<Subject>) -> Result<Vec<Review>, RoleFailure> {
    let asked = u32::try_from(quorum(context)).unwrap_or(u32::MAX);
    let (first, last) = (test_voters(asked) as usize, last_test_voters(asked) as usize);
    let (mut reviews, mut failure) = poll(context, subject, 0..first).await;
    let against = reviews.iter().filter(|review| review.verdict == Verdict::Reject).count();
    if against * 2 == reviews.len() && !reviews.is_empty() && last > first {
        let (more, why) = poll(context, subject, first..last).await;
        reviews.extend(more);
        failure = failure.or(why);
    }
    match failure {
        Some(why) if reviews.is_empty() => Err(why),
        // One Reviewer alone must not discard a test
        Some(why) if reviews.len() < 2 && why.class == FailureClass::Host => Err(why),
        _ if reviews.len() < 2 => {
            Err(RoleFailure::new(FailureClass::Malformed, "too few reviewers gave a verdict"))
        }
        _ => Ok(reviews),
    }
}

fn evidence(dispute: Dispute<'_>) -> String {
    let why = match dispute {
        Dispute::Repaired(_) => {
            "An attempt at the task fails on nothing but one of them, also after a repair"
        }
        Dispute::Attempts(_) => {
            "Two attempts at the task, made independently, fail on nothing but one of them"
        }
        Dispute::Blocked(_) => "An attempt at the task ended with words that may be about them",
    };
    format!(
        "These tests were written before the task, by a coder who saw no implementation. {why}:\n{}\nJudge the tests alone: \
         what stands in the folder is one attempt, and no evidence of what the task asks for. Approve if the task and its \
         acceptance ask for what these tests ask; reject, and say why, if they do not, or if a test can never pass.",
        prompt::issues(std::slice::from_ref(dispute.issue()))
    )
}

/// The change that the tests rejected, without these tests, as a commit that stays after its slot.
async fn keep(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    tests: &WrittenTests,
    worker: &Worker,
) -> Result<String, RoleFailure> {
    let slot = &worker.lease.slot;
    let (paths, base) =
        (tests.paths.clone(), state.base.as_ref().map(|b| b.commit.clone()).unwrap_or_default());
    let (workspace, folder) = (context.bench.workspace.clone(), slot.clone());
    let restored = blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        for (path, before) in paths.iter().zip(workspace.read_all(&base, &names)?) {
            match before.and_then(|text| String::from_utf8(text).ok()) {
                Some(text) => workspace.write_slot_file(&folder, path, &text)?,
                None => workspace.remove_slot_file(&folder, path)?,
            }
        }
        Ok::<_, workspace::Error>(())
    });
    restored.await.map_err(host)?;
    let (message, name) = (format!("{}\n\ntask {}", task.title, task.id), format!("{}.kept", task.id));
    let kept = context.bench.commit_and_pin(slot, message, name).await.map_err(host)?;
    Ok(kept.id)
}

fn host(error: workspace::Error) -> RoleFailure {
    RoleFailure::new(FailureClass::Host, error.to_string())
}

/// The hint for a repair if a test of another Coder fails.
pub(crate) fn hint(issues: &[Issue]) -> &'static str {
    match issues.iter().any(|issue| issue.source == independent::SOURCE) {
        true => {
            "\nAnother coder wrote this test from the task alone. If it asks for what the task does not, submit `blocked` and \
             say which and why: reviewers look at it.\n"
        }
        false => "",
    }
}
