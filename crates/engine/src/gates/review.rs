//! The Reviewer as a gate.

use std::sync::Arc;

use mission::mailbox::{Review, ReviewSeverity, Verdict};
use mission::{Event, FailureClass, Gate, GateVerdict, Issue};

use super::{Change, Finding, Judgement};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::pages;
use crate::roles::conversation::RoleFailure;
use crate::roles::{cut, reviewer};

/// The longest diff that a prompt holds, in bytes; the whole of it is a page.
const MAX_DIFF: usize = 60_000;
/// The longest diff that is kept at all.
const MAX_PAGE: usize = 2_000_000;

pub(super) async fn judge(
    context: &Arc<MissionContext>,
    change: &Change<'_>,
    evidence: &str,
    spent: &mut Vec<Event>,
) -> Judgement {
    let (workspace, from, to) =
        (context.workspace.clone(), change.slot.commit.clone(), change.commit.id.clone());
    let diff = match blocking(move || workspace.diff(&from, &to, &[], MAX_PAGE)).await {
        Ok(diff) => diff,
        Err(error) => return failed(FailureClass::Host, vec![Issue::new("workspace", error.to_string())]),
    };
    let shown = if diff.len() > MAX_DIFF {
        let page = pages::store(context, "diff", &diff).await;
        format!("{}\n{page}", cut(&diff, MAX_DIFF))
    } else {
        diff
    };
    let subject = reviewer::Subject { task: change.task, slot: change.slot, diff: &shown, evidence };
    match reviewer::review(context, subject, spent).await {
        Ok(review) => verdict(change, review),
        Err(RoleFailure { class: FailureClass::Malformed | FailureClass::Timeout, reason }) => {
            // a reviewer that gives no verdict says nothing against the change, and nothing for it
            failed(FailureClass::Host, vec![Issue::new("reviewer", reason)])
        }
        Err(RoleFailure { class, reason }) => failed(class, vec![Issue::new("reviewer", reason)]),
    }
}

fn verdict(change: &Change<'_>, review: Review) -> Judgement {
    let met = review.acceptance.iter().filter(|a| a.met).count();
    let detail = format!("{met} of {} acceptance items met", change.task.acceptance.len());
    if review.verdict == Verdict::Approve {
        return Judgement { gate: Gate::Review, verdict: GateVerdict::Pass, detail, failure: None };
    }
    let errors = review.findings.iter().filter(|f| f.severity == ReviewSeverity::Error);
    let mut issues: Vec<Issue> =
        errors.map(|f| Issue::new("reviewer", f.message.clone()).at(f.path.clone(), f.line)).collect();
    let item = |id: &str| {
        id.strip_prefix('a')
            .and_then(|n| n.parse::<usize>().ok())
            .and_then(|n| change.task.acceptance.get(n.checked_sub(1)?))
    };
    issues.extend(review.acceptance.iter().filter(|a| !a.met).map(|a| {
        Issue::new(
            "reviewer",
            format!("not met: {} ({})", item(&a.id).map(String::as_str).unwrap_or(&a.id), a.evidence),
        )
    }));
    let detail =
        format!("{detail}; {}", issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    Judgement {
        gate: Gate::Review,
        verdict: GateVerdict::Fail,
        detail,
        failure: Some(Finding { class: FailureClass::Review, issues }),
    }
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
