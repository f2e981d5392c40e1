//! `mission_brief`: what the Searcher submits. The engine's `searcher` parses it here.
//!
//! It opens no file: `compare` gets a function that says whether a file exists. `clarify` asks the user the open
//! questions, not this file.

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
    Field::optional(
        "decisions",
        Shape::List(&Shape::Object(&[
            Field::required("question", Shape::Text),
            Field::required("choices", Shape::List(&Shape::Text)),
            Field::required("default", Shape::Text),
        ])),
    )
    .hint("only what the objective leaves open, the code does not answer, and changes the plan; the user is asked"),
];

/// The most questions of a brief, the number of choices of one, and the most bytes of each text.
pub const MAX_DECISIONS: usize = 3;
const CHOICES: std::ops::RangeInclusive<usize> = 2..=4;
const MAX_QUESTION: usize = 300;
const MAX_CHOICE: usize = 120;

/// What the Searcher found. The Planner sees nothing else of the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    pub summary: String,
    pub files: Vec<BriefFile>,
    #[serde(default)]
    pub conventions: Vec<String>,
    #[serde(default)]
    pub risks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<OpenDecision>,
}

/// A question that only the user can decide, and the default if they do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDecision {
    pub question: String,
    pub choices: Vec<String>,
    /// One of the choices.
    pub default: String,
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
    if brief.decisions.len() > MAX_DECISIONS {
        problems.push(format!(
            "`decisions` has {}; at most {MAX_DECISIONS} are asked: keep those that change the plan most, and put the others into \
             `risks`",
            brief.decisions.len()
        ));
    }
    for (i, decision) in brief.decisions.iter_mut().enumerate() {
        decision.tidy();
        problems.extend(decision.problem().map(|why| format!("`decisions[{i}]`: {why}")));
    }
    if problems.is_empty() { Ok(brief) } else { Err(problems) }
}

impl OpenDecision {
    fn tidy(&mut self) {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.question = line(&self.question);
        self.default = line(&self.default);
        for choice in &mut self.choices {
            *choice = line(choice);
        }
    }

    fn problem(&self) -> Option<String> {
        if self.question.is_empty() || self.question.len() > MAX_QUESTION {
            return Some(format!("`question` must be one sentence of at most {MAX_QUESTION} bytes"));
        }
        if !CHOICES.contains(&self.choices.len()) {
            return Some(format!(
                "`choices` has {}; give {} to {}",
                self.choices.len(),
                CHOICES.start(),
                CHOICES.end()
            ));
        }
        if self.choices.iter().any(|choice| choice.is_empty() || choice.len() > MAX_CHOICE) {
            return Some(format!("each of `choices` must be a text of at most {MAX_CHOICE} bytes"));
        }
        let distinct: std::collections::BTreeSet<&String> = self.choices.iter().collect();
        if distinct.len() < self.choices.len() {
            return Some("two of `choices` are the same".into());
        }
        (!self.choices.contains(&self.default)).then(|| {
            format!(
                "`default` is `{}`, which is none of `choices`",
                shared::text::clip(&self.default, MAX_CHOICE)
            )
        })
    }
}

/// The most files that are named of those that a brief loses.
const MAX_NAMED: usize = 20;

impl Brief {
    /// Removes the files that do not exist, and names them.
    pub fn compare(&mut self, exists: impl Fn(&str) -> bool) {
        let missing = self.take_out(|file| !exists(file));
        if !missing.is_empty() {
            let names = named(missing);
            self.risks.push(format!("The brief named files that do not exist in the project: {names}"));
        }
    }

    /// Removes the files that are in submodules, and names them: no task can change one.
    pub fn leave_out_submodules(&mut self, submodule_of: impl Fn(&str) -> Option<String>) {
        let theirs = self.take_out(|file| submodule_of(file).is_some());
        if !theirs.is_empty() {
            let names = named(theirs);
            self.risks.push(format!(
                "The brief named files of submodules, which are repositories of their own, and a mission changes only the \
                 project's own repository. Tasks may use them, but not change them: {names}"
            ));
        }
    }

    fn take_out(&mut self, is_out: impl Fn(&str) -> bool) -> Vec<BriefFile> {
        let (out, kept) = std::mem::take(&mut self.files).into_iter().partition(|file| is_out(&file.path));
        self.files = kept;
        out
    }
}

fn named(files: Vec<BriefFile>) -> String {
    let names = files.iter().take(MAX_NAMED).map(|file| format!("`{}`", file.path));
    let names = names.collect::<Vec<_>>().join(", ");
    let more = files.len().saturating_sub(MAX_NAMED);
    if more > 0 { format!("{names} and {more} more") } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_has_choices_and_a_default_that_is_one_of_them() {
        let read = |decisions: Value| {
            let arguments = serde_json::json!({ "summary": "x", "files": [], "decisions": decisions });
            parse_brief(&arguments).map(|brief| brief.decisions).map_err(|problems| problems.join("; "))
        };
        let good = |n: usize| serde_json::json!({ "question": format!("Which {n}?"), "choices": ["a  b", "c"], "default": "a b" });
        let decisions = read(Value::Array(vec![good(1)])).unwrap();
        assert_eq!(decisions[0].choices, ["a b", "c"], "one line each");
        for (wrong, why) in [
            (serde_json::json!([{ "question": "x", "choices": ["a"], "default": "a" }]), "give 2 to 4"),
            (serde_json::json!([{ "question": "x", "choices": ["a", "a"], "default": "a" }]), "the same"),
            (
                serde_json::json!([{ "question": "x", "choices": ["a", "b"], "default": "c" }]),
                "none of `choices`",
            ),
            (serde_json::json!([{ "question": " ", "choices": ["a", "b"], "default": "a" }]), "one sentence"),
            (Value::Array((0..4).map(good).collect()), "at most 3 are asked"),
        ] {
            let said = read(wrong).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn files_of_submodules_are_taken_out_and_said() {
        let file = |path: &str| BriefFile { path: path.into(), why: "x".into() };
        let files = vec![file("vendor/lib/a.js"), file("src/a.js")];
        let mut brief =
            Brief { summary: "x".into(), files, conventions: vec![], risks: vec![], decisions: vec![] };
        brief.leave_out_submodules(|path| path.starts_with("vendor/lib/").then(|| "vendor/lib".into()));
        assert_eq!(brief.files, [file("src/a.js")]);
        assert!(brief.risks.len() == 1 && brief.risks[0].ends_with("not change them: `vendor/lib/a.js`"));
        brief.leave_out_submodules(|_| None);
        assert_eq!(brief.risks.len(), 1, "nothing is said twice");
    }

    #[test]
    fn what_does_not_exist_is_taken_out_and_said() {
        let file = |path: &str| BriefFile { path: path.into(), why: "x".into() };
        let files = vec![file("src/a.js"), file("src/gone.js"), file("lib/b.js")];
        let mut brief =
            Brief { summary: "x".into(), files, conventions: vec![], risks: vec![], decisions: vec![] };
        brief.compare(|path| path != "src/gone.js");
        assert_eq!(brief.files, [file("src/a.js"), file("lib/b.js")]);
        assert!(brief.risks[0].contains("`src/gone.js`"), "{:?}", brief.risks);
        let before = brief.clone();
        brief.compare(|_| true);
        assert_eq!(brief, before);
    }
}
