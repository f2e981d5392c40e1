//! The result of one of several Coders: whether the gates without models pass it, and what it does.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use mission::{Candidate, FailureClass, Gate, State, Task};
use shared::StableHasher;
use workspace::Slot;

use crate::bench::files::kinds::kind;
use crate::bench::formatting::format_changed;
use crate::blocking::blocking;
use crate::gates::pipeline::{Evidence, ask};
use crate::gates::verdict::{Change, Finding, Permissions};
use crate::steps::context::MissionContext;
use crate::steps::work::candidates::form::of as form_of_file;
use crate::steps::work::candidates::symbols;
use crate::steps::work::scope;

/// The longest diff whose lines are counted, in bytes.
const MAX_DIFF: usize = 2_000_000;
/// The form of an answer that the task is already met.
const UNCHANGED: &str = "unchanged";
/// The most symbols that are named; of more, only the number is given.
const MAX_SYMBOLS: usize = 100;

/// A file, before and after.
pub(crate) type Changed<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>);

/// The form of an answer as one hash over all files, so that a journal stays short.
pub(crate) fn form_of<'a>(files: impl Iterator<Item = Changed<'a>>) -> String {
    let mut hasher = StableHasher::new();
    let mut count = 0;
    for (path, before, after) in files {
        (path, form_of_file(path, before, after)).hash(&mut hasher);
        count += 1;
    }
    if count == 0 { String::new() } else { hasher.hex() }
}

/// Looks at the content of a Coder's slot. It records no verdict: the chosen change is judged like every change.
pub(crate) async fn candidate(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    slot: &Slot,
) -> Candidate {
    let made = Candidate { slot: slot.n, ..Candidate::default() };
    match judge_candidate(context, state, task, slot, made.clone()).await {
        Ok(candidate) => candidate,
        Err(error) => {
            context
                .bench
                .host
                .progress(&format!("- `{}`: a candidate could not be looked at: {error}\n", task.id));
            Candidate { failed: Some(FailureClass::Host), ..made }
        }
    }
}

async fn judge_candidate(
    context: &Arc<MissionContext>,
    state: &State,
    task: &Task,
    slot: &Slot,
    made: Candidate,
) -> Result<Candidate, workspace::Error> {
    let paths = match scope::claim_paths(context, task, slot).await {
        Ok(paths) => paths,
        Err(Finding { class: class @ FailureClass::Host, .. }) => {
            return Ok(Candidate { failed: Some(class), ..made });
        }
        Err(_) => return Ok(Candidate { refused_by: Some(Gate::Scope), ..made }),
    };
    format_changed(&context.bench, &context.gates.checks, slot).await;
    let (message, name) = (format!("{}\n\ntask {}", task.title, task.id), format!("{}.{}", task.id, slot.n));
    let commit = context.bench.commit_and_pin(slot, message, name).await?;
    let (workspace, from, to) = (context.bench.workspace.clone(), slot.commit.clone(), commit.id.clone());
    let diff = blocking(move || workspace.diff(&from, &to, &[], MAX_DIFF)).await?;
    let mission_base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    let permissions = Permissions::of(task);
    let change = Change { permissions, slot, commit: &commit, paths: &paths, mission_base };
    let mut evidence = Evidence::of_task(state, task, &commit.tree);
    let mut made = Candidate { tree: commit.tree.clone(), lines: changed_lines(&diff), ..made };
    for gate in Gate::without_models() {
        let judged = ask(gate, &context.gates, &change, &mut evidence).await;
        match judged.into_iter().find_map(|said| said.failure.map(|failure| (said.gate, failure))) {
            None => {}
            Some((_, Finding { class: class @ FailureClass::Host, .. })) => {
                return Ok(Candidate { failed: Some(class), ..made });
            }
            Some((gate, _)) => {
                made.refused_by = Some(gate);
                return Ok(made);
            }
        }
    }
    // The number of tests does not count: a candidate may add its own
    let vouched = evidence.verified_by.iter().map(|by| by.split(" (").next().unwrap_or(by).to_string());
    let vouched: BTreeSet<String> = vouched.collect();
    let (changed, form) = changed(context, slot, &commit.id, &paths).await?;
    (made.behaviour, made.form) = (words(vouched, changed), form);
    if paths.is_empty() {
        // Candidates without a change agree with each other, and an empty change must not count as the smallest
        (made.form, made.lines) = (UNCHANGED.into(), u32::MAX);
    }
    Ok(made)
}

/// The symbols that a change touches, and its form.
async fn changed(
    context: &Arc<MissionContext>,
    slot: &Slot,
    commit: &str,
    paths: &[String],
) -> Result<(BTreeSet<String>, String), workspace::Error> {
    let (workspace, before, after) =
        (context.bench.workspace.clone(), slot.commit.clone(), commit.to_string());
    let paths: Vec<String> = paths.iter().filter(|path| kind(path).is_behaviour()).cloned().collect();
    blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (before, after) = (workspace.read_all(&before, &names)?, workspace.read_all(&after, &names)?);
        let files = || {
            let sides = before.iter().zip(&after);
            paths.iter().zip(sides).map(|(path, (b, a))| (path.as_str(), b.as_deref(), a.as_deref()))
        };
        let changed = files().flat_map(|(path, before, after)| symbols::changed(path, before, after));
        Ok((changed.collect(), form_of(files())))
    })
    .await
}

/// What a change does: the checks that verify it and the symbols that it changes. The text is equal for changes that do
/// the same.
pub(crate) fn words(vouched: BTreeSet<String>, changed: BTreeSet<String>) -> String {
    let more = changed.len().saturating_sub(MAX_SYMBOLS);
    let mut words: Vec<String> = vouched.into_iter().chain(changed.into_iter().take(MAX_SYMBOLS)).collect();
    if more > 0 {
        words.push(format!("and {more} more symbols"));
    }
    words.join("; ")
}

fn changed_lines(diff: &str) -> u32 {
    let counts = |line: &&str| {
        (line.starts_with('+') && !line.starts_with("+++"))
            || (line.starts_with('-') && !line.starts_with("---"))
    };
    u32::try_from(diff.lines().filter(counts).count()).unwrap_or(u32::MAX)
}
