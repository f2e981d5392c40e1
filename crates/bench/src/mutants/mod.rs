//! Wrong results of the kinds that weak models produce, made from a correct change.
//!
//! [`mutants`] takes a [`Change`] and a [`Kind`] and gives mutants: each is one file that differs from what the correct
//! change has, with a sentence that says how. Where a kind can strike in several places, those that the change wrote are
//! taken first, for that is where a model errs.

mod arguments;
mod awaits;
mod branch;
mod code;
mod elision;
mod error;
mod export;
mod hard_coded;
mod imports;
mod kind;
mod needed;
mod operator;
mod placeholder;
mod slip;
mod suppression;
#[cfg(test)]
mod tests;
mod tests_changed;
mod truncation;
mod unrelated;

use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use crate::projects::Change;
use code::{Code, Edit};
use sim::Random;

pub use kind::{Family, Kind};
pub(crate) use tests_changed::test_ranges;

/// Larger files are tables.
const MAX_FILE: usize = 200_000;

/// A wrong result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    pub kind: Kind,
    /// The file that is wrong.
    pub path: String,
    /// What stands in it; `None`: it was removed.
    pub text: Option<String>,
    /// What is wrong, with its place.
    pub description: String,
    /// It changes tests that were there before the change, and nothing else does.
    pub on_base_tests: bool,
}

impl Mutant {
    /// The whole wrong answer: every file that differs from the base, with its text; `None`: removed.
    pub fn answer(&self, change: &Change) -> BTreeMap<String, Option<String>> {
        let mut files = correct(change);
        if self.on_base_tests {
            files.retain(|path, _| !(is_test(change, path) && change.base.contains_key(path)));
        }
        files.insert(self.path.clone(), self.text.clone());
        files.retain(|path, text| change.base.get(path) != text.as_ref());
        files
    }
}

/// The correct answer, in the same form.
pub fn correct(change: &Change) -> BTreeMap<String, Option<String>> {
    change.changed.iter().map(|path| (path.clone(), change.head.get(path).cloned())).collect()
}

/// Whether the correct change edits or removes tests that were there before it.
pub fn edits_tests(change: &Change) -> bool {
    change.changed.iter().any(|path| is_test(change, path) && change.base.contains_key(path))
}

/// At most `limit` mutants of a kind, by turns over the changed files, no two alike.
pub fn mutants(change: &Change, kind: Kind, limit: usize, random: &Random) -> Vec<Mutant> {
    let mut random = random.fork(&format!("{} {}", change.title(), kind.name()));
    let mut files: Vec<(&str, Vec<(usize, Edit)>)> = Vec::new();
    for (path, text) in places(change, kind) {
        let Some(language) = Language::of_path(path).filter(|_| text.len() <= MAX_FILE) else { continue };
        let Some(code) = Code::new(path, text, change.base.get(path).map(String::as_str), language) else {
            continue;
        };
        let mut edits: Vec<(usize, Edit)> = edits(kind, &code, change, &mut random)
            .into_iter()
            .map(|edit| (code.rank(&edit), edit))
            .collect();
        random.shuffle(&mut edits);
        // the last is taken first
        edits.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        files.push((path, edits));
    }
    random.shuffle(&mut files);
    let mut found: Vec<Mutant> = Vec::new();
    if kind == Kind::DeletedTest {
        found.extend(tests_changed::whole_file(change, &mut random));
    }
    if kind == Kind::UnrelatedEdit {
        found.extend(unrelated::configuration(change, &mut random));
    }
    let mut seen = BTreeSet::new();
    while found.len() < limit && files.iter().any(|(_, edits)| !edits.is_empty()) {
        for (path, edits) in &mut files {
            let Some((_, edit)) = edits.pop() else { continue };
            let text = source(change, kind, path).map(|text| edit.apply(text));
            let Some(text) = text.filter(|text| Some(text.as_str()) != source(change, kind, path)) else {
                continue;
            };
            if (kind.is_sound() && !is_sound(path, &text)) || !seen.insert((path.to_string(), text.clone())) {
                continue;
            }
            found.push(Mutant {
                kind,
                path: path.to_string(),
                description: edit.what,
                text: Some(text),
                on_base_tests: kind.is_about_tests(),
            });
            if found.len() >= limit {
                break;
            }
        }
    }
    found.truncate(limit);
    found
}

/// The files in which a kind strikes.
fn places(change: &Change, kind: Kind) -> Vec<(&str, &str)> {
    let of = |tree: &'_ BTreeMap<String, String>, path: &str| {
        tree.get(path).map(String::as_str).unwrap_or_default().len()
    };
    if kind.is_about_tests() {
        let files =
            change.base.iter().filter(|(path, text)| is_test(change, path) || has_inline_tests(path, text));
        return files.map(|(path, text)| (path.as_str(), text.as_str())).collect();
    }
    if kind == Kind::UnrelatedEdit {
        let other = |path: &str| !change.changed.iter().any(|c| c == path) && !is_test(change, path);
        return change.head.iter().filter(|(p, _)| other(p)).map(|(p, t)| (p.as_str(), t.as_str())).collect();
    }
    change
        .changed
        .iter()
        .filter(|path| !is_test(change, path) && of(&change.head, path) > 0 && !is_declaration(path))
        .filter_map(|path| Some((path.as_str(), change.head.get(path)?.as_str())))
        .collect()
}

fn source<'c>(change: &'c Change, kind: Kind, path: &str) -> Option<&'c str> {
    let tree = if kind.is_about_tests() { &change.base } else { &change.head };
    tree.get(path).map(String::as_str)
}

fn edits(kind: Kind, code: &Code<'_>, change: &Change, random: &mut Random) -> Vec<Edit> {
    match kind {
        Kind::Truncation => truncation::edits(code, random),
        Kind::SyntaxSlip => slip::edits(code, random),
        Kind::Elision => elision::edits(code, random),
        Kind::Placeholder => placeholder::placeholders(code, random),
        Kind::EmptiedBody => placeholder::emptied(code, random),
        Kind::WrongOperator | Kind::UnrelatedEdit => operator::wrong(code),
        Kind::OffByOne => operator::off_by_one(code),
        Kind::WrongConstant => operator::constants(code),
        Kind::SwappedArguments => arguments::swapped(code),
        Kind::DroppedBranch => branch::dropped(code),
        Kind::DroppedAwait => awaits::dropped(code),
        Kind::MissingImport => imports::missing(code, change),
        Kind::HallucinatedImport => imports::hallucinated(code, change, random),
        Kind::RenamedExport => export::renamed(code, change),
        Kind::DeletedTest => tests_changed::deleted(code),
        Kind::WeakenedTest => tests_changed::weakened(code, random),
        Kind::SkippedTest => tests_changed::skipped(code, random),
        Kind::HardCoded => hard_coded::edits(code, change),
        Kind::SwallowedError => error::swallowed(code),
        Kind::Suppression => suppression::edits(code, random),
    }
}

/// Whether a file is a test's.
pub(crate) fn is_test(change: &Change, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    change.is_test(path)
        || path.split('/').rev().skip(1).any(|part| matches!(part, "test" | "tests" | "__tests__"))
        || name.contains(".test.")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "tests"
}

/// A file for type checkers: there is no body in it that could be wrong.
fn is_declaration(path: &str) -> bool {
    path.ends_with(".d.ts") || path.ends_with(".pyi")
}

fn has_inline_tests(path: &str, text: &str) -> bool {
    path.ends_with(".rs") && text.contains("#[test]")
}

fn is_sound(path: &str, text: &str) -> bool {
    Language::of_path(path).is_some_and(|language| syntax::problems(language, text).is_empty())
}
