//! `checks try`: sets up a slot and runs the project's checks in it once, as a mission would on its base, and prints
//! the result of each. The user's files are only read.

use std::sync::Arc;

use ::checks::{Check, Sandbox, TestFailure, describe_sandbox};
use journal::LockOwner;
use mission::{CheckKind, CheckSummary, GateVerdict, SetupSummary};
use serde_json::{Value, json};
use shared::text::clip;
use tokio_util::sync::CancellationToken;
use workspace::Workspace;

use super::super::answer::{CommandAnswer, CommandFailure};
use super::super::place::Place;
use crate::actor::progress::setup_step;
use crate::bench::Bench;
use crate::bench::confine::FilterSandbox;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::Slots;
use crate::blocking::blocking;
use crate::host::Nobody;
use crate::text::duration;
use crate::world::Processes;

/// The name under which it holds the project's lock and keeps commits.
const ATTEMPT_NAME: &str = "try";
/// The most failing tests that are named for each check.
const MAX_NAMED: usize = 20;
/// The most output lines that are shown if a check fails without the name of a test, and the most bytes of each.
const LAST_LINES: usize = 12;
const MAX_LINE: usize = 300;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A check, its result, and how long it took.
struct Ran {
    check: Check,
    said: CheckSummary,
    took_ms: u64,
    /// Tests that fail, by their full names.
    failed: Vec<String>,
    /// The last lines of its output, if it names no failing test.
    output: Vec<String>,
}

pub(super) async fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let config = place.settings(&place.root).map_err(|problems| {
        let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
        CommandFailure::Problem(list.join("\n"))
    })?;
    let owner = LockOwner {
        pid: std::process::id(),
        mission: ATTEMPT_NAME.into(),
        directory: place.cwd.display().to_string(),
        since_ms: place.now_ms(),
    };
    let state = place.open_state()?;
    let _lock = state.lock(&owner).map_err(CommandFailure::problem)?;
    let tmp = state.path().join("try-tmp");
    let (root, state, slots) = (place.root.clone(), state.path().to_path_buf(), config.workspace.slots());
    let sandbox = config.sandbox.settings();
    let (workspace, base) = blocking(move || {
        let workspace = Workspace::open_at(&root, &state, slots.as_deref())?;
        workspace.confine_filters(Arc::new(FilterSandbox(sandbox)));
        let base = workspace.take_base(ATTEMPT_NAME)?;
        Ok::<_, workspace::Error>((workspace, base.commit))
    })
    .await
    .map_err(CommandFailure::problem)?;
    let bench = Arc::new(Bench {
        host: Arc::new(Nobody),
        slots: Slots::new(workspace.clone(), 1, Vec::new(), config.workspace.copy.clone()),
        workspace,
        config: Arc::new(config),
        commands: Arc::new(Processes),
        cancel: CancellationToken::new(),
        tmp: tmp.clone(),
        downloads: Default::default(),
        marker: ATTEMPT_NAME.into(),
    });
    let checks = ProjectChecks::new(bench, KnownOutcomes::default(), None);
    let summaries = checks.base(&base).await.map_err(CommandFailure::Problem);
    blocking(move || workspace::remove_folder(&tmp)).await;
    let ran: Vec<Ran> = summaries?
        .into_iter()
        .zip(checks.list())
        .map(|(said, check)| {
            let outcome = checks.on_base(&check.name);
            let took_ms = outcome.as_ref().map_or(0, |outcome| outcome.duration_ms);
            let failing = outcome.as_ref().and_then(|outcome| outcome.failing.as_deref());
            let failed: Vec<String> = failing.unwrap_or_default().iter().map(full_name).collect();
            let unexplained = failed.is_empty() && said.verdict != GateVerdict::Pass;
            let output =
                outcome.filter(|_| unexplained).map_or(Vec::new(), |outcome| last_lines(&outcome.output));
            Ran { check: check.clone(), said, took_ms, failed, output }
        })
        .collect();
    let setup = checks.setup();
    let tested = ran.iter().any(|ran| ran.said.vouches());
    let wrong = !tested
        || setup.iter().any(|step| step.failed.is_some())
        || ran.iter().any(|ran| ran.said.verdict != GateVerdict::Pass);
    let answer = if args.json {
        CommandAnswer::json(&as_json(&setup, &ran, sandbox))?
    } else {
        CommandAnswer::done(as_text(&setup, &ran, tested, sandbox))
    };
    Ok(answer.exit(u8::from(wrong)))
}

/// The full name of a test, with its file or package first.
fn full_name(failure: &TestFailure) -> String {
    match &failure.suite {
        Some(suite) => format!("{suite} > {}", failure.name),
        None => failure.name.clone(),
    }
}

/// The last lines that are not empty.
fn last_lines(output: &str) -> Vec<String> {
    let held: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = held.iter().skip(held.len().saturating_sub(LAST_LINES));
    last.map(|line| clip(line.trim_end(), MAX_LINE)).collect()
}

fn verdict(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "pass",
        GateVerdict::Fail => "fail",
        GateVerdict::NoEvidence => "no_evidence",
    }
}

fn as_json(setup: &[SetupSummary], ran: &[Ran], sandbox: Sandbox) -> Value {
    let checks: Vec<Value> = ran
        .iter()
        .map(|Ran { check, said, took_ms, failed, output }| {
            json!({
                "name": said.name,
                "run": said.run,
                "directory": check.directory,
                "kind": said.kind.map_or("custom", CheckKind::name),
                "verdict": verdict(said.verdict),
                "detail": said.detail,
                "took_ms": took_ms,
                "failed": failed,
                "output": output,
            })
        })
        .collect();
    json!({ "setup": setup, "checks": checks, "sandbox": describe_sandbox(sandbox).0.name() })
}

fn as_text(setup: &[SetupSummary], ran: &[Ran], tested: bool, sandbox: Sandbox) -> String {
    let mut text = String::new();
    if !setup.is_empty() {
        text.push_str("set-up\n");
        text.extend(setup.iter().map(|step| format!("  {}\n", setup_step(step))));
        text.push('\n');
    }
    text.push_str("checks\n");
    for Ran { check, said, took_ms, failed, output } in ran {
        let place =
            if check.directory.is_empty() { String::new() } else { format!(" in {}", check.directory) };
        let word = match said.verdict {
            GateVerdict::Pass => "passes",
            GateVerdict::Fail => "fails",
            GateVerdict::NoEvidence => "says nothing",
        };
        let kind = said.kind.map_or("check", CheckKind::name);
        text.push_str(&format!(
            "  {} ({kind}) {word}: {}\n    `{}`{place}, {}\n",
            said.name,
            said.detail,
            said.run,
            duration(*took_ms)
        ));
        text.extend(failed.iter().take(MAX_NAMED).map(|name| format!("    fails: {name}\n")));
        text.extend(output.iter().map(|line| format!("    | {line}\n")));
    }
    if ran.is_empty() {
        text.push_str(
            "  none was found; `opencode-orchestrator checks` says what was seen and what to write\n",
        );
    }
    text.push_str(&format!("\nsandbox {}\n", describe_sandbox(sandbox).1));
    if !tested {
        text.push_str("no test passed: what a mission does here would be delivered as unverified\n");
    }
    text
}
