//! Conventions: what the Guardian, a lint command or a Reviewer rejected in several tasks.
//!
//! Reads the failed attempts of a mission; `similar` compares the texts of Reviewers and commands. A finding
//! on a tree that passed later was wrong, so it must not be learned.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Kind;
use super::lesson::Lesson;
use super::similar::{is_similar, words};
use super::store::Memory;
use crate::{Event, FailureClass, GateVerdict, Issue};

/// A convention that this many missions in a row do not enforce is dropped.
const UNHEARD: u32 = 20;
/// The most findings of one mission that are read.
const MAX_FINDINGS: usize = 500;
/// A syntax error is a slip of the model, not a convention of the project.
const SYNTAX: &str = "syntax-error";

/// A finding that rejected an attempt.
struct Enforced<'a> {
    task: &'a str,
    tree: &'a str,
    issue: &'a Issue,
}

pub(super) fn learn(memory: &mut Memory, lesson: &Lesson<'_>) {
    let commands: BTreeSet<&str> = lesson
        .events
        .iter()
        .filter_map(|event| match event {
            Event::BaseChecked { checks, .. } => Some(checks),
            _ => None,
        })
        .flat_map(|checks| checks.iter().map(|check| check.run.as_str()))
        .collect();
    for entry in memory.entries.iter_mut().filter(|entry| entry.kind == Kind::Convention) {
        entry.quiet = entry.quiet.saturating_add(1);
    }
    let mut told: BTreeSet<(String, &str)> = BTreeSet::new();
    for Enforced { task, issue, .. } in enforced(lesson.events) {
        // A rule is one convention, whatever its messages name. Reviewers and commands have no rules, so
        // their words are compared
        let is_rule = issue.source != "reviewer" && !commands.contains(issue.source.as_str());
        let key = match is_rule {
            true => format!("rule:{}", issue.source),
            false => known(memory, issue).unwrap_or_else(|| format!("{}:{}", issue.source, issue.message)),
        };
        if told.insert((key.clone(), task)) {
            let text = format!("{} [{}]", issue.message, issue.source);
            memory.confirm(Kind::Convention, &key, &text, &lesson.source);
        }
    }
    memory.drop_quiet(Kind::Convention, UNHEARD);
}

/// The findings of lint and of Reviewers that failed an attempt, without those that turned out to be wrong.
fn enforced(events: &[Event]) -> Vec<Enforced<'_>> {
    let mut trees: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found: Vec<Enforced<'_>> = Vec::new();
    for event in events {
        match event {
            Event::GateJudged { task: Some(task), verdict: GateVerdict::Fail, tree, .. } => {
                trees.insert(task, tree);
            }
            Event::AttemptFailed { task, class: FailureClass::Lint | FailureClass::Review, issues } => {
                let tree = trees.get(task.as_str()).copied().unwrap_or_default();
                let issues =
                    issues.iter().filter(|issue| issue.source != SYNTAX && !issue.message.is_empty());
                let room = MAX_FINDINGS.saturating_sub(found.len());
                found.extend(issues.take(room).map(|issue| Enforced { task, tree, issue }));
            }
            Event::TaskPassed { task, tree, .. } => {
                found.retain(|one| one.task != task || one.tree.is_empty() || one.tree != tree);
            }
            _ => {}
        }
    }
    found
}

/// The key of a known convention from the same source that says the same in other words.
fn known(memory: &Memory, issue: &Issue) -> Option<String> {
    let said = words(&issue.message);
    let source = format!("{}:", issue.source);
    let same = |key: &str| key.strip_prefix(&source).is_some_and(|text| is_similar(&words(text), &said));
    let conventions = memory.entries.iter().filter(|entry| entry.kind == Kind::Convention);
    conventions.map(|entry| &entry.key).find(|key| same(key)).cloned()
}
