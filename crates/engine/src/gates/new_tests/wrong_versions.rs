//! Tests of existing behaviour: they should fail when the tested code is wrong.
//!
//! `new_tests` calls it and gives the verdict; `mutants` creates the wrong versions, `imports` finds the code. It works
//! in the checking slot, which the caller holds, and restores each file after its run, whatever the result.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use ::checks::{Check, End, Outcome};
use syntax::Language;
use workspace::Slot;

use crate::bench::files::kinds::{FileKind, kind};
use crate::blocking::blocking;
use crate::gates::new_tests::imports::imported;
use crate::gates::new_tests::mutants::{Mutant, mutants};
use crate::gates::test_run::{Ran, ran, run, write};
use crate::gates::verdict::{Change, GateContext};

/// The most wrong versions that are tried for one task.
const MAX_MUTANTS: usize = 8;
/// The most files in a chain of imports that is followed while no file has code to mutate.
const MAX_SOURCES: usize = 12;
/// After this time no further version is tried.
const MAX_TIME: Duration = Duration::from_secs(120);
/// The longest run of one version.
const MAX_RUN: Duration = Duration::from_secs(60);
/// How many survivors a finding names.
const SHOWN: usize = 3;

/// A test file that the change adds, and the check that runs it.
pub(crate) struct Added {
    pub path: String,
    pub text: String,
    pub check: Check,
}

/// The result for one added test file.
pub(crate) enum Fate {
    /// It can fail; says when.
    Proven(String),
    /// It passes whatever the code does; says what it did not notice.
    Useless(String),
    /// Nothing is known; says why.
    Unknown(String),
}

/// A file of the project with one wrong version of it.
struct Target {
    path: String,
    text: String,
    mutant: Mutant,
}

/// Whether each test file notices wrong code; with `within`, only wrong code in these files counts. The caller must
/// hold the checking slot.
pub(crate) async fn fates<'a>(
    context: &GateContext,
    change: &Change<'_>,
    tests: &[&'a Added],
    within: Option<&[String]>,
) -> Result<Vec<(&'a Added, Fate)>, workspace::Error> {
    let mut fates = Vec::new();
    if tests.is_empty() {
        return Ok(fates);
    }
    let slot = context.checks.prepare_checking_slot(&change.commit.id).await?;
    let started = Instant::now();
    let each = (MAX_MUTANTS / tests.len()).max(2);
    for test in tests {
        let targets = targets(context, change, test, within, each).await?;
        let fate = match (targets.is_empty(), within) {
            (true, Some(_)) => Fate::Useless("it imports nothing that the change touches".into()),
            (true, None) => {
                Fate::Unknown(format!("`{}`: the code that it looks at was not found", test.path))
            }
            _ => fate(context, &slot, test, targets, started).await?,
        };
        fates.push((*test, fate));
    }
    Ok(fates)
}

async fn fate(
    context: &GateContext,
    slot: &Slot,
    test: &Added,
    targets: Vec<Target>,
    started: Instant,
) -> Result<Fate, workspace::Error> {
    let right = run(context, slot, &test.check, &test.path).await;
    match ran(&right) {
        Ran::Passes(_) => {}
        Ran::Fails => return Ok(Fate::Unknown(format!("`{}` does not pass by itself", test.path))),
        Ran::Unknown(why) => return Ok(Fate::Unknown(format!("`{}`: {why}", test.path))),
    }
    let check = Check { timeout: limit(&test.check, &right), ..test.check.clone() };
    let (mut survivors, mut logic_survived) = (Vec::new(), false);
    for Target { path, text, mutant } in targets {
        if started.elapsed() > MAX_TIME || context.bench.cancel.is_cancelled() {
            break;
        }
        write(context, slot, vec![(path.clone(), mutant.apply(&text))]).await?;
        let outcome = run(context, slot, &check, &test.path).await;
        let what = mutant.describe(&path, &text);
        write(context, slot, vec![(path, text)]).await?;
        match noticed(&outcome) {
            Some(true) => {
                return Ok(Fate::Proven(format!("`{}` fails when the code is wrong ({what})", test.path)));
            }
            Some(false) => {
                logic_survived |= mutant.is_logic();
                survivors.push(what);
            }
            None => {}
        }
    }
    // If only changed strings survive, they may be for people, and a test need not check them
    if survivors.is_empty() || !logic_survived {
        let count = survivors.len();
        return Ok(Fate::Unknown(format!("`{}`: {count} wrong versions of the code were tried", test.path)));
    }
    let shown = survivors.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    let count = survivors.len();
    Ok(Fate::Useless(format!(
        "run against {count} wrong versions of what it imports, it noticed none: {shown}"
    )))
}

/// Whether the tests noticed the mutant; `None` if they did not run.
fn noticed(outcome: &Outcome) -> Option<bool> {
    match &outcome.end {
        End::Exited { code: 0 } => outcome.passed.filter(|passed| *passed > 0).map(|_| false),
        End::Exited { .. } => {
            let failing = outcome.failing.as_deref().unwrap_or_default();
            let ran =
                failing.iter().any(|test| !matches!(test.name.as_str(), "build failed" | "setup failed"));
            ran.then_some(true)
        }
        // An endless loop counts as noticed, too
        End::TimedOut { .. } | End::Signalled { .. } => Some(true),
        _ => None,
    }
}

/// The time limit for a wrong version, which may hang: a little more than the right one took.
fn limit(check: &Check, right: &Outcome) -> Duration {
    let usual = Duration::from_millis(right.duration_ms);
    (usual * 4 + Duration::from_secs(5)).min(MAX_RUN).min(check.timeout)
}

/// At most `limit` wrong versions of the files that a test imports.
async fn targets(
    context: &GateContext,
    change: &Change<'_>,
    test: &Added,
    within: Option<&[String]>,
    limit: usize,
) -> Result<Vec<Target>, workspace::Error> {
    let (workspace, commit) = (context.bench.workspace.clone(), change.commit.id.clone());
    let (path, text) = (test.path.clone(), test.text.clone());
    let within = within.map(<[String]>::to_vec);
    blocking(move || {
        let files = workspace.files(&commit)?;
        let files: HashSet<&str> = files.iter().map(String::as_str).collect();
        let mut waiting: VecDeque<(String, Vec<String>)> = imported(&path, &text, &files).into();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some((path, names)) = waiting.pop_front() {
            if found.len() >= limit || seen.len() >= MAX_SOURCES {
                break;
            }
            let is_code = kind(&path) == FileKind::Code;
            if !is_code || !seen.insert(path.clone()) {
                continue;
            }
            let Some(language) = Language::of_path(&path) else { continue };
            let Some(Ok(text)) = workspace.read(&commit, &path)?.map(String::from_utf8) else { continue };
            let wanted = within.as_ref().is_none_or(|within| within.contains(&path));
            let some =
                if wanted { mutants(language, &text, &names, limit - found.len()) } else { Vec::new() };
            if some.is_empty() {
                // It re-exports names that others define
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
