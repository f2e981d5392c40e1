//! `mission_work`: what a Coder or Fixer submits.
//!
//! It does not say what changed: the engine looks into the slot.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};
use crate::path;

pub(super) const FIELDS: &[Field] = &[
    Field::required("status", Shape::Choice(&["done", "blocked"])),
    Field::required("summary", Shape::Text).hint("what was changed, or what is in the way"),
    Field::optional("needs_files", Shape::List(&Shape::Text)).hint("files outside the task that must change"),
    Field::optional("question", Shape::Text).hint("what only somebody else can answer"),
    Field::optional(
        "unplanned",
        Shape::List(&Shape::Object(&[
            Field::required("path", Shape::Text),
            Field::required("why", Shape::Text).hint("why the task cannot be done without it"),
        ])),
    )
    .hint("every file that was changed and that the task does not name"),
];

/// A file that was changed though the plan does not name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplanned {
    pub path: String,
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkStatus {
    Done,
    Blocked,
}

/// What a Coder or Fixer submits; the change itself is read from the slot, never from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    pub status: WorkStatus,
    pub summary: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_files: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplanned: Vec<Unplanned>,
}

pub fn parse_work(value: &Value) -> Result<Work, Problems> {
    let mut work: Work = arguments::parse(value, FIELDS)?;
    let mut problems = Vec::new();
    for (i, file) in work.needs_files.iter_mut().enumerate() {
        match path::normalise(file) {
            Ok(path) => *file = path,
            Err(why) => problems.push(format!("`needs_files[{i}]`: {why}")),
        }
    }
    // A useless reason counts as none: if the file needs one, the engine asks again.
    work.unplanned.retain_mut(|unplanned| match path::normalise(&unplanned.path) {
        Ok(path) => {
            unplanned.path = path;
            !unplanned.why.trim().is_empty()
        }
        Err(_) => false,
    });
    work.question = work.question.take().filter(|q| !q.trim().is_empty());
    if work.status == WorkStatus::Blocked && work.question.is_none() && work.needs_files.is_empty() {
        problems
            .push("`blocked` wants a `question`, or `needs_files` with the files that must change".into());
    }
    if problems.is_empty() { Ok(work) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_for_a_file_that_cannot_be_is_left_out() {
        let unplanned = json!([
            { "path": "../outside.js", "why": "x" },
            { "path": "docs/a.md", "why": " " },
            { "path": "./docs/b.md", "why": "the option is described there" },
        ]);
        let work = parse_work(&json!({ "status": "done", "summary": "s", "unplanned": unplanned })).unwrap();
        let paths: Vec<&str> = work.unplanned.iter().map(|unplanned| unplanned.path.as_str()).collect();
        assert_eq!(paths, ["docs/b.md"]);
    }
}
