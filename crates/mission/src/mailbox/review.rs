//! `mission_review`: a verdict with its findings, and whether it answers every acceptance item.
//!
//! It counts no votes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};

pub(super) const FIELDS: &[Field] = &[
    Field::required("verdict", Shape::Choice(&["approve", "reject"])),
    Field::required(
        "findings",
        Shape::List(&Shape::Object(&[
            Field::required("path", Shape::Text),
            Field::optional("line", Shape::Integer),
            Field::required("severity", Shape::Choice(&["error", "warning"])),
            Field::required("message", Shape::Text),
        ])),
    ),
    Field::required(
        "acceptance",
        Shape::List(&Shape::Object(&[
            Field::required("id", Shape::Text),
            Field::required("met", Shape::Bool),
            Field::required("evidence", Shape::Text).hint("the line or the behaviour that shows it"),
        ])),
    )
    .hint("one answer for each item of the prompt: a1, a2, …"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approve,
    Reject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewSeverity {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewFinding {
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub severity: ReviewSeverity,
    pub message: String,
}

/// A Reviewer's answer to one acceptance item (`a1` is the first).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcceptanceAnswer {
    pub id: String,
    pub met: bool,
    pub evidence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub verdict: Verdict,
    pub findings: Vec<ReviewFinding>,
    pub acceptance: Vec<AcceptanceAnswer>,
}

pub fn parse_review(value: &Value) -> Result<Review, Problems> {
    arguments::parse(value, FIELDS)
}

/// Whether a review is complete. An approval must answer every item as met, with evidence, and contain no error. A
/// rejection must say what is wrong. `items`: how many acceptance items the prompt listed; `outside`: how many files
/// outside the plan.
pub fn check_review(review: &Review, items: usize, outside: usize) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let ids: Vec<String> =
        (1..=items).map(|n| format!("a{n}")).chain((1..=outside).map(|n| format!("u{n}"))).collect();
    for (i, answer) in review.acceptance.iter().enumerate() {
        if !ids.contains(&answer.id) {
            problems.push(format!(
                "`acceptance[{i}].id` is `{}`; the items are {}",
                answer.id,
                listed(items, outside)
            ));
        }
    }
    for id in ids {
        let mut answers = review.acceptance.iter().filter(|a| a.id == id);
        match (answers.next(), answers.next()) {
            (None, _) => problems.push(format!("`acceptance` has no answer for {id}")),
            (Some(_), Some(_)) => problems.push(format!("`acceptance` answers {id} more than once")),
            (Some(answer), None) if answer.evidence.trim().is_empty() => {
                problems.push(format!(
                    "the answer for {id} gives no evidence: name the line or behaviour that shows it"
                ));
            }
            (Some(answer), None) if review.verdict == Verdict::Approve && !answer.met => {
                problems.push(format!("{id} is not met, so the verdict must be reject"));
            }
            _ => {}
        }
    }
    let error = review.findings.iter().find(|f| f.severity == ReviewSeverity::Error);
    match (review.verdict, error) {
        (Verdict::Approve, Some(finding)) => {
            problems.push(format!(
                "`{}` has an error, so the verdict must be reject: {}",
                finding.path, finding.message
            ));
        }
        (Verdict::Reject, None) if review.acceptance.iter().all(|a| a.met) => {
            problems.push("a rejection needs a finding of severity error, or an item that is not met".into());
        }
        _ => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn listed(items: usize, outside: usize) -> String {
    let range = |letter: char, n: usize| match n {
        0 => None,
        1 => Some(format!("{letter}1")),
        n => Some(format!("{letter}1 to {letter}{n}")),
    };
    let all: Vec<String> = range('a', items).into_iter().chain(range('u', outside)).collect();
    if all.is_empty() { "none in this review: leave `acceptance` empty".into() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: Value, items: usize) -> Result<(), Problems> {
        parse_review(&value).and_then(|review| check_review(&review, items, 0))
    }

    #[test]
    fn an_approval_answers_every_item() {
        let met = |id: &str| json!({ "id": id, "met": true, "evidence": "line 3" });
        assert_eq!(
            check(json!({ "verdict": "approve", "findings": [], "acceptance": [met("a1"), met("a2")] }), 2),
            Ok(())
        );
        let left_out = check(json!({ "verdict": "approve", "findings": [], "acceptance": [met("a1")] }), 2);
        assert_eq!(left_out, Err(vec!["`acceptance` has no answer for a2".into()]));
        let unknown =
            check(json!({ "verdict": "approve", "findings": [], "acceptance": [met("a1"), met("a9")] }), 1);
        assert_eq!(unknown, Err(vec!["`acceptance[1].id` is `a9`; the items are a1".into()]));
    }

    #[test]
    fn an_approval_with_an_unmet_item_or_an_error_is_refused() {
        let unmet = json!({ "verdict": "approve", "findings": [], "acceptance": [{ "id": "a1", "met": false, "evidence": "x" }] });
        assert_eq!(check(unmet, 1), Err(vec!["a1 is not met, so the verdict must be reject".into()]));
        let finding = json!({ "path": "a.ts", "severity": "error", "message": "returns 1" });
        let error = json!({ "verdict": "approve", "findings": [finding], "acceptance": [] });
        assert_eq!(
            check(error, 0),
            Err(vec!["`a.ts` has an error, so the verdict must be reject: returns 1".into()])
        );
    }

    #[test]
    fn a_rejection_says_what_is_wrong() {
        let empty = json!({ "verdict": "rejected", "findings": [], "acceptance": [] });
        assert!(check(empty, 0).is_err());
    }

    #[test]
    fn evidence_is_not_optional() {
        let blank = json!({ "verdict": "approve", "findings": [], "acceptance": [{ "id": "a1", "met": true, "evidence": " " }] });
        assert!(check(blank, 1).is_err());
    }

    #[test]
    fn a_file_outside_the_plan_is_answered_like_an_item() {
        let met = |id: &str| json!({ "id": id, "met": true, "evidence": "line 3" });
        let review = |answers: Vec<Value>| {
            parse_review(&json!({ "verdict": "approve", "findings": [], "acceptance": answers })).unwrap()
        };
        assert_eq!(check_review(&review(vec![met("a1"), met("u1")]), 1, 1), Ok(()));
        let left_out = check_review(&review(vec![met("a1")]), 1, 1);
        assert_eq!(left_out, Err(vec!["`acceptance` has no answer for u1".into()]));
        let unknown = check_review(&review(vec![met("a1"), met("u1"), met("u2")]), 1, 1).unwrap_err();
        assert_eq!(unknown, ["`acceptance[2].id` is `u2`; the items are a1, u1"]);
    }
}
