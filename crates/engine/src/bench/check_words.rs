//! Results of checks in words and as findings: on the base, and on a tree in comparison with it.
//!
//! It runs nothing and decides nothing: verdicts come from `checks::compare`.

use std::path::Path;
use std::sync::Arc;

use checks::{Check, CheckPurpose, End, Level, Outcome, Refused, Verdict};
use mission::{CheckKind, CheckSummary, Event, FailureClass, GateVerdict, Issue, RefusedCheck};

use crate::actor::orchestrator::Orchestrator;
use crate::bench::Bench;
use crate::text::{count, cut};

/// The longest message of one failure, in bytes.
const MAX_MESSAGE: usize = 1500;
/// The longest line that is quoted from an output without names of tests, in bytes.
const MAX_LAST: usize = 120;
/// The most tests that are named as flaky after one run.
const MAX_FLAKY: usize = 20;

/// The result of one check on a tree, in comparison with the base.
pub(crate) struct JudgedCheck {
    pub check: Check,
    pub outcome: Arc<Outcome>,
    pub verdict: Verdict,
    /// Whether the mission added the check.
    pub own: bool,
    /// The worker that ran it; `None`: it ran here.
    pub worker: Option<String>,
}

/// The result of a check on the base; `needs`: what it misses in a slot, in words.
pub(super) fn base_summary(check: &Check, outcome: &Outcome, needs: Option<String>) -> CheckSummary {
    let (verdict, detail) = match checks::compare(None, outcome) {
        Verdict::Pass => (GateVerdict::Pass, passed(outcome)),
        Verdict::Fail { findings } => {
            let mut said = format!("red before the mission: {}", failing(outcome, findings.len()));
            if let Some(needs) = needs {
                said.push_str(&format!("; {needs}"));
            }
            (GateVerdict::Fail, said)
        }
        Verdict::NoEvidence { why } => (GateVerdict::NoEvidence, why),
    };
    timed(said(check, outcome, verdict, detail), outcome)
}

fn timed(summary: CheckSummary, outcome: &Outcome) -> CheckSummary {
    CheckSummary { took_ms: Some(outcome.duration_ms).filter(|ms| *ms > 0), ..summary }
}

fn said(check: &Check, outcome: &Outcome, verdict: GateVerdict, detail: String) -> CheckSummary {
    let kind = match check.kind {
        CheckPurpose::Test if check.guessed && outcome.passed.unwrap_or_default() == 0 => CheckKind::Guess,
        CheckPurpose::Build => CheckKind::Build,
        CheckPurpose::Type => CheckKind::Types,
        CheckPurpose::Lint => CheckKind::Lint,
        CheckPurpose::Test => CheckKind::Test,
        CheckPurpose::Custom => CheckKind::Custom,
    };
    let (name, run) = (check.name.clone(), check.shown());
    CheckSummary {
        name,
        run,
        verdict,
        detail,
        kind: Some(kind),
        covers: Vec::new(),
        misses: Vec::new(),
        own: false,
        took_ms: None,
        worker: None,
    }
}

/// How many tests passed, which failed as before, and how the run was confined.
fn passed(outcome: &Outcome) -> String {
    let said = outcome.passed.map_or_else(|| outcome.end.to_string(), |n| format!("{n} passed"));
    let said = match outcome.still_failing() {
        Some(still) if outcome.passed.is_none() => still,
        Some(still) => format!("{said}, {still}"),
        None => said,
    };
    match outcome.sandbox {
        Level::None => format!("{said}, unsandboxed"),
        level => format!("{said}, sandbox {level}"),
    }
}

fn failing(outcome: &Outcome, findings: usize) -> String {
    match &outcome.failing {
        Some(failing) if !failing.is_empty() => match failing.len() {
            1 => "1 test fails".into(),
            more => format!("{more} tests fail"),
        },
        _ if findings > 0 => match last_words(&outcome.output) {
            Some(line) => format!("{}: {line}", outcome.end),
            None => outcome.end.to_string(),
        },
        _ => "it fails".into(),
    }
}

/// The last line of an output that is not a script runner's own note that the command failed.
fn last_words(output: &str) -> Option<String> {
    let notes = [
        "npm error",
        "npm ERR!",
        "npm warn",
        "ELIFECYCLE",
        "error Command failed",
        "info Visit",
        "error: script ",
    ];
    let is_note = |line: &str| {
        notes.iter().any(|note| line.starts_with(note)) || line.starts_with("make") && line.contains("***")
    };
    let line = output.lines().map(str::trim).rfind(|line| !line.is_empty() && !is_note(line))?;
    Some(cut(line, MAX_LAST))
}

/// The result of a run in words: its new failures, each with its place.
pub(super) fn told(check: &Check, outcome: &Outcome, verdict: Verdict, root: &Path) -> String {
    match verdict {
        Verdict::Pass if outcome.still_failing().is_some() => {
            format!("{}: nothing new fails ({})", check.name, passed(outcome))
        }
        Verdict::Pass => format!("{}: passes ({})", check.name, passed(outcome)),
        Verdict::NoEvidence { why } => format!("{}: no evidence: {why}", check.name),
        Verdict::Fail { findings } => {
            let issues: String = findings.iter().map(|f| format!("- {}\n", issue(check, f, root))).collect();
            format!("{}: {}\n{issues}", check.name, count(findings.len(), "new failure"))
        }
    }
}

/// The commands that were found and are not run, as the mission records them.
pub(super) fn refused(found: Vec<Refused>) -> Vec<RefusedCheck> {
    found.into_iter().map(|refused| RefusedCheck { run: refused.run, why: refused.why }).collect()
}

/// Says and writes down that a check failed and then passed.
pub(super) async fn tell_flaky(
    bench: &Bench,
    mission: Option<&Orchestrator>,
    check: &Check,
    first: &Outcome,
    again: &Outcome,
) {
    let name = &check.name;
    bench.host.progress(&format!("- `{name}` is flaky: it failed and then passed on the same tree\n"));
    let Some(mission) = mission else { return };
    let names = |outcome: &Outcome| -> Vec<String> {
        outcome.failing.iter().flatten().map(|test| test.name.clone()).collect()
    };
    let (mut tests, still) = (names(first), names(again));
    tests.retain(|test| !still.contains(test));
    tests.truncate(MAX_FLAKY);
    let seen = Event::FlakySeen { check: name.clone(), run: check.run.clone(), tests };
    // Nobody reads it if the mission is over
    let _ = mission.record(vec![seen]).await;
}

impl JudgedCheck {
    pub fn summary(&self) -> CheckSummary {
        let (verdict, detail) = match &self.verdict {
            Verdict::Pass => (GateVerdict::Pass, passed(&self.outcome)),
            Verdict::Fail { findings } => (GateVerdict::Fail, count(findings.len(), "new failure")),
            Verdict::NoEvidence { why } => (GateVerdict::NoEvidence, why.clone()),
        };
        let detail = match &self.worker {
            Some(worker) => format!("{detail}, at worker {worker}"),
            None => detail,
        };
        let said = said(&self.check, &self.outcome, verdict, detail);
        timed(CheckSummary { own: self.own, worker: self.worker.clone(), ..said }, &self.outcome)
    }

    pub fn class(&self) -> FailureClass {
        if matches!(self.outcome.end, End::SetupBroken { .. }) {
            return FailureClass::Build;
        }
        match self.check.kind {
            CheckPurpose::Build | CheckPurpose::Type => FailureClass::Build,
            CheckPurpose::Lint => FailureClass::Lint,
            CheckPurpose::Test | CheckPurpose::Custom => FailureClass::Test,
        }
    }

    pub fn issues(&self, root: &Path) -> Vec<Issue> {
        let Verdict::Fail { findings } = &self.verdict else { return Vec::new() };
        findings.iter().map(|failure| issue(&self.check, failure, root)).collect()
    }
}

/// A new failure with its place.
fn issue(check: &Check, failure: &checks::NewFailure, root: &Path) -> Issue {
    let message = match &failure.test {
        Some(test) => format!("`{test}` fails: {}", cut(&failure.message, MAX_MESSAGE)),
        None => cut(&failure.message, MAX_MESSAGE),
    };
    let issue = Issue::new(check.shown(), message);
    match &failure.file {
        Some(file) => issue.at(relative(file, root), failure.line),
        None => issue,
    }
}

fn relative(file: &str, root: &Path) -> String {
    Path::new(file).strip_prefix(root).map_or_else(|_| file.to_string(), |p| p.to_string_lossy().into_owned())
}

/// Compares the failures of one run with the base; `is_unknown`: there should be a base's outcome and is none.
pub(super) fn compare_alone(base: Option<&Outcome>, now: &Outcome, is_unknown: bool) -> Verdict {
    if is_unknown && !now.end.success() {
        let why = "it fails, and did not run before the change, so that what is new is not known";
        return Verdict::NoEvidence { why: why.into() };
    }
    checks::compare(base, now)
}

/// Compares with the base. Missing tests fail no run, so tests are counted.
pub(super) fn compare_counts(base: Option<&Outcome>, now: &Outcome, keeps_tests: bool) -> Verdict {
    let verdict = checks::compare(base, now);
    if keeps_tests
        && now.end.success()
        && !matches!(verdict, Verdict::Fail { .. })
        && let Some((before, after)) = base.and_then(|base| Some((ran(base)?, ran(now)?)))
        && after < before
    {
        let message = format!(
            "{before} tests ran before the change and {after} run now: {} are gone, skipped, or no longer found. Bring \
             them back; no task may drop tests unless its plan says why",
            before - after
        );
        let failure = checks::NewFailure { test: None, suite: None, message, file: None, line: None };
        return Verdict::Fail { findings: vec![failure] };
    }
    verdict
}

/// How many tests ran, if known.
fn ran(outcome: &Outcome) -> Option<usize> {
    let failing = outcome.failing.as_ref().filter(|_| outcome.counts_tests && !outcome.truncated)?;
    Some(usize::try_from(outcome.passed?).ok()? + failing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_vouches_only_where_tests_were_counted() {
        let named = Check::configured("check", "make check", None);
        let check = Check { guessed: true, kind: CheckPurpose::Test, ..named };
        let vouches = |output: &str| {
            let outcome = Outcome::of_output(&check, End::Exited { code: 0 }, output);
            base_summary(&check, &outcome, None).vouches()
        };
        assert!(!vouches("all good\n"));
        let counted = "running 1 test\ntest a ... ok\n\n\
            test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert!(vouches(counted));
    }

    #[test]
    fn a_red_base_quotes_what_the_command_said_last_and_what_it_needs() {
        let check = Check::configured("test", "npm test", None);
        let output = "> node --test\nnode: .env: not found\nnpm error Lifecycle script `test` failed\n";
        let outcome =
            Outcome { output: output.into(), ..Outcome::of_output(&check, End::Exited { code: 9 }, "") };
        let summary = base_summary(&check, &outcome, Some("it needs `.env`".into()));
        let said = "red before the mission: ended with exit status 9: node: .env: not found; it needs `.env`";
        assert_eq!(summary.detail, said);
        assert_eq!(last_words("\n  \nmake: *** [check] Error 1\n"), None);
    }
}
