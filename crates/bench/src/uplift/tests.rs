//! A package that needs no network, in missions with files and in replayed missions.

use std::sync::Arc;

use engine::for_benches::ChangedFiles;
use mission::{Gate, GateVerdict};

use super::authors::Authored;
use super::configurations::{CONFIGURATIONS, DEFAULT};
use super::drawn::{Drawn, Slip};
use super::measured::stats::Sum;
use super::mission::{Setup, play};
use super::packages::Package;
use super::predict::Predictions;
use super::rates::Rates;
use super::steps::{ReleaseTask, Wrong};
use super::suites::Suites;
use super::verdicts::Verdicts;
use super::{baselines, replay};
use crate::mutants::MutantKind;
use crate::projects::{Project, Registry, Set, Suite, Tree};

static ADDING: Project = Project {
    name: "adding",
    registry: Registry::Npm,
    language: "JavaScript",
    versions: &[],
    set: Set::Tuning,
    keep: &[],
    skip: &[],
    suite: Some(Suite { folder: "test/", suffix: ".test.js", setup: "", run: "", changes: 0 }),
};
static PACKAGE: Package = Package { project: &ADDING, setup: "", run: "node --test {}", manifest: "" };

const BASE: &str = "exports.add = (a, b) => Number(a) + b;\n";
const HEAD: &str = "exports.add = (a, b) => Number(a) + Number(b);\n";
const OLD_TEST: &str = "const { test } = require('node:test');\nconst assert = require('node:assert');\n\
    const { add } = require('../add.js');\ntest('adds numbers', () => assert.strictEqual(add(1, 2), 3));\n";
/// The tests of another Coder.
const POOL: &str = "const { test } = require('node:test');\nconst assert = require('node:assert');\n\
    const { add } = require('../add.js');\ntest('adds other texts', () => assert.strictEqual(add('1', '7'), 8));\n";

fn step() -> Arc<ReleaseTask> {
    let new_test = format!("{OLD_TEST}test('adds texts', () => assert.strictEqual(add('1', '2'), 3));\n");
    let tree = |code: &str, test: &str| -> Tree {
        [("add.js", code), ("test/add.test.js", test)].map(|(p, t)| (p.into(), t.into())).into()
    };
    let writes = |files: &[(&str, Option<&str>)]| -> ChangedFiles {
        files.iter().map(|(path, text)| (path.to_string(), text.map(str::to_string))).collect()
    };
    let wrong = |kind, files| Wrong { kind, files, description: String::new(), held_out_fail: true };
    Arc::new(ReleaseTask {
        package: &PACKAGE,
        title: "adding 1 → 2".into(),
        base: tree(BASE, OLD_TEST),
        head: tree(HEAD, &new_test),
        right: writes(&[("add.js", Some(HEAD)), ("test/add.test.js", Some(&new_test))]),
        wrong: vec![
            wrong(
                MutantKind::WrongOperator,
                writes(&[
                    ("add.js", Some("exports.add = (a, b) => Number(a) - Number(b);\n")),
                    ("test/add.test.js", Some(&new_test)),
                ]),
            ),
            wrong(MutantKind::DeletedTest, writes(&[("add.js", Some(HEAD)), ("test/add.test.js", None)])),
            wrong(
                MutantKind::WrongConstant,
                writes(&[
                    ("add.js", Some("exports.add = (a, b) => Number(a) + (Number(b) % 5);\n")),
                    ("test/add.test.js", Some(&new_test)),
                ]),
            ),
        ],
        edits_tests: Some("texts are added, too".into()),
        pool: [("test/more.test.js".to_string(), POOL.to_string())].into(),
        undecided: 0,
    })
}

struct Ground {
    steps: [Arc<ReleaseTask>; 1],
    suites: Arc<Suites>,
    verdicts: Arc<Verdicts>,
    _folder: tempfile::TempDir,
}

fn ground() -> Ground {
    let folder = tempfile::tempdir().unwrap();
    let suites = Arc::new(Suites::at(folder.path()).unwrap());
    let verdicts = Arc::new(Verdicts::at(folder.path(), suites.clone(), false).unwrap());
    Ground { steps: [step()], suites, verdicts, _folder: folder }
}

fn setup(ground: &Ground, p: f64) -> Setup<'_> {
    let rates = Rates { p, spread: 1e6 };
    Setup { steps: &ground.steps, suites: &ground.suites, configuration: &DEFAULT, rates }
}

#[test]
fn the_real_gates_take_the_release_and_throw_back_what_its_tests_deny() {
    let ground = ground();
    let verdict = |drawn| ground.verdicts.of(&ground.steps[0], drawn, false).unwrap();
    let right = verdict(Drawn::Right);
    assert!(right.accepted(), "{right:?}");
    let wrong = verdict(Drawn::Wrong(0, true));
    assert!(!wrong.accepted());
    assert!(wrong.gates.iter().any(|(_, said)| *said == GateVerdict::Fail), "{wrong:?}");
    assert!(!verdict(Drawn::Wrong(0, false)).accepted(), "the old test denies it, too");
    assert!(!verdict(Drawn::Wrong(1, true)).accepted(), "a reason to edit tests is none to have fewer");
    // The outcomes are kept: nothing runs again
    let runs = ground.suites.runs();
    assert_eq!(verdict(Drawn::Right), right);
    assert_eq!(ground.suites.runs(), runs);
    // Tests alone do not notice removed tests
    assert!(ground.verdicts.tests_pass(&ground.steps[0], Drawn::Right));
    assert!(!ground.verdicts.tests_pass(&ground.steps[0], Drawn::Wrong(0, true)));
    assert!(ground.verdicts.tests_pass(&ground.steps[0], Drawn::Slip(Slip::Prose)));
}

#[test]
fn tests_that_another_coder_writes_are_judged_and_judge() {
    let ground = ground();
    let step = &ground.steps[0];
    let refused = |tests| ground.verdicts.of_tests(step, tests).unwrap();
    assert_eq!(refused(Authored::Right), None);
    assert_eq!(refused(Authored::Wrong), None, "nobody can know that it asks for too much");
    assert!(refused(Authored::Broken).is_some() && refused(Authored::Empty).is_some());
    let verdict = |drawn, tested| ground.verdicts.of(step, drawn, tested).unwrap();
    assert!(verdict(Drawn::Right, true).accepted(), "{:?}", verdict(Drawn::Right, true));
    let missed = Drawn::Wrong(2, true);
    assert!(verdict(missed, false).accepted(), "no visible test looks there");
    let caught = verdict(missed, true);
    assert!(caught.gates.contains(&(Gate::IndependentTests, GateVerdict::Fail)), "{caught:?}");
    let disputed = Verdicts::with_wrong_tests(step, verdict(Drawn::Right, true));
    let (_, issues) = disputed.failure.unwrap();
    assert_eq!(issues.len(), 1, "nothing but the test that asks for too much: {issues:?}");
}

#[test]
fn missions_with_files_and_replayed_ones_come_to_the_same_where_nothing_is_left_to_chance() {
    let ground = ground();
    let perfect = setup(&ground, 0.999_999);
    let whole = play(&perfect, 2, 5).unwrap();
    let replayed = replay::play(&perfect, &ground.verdicts, 2, 5).unwrap();
    for ended in [&whole, &replayed] {
        assert!(ended.done, "{ended:?}");
        assert_eq!((ended.right, ended.wrong, ended.missing), (2, 0, 0), "{ended:?}");
        assert_eq!(ended.trouble, None);
        assert!(ended.right_accepted == 2 && ended.wrong_judged == 0);
    }
    let useless = setup(&ground, 0.000_001);
    let alone = baselines::one_attempt(&useless, &ground.verdicts, 3, 5).unwrap();
    assert_eq!((alone.right, alone.wrong, alone.done), (0, 3, true));
    for configuration in CONFIGURATIONS {
        for seed in 0..3 {
            let half = Setup { configuration, ..setup(&ground, 0.5) };
            let ended = replay::play(&half, &ground.verdicts, 3, seed).unwrap();
            assert_eq!(ended.trouble, None, "{} {seed}", configuration.name);
            assert_eq!(
                ended.right + ended.wrong + ended.missing,
                3,
                "{} {seed}: {ended:?}",
                configuration.name
            );
            assert_eq!(ended.done, ended.incomplete_for.is_none());
        }
    }
    // The same seed plays the same mission again
    let play = || {
        let ended = replay::play(&useless, &ground.verdicts, 3, 5).unwrap();
        (ended.right, ended.wrong, ended.missing, ended.calls, ended.caught, ended.let_through)
    };
    assert_eq!(play(), play());
}

#[test]
fn the_chain_ends_every_task_and_says_what_missions_come_to() {
    let ground = ground();
    let (mut known, mut sum) = (Predictions::default(), Sum::default());
    let mut of = |p: f64, n| {
        let rates = Rates { p, spread: 8.0 };
        known.of(&ground.steps, &ground.verdicts, &DEFAULT, rates, n).unwrap().unwrap()
    };
    for (p, n) in [(0.5, 1), (0.5, 20), (0.999, 5)] {
        let predicted = of(p, n);
        let all = predicted.right + predicted.wrong + predicted.incomplete;
        assert!((all - 1.0).abs() < 1e-6, "{p} {n}: {predicted:?}");
    }
    assert!(of(0.999, 5).right > 0.98 && of(0.5, 20).right < of(0.5, 1).right);
    let rates = Rates { p: 0.5, spread: 8.0 };
    let setup = Setup { rates, ..setup(&ground, 0.5) };
    for seed in 0..60 {
        sum.add(&replay::play(&setup, &ground.verdicts, 3, seed).unwrap());
    }
    let predicted = of(0.5, 3);
    let said = format!("{predicted:?}, played {:?} {:?}", sum.delivered_right(), sum.delivered_wrong());
    assert!((sum.delivered_right().value - predicted.right).abs() < 0.15, "{said}");
    assert!((sum.delivered_wrong().value - predicted.wrong).abs() < 0.15, "{said}");
}
