//! The project's checks in this mission: found at the base, run in slots, compared with the base, remembered by tree.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use checks::{Check, Kind, Outcome, RunOptions, Verdict};
use mission::mailbox::CheckRequest;
use mission::{CheckSummary, FailureClass, GateVerdict, Issue};
use tokio::sync::{Mutex as AsyncMutex, OnceCell, Semaphore};
use workspace::Slot;

use crate::bench::base_commands::BaseCommands;
use crate::bench::grounds::Grounds;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::setup::Setups;
use crate::bench::slots::CHECKING;
use crate::bench::{base_commands, setup};
use crate::blocking::blocking;
use crate::config::Config;
use crate::missions::context::MissionContext;
use crate::talk::pages;
use crate::text::cut;

/// The longest answer of `mission_check`, in bytes; the rest is a page.
const MAX_ANSWER: usize = 6000;
/// The longest message of one failure, in bytes.
const MAX_MESSAGE: usize = 1500;

pub(crate) struct ProjectChecks {
    found: OnceLock<Vec<Check>>,
    base: OnceCell<BTreeMap<String, Arc<Outcome>>>,
    known: KnownOutcomes,
    pub setup: Setups,
    pub commands: BaseCommands,
    running: Semaphore,
    /// Slot 0 serves one at a time.
    pub checking_slot: AsyncMutex<()>,
}

/// What one check said of a tree, in comparison with the base.
pub(crate) struct Judged {
    pub check: Check,
    pub outcome: Arc<Outcome>,
    pub verdict: Verdict,
}

impl Default for ProjectChecks {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        ProjectChecks {
            found: OnceLock::new(),
            base: OnceCell::new(),
            known: KnownOutcomes::default(),
            setup: Setups::default(),
            commands: BaseCommands::default(),
            running: Semaphore::new(cores.max(2)),
            checking_slot: AsyncMutex::new(()),
        }
    }
}

impl ProjectChecks {
    pub fn with(known: KnownOutcomes) -> ProjectChecks {
        ProjectChecks { known, ..ProjectChecks::default() }
    }

    /// The checks' names, once the base has been read.
    pub fn names(&self) -> Vec<String> {
        self.found.get().map(|checks| checks.iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    /// What a check said of the base, once it ran there.
    pub fn on_base(&self, name: &str) -> Option<Arc<Outcome>> {
        self.base.get()?.get(name).cloned()
    }

    /// The checks, once the base has been read.
    pub fn list(&self) -> &[Check] {
        self.found.get().map_or(&[], Vec::as_slice)
    }
}

/// Finds the checks in the files of a slot, and those the user settled.
fn find(root: &Path, files: &[String], config: &Config) -> Vec<Check> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let mut found = if config.checks.auto { checks::discover(&read, files) } else { Vec::new() };
    for command in &config.checks.command {
        found.retain(|check| check.name != command.name);
        let check = Check::configured(&command.name, &command.run, Some(command.timeout.get()));
        found.push(checks::resolve(check, &read, files));
    }
    found.sort_by_key(|check| check.kind);
    found
}

/// Runs the checks on the base once. Gives what they say, in words.
pub(crate) async fn base(context: &Grounds, commit: &str) -> Result<Vec<CheckSummary>, String> {
    let outcomes = base_outcomes(context, commit).await?;
    Ok(context
        .checks
        .list()
        .iter()
        .filter_map(|check| Some(base_summary(check, outcomes.get(&check.name)?)))
        .collect())
}

/// Makes sure that the base was checked, so that trees can be compared with it. Never while the checking slot is held: the
/// base is checked there.
pub(crate) async fn ensure_base(context: &Grounds, commit: &str) -> Result<(), String> {
    base_outcomes(context, commit).await.map(|_| ())
}

async fn base_outcomes<'a>(
    context: &'a Grounds,
    commit: &str,
) -> Result<&'a BTreeMap<String, Arc<Outcome>>, String> {
    let base = commit;
    let run = || async {
        let _slot_is_ours = context.checks.checking_slot.lock().await;
        let slot = context.slots.prepare(CHECKING, commit).await.map_err(|e| e.to_string())?;
        let (workspace, commit, config) =
            (context.workspace.clone(), commit.to_string(), context.config.clone());
        let root = slot.path.clone();
        let (found, files) = blocking(move || {
            let files = workspace.files(&commit).map_err(|error| error.to_string())?;
            Ok::<_, String>((find(&root, &files, &config), files))
        })
        .await?;
        context.checks.commands.remember(&slot.path, &files);
        let _ = context.checks.found.set(found);
        let mut outcomes = BTreeMap::new();
        for check in context.checks.list() {
            let outcome = match context.checks.known.get(base, check) {
                Some(outcome) => outcome,
                None => {
                    let outcome = Arc::new(run(context, &slot, check, None).await);
                    context.checks.known.set(base, check, outcome.clone()).await;
                    outcome
                }
            };
            outcomes.insert(check.name.clone(), outcome);
        }
        Ok::<_, String>(outcomes)
    };
    context.checks.base.get_or_try_init(run).await
}

fn base_summary(check: &Check, outcome: &Outcome) -> CheckSummary {
    let (verdict, detail) = match checks::compare(None, outcome) {
        Verdict::Pass => (GateVerdict::Pass, passed(outcome)),
        Verdict::Fail { findings } => {
            (GateVerdict::Fail, format!("red before the mission: {}", failing(outcome, findings.len())))
        }
        Verdict::NoEvidence { why } => (GateVerdict::NoEvidence, why),
    };
    CheckSummary { name: check.name.clone(), run: check.run.clone(), verdict, detail }
}

fn passed(outcome: &Outcome) -> String {
    let said = outcome.passed.map_or_else(|| outcome.end.to_string(), |n| format!("{n} passed"));
    if outcome.sandboxed { said } else { format!("{said}, unsandboxed") }
}

fn failing(outcome: &Outcome, findings: usize) -> String {
    match &outcome.failing {
        Some(failing) if !failing.is_empty() => format!("{} tests fail", failing.len()),
        _ if findings > 0 => outcome.end.to_string(),
        _ => "it fails".into(),
    }
}

/// Runs every check in a slot whose files are exactly `tree`, or remembers what they said of it. `keeps_tests`: fewer
/// tests than on the base are a failure.
pub(crate) async fn judge(
    context: &Grounds,
    slot: &Slot,
    tree: &str,
    keeps_tests: bool,
) -> Result<Vec<Judged>, String> {
    let outcomes = context
        .checks
        .base
        .get()
        .ok_or("the base could not be checked, so nothing can be compared with it")?;
    let mut judged = Vec::new();
    for check in context.checks.list() {
        let base = outcomes.get(&check.name).map(Arc::as_ref);
        let compare = |outcome: &Outcome| compare(base, outcome, keeps_tests);
        let outcome = match context.checks.known.get(tree, check) {
            Some(outcome) => outcome,
            None => {
                let mut outcome = run(context, slot, check, None).await;
                // a test that newly fails is run once more: two answers that differ are flaky and block nobody
                if matches!(compare(&outcome), Verdict::Fail { .. }) && check.kind == Kind::Test {
                    let again = run(context, slot, check, None).await;
                    if !matches!(compare(&again), Verdict::Fail { .. }) {
                        context.host.say(&format!(
                            "- `{}` is flaky: it failed and then passed on the same tree\n",
                            check.name
                        ));
                        outcome = again;
                    }
                }
                let outcome = Arc::new(outcome);
                context.checks.known.set(tree, check, outcome.clone()).await;
                outcome
            }
        };
        let verdict = compare(&outcome);
        let failed = matches!(verdict, Verdict::Fail { .. });
        judged.push(Judged { check: check.clone(), outcome, verdict });
        if failed {
            // the cheaper check has spoken; the others would say the same more slowly
            break;
        }
    }
    Ok(judged)
}

/// Compares with the base. Tests that are gone fail no run, so they are counted.
fn compare(base: Option<&Outcome>, now: &Outcome, keeps_tests: bool) -> Verdict {
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
        let failure = checks::Failure { test: None, suite: None, message, file: None, line: None };
        return Verdict::Fail { findings: vec![failure] };
    }
    verdict
}

/// How many tests ran, where that is known.
fn ran(outcome: &Outcome) -> Option<usize> {
    let failing = outcome.failing.as_ref().filter(|_| outcome.counts_tests && !outcome.truncated)?;
    Some(usize::try_from(outcome.passed?).ok()? + failing.len())
}

impl Judged {
    pub fn summary(&self) -> CheckSummary {
        let (verdict, detail) = match &self.verdict {
            Verdict::Pass => (GateVerdict::Pass, passed(&self.outcome)),
            Verdict::Fail { findings } => (GateVerdict::Fail, format!("{} new failures", findings.len())),
            Verdict::NoEvidence { why } => (GateVerdict::NoEvidence, why.clone()),
        };
        CheckSummary { name: self.check.name.clone(), run: self.check.run.clone(), verdict, detail }
    }

    pub fn class(&self) -> FailureClass {
        match self.check.kind {
            Kind::Build | Kind::Type => FailureClass::Build,
            Kind::Lint => FailureClass::Lint,
            Kind::Test | Kind::Custom => FailureClass::Test,
        }
    }

    pub fn issues(&self, root: &Path) -> Vec<Issue> {
        let Verdict::Fail { findings } = &self.verdict else { return Vec::new() };
        findings.iter().map(|failure| issue(&self.check, failure, root)).collect()
    }
}

fn issue(check: &Check, failure: &checks::Failure, root: &Path) -> Issue {
    let message = match &failure.test {
        Some(test) => format!("`{test}` fails: {}", cut(&failure.message, MAX_MESSAGE)),
        None => cut(&failure.message, MAX_MESSAGE),
    };
    let issue = Issue::new(check.run.clone(), message);
    match &failure.file {
        Some(file) => issue.at(relative(file, root), failure.line),
        None => issue,
    }
}

fn relative(file: &str, root: &Path) -> String {
    Path::new(file).strip_prefix(root).map_or_else(|_| file.to_string(), |p| p.to_string_lossy().into_owned())
}

/// One run, when a core is free for it.
pub(crate) async fn run(context: &Grounds, slot: &Slot, check: &Check, filter: Option<&str>) -> Outcome {
    // the semaphore is never closed
    let _core = context.checks.running.acquire().await;
    if let Err(why) = setup::prepare(context, slot).await {
        context.host.say(&format!("- {why}: checks may miss packages\n"));
    }
    let _at_base = match base_commands::put(context, slot).await {
        Ok(kept) => kept,
        Err(why) => return Outcome::not_started(why),
    };
    context.commands.run(check, filter, &options(context, slot), &context.cancel).await
}

pub(crate) fn options(context: &Grounds, slot: &Slot) -> RunOptions {
    let tmp = context.tmp.join(slot.n.to_string());
    RunOptions::new(&slot.path, tmp, &context.marker)
}

/// `mission_check`: runs a check in the role's slot, and says what failed.
pub(crate) async fn answer(context: &Arc<MissionContext>, slot: &Slot, request: &CheckRequest) -> String {
    let base = context
        .orchestrator
        .state()
        .await
        .ok()
        .and_then(|state| state.base.as_ref().map(|b| b.commit.clone()));
    if let Err(why) = ensure_base(context, &base.unwrap_or_default()).await {
        return format!("The project's checks could not be read: {why}");
    }
    let list = context.checks.list();
    let Some(name) = &request.name else {
        if list.is_empty() {
            return "The project has no checks that could be found.".into();
        }
        return list.iter().map(|c| format!("{}: {} ({})\n", c.name, c.run, c.source)).collect();
    };
    let Some(check) = list.iter().find(|check| check.name == *name) else {
        let names: Vec<&str> = list.iter().map(|c| c.name.as_str()).collect();
        return format!("There is no check `{name}`; the checks are: {}", names.join(", "));
    };
    let outcome = run(context, slot, check, request.filter.as_deref()).await;
    let base = context.checks.base.get().and_then(|base| base.get(&check.name)).map(Arc::as_ref);
    let base = if request.filter.is_some() { None } else { base };
    let verdict = match checks::compare(base, &outcome) {
        Verdict::Pass => format!("{}: passes ({})", check.name, passed(&outcome)),
        Verdict::NoEvidence { why } => format!("{}: no evidence: {why}", check.name),
        Verdict::Fail { findings } => {
            let issues: String =
                findings.iter().map(|f| format!("- {}\n", issue(check, f, &slot.path))).collect();
            format!("{}: {} new failures\n{issues}", check.name, findings.len())
        }
    };
    if verdict.len() <= MAX_ANSWER {
        return verdict;
    }
    let page = pages::store(context, "check", &verdict).await;
    format!("{}\n{page}", cut(&verdict, MAX_ANSWER))
}
