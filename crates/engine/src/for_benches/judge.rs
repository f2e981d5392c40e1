//! Judges a change without a mission: the same gates in the same order, on an answer that is given as files.
//!
//! [`super::Lint`] is the Guardian alone, in memory. [`Judge`] is everything that needs no model: scope, protected files,
//! Guardian, the project's checks compared with the base, and whether added tests can fail.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mission::{Gate, GateVerdict, Issue, SetupSummary};
use tokio_util::sync::CancellationToken;
use workspace::{Commit, Slot, Workspace};

use crate::bench::Bench;
use crate::bench::confine::FilterSandbox;
use crate::bench::formatting::format_changed;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::project_checks::ProjectChecks;
use crate::bench::slots::{CHECKING, Slots};
use crate::blocking::blocking;
use crate::config::{Trusted, load, settings};
use crate::for_benches::lint::ChangedFiles;
use crate::gates::pipeline::{Evidence, ask, check_merged};
use crate::gates::scope;
use crate::gates::verdict::{Change, GateContext, Judgement, Permissions};
use crate::host::Nobody;
use crate::world::Commands;

/// How many changes one [`Judge`] judges in parallel; others wait.
const PARALLEL: u32 = 4;

/// The report of one gate.
#[derive(Clone, Debug, PartialEq)]
pub struct GateReport {
    pub gate: Gate,
    pub verdict: GateVerdict,
    /// In words.
    pub detail: String,
    /// The problems that it found.
    pub issues: Vec<Issue>,
    pub took: Duration,
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    #[error("{0}")]
    Workspace(#[from] workspace::Error),
    #[error("the settings are wrong: {0}")]
    Settings(String),
}

/// A base, and the gates on it.
pub struct Judge {
    gates: GateContext,
    /// The base, as a commit of the private repository.
    base: String,
}

impl Judge {
    /// Takes the files in `root` as the base. `state`: the folder for the private repository, slots and temporary
    /// files. `settings`: in the shape of `opencode.toml`. `commands` runs the project's checks.
    pub async fn open(
        root: &Path,
        state: &Path,
        settings: Option<serde_json::Value>,
        commands: Arc<dyn Commands>,
    ) -> Result<Judge, JudgeError> {
        let config =
            load(None, None, settings, Trusted { project: true, options: true }).map_err(|problems| {
                JudgeError::Settings(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
        let sandbox = config.sandbox.settings();
        let (at, repository) = (root.to_path_buf(), state.join("workspace"));
        let (workspace, base) = blocking(move || {
            let workspace = Workspace::open(&at, &repository)?;
            workspace.confine_filters(Arc::new(FilterSandbox(sandbox)));
            let base = workspace.take_base("judge")?;
            Ok::<_, workspace::Error>((workspace, base.commit))
        })
        .await?;
        let (guardian, _) = settings::guardian(&config, root);
        let slots = Slots::new(workspace.clone(), PARALLEL, Vec::new(), config.workspace.copy.clone());
        let bench = Arc::new(Bench {
            host: Arc::new(Nobody),
            workspace,
            slots,
            config: Arc::new(config),
            commands,
            cancel: CancellationToken::new(),
            tmp: state.join("tmp"),
            downloads: Default::default(),
            marker: "judge".into(),
        });
        let checks = ProjectChecks::new(bench.clone(), KnownOutcomes::default(), None);
        Ok(Judge { gates: GateContext { bench, checks, guardian: Arc::new(guardian) }, base })
    }

    /// The set-up steps so far.
    pub fn setup(&self) -> Vec<SetupSummary> {
        self.gates.checks.setup()
    }

    /// The report of each gate on an answer, in the order of a mission, up to the first that fails. `all`: also the
    /// later gates, on the same submission; except the last one, whether new tests can fail, which runs only if no gate
    /// failed.
    pub async fn judge_files(
        &self,
        answer: &ChangedFiles,
        permissions: Permissions,
        all: bool,
    ) -> Result<Vec<GateReport>, JudgeError> {
        let (gates, slots) = (&self.gates, &self.gates.bench.slots);
        let lease = slots.lease(slots.permit().await, &self.base).await?;
        let slot = &lease.slot;
        let started = Instant::now();
        let (commit, paths) = self.put(slot, answer).await?;
        let mut reports = vec![scoped(&paths, started)];
        let keeps_tests = permissions.edits_tests.is_none();
        let change = Change { permissions, slot, commit: &commit, paths: &paths, mission_base: &self.base };
        let mut evidence = Evidence { keeps_tests, ..Evidence::default() };
        for gate in Gate::without_models() {
            if failed(&reports) && (!all || gate == Gate::NewTests) {
                break;
            }
            let started = Instant::now();
            let judged = ask(gate, gates, &change, &mut evidence).await;
            reports.extend(judged.into_iter().map(|judgement| GateReport::new(judgement, started)));
            if gate == Gate::Protected && failed(&reports) {
                // A refused change was reverted
                slots.prepare(slot.n, &commit.id).await?;
            }
        }
        Ok(reports)
    }

    /// The report of the checks on an answer in a fresh checkout, like that of an integrated or delivered tree. `warm`:
    /// with the builds of the base's checks.
    pub async fn judge_tree(&self, answer: &ChangedFiles, warm: bool) -> Result<GateReport, JudgeError> {
        let (gates, slots) = (&self.gates, &self.gates.bench.slots);
        let commit = {
            let lease = slots.lease(slots.permit().await, &self.base).await?;
            self.put(&lease.slot, answer).await?.0
        };
        let _ = gates.checks.ensure_base_for(&self.base, &commit.tree).await;
        let started = Instant::now();
        let _slot_is_ours = gates.checks.hold_checking_slot().await;
        let slot = match warm {
            true => gates.checks.prepare_checking_slot(&commit.id).await?,
            false => slots.prepare(CHECKING, &commit.id).await?,
        };
        let (judgement, _) = check_merged(gates, &slot, &commit.tree, true).await;
        Ok(GateReport::new(judgement, started))
    }

    /// Writes an answer into a slot, formatted like the project; returns its commit and the paths that it touches.
    async fn put(&self, slot: &Slot, answer: &ChangedFiles) -> Result<(Commit, Vec<String>), JudgeError> {
        let (workspace, into, files) = (self.gates.bench.workspace.clone(), slot.clone(), answer.clone());
        let put = blocking(move || {
            for (path, text) in &files {
                match text {
                    Some(text) => workspace.write_slot_file(&into, path, text)?,
                    None => workspace.remove_slot_file(&into, path)?,
                }
            }
            Ok::<_, workspace::Error>(())
        });
        put.await?;
        format_changed(&self.gates.bench, &self.gates.checks, slot).await;
        let (workspace, slot, base) = (self.gates.bench.workspace.clone(), slot.clone(), self.base.clone());
        let committed = blocking(move || {
            let changes = workspace.slot_changes(&slot)?;
            let commit = workspace.commit_slot(&slot, &base, "an answer")?;
            Ok::<_, workspace::Error>((
                commit,
                changes.into_iter().flat_map(workspace::Change::paths).collect(),
            ))
        });
        Ok(committed.await?)
    }
}

fn failed(reports: &[GateReport]) -> bool {
    reports.iter().any(|report| report.verdict == GateVerdict::Fail)
}

impl GateReport {
    fn new(judgement: Judgement, started: Instant) -> GateReport {
        let Judgement { gate, verdict, detail, failure } = judgement;
        let issues = failure.map(|failure| failure.issues).unwrap_or_default();
        GateReport { gate, verdict, detail, issues, took: started.elapsed() }
    }
}

/// The scope gate without other tasks: something was changed, and no forbidden file.
fn scoped(paths: &[String], started: Instant) -> GateReport {
    let mut issues: Vec<Issue> = paths.iter().filter_map(|path| scope::forbidden(path)).collect();
    if paths.is_empty() {
        issues.push(scope::nothing());
    }
    let verdict = if issues.is_empty() { GateVerdict::Pass } else { GateVerdict::Fail };
    let detail = crate::text::count(paths.len(), "file");
    GateReport { gate: Gate::Scope, verdict, detail, issues, took: started.elapsed() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Processes;

    #[tokio::test]
    async fn an_answer_is_judged_by_the_gates_of_a_mission() {
        let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        let root = place.path().join("project");
        std::fs::create_dir_all(root.join("test")).unwrap();
        for (path, text) in
            [("a.sh", "echo 1\n"), ("test/a.test.js", "test('a', () => { expect(1).toBe(1); });\n")]
        {
            std::fs::write(root.join(path), text).unwrap();
        }
        let check = serde_json::json!({ "name": "check", "run": "grep -q echo a.sh" });
        let settings = serde_json::json!({ "checks": { "auto": false, "command": [check] } });
        let state = place.path().join("state");
        let judge = Judge::open(&root, &state, Some(settings), Arc::new(Processes)).await.unwrap();
        let said = async |files: &[(&str, Option<&str>)], all: bool| -> Vec<String> {
            let answer = files.iter().map(|(path, text)| (path.to_string(), text.map(str::to_string)));
            let reports = judge.judge_files(&answer.collect(), Permissions::default(), all).await.unwrap();
            reports.iter().map(|r| format!("{} {:?}", r.gate.name(), r.verdict).to_lowercase()).collect()
        };
        let all_pass = ["scope pass", "protected pass", "guardian pass", "checks pass"];
        assert_eq!(said(&[("a.sh", Some("echo 2\n"))], false).await, all_pass);
        assert_eq!(said(&[("a.sh", Some("echo 1\n"))], false).await, ["scope fail"]);
        assert_eq!(said(&[("test/a.test.js", None)], false).await, ["scope pass", "protected fail"]);
        assert_eq!(
            said(&[("test/a.test.js", None), ("a.sh", Some("false\n"))], true).await,
            ["scope pass", "protected fail", "guardian fail", "checks fail"]
        );
        let nothing_is_left = said(&[("a.sh", Some("echo 3\n"))], false).await;
        assert_eq!(nothing_is_left, all_pass);
    }

    #[tokio::test]
    async fn a_change_that_breaks_the_set_up_fails_and_a_registry_that_does_not_answer_is_no_evidence() {
        let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        let root = place.path().join("project");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("versions.txt"), "one\n").unwrap();
        let install = "grep -qx one versions.txt || { cat versions.txt; exit 3; }";
        let check = serde_json::json!({ "name": "check", "run": "grep -q o versions.txt" });
        let settings = serde_json::json!({
            "workspace": { "setup": [install] },
            "checks": { "auto": false, "command": [check] },
        });
        let state = place.path().join("state");
        let judge = Judge::open(&root, &state, Some(settings), Arc::new(Processes)).await.unwrap();
        let last = async |text: &str| {
            let answer = [("versions.txt".to_string(), Some(text.to_string()))].into();
            let reports = judge.judge_files(&answer, Permissions::default(), false).await.unwrap();
            reports.last().unwrap().clone()
        };
        let refused = last("two, of which there is none\n").await;
        assert_eq!((refused.gate, refused.verdict), (Gate::Checks, GateVerdict::Fail));
        let said = &refused.issues[0].message;
        assert!(said.contains("exit status 3") && said.ends_with("of which there is none"), "{said}");
        assert_eq!(judge.gates.checks.not_ready(1), None);
        let offline = last("o: getaddrinfo ENOTFOUND\n").await;
        assert_eq!((offline.gate, offline.verdict), (Gate::Checks, GateVerdict::NoEvidence));
        assert!(judge.gates.checks.not_ready(1).is_some_and(|why| why.contains("ENOTFOUND")));
        assert_eq!(last("one\nmore\n").await.verdict, GateVerdict::Pass);
        assert_eq!(judge.gates.checks.not_ready(1), None, "it is ready again");
    }

    #[tokio::test]
    async fn what_was_formatted_before_is_formatted_before_it_is_judged() {
        let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        let root = place.path().join("project");
        std::fs::create_dir_all(root.join("src")).unwrap();
        for (path, text) in [
            ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("src/lib.rs", "pub fn one() -> u32 {\n    1\n}\n"),
            ("src/own.rs", "pub fn two()->u32{2}\n"),
        ] {
            std::fs::write(root.join(path), text).unwrap();
        }
        let laid_out =
            serde_json::json!({ "name": "layout", "run": "rustfmt --check --edition 2021 src/lib.rs" });
        let own = serde_json::json!({ "name": "own", "run": "grep -q '()->u32{' src/own.rs" });
        let settings = serde_json::json!({ "checks": { "auto": false, "command": [laid_out, own] } });
        let judge = Judge::open(&root, &place.path().join("state"), Some(settings), Arc::new(Processes))
            .await
            .unwrap();
        let checks = async |path: &str, text: &str| {
            let answer = [(path.to_string(), Some(text.to_string()))].into();
            let reports = judge.judge_files(&answer, Permissions::default(), false).await.unwrap();
            let last = reports.iter().find(|report| report.gate == Gate::Checks).unwrap();
            (last.verdict, last.detail.clone())
        };
        let (verdict, detail) = checks("src/lib.rs", "pub fn one()->u32{3}\n").await;
        assert_eq!(verdict, GateVerdict::Pass, "{detail}");
        let (verdict, detail) = checks("src/own.rs", "pub fn two()->u32{4}\n").await;
        assert_eq!(verdict, GateVerdict::Pass, "a file with a layout of its own keeps it: {detail}");
    }
}

#[cfg(test)]
#[path = "tests/verdicts.rs"]
mod verdict_tests;

#[cfg(test)]
#[path = "tests/decided.rs"]
mod decided_tests;

#[cfg(test)]
#[path = "tests/caches.rs"]
mod caches_tests;
