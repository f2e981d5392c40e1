//! Wrong results of the kinds that weak models produce, made from a correct change.
//!
//! [`mutants`] takes a [`Change`] and a [`MutantKind`]: each mutant is one file that differs from the correct change,
//! with a sentence that says how. It prefers places that the change wrote, because models err there. It runs nothing
//! and writes no file: `gates` and `uplift` find out whether a mutant is really wrong.

mod code;
mod dishonest;
mod elision;
mod execution;
mod export;
mod imports;
mod kind;
mod mutant;
mod needed;
mod placeholder;
mod slip;
#[cfg(test)]
mod tests;
mod truncation;
mod unrelated;

use std::collections::{BTreeMap, BTreeSet};

use syntax::Language;

use crate::projects::Change;
use code::{Code, Edit};
use sim::Random;

pub(crate) use dishonest::tests_changed::test_ranges;
pub use kind::{Family, MutantKind};
pub(crate) use mutant::is_test;
pub use mutant::{Mutant, correct, edits_tests};

/// The size of the largest file, in bytes: larger ones are tables.
const MAX_FILE: usize = 200_000;

/// At most `limit` different mutants of a kind, from the changed files in turn.
pub fn mutants(change: &Change, kind: MutantKind, limit: usize, random: &Random) -> Vec<Mutant> {
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
        // The last is taken first
        edits.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        files.push((path, edits));
    }
    random.shuffle(&mut files);
    let mut found: Vec<Mutant> = Vec::new();
    if kind == MutantKind::DeletedTest {
        found.extend(dishonest::tests_changed::whole_file(change, &mut random));
    }
    if kind == MutantKind::UnrelatedEdit {
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

/// The files in which a kind can make mutants.
fn places(change: &Change, kind: MutantKind) -> Vec<(&str, &str)> {
    let of = |tree: &'_ BTreeMap<String, String>, path: &str| {
        tree.get(path).map(String::as_str).unwrap_or_default().len()
    };
    if kind.is_about_tests() {
        let files =
            change.base.iter().filter(|(path, text)| is_test(change, path) || has_inline_tests(path, text));
        return files.map(|(path, text)| (path.as_str(), text.as_str())).collect();
    }
    if kind == MutantKind::UnrelatedEdit {
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

fn source<'c>(change: &'c Change, kind: MutantKind, path: &str) -> Option<&'c str> {
    let tree = if kind.is_about_tests() { &change.base } else { &change.head };
    tree.get(path).map(String::as_str)
}

fn edits(kind: MutantKind, code: &Code<'_>, change: &Change, random: &mut Random) -> Vec<Edit> {
    match kind {
        MutantKind::Truncation => truncation::edits(code, random),
        MutantKind::SyntaxSlip => slip::edits(code, random),
        MutantKind::Elision => elision::edits(code, random),
        MutantKind::Placeholder => placeholder::placeholders(code, random),
        MutantKind::EmptiedBody => placeholder::emptied(code, random),
        MutantKind::WrongOperator | MutantKind::UnrelatedEdit => execution::operator::wrong(code),
        MutantKind::OffByOne => execution::operator::off_by_one(code),
        MutantKind::WrongConstant => execution::operator::constants(code),
        MutantKind::SwappedArguments => execution::arguments::swapped(code),
        MutantKind::DroppedBranch => execution::branch::dropped(code),
        MutantKind::DroppedAwait => execution::awaits::dropped(code),
        MutantKind::MissingImport => imports::missing(code, change),
        MutantKind::HallucinatedImport => imports::hallucinated(code, change, random),
        MutantKind::RenamedExport => export::renamed(code, change),
        MutantKind::DeletedTest => dishonest::tests_changed::deleted(code),
        MutantKind::WeakenedTest => dishonest::tests_changed::weakened(code, random),
        MutantKind::SkippedTest => dishonest::tests_changed::skipped(code, random),
        MutantKind::HardCoded => dishonest::hard_coded::edits(code, change),
        MutantKind::SwallowedError => dishonest::error::swallowed(code),
        MutantKind::Suppression => dishonest::suppression::edits(code, random),
    }
}

/// Whether it is a file for type checkers: it has no body that could be wrong.
fn is_declaration(path: &str) -> bool {
    path.ends_with(".d.ts") || path.ends_with(".pyi")
}

fn has_inline_tests(path: &str, text: &str) -> bool {
    path.ends_with(".rs") && text.contains("#[test]")
}

fn is_sound(path: &str, text: &str) -> bool {
    Language::of_path(path).is_some_and(|language| syntax::problems(language, text).is_empty())
}
