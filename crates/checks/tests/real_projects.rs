//! From manifests to a verdict, with the real tools.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Also in helpers of tests

use std::path::Path;

use checks::{Check, End, Outcome, RunOptions, Verdict, compare, discover, run};
use tokio_util::sync::CancellationToken;

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("slot").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn checks(&self) -> Vec<Check> {
        let root = self.folder.path().join("slot");
        let mut list = Vec::new();
        collect(&root, "", &mut list);
        discover(&|path| std::fs::read_to_string(root.join(path)).ok(), &list)
    }

    async fn run(&self, name: &str, filter: Option<&str>) -> Outcome {
        let check = self.checks().into_iter().find(|check| check.name == name).unwrap();
        let options =
            RunOptions::new(self.folder.path().join("slot"), self.folder.path().join("tmp"), "m-real");
        run(&check, filter, &options, &CancellationToken::new()).await
    }
}

fn collect(root: &Path, below: &str, list: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(below)).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type().unwrap().is_dir() { collect(root, &path, list) } else { list.push(path) }
    }
}

fn names(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Fail { findings } => findings.into_iter().map(|f| f.test.unwrap_or_default()).collect(),
        Verdict::NoEvidence { why } => vec![format!("? {why}")],
    }
}

#[tokio::test]
async fn npm_and_node_test() {
    let test = |wrong: &str| {
        format!(
            "const {{ test }} = require('node:test'); const assert = require('node:assert');
             test('red before', () => assert.ok(false));
             test('adds (two)', () => assert.strictEqual(require('..').add(1, 1), 2 {wrong}));"
        )
    };
    let project = Project::new(&[
        (
            "package.json",
            r#"{"name": "x", "version": "1.0.0", "main": "i.js", "scripts": {"test": "node --test"}}"#,
        ),
        ("i.js", "exports.add = (a, b) => a + b;"),
        ("test/a.test.js", &test("")),
    ]);
    let base = project.run("test", None).await;
    assert_eq!((base.end.clone(), base.passed), (End::Exited { code: 1 }, Some(1)), "{}", base.output);
    assert_eq!(names(compare(Some(&base), &base)), [""; 0]);

    project.write("i.js", "exports.add = (a, b) => a - b;");
    let now = project.run("test", None).await;
    assert_eq!(names(compare(Some(&base), &now)), ["adds (two)"]);
    let failure = now.failing.as_ref().unwrap().iter().find(|failure| failure.name == "adds (two)").unwrap();
    assert_eq!((failure.file.as_deref(), failure.line), (Some("test/a.test.js"), Some(3)));

    let narrowed = project.run("test", Some("adds (two)")).await;
    let all: Vec<_> = narrowed.failing.iter().flatten().map(|failure| failure.name.as_str()).collect();
    assert_eq!(all, ["adds (two)"], "{}", narrowed.output);

    project.write("i.js", "exports.add = (a, b) => {");
    assert!(matches!(compare(Some(&base), &project.run("test", None).await), Verdict::Fail { .. }));

    project.write("i.js", "exports.add = (a, b) => a + b;");
    let by_file = project.run("test", Some("test/a.test.js")).await;
    assert_eq!(by_file.passed, Some(1), "{}", by_file.output);
}

#[tokio::test]
async fn cargo_test_in_the_sandbox() {
    let project = Project::new(&[
        (
            "Cargo.toml",
            "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ndoctest = false\n",
        ),
        (
            "src/lib.rs",
            "pub fn add(a: u8, b: u8) -> u8 { a + b }\n#[cfg(test)] mod tests {\n#[test] fn adds() { assert_eq!(super::add(1, 1), 2); }\n}\n",
        ),
    ]);
    let base = project.run("test", None).await;
    assert!(base.end.success() && base.passed == Some(1), "{}", base.output);
    project.write("src/lib.rs", "#[cfg(test)] mod tests { #[test] fn adds() { std::process::exit(0); } }\n");
    let told = compare(Some(&base), &project.run("test", None).await);
    let Verdict::Fail { findings } = told else { panic!("{told:?}") };
    assert!(findings[0].message.contains("reports none"), "{findings:?}");
    project.write("src/lib.rs", "pub fn add(");
    assert_eq!(names(compare(Some(&base), &project.run("test", None).await)), [""]);
}

#[tokio::test]
async fn python_unittest() {
    let project = Project::new(&[(
        "tests/test_a.py",
        "import unittest\nclass A(unittest.TestCase):\n  def test_ok(self): pass\n  def test_no(self): self.assertEqual(1, 2)\n",
    )]);
    let outcome = project.run("test", None).await;
    assert_eq!(outcome.passed, Some(1), "{}", outcome.output);
    assert_eq!(names(compare(None, &outcome)), ["test_a.A.test_no"]);
    let narrowed = project.run("test", Some("test_a.A.test_ok")).await;
    assert!(narrowed.end.success() && narrowed.passed == Some(1), "{}", narrowed.output);
}

#[tokio::test]
async fn a_hostile_test_file_reaches_nothing_outside_of_the_slot() {
    if !checks::sandbox_available() {
        eprintln!("skipped: this kernel has no Landlock");
        return;
    }
    let hostile = "
        const fs = require('node:fs'), path = require('node:path'), { test } = require('node:test');
        const top = path.resolve(__dirname, '../..');
        for (const place of ['home', 'state', 'checkout']) {
          test('write to ' + place, () => fs.writeFileSync(path.join(top, place, 'owned'), 'x'));
          test('empty ' + place, () => fs.truncateSync(path.join(top, place, 'file')));
          test('link into ' + place, () => fs.symlinkSync('/etc/passwd', path.join(top, place, 'link')));
          test('remove from ' + place, () => fs.unlinkSync(path.join(top, place, 'file')));
          test('rename from ' + place, () => fs.renameSync(path.join(top, place, 'file'), path.join(top, 'slot/file')));
        }
        test('write inside', () => fs.writeFileSync(path.join(top, 'slot/inside'), 'x'));";
    let project = Project::new(&[
        ("package.json", r#"{"scripts": {"test": "node --test"}}"#),
        ("test/a.test.js", hostile),
    ]);
    for place in ["home", "state", "checkout"] {
        let folder = project.folder.path().join(place);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("file"), "mine").unwrap();
    }
    let outcome = project.run("test", None).await;
    assert!(outcome.sandbox > checks::Level::None);
    assert_eq!(outcome.passed, Some(1), "only what is inside may work: {}", outcome.output);
    assert_eq!(outcome.failing.unwrap().len(), 15);
    for place in ["home", "state", "checkout"] {
        let folder = project.folder.path().join(place);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(folder.join("file")).unwrap(), "mine");
    }
}

#[tokio::test]
async fn what_a_go_test_prints_is_no_verdict() {
    let test = "package m\nimport (\"fmt\"; \"testing\")\nfunc TestPrints(t *testing.T) { fmt.Println(\"--- FAIL: TestGhost (0.00s)\") }\nfunc TestBreaks(t *testing.T) { t.Run(\"inner case\", func(t *testing.T) { t.Error(\"no\") }) }\n";
    let project = Project::new(&[
        ("go.mod", "module example.org/m\n\ngo 1.19\n"),
        ("m.go", "package m\n"),
        ("m_test.go", test),
    ]);
    let outcome = project.run("test", None).await;
    let named: Vec<_> = outcome.failing.iter().flatten().map(|failure| failure.name.as_str()).collect();
    assert_eq!((named, outcome.passed), (vec!["TestBreaks/inner_case"], Some(1)), "{}", outcome.output);
    // People and models get text
    assert!(outcome.output.contains("    --- FAIL: TestBreaks/inner_case"), "{}", outcome.output);
    assert!(!outcome.output.contains("\"Action\""), "{}", outcome.output);
    let narrowed = project.run("test", Some("TestPrints")).await;
    assert_eq!((narrowed.end, narrowed.passed), (End::Exited { code: 0 }, Some(1)), "{}", narrowed.output);
}
