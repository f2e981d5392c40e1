//! Results of checks in words and as findings: on the base, and on a tree in comparison with it.
//!
//! It runs nothing and decides nothing: verdicts come from `checks::compare`.

use std::path::Path;
use std::sync::Arc;

use checks::{Check, CheckPurpose, End, Level, Outcome, Verdict};
use mission::{CheckKind, CheckSummary, Event, FailureClass, GateVerdict, Issue};

use crate::actor::orchestrator::Orchestrator;
use crate::bench::Bench;
use crate::text::{count, cut};

/// The longest message of one failure, in bytes.
const MAX_MESSAGE: usize = 1500;
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

/// The result of a check on the base.
pub(super) fn base_summary(check: &Check, outcome: &Outcome) -> CheckSummary {
    let (verdict, detail) = match checks::compare(None, outcome) {
        Verdict::Pass => (GateVerdict::Pass, passed(outcome)),
        Verdict::Fail { findings } => {
            (GateVerdict::Fail, format!("red before the mission: {}", failing(outcome, findings.len())))
        }
        Verdict::NoEvidence { why } => (GateVerdict::NoEvidence, why),
    };
    timed(said(check, verdict, detail), outcome)
}

fn timed(summary: CheckSummary, outcome: &Outcome) -> CheckSummary {
    CheckSummary { took_ms: Some(outcome.duration_ms).filter(|ms| *ms > 0), ..summary }
}

fn said(check: &Check, verdict: GateVerdict, detail: String) -> CheckSummary {
    let kind = match check.kind {
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
pub(super) fn passed(outcome: &Outcome) -> String {
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
        _ if findings > 0 => outcome.end.to_string(),
        _ => "it fails".into(),
    }
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
    bench.host.say(&format!("- `{name}` is flaky: it failed and then passed on the same tree\n"));
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
        let said = said(&self.check, verdict, detail);
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
pub(super) fn issue(check: &Check, failure: &checks::NewFailure, root: &Path) -> Issue {
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
