//! Tests without a change of code: they should notice when the code they look at goes wrong.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::checks::{Check, End, Outcome};
use mission::{Gate, GateVerdict};
use syntax::Language;

use super::imports::imported;
use super::mutants::{Mutant, mutants};
use super::new_tests::{Added, Ran, failed, list, no_evidence, ran, run, write};
use super::{Change, Judgement};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;
use crate::slots::CHECKING;

/// Wrong versions that are tried for one task.
const MAX_MUTANTS: usize = 8;
/// Imports are followed so many files far, as far as the files before hold nothing to get wrong.
const MAX_SOURCES: usize = 12;
/// No further one is tried after this time.
const MAX_TIME: Duration = Duration::from_secs(120);
/// How long one may run, whatever the tests take otherwise.
const MAX_RUN: Duration = Duration::from_secs(60);
/// Survivors that a finding names.
const SHOWN: usize = 3;

/// A file of the project and what is to go wrong in it.
struct Target {
    path: String,
    text: String,
    mutant: Mutant,
}

/// The checking slot must be held.
pub(super) async fn judge(
    context: &Arc<MissionContext>,
    change: &Change<'_>,
    added: &[Added],
) -> Result<Judgement, workspace::Error> {
    let slot = context.slots.prepare(CHECKING, &change.commit.id).await?;
    let started = Instant::now();
    let (mut survivors, mut logic_survived, mut unknown) = (Vec::new(), false, Vec::new());
    for test in added {
        let targets = targets(context, change, test, MAX_MUTANTS.saturating_sub(survivors.len())).await?;
        if targets.is_empty() {
            unknown.push(format!("`{}`: the code that it looks at was not found", test.path));
            continue;
        }
        let right = run(context, &slot, &test.check, &test.path).await;
        match ran(&right) {
            Ran::Passes(_) => {}
            Ran::Fails => {
                unknown.push(format!("`{}` does not pass by itself", test.path));
                continue;
            }
            Ran::Unknown(why) => {
                unknown.push(format!("`{}`: {why}", test.path));
                continue;
            }
        }
        let check = Check { timeout: limit(&test.check, &right), ..test.check.clone() };
        for Target { path, text, mutant } in targets {
            if started.elapsed() > MAX_TIME || context.orchestrator.cancelled().is_cancelled() {
                break;
            }
            write(context, &slot, vec![(path.clone(), mutant.apply(&text))]).await?;
            let outcome = run(context, &slot, &check, &test.path).await;
            let what = mutant.describe(&path, &text);
            write(context, &slot, vec![(path, text)]).await?;
            match noticed(&outcome) {
                Some(true) => {
                    let detail = format!("`{}` fails when the code is wrong ({what})", test.path);
                    return Ok(Judgement {
                        gate: Gate::NewTests,
                        verdict: GateVerdict::Pass,
                        detail,
                        failure: None,
                    });
                }
                Some(false) => {
                    logic_survived |= mutant.is_logic();
                    survivors.push(what);
                }
                None => {}
            }
        }
    }
    // texts alone may be for people, and no test has to pin them
    if survivors.is_empty() || !logic_survived {
        unknown.push(format!("{} wrong versions of the code were tried", survivors.len()));
        return Ok(no_evidence(unknown.join("; ")));
    }
    let shown = survivors.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    let message = format!(
        "these tests pass whatever the code does: {}. They were run against {} wrong versions of what they import, and \
         noticed none ({shown}). Let them assert what the code gives back",
        list(added.iter().map(|test| &test.path)),
        survivors.len()
    );
    Ok(failed(added.first().map(|test| test.path.as_str()), message))
}

/// Whether the tests noticed; `None` where they did not get to run.
fn noticed(outcome: &Outcome) -> Option<bool> {
    match &outcome.end {
        End::Exited { code: 0 } => outcome.passed.filter(|passed| *passed > 0).map(|_| false),
        End::Exited { .. } => {
            let failing = outcome.failing.as_deref().unwrap_or_default();
            let ran =
                failing.iter().any(|test| !matches!(test.name.as_str(), "build failed" | "setup failed"));
            ran.then_some(true)
        }
        // an endless loop is noticed, too
        End::TimedOut { .. } | End::Signalled { .. } => Some(true),
        _ => None,
    }
}

/// A wrong version may hang: a little more than the right one took.
fn limit(check: &Check, right: &Outcome) -> Duration {
    let usual = Duration::from_millis(right.duration_ms);
    (usual * 4 + Duration::from_secs(5)).min(MAX_RUN).min(check.timeout)
}

/// What a test looks at, by its imports, and what could be wrong there.
async fn targets(
    context: &Arc<MissionContext>,
    change: &Change<'_>,
    test: &Added,
    limit: usize,
) -> Result<Vec<Target>, workspace::Error> {
    let (workspace, commit) = (context.workspace.clone(), change.commit.id.clone());
    let (path, text) = (test.path.clone(), test.text.clone());
    blocking(move || {
        let files = workspace.files(&commit)?;
        let files: HashSet<&str> = files.iter().map(String::as_str).collect();
        let mut waiting: VecDeque<(String, Vec<String>)> = imported(&path, &text, &files).into();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some((path, names)) = waiting.pop_front() {
            if found.len() >= limit || seen.len() >= MAX_SOURCES {
                break;
            }
            let is_code = super::files::kind(&path) == super::files::Kind::Code;
            if !is_code || !seen.insert(path.clone()) {
                continue;
            }
            let Some(language) = Language::of_path(&path) else { continue };
            let Some(Ok(text)) = workspace.read(&commit, &path)?.map(String::from_utf8) else { continue };
            let some = mutants(language, &text, &names, limit - found.len());
            if some.is_empty() {
                // it passes on what others define
                let further = imported(&path, &text, &files);
                waiting.extend(further.into_iter().map(|(file, _)| (file, names.clone())));
            }
            let target = |mutant| Target { path: path.clone(), text: text.clone(), mutant };
            found.extend(some.into_iter().map(target));
        }
        Ok(found)
    })
    .await
}
