use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};
use crate::path;

pub(super) const FIELDS: &[Field] = &[
    Field::required("summary", Shape::Text)
        .hint("what exists now that the objective touches, and how it works"),
    Field::required(
        "files",
        Shape::List(&Shape::Object(&[
            Field::required("path", Shape::Text),
            Field::required("why", Shape::Text),
        ])),
    )
    .hint("files to read or change, most important first"),
    Field::optional("conventions", Shape::List(&Shape::Text))
        .hint("what neighbouring code does that new code should do too"),
    Field::optional("risks", Shape::List(&Shape::Text)),
];

/// What the Searcher found: all that the Planner sees of the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    pub summary: String,
    pub files: Vec<BriefFile>,
    #[serde(default)]
    pub conventions: Vec<String>,
    #[serde(default)]
    pub risks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BriefFile {
    pub path: String,
    pub why: String,
}

pub fn parse_brief(value: &Value) -> Result<Brief, Problems> {
    let mut brief: Brief = arguments::parse(value, FIELDS)?;
    let mut problems = Vec::new();
    if brief.summary.trim().is_empty() {
        problems.push("`summary` is empty: say what exists now that the objective touches".into());
    }
    for (i, file) in brief.files.iter_mut().enumerate() {
        match path::normalise(&file.path) {
            Ok(path) => file.path = path,
            Err(why) => problems.push(format!("`files[{i}].path`: {why}")),
        }
    }
    if problems.is_empty() { Ok(brief) } else { Err(problems) }
}
