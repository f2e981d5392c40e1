//! Whether tests that a change adds can fail: each fails without the change, or on a wrong version of the tested code.
//! The first is required of tests of new behaviour, the second of tests of existing behaviour; a change may add both.

mod imports;
mod mutants;
mod wrong_versions;

use mission::{FailureClass, Gate, GateVerdict, Issue};

use crate::bench::files::kinds::{FileKind, has_cases, kind};
use crate::blocking::blocking;
use crate::gates::new_tests::wrong_versions::{Added, Fate};
use crate::gates::test_run::{Ran, ran, run, runner_of, write};
use crate::gates::verdict::{Change, Finding, GateContext, Judgement};
use crate::text::quoted;

/// The most added test files that are run one by one.
const MAX_FILES: usize = 8;

/// The changes to tests and to code.
struct Sides {
    /// New test files with cases in them.
    added: Vec<(String, String)>,
    /// Every test file that the change writes, to copy over the base.
    overlay: Vec<(String, String)>,
    /// Whether anything but tests and prose changes.
    behaviour: bool,
}

/// `None` if the change adds no tests. `remembered`: the earlier judgement of this very tree.
pub(crate) async fn judge_new_tests(
    context: &GateContext,
    change: &Change<'_>,
    remembered: Option<Judgement>,
) -> Option<Judgement> {
    let sides = match sides(context, change).await {
        Ok(sides) if sides.added.is_empty() => return None,
        Ok(sides) => sides,
        Err(error) => return Some(no_evidence(error.to_string())),
    };
    if remembered.is_some() {
        return remembered;
    }
    let names = quoted(sides.added.iter().map(|(path, _)| path));
    let mut added = Vec::new();
    for (path, text) in sides.added {
        let Some(check) = runner_of(context.checks.list(), &path) else {
            return Some(no_evidence(format!("no check of the project is known to run `{path}`")));
        };
        added.push(Added { path, text, check });
    }
    if added.len() > MAX_FILES {
        return Some(no_evidence(format!("more than {MAX_FILES} new test files: {names}")));
    }
    let _slot_is_ours = context.checks.hold_checking_slot().await;
    let overlay = sides.behaviour.then_some(sides.overlay);
    Some(fates(context, change, &added, overlay).await.unwrap_or_else(|error| no_evidence(error.to_string())))
}

/// Tries each test file: first without the change (`overlay` holds its test files), then on wrong versions.
async fn fates(
    context: &GateContext,
    change: &Change<'_>,
    added: &[Added],
    overlay: Option<Vec<(String, String)>>,
) -> Result<Judgement, workspace::Error> {
    let (failing, within) = match overlay {
        Some(overlay) => {
            let failing = without(context, change, added, overlay).await?;
            // If no test fails without the change, tests of other code do not prove it
            let within = failing.is_empty().then_some(change.paths);
            (failing, within)
        }
        None => (Vec::new(), None),
    };
    let others: Vec<&Added> = added.iter().filter(|test| !failing.contains(&test.path)).collect();
    let (mut proven, mut useless, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    if !failing.is_empty() {
        let verb = if failing.len() == 1 { "fails" } else { "fail" };
        proven.push(format!("{} {verb} without the change, as it should", quoted(failing.iter())));
    }
    for (test, fate) in wrong_versions::fates(context, change, &others, within).await? {
        match fate {
            Fate::Proven(when) => proven.push(when),
            Fate::Useless(survived) => useless.push((test.path.clone(), survived)),
            Fate::Unknown(why) => unknown.push(why),
        }
    }
    if let Some((path, survived)) = useless.first() {
        let message = format!(
            "these tests pass without your change, or whatever the code does: {}. They prove nothing about it ({survived}): \
             let them assert what was not so before, or what the code gives back",
            quoted(useless.iter().map(|(path, _)| path))
        );
        return Ok(failed(Some(path), message));
    }
    if proven.is_empty() {
        return Ok(no_evidence(unknown.join("; ")));
    }
    proven.extend(unknown);
    let detail = proven.join("; ");
    Ok(Judgement { gate: Gate::NewTests, verdict: GateVerdict::Pass, detail, failure: None })
}

async fn sides(context: &GateContext, change: &Change<'_>) -> Result<Sides, workspace::Error> {
    let workspace = context.bench.workspace.clone();
    let revisions = [change.mission_base.to_string(), change.slot.commit.clone(), change.commit.id.clone()];
    let behaviour = change.paths.iter().any(|path| kind(path).is_behaviour());
    let paths: Vec<String> = change.paths.iter().filter(|path| kind(path).is_test()).cloned().collect();
    blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let [first, before, after] = &revisions;
        let first = workspace.read_all(first, &names)?;
        let before = workspace.read_all(before, &names)?;
        let after = workspace.read_all(after, &names)?;
        let mut sides = Sides { added: Vec::new(), overlay: Vec::new(), behaviour };
        for (i, path) in paths.iter().enumerate() {
            let Some(Ok(text)) = after.get(i).cloned().flatten().map(String::from_utf8) else { continue };
            let is_new = [&first, &before].iter().all(|side| side.get(i).is_none_or(Option::is_none));
            if is_new && kind(path) == FileKind::Test && has_cases(path, &text) {
                sides.added.push((path.clone(), text.clone()));
            }
            sides.overlay.push((path.clone(), text));
        }
        Ok(sides)
    })
    .await
}

/// The added tests that fail on the task's base, which lacks the tested code.
async fn without(
    context: &GateContext,
    change: &Change<'_>,
    added: &[Added],
    overlay: Vec<(String, String)>,
) -> Result<Vec<String>, workspace::Error> {
    let slot = context.checks.prepare_checking_slot(&change.slot.commit).await?;
    write(context, &slot, overlay).await?;
    let mut failing = Vec::new();
    for test in added {
        if ran(&run(context, &slot, &test.check, &test.path).await) == Ran::Fails {
            failing.push(test.path.clone());
        }
    }
    Ok(failing)
}

pub(crate) fn failed(path: Option<&str>, message: String) -> Judgement {
    let issue = Issue::new("new tests", message.clone());
    let issue = match path {
        Some(path) => issue.at(path, None),
        None => issue,
    };
    let failure = Some(Finding { class: FailureClass::Test, issues: vec![issue] });
    Judgement { gate: Gate::NewTests, verdict: GateVerdict::Fail, detail: message, failure }
}

pub(crate) fn no_evidence(why: String) -> Judgement {
    let detail = format!("whether the new tests can fail is not known: {why}");
    Judgement { gate: Gate::NewTests, verdict: GateVerdict::NoEvidence, detail, failure: None }
}
