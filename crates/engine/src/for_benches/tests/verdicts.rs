//! The basis of a verdict: only the tree, in a fresh checkout, with the base's configuration and all of the base's
//! tests.

use journal::Redactor;

use super::*;
use crate::world::Processes;

struct Case {
    _place: tempfile::TempDir,
    judge: Judge,
}

impl Case {
    /// `commands`: name and line of each check, in their order.
    async fn new(files: &[(&str, &str)], commands: &[(&str, &str)]) -> Case {
        let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
        let root = place.path().join("project");
        for (path, text) in files {
            let file = root.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let command = |(name, run): &(&str, &str)| serde_json::json!({ "name": name, "run": run });
        let commands: Vec<_> = commands.iter().map(command).collect();
        let settings = serde_json::json!({ "checks": { "auto": false, "command": commands } });
        let state = place.path().join("state");
        let judge = Judge::open(&root, &state, Some(settings), Arc::new(Processes)).await.unwrap();
        Case { _place: place, judge }
    }

    async fn judge(&self, files: &[(&str, &str)]) -> (GateVerdict, String) {
        let answer = files.iter().map(|(path, text)| (path.to_string(), Some(text.to_string())));
        let report = self.judge.judge_tree(&answer.collect(), true).await.unwrap();
        let issues: Vec<String> = report.issues.iter().map(ToString::to_string).collect();
        (report.verdict, format!("{}\n{}", report.detail, issues.join("\n")))
    }
}

const TEST: &str = "const { test } = require('node:test'); const assert = require('node:assert');\nconst { one } = require('../src/one.js');\ntest('gives one', () => assert.equal(one(), 1));\ntest('gives it again', () => assert.equal(one(), 1));\n";
const OTHER_TESTS: &str = "const { test } = require('node:test');\ntest('a', () => {}); test('b', () => {}); test('c', () => {});\n";

async fn node() -> Case {
    let files = [
        (".gitignore", "cache\n.env\n"),
        ("package.json", r#"{"name":"demo","scripts":{"test":"node --test test/"}}"#),
        ("src/one.js", "exports.one = () => 1;\n"),
        ("test/one.test.js", TEST),
    ];
    Case::new(&files, &[("test", "node --test test/*.test.js")]).await
}

#[tokio::test]
async fn tests_that_no_longer_run_are_a_failure_whatever_their_number() {
    let case = node().await;
    let good = case.judge(&[("src/one.js", "exports.one = () => 2 - 1;\n")]).await;
    assert_eq!(good.0, GateVerdict::Pass, "{}", good.1);
    let ends = "process.exit(0);\nexports.one = () => 2;\n";
    for change in [vec![("src/one.js", ends)], vec![("src/one.js", ends), ("test/two.test.js", OTHER_TESTS)]]
    {
        let (verdict, said) = case.judge(&change).await;
        assert_eq!(verdict, GateVerdict::Fail, "{said}");
        assert!(said.contains("gives one") || change.len() == 1, "{said}");
    }
    let lies = "console.log('✔ gives one (1ms)\\n✔ gives it again (1ms)\\nℹ tests 2\\nℹ pass 2\\nℹ fail 0\\nℹ cancelled 0');\nprocess.exit(0);\n";
    let (verdict, said) = case.judge(&[("src/one.js", lies)]).await;
    assert_eq!(verdict, GateVerdict::Fail, "{said}");
}

#[tokio::test]
async fn what_a_first_run_left_does_not_help_a_second() {
    let case = node().await;
    let remembers = "const fs = require('fs');\nconst right = fs.existsSync('cache');\nfs.writeFileSync('cache', '');\nexports.one = () => (right ? 1 : 2);\n";
    let (verdict, said) = case.judge(&[("src/one.js", remembers)]).await;
    assert_eq!(verdict, GateVerdict::Fail, "{said}");
}

#[tokio::test]
async fn what_a_check_plants_is_gone_before_the_next() {
    let files = [(".gitignore", ".env\n"), ("one.sh", "true\n"), ("settings/tool.config.json", "base\n")];
    let second = "test ! -e .env && test ! -e web/vitest.config.ts && grep -q base settings/tool.config.json";
    let case = Case::new(&files, &[("one", "sh one.sh"), ("two", second)]).await;
    let plants =
        "echo A=1 > .env; mkdir web; echo x > web/vitest.config.ts; echo other > settings/tool.config.json\n";
    let (verdict, said) = case.judge(&[("one.sh", plants)]).await;
    assert_eq!(verdict, GateVerdict::Pass, "{said}");
    let (verdict, said) = case.judge(&[("settings/tool.config.json", "other\n")]).await;
    assert_eq!(verdict, GateVerdict::Pass, "the base's configuration counts: {said}");
}

#[tokio::test]
async fn a_fresh_checkout_begins_with_what_the_base_built_and_nothing_else() {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}")
    };
    let dep = package("dep", "");
    let root = package("app", "[dependencies]\ndep = { path = \"dep\" }\n[workspace]\nmembers = [\"dep\"]\n");
    let files = [
        (".gitignore", "target\n"),
        ("Cargo.toml", root.as_str()),
        ("src/lib.rs", "pub fn two() -> u32 { dep::one() + 1 }\n"),
        ("dep/Cargo.toml", dep.as_str()),
        ("dep/src/lib.rs", "pub fn one() -> u32 { 1 }\n"),
        ("dep/data.txt", "1"),
    ];
    // Fails at the base, which builds for the first time; passes if the package is not built again
    let run = "cargo build --offline -v 2> build.log; grep -q 'Fresh dep' build.log && test ! -e target/planted; \
               code=$?; test -e mark.md && touch target/planted; exit $code";
    let case = Case::new(&files, &[("warm", run)]).await;
    let changed = ("src/lib.rs", "pub fn two() -> u32 { 2 * dep::one() }\n");
    let (verdict, said) = case.judge(&[changed, ("mark.md", "it plants\n")]).await;
    assert_eq!(verdict, GateVerdict::Pass, "{said}");
    let (verdict, said) = case.judge(&[changed]).await;
    assert_eq!(verdict, GateVerdict::Pass, "what a run left in its build is not in the next: {said}");
    let (verdict, said) = case.judge(&[changed, ("dep/data.txt", "2")]).await;
    assert_eq!(verdict, GateVerdict::NoEvidence, "a macro may read that file: {said}");
}

#[tokio::test]
async fn a_run_that_changes_the_judged_files_is_no_evidence_and_hides_no_failure() {
    let rewrite = |path: &str, text: &str| {
        format!(
            "require('node:fs').writeFileSync(require('node:path').join(__dirname, '../{path}'), {text:?});\n"
        )
    };
    let case = node().await;
    let own = rewrite("src/one.js", "exports.one = () => 1;\n");
    let loads = "require('../src/heal.js');\n".to_string() + OTHER_TESTS;
    let heals = [("src/heal.js", own.as_str()), ("test/a.test.js", &loads)];
    let (verdict, said) = case.judge(&heals).await;
    assert_eq!(verdict, GateVerdict::NoEvidence, "{said}");
    assert!(said.contains("`src/one.js`"), "{said}");
    let wrong = rewrite("test/one.test.js", TEST) + "exports.one = () => 2;\n";
    let (verdict, said) = case.judge(&[("src/one.js", &wrong)]).await;
    assert_eq!(verdict, GateVerdict::Fail, "it stays a failure that tests fail: {said}");
}

#[tokio::test]
async fn what_checks_did_on_the_base_is_known_after_a_restart() {
    let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
    let file = place.path().join("checks.jsonl");
    let files = [
        (".gitignore", "state/\nout/\n"),
        ("src/one.js", "exports.one = () => 1;\n"),
        ("src/made.js", ""),
        ("test/one.test.js", TEST),
    ];
    // The linter believes what it finds in `state`; the test run generates code
    let lint = "mkdir -p state; [ -e state/clean ] || grep -q one src/one.js && touch state/clean";
    let test = "date > src/made.js; node --test test/*.test.js";
    let mut case = Case::new(&files, &[("lint", lint), ("test", test)]).await;
    let restart = |case: &mut Case| {
        let known = KnownOutcomes::open(&file, &Redactor::shapes_only(), "tools");
        case.judge.gates.checks = ProjectChecks::new(case.judge.gates.bench.clone(), known, None);
    };
    restart(&mut case);
    case.judge.gates.checks.ensure_base(&case.judge.base).await.unwrap();
    case.judge.gates.checks =
        ProjectChecks::new(case.judge.gates.bench.clone(), KnownOutcomes::default(), None);
    restart(&mut case);
    let good = case.judge(&[("src/one.js", "exports.one = () => 2 - 1;\n")]).await;
    assert_eq!(good.0, GateVerdict::Pass, "{}", good.1);
    let checks = &case.judge.gates.checks;
    let _held = checks.hold_checking_slot().await;
    let slot = checks.prepare_checking_slot(&case.judge.base).await.unwrap();
    std::fs::create_dir(slot.path.join("state")).unwrap();
    std::fs::write(slot.path.join("state/clean"), "").unwrap();
    std::fs::write(slot.path.join("src/one.js"), "nothing\n").unwrap();
    let lint = checks.list().iter().find(|check| check.name == "lint").unwrap();
    assert!(!checks.run(&slot, lint, None).await.end.success(), "it begins without what another check left");
}
