//! `mission_brief`: what the Searcher submits.
//!
//! Whether the files exist is asked elsewhere.

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

/// Paths that are said to be missing.
const MAX_MISSING: usize = 20;

impl Brief {
    /// Takes out the files that do not exist, and says which they are.
    pub fn compare(&mut self, exists: impl Fn(&str) -> bool) {
        let (there, missing): (Vec<BriefFile>, Vec<BriefFile>) =
            std::mem::take(&mut self.files).into_iter().partition(|file| exists(&file.path));
        self.files = there;
        if missing.is_empty() {
            return;
        }
        let names = missing.iter().take(MAX_MISSING).map(|file| format!("`{}`", file.path));
        let names = names.collect::<Vec<_>>().join(", ");
        let more = missing.len().saturating_sub(MAX_MISSING);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.risks.push(format!("The brief named files that do not exist in the project: {names}{more}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_is_taken_out_and_said() {
        let file = |path: &str| BriefFile { path: path.into(), why: "x".into() };
        let files = vec![file("src/a.js"), file("src/gone.js"), file("lib/b.js")];
        let mut brief = Brief { summary: "x".into(), files, conventions: vec![], risks: vec![] };
        brief.compare(|path| path != "src/gone.js");
        assert_eq!(brief.files, [file("src/a.js"), file("lib/b.js")]);
        assert!(brief.risks[0].contains("`src/gone.js`"), "{:?}", brief.risks);
        let before = brief.clone();
        brief.compare(|_| true);
        assert_eq!(brief, before);
    }
}
