//! A real compiler of the project decides about findings of the Guardian.

use mission::FailureClass;

use super::*;
use crate::gates::checks;
use crate::gates::decided::{Held, Trees, hold, settle};
use crate::gates::verdict::Finding;
use crate::world::Processes;

const MANIFEST: &str = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LIB: &str = "mod inner;\n\npub fn one() -> u32 {\n    inner::two()\n}\n";
/// The Guardian is assumed to be wrong about line 2.
const INNER: &str = "pub(crate) fn two() -> u32 {\n    let named = 2;\n    named\n}\n";
const CONDITIONAL: &str = "pub(crate) fn two() -> u32 {\n    let named = 2;\n    named\n}\n#[cfg(windows)]\npub(crate) fn three() {}\n";

struct Case {
    _place: tempfile::TempDir,
    judge: Judge,
}

impl Case {
    async fn new(run: &str) -> Case {
        let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        let root = place.path().join("project");
        std::fs::create_dir_all(root.join("src")).unwrap();
        for (path, text) in [
            ("Cargo.toml", MANIFEST),
            ("src/lib.rs", LIB),
            ("src/inner.rs", "pub(crate) fn two() -> u32 {\n    2\n}\n"),
        ] {
            std::fs::write(root.join(path), text).unwrap();
        }
        let check = serde_json::json!({ "name": "types", "run": run });
        let settings = serde_json::json!({ "checks": { "auto": false, "command": [check] } });
        let state = place.path().join("state");
        let judge = Judge::open(&root, &state, Some(settings), Arc::new(Processes)).await.unwrap();
        Case { _place: place, judge }
    }

    fn trees<'a>(&'a self, commit: &'a Commit) -> Trees<'a> {
        Trees { mission_base: &self.judge.base, commit: &commit.id, tree: &commit.tree }
    }

    /// A change with an error about line 2 of `src/inner.rs` that waits for the checks; `None`: the error does not
    /// wait.
    async fn held(&self, commit: &Commit, rule: &str) -> Option<Held> {
        let error = guardian::Finding {
            path: "src/inner.rs".into(),
            line: 2,
            column: 5,
            rule: rule.into(),
            severity: guardian::Severity::Error,
            message: "`named` is nowhere".into(),
            note: None,
        };
        let judgement = Judgement {
            gate: Gate::Guardian,
            verdict: GateVerdict::Fail,
            detail: "1 finding".into(),
            failure: Some(Finding { class: FailureClass::Lint, issues: vec![Issue::new(rule, "nowhere")] }),
        };
        hold(&self.judge.gates, &self.trees(commit), vec![error], judgement).await.ok()
    }

    /// The verdict after the checks.
    async fn settled(&self, text: &str, rule: &str) -> Option<(GateVerdict, usize)> {
        let (gates, slots) = (&self.judge.gates, &self.judge.gates.bench.slots);
        let lease = slots.lease(slots.permit().await, &self.judge.base).await.unwrap();
        let answer = [("src/inner.rs".to_string(), Some(text.to_string()))].into();
        let (commit, _) = self.judge.put(&lease.slot, &answer).await.unwrap();
        let held = self.held(&commit, rule).await?;
        let (_, summaries) = checks::check_tree(gates, &lease.slot, &commit.tree, true).await;
        let (judgement, questions) =
            settle(gates, &self.trees(&commit), held, &checks::passed(&summaries)).await;
        Some((judgement.verdict, questions.len()))
    }

    /// The reports after the checks: gates, verdicts, and whether the Guardian's message is among the issues.
    async fn checked(&self, text: &str) -> Vec<(Gate, GateVerdict, bool)> {
        let slots = &self.judge.gates.bench.slots;
        let lease = slots.lease(slots.permit().await, &self.judge.base).await.unwrap();
        let answer = [("src/inner.rs".to_string(), Some(text.to_string()))].into();
        let (commit, paths) = self.judge.put(&lease.slot, &answer).await.unwrap();
        let held = self.held(&commit, "undefined-name").await;
        assert!(held.is_some());
        let mut evidence = Evidence { held, ..Evidence::default() };
        let (permissions, slot, mission_base) = (Permissions::default(), &lease.slot, &*self.judge.base);
        let change = Change { permissions, slot, commit: &commit, paths: &paths, mission_base };
        let said = ask(Gate::Checks, &self.judge.gates, &change, &mut evidence).await;
        let told = |failure: &Finding| failure.issues.iter().any(|issue| issue.message == "nowhere");
        said.iter().map(|said| (said.gate, said.verdict, said.failure.as_ref().is_some_and(told))).collect()
    }
}

#[tokio::test]
async fn what_the_compiler_decides_is_a_question_where_it_is_green() {
    let case = Case::new("cargo check --offline").await;
    assert_eq!(case.settled(INNER, "undefined-name").await, Some((GateVerdict::Pass, 1)));
    let broken = INNER.replace("    named\n", "    other\n");
    assert_eq!(case.settled(&broken, "undefined-name").await, Some((GateVerdict::Fail, 0)), "it is red");
    assert_eq!(case.settled(INNER, "test-removed").await, None, "no compiler's matter");
    assert_eq!(case.settled(CONDITIONAL, "undefined-name").await, None, "code under a condition");
}

#[tokio::test]
async fn an_error_that_waited_is_told_where_the_checks_fail() {
    let case = Case::new("cargo check --offline").await;
    let broken = INNER.replace("    named\n", "    other\n");
    let both = [(Gate::Guardian, GateVerdict::Fail, false), (Gate::Checks, GateVerdict::Fail, true)];
    assert_eq!(case.checked(&broken).await, both);
    let passed = [(Gate::Checks, GateVerdict::Pass, false), (Gate::Guardian, GateVerdict::Pass, false)];
    assert_eq!(case.checked(INNER).await, passed);
}

#[tokio::test]
async fn what_decides_nothing_settles_nothing() {
    let case = Case::new("test -f Cargo.toml").await;
    assert_eq!(case.settled(INNER, "undefined-name").await, None);
}
