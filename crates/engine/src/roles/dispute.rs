//! A test that attempts fail on, looked at by a reviewer: it is upheld, or written again.

use std::sync::Arc;

use mission::mailbox::Verdict;
use mission::{Event, FailureClass, State, independent};

use super::conversation::RoleFailure;
use super::{prompt, reviewer};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;

/// The longest diff of tests that is shown, in bytes.
const MAX_DIFF: usize = 30_000;

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State, id: &str) -> Vec<Event> {
    let mut spent = Vec::new();
    let event = match look(context, state, id, &mut spent).await {
        Ok(Some(event)) => event,
        Ok(None) => return spent,
        Err(RoleFailure { class: class @ FailureClass::Host, reason }) => {
            Event::JudgeFailed { task: id.to_string(), reason, class }
        }
        // no verdict says nothing against the test
        Err(RoleFailure { reason, .. }) => {
            Event::TestsUpheld { task: id.to_string(), reason: format!("no verdict on it: {reason}") }
        }
    };
    spent.push(event);
    spent
}

async fn look(
    context: &Arc<MissionContext>,
    state: &State,
    id: &str,
    spent: &mut Vec<Event>,
) -> Result<Option<Event>, RoleFailure> {
    let Some(task) = state.tasks.get(id) else { return Ok(None) };
    let (Some(issue), Some(tests)) = (independent::disputed(task), &task.tests.written) else {
        return Ok(None);
    };
    // what failed is not mended any more, and the reviewer sees the tests alone
    drop(context.workers.take(id));
    let lease = context.slot(&tests.commit).await?;
    let (workspace, commit, paths) = (context.workspace.clone(), tests.commit.clone(), tests.paths.clone());
    let base = state.base.as_ref().map(|b| b.commit.clone()).unwrap_or_default();
    let diff = blocking(move || workspace.diff(&base, &commit, &paths, MAX_DIFF))
        .await
        .map_err(|error| RoleFailure::new(FailureClass::Host, error.to_string()))?;
    let why = match issue.source == independent::SOURCE {
        true => "Two attempts at the task, made independently, fail on nothing but one of them",
        false => "An attempt at the task ended with words that may be about them",
    };
    let evidence = format!(
        "These tests were written before the task, by a coder who saw no implementation. {why}:\n{}\nThere is no \
         implementation to judge. Approve if the task and its acceptance ask for what these tests ask; reject, and say why, \
         if they do not, or if a test can never pass.",
        prompt::issues(std::slice::from_ref(issue))
    );
    let subject = reviewer::Subject {
        task: Some(task.id.clone()),
        title: task.title.clone(),
        asked: prompt::task(task),
        items: task.acceptance.len(),
        slot: lease.slot.clone(),
        diff,
        evidence,
        tests: String::new(),
    };
    let review = reviewer::review(context, &subject, 0, spent).await?;
    let said: Vec<String> = review.findings.iter().map(|finding| finding.message.clone()).collect();
    let reason = if said.is_empty() { issue.to_string() } else { said.join("; ") };
    let task = task.id.clone();
    Ok(Some(match review.verdict {
        Verdict::Approve => Event::TestsUpheld { task, reason },
        Verdict::Reject => Event::TestsRedrawn { task, reason },
    }))
}
