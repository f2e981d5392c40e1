//! The common verdict of several Reviewers.
//!
//! Pure: it counts votes, and asks no model.

use mission::mailbox::{Review, ReviewSeverity, Verdict};
use mission::{Issue, ItemVerdict, Panel, Task};

/// The votes, counted.
#[derive(Debug, PartialEq)]
pub(crate) enum Vote {
    Approved {
        /// How the vote was decided, with the arguments of the other side.
        detail: String,
    },
    Rejected {
        detail: String,
        issues: Vec<Issue>,
    },
    /// Too few voted for a majority.
    Open,
}

/// Counts the votes. `quorum`: how many Reviewers were asked; `reviews`: the verdicts that were given.
pub(crate) fn count(task: &Task, quorum: usize, reviews: &[Review]) -> Vote {
    let (approvals, rejections): (Vec<&Review>, Vec<&Review>) =
        reviews.iter().partition(|review| review.verdict == Verdict::Approve);
    let decides = |votes: usize| votes * 2 > quorum;
    let met = |side: &[&Review]| {
        let met = |review: &&Review| review.acceptance.iter().filter(|a| a.met).count();
        format!(
            "{} of {} acceptance items met",
            side.iter().map(met).min().unwrap_or_default(),
            task.review_items().len()
        )
    };
    let by = |votes: usize, word: &str| match quorum {
        1 => String::new(),
        _ => format!("{votes} of {quorum} reviewers {word}; "),
    };
    if decides(approvals.len()) {
        let dissent = words(&rejections.iter().flat_map(|r| reasons(task, r)).collect::<Vec<_>>());
        let dissent = if dissent.is_empty() { dissent } else { format!("; against it: {dissent}") };
        let detail = format!("{}{}{dissent}", by(approvals.len(), "approve"), met(&approvals));
        return Vote::Approved { detail };
    }
    if decides(rejections.len()) {
        let mut issues: Vec<Issue> = Vec::new();
        for issue in rejections.iter().flat_map(|review| reasons(task, review)) {
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
        let remarks = approvals.iter().flat_map(|review| &review.findings).map(|f| f.message.clone());
        let remarks = remarks.collect::<Vec<_>>().join("; ");
        let remarks = if remarks.is_empty() { remarks } else { format!("; for it: {remarks}") };
        let said = words(&issues);
        let detail = format!("{}{}; {said}{remarks}", by(rejections.len(), "reject"), met(&rejections));
        return Vote::Rejected { detail, issues };
    }
    Vote::Open
}

/// Whether a Reviewer of the whole says that something is not met.
pub(crate) fn objects(review: &Review) -> bool {
    review.verdict == Verdict::Reject || review.acceptance.iter().any(|item| !item.met)
}

/// The met and the unmet items by the panel's rule: each by majority, or the whole at once. An error for which
/// Reviewers reject counts as an unmet item, too. `None` if too few of the `asked` gave a verdict.
pub(crate) fn items(
    items: &[String],
    panel: Panel,
    asked: usize,
    reviews: &[Review],
) -> Option<(Vec<ItemVerdict>, Vec<ItemVerdict>)> {
    let count = |reviews: usize| u32::try_from(reviews).unwrap_or(u32::MAX);
    let objecting = reviews.iter().filter(|review| objects(review)).count();
    let whole = panel.met(count(asked), count(reviews.len() - objecting), count(objecting));
    if (panel.by_item() && reviews.len() * 2 <= asked) || (!panel.by_item() && whole.is_none()) {
        return None;
    }
    let (mut met, mut unmet) = (Vec::new(), Vec::new());
    for (n, item) in items.iter().enumerate() {
        let id = format!("a{}", n + 1);
        let answers = || reviews.iter().filter_map(|r| r.acceptance.iter().find(|a| a.id == id));
        let for_it = answers().filter(|answer| answer.met).count();
        let is_met = match panel.by_item() {
            true => for_it * 2 > asked,
            false => whole == Some(true) || for_it == reviews.len(),
        };
        let said = |by: bool| answers().find(|answer| answer.met == by).map(|answer| answer.evidence.clone());
        let mut evidence = said(is_met).unwrap_or_else(|| "the reviewers do not agree".into());
        if let (true, Some(against)) = (is_met, said(false)) {
            evidence = format!(
                "{} of {} say otherwise: {against}; {evidence}",
                reviews.len() - for_it,
                reviews.len()
            );
        }
        let verdict = ItemVerdict { item: item.clone(), evidence };
        if is_met { met.push(verdict) } else { unmet.push(verdict) }
    }
    let rejections: Vec<&Review> = reviews.iter().filter(|r| r.verdict == Verdict::Reject).collect();
    let rejected = match panel.by_item() {
        true => rejections.len() * 2 > asked,
        false => whole == Some(false),
    };
    if rejected {
        let errors = rejections.iter().flat_map(|r| &r.findings);
        for error in errors.filter(|f| f.severity == ReviewSeverity::Error) {
            let place = Issue::new("reviewer", error.message.clone()).at(error.path.clone(), error.line);
            let (item, evidence) = (format!("fixed: {place}"), error.message.clone());
            if unmet.iter().all(|verdict| verdict.item != item) {
                unmet.push(ItemVerdict { item, evidence });
            }
        }
    }
    Some((met, unmet))
}

/// Why a review rejects: its errors, and the unmet items.
fn reasons(task: &Task, review: &Review) -> Vec<Issue> {
    let errors = review.findings.iter().filter(|f| f.severity == ReviewSeverity::Error);
    let mut issues: Vec<Issue> =
        errors.map(|f| Issue::new("reviewer", f.message.clone()).at(f.path.clone(), f.line)).collect();
    let items = task.review_items();
    let item = |id: &str| items.iter().find(|(known, _)| known == id).map(|(_, text)| text);
    issues.extend(review.acceptance.iter().filter(|a| !a.met).map(|a| {
        let item = item(&a.id).map_or(a.id.as_str(), String::as_str);
        Issue::new("reviewer", format!("not met: {item} ({})", a.evidence))
    }));
    issues
}

fn words(issues: &[Issue]) -> String {
    issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mission::TrackRecord;
    use mission::mailbox::parse_review;
    use serde_json::json;

    fn task() -> Task {
        let json = json!({
            "id": "t", "title": "t", "instructions": "", "acceptance": ["it adds"], "depends_on": [], "scope": [],
            "group": null, "compound": false, "edits_tests": null, "parent": null, "depth": 0,
            "phase": { "phase": "judging" }, "attempt": 1, "fixes": 0, "coder_prompts": 0, "fixer_prompts": 0,
            "reviewer_prompts": 0, "host_failures": 0, "failures": [], "base": null, "passed": null,
            "verified_by": [], "usage": mission::Usage::default(), "summary": null
        });
        serde_json::from_value(json).unwrap()
    }

    fn approve() -> Review {
        let met = json!([{ "id": "a1", "met": true, "evidence": "line 1" }]);
        let remark = json!([{ "path": "a.js", "severity": "warning", "message": "long" }]);
        parse_review(&json!({ "verdict": "approve", "findings": remark, "acceptance": met })).unwrap()
    }

    fn reject(why: &str) -> Review {
        let unmet = json!([{ "id": "a1", "met": false, "evidence": why }]);
        parse_review(&json!({ "verdict": "reject", "findings": [], "acceptance": unmet })).unwrap()
    }

    #[test]
    fn of_the_whole_each_item_is_voted_on() {
        let wanted = ["it adds".to_string()];
        let record = |rejected| TrackRecord { rejected, integrated: 20 };
        let by = |panel: Panel, reviews: &[Review], asked: usize| {
            items(&wanted, panel, asked, reviews).map(|(met, unmet)| {
                let words = |side: Vec<ItemVerdict>| {
                    side.into_iter()
                        .map(|v| format!("{} ({})", v.item, v.evidence))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                (words(met), words(unmet))
            })
        };
        let count = |reviews: &[Review], asked: usize| {
            by(Panel::new(u32::try_from(asked).unwrap(), record(0), true, false), reviews, asked)
        };
        let yes = || Some(("it adds (line 1)".to_string(), String::new()));
        let no = |why: &str| Some((String::new(), format!("it adds ({why})")));
        assert_eq!(count(&[approve()], 1), yes());
        assert_eq!(count(&[reject("it subtracts")], 1), no("it subtracts"));
        let split = [approve(), reject("x"), approve()];
        let outvoted = ("it adds (1 of 3 say otherwise: x; line 1)".to_string(), String::new());
        assert_eq!(count(&split, 3), Some(outvoted));
        assert_eq!(
            by(Panel::new(1, record(4), true, false), &split, 3),
            no("x"),
            "one is enough where some was rejected"
        );
        let doubted = Panel::new(1, record(20), true, false);
        let nine = [vec![approve(); 8], vec![reject("x")]].concat();
        let one_of_nine = ("it adds (1 of 9 say otherwise: x; line 1)".to_string(), String::new());
        assert_eq!(by(doubted, &nine, 9), Some(one_of_nine));
        assert_eq!(by(doubted, &nine[..7], 9), None, "two gave no verdict, and might have objected");
        assert_eq!(count(&[reject("x"), approve(), reject("x")], 3), no("x"));
        assert_eq!(count(&[approve(), reject("x")], 3), no("x"), "no majority says that it is met");
        assert_eq!(count(&[approve()], 3), None, "one of three says nothing of the whole");
        let error = json!([{ "path": "a.js", "line": 3, "severity": "error", "message": "it leaks" }]);
        let met = json!([{ "id": "a1", "met": true, "evidence": "line 1" }]);
        let leaks = json!({ "verdict": "reject", "findings": error, "acceptance": met });
        let (met, unmet) = count(&[parse_review(&leaks).unwrap()], 1).unwrap();
        assert_eq!(
            (met.as_str(), unmet.as_str()),
            ("it adds (line 1)", "fixed: a.js:3: it leaks [reviewer] (it leaks)")
        );
    }

    #[test]
    fn a_majority_of_those_asked_decides() {
        let vote = |reviews: &[Review], quorum| match count(&task(), quorum, reviews) {
            Vote::Approved { detail } => format!("approved: {detail}"),
            Vote::Rejected { detail, issues } => format!("rejected for {}: {detail}", issues.len()),
            Vote::Open => "open".into(),
        };
        assert_eq!(vote(&[approve()], 1), "approved: 1 of 1 acceptance items met");
        assert_eq!(
            vote(&[reject("no")], 1),
            "rejected for 1: 0 of 1 acceptance items met; not met: it adds (no) [reviewer]"
        );
        assert_eq!(
            vote(&[approve(), reject("it subtracts"), approve()], 3),
            "approved: 2 of 3 reviewers approve; 1 of 1 acceptance items met; against it: not met: it adds (it \
             subtracts) [reviewer]"
        );
        assert_eq!(
            vote(&[reject("x"), approve(), reject("x")], 3),
            "rejected for 1: 2 of 3 reviewers reject; 0 of 1 acceptance items met; not met: it adds (x) [reviewer]; \
             for it: long"
        );
        assert_eq!(vote(&[approve(), reject("x")], 3), "open", "one of three gave no verdict");
        assert_eq!(
            vote(&[approve(), approve()], 3),
            "approved: 2 of 3 reviewers approve; 1 of 1 acceptance items met"
        );
        assert_eq!(vote(&[], 1), "open");
    }
}
