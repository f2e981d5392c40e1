//! Possible tasks: a release of a package, its right answer, and answers that are known to be wrong.
//!
//! `bench_uplift` asks for them; `mutants` makes the wrong answers, `suites` runs the tests. A gate never decides that
//! an answer is wrong, because the gates are measured. Answers that neither tests nor the way they were made show to be
//! wrong are left out.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use engine::for_benches::ChangedFiles;

use super::authors::share_out;
use super::drawn::{Drawn, Slip};
use super::packages::{PACKAGES, Package};
use super::suites::Suites;
use crate::gates::reason_to_edit_tests;
use crate::mutants::{MutantKind, correct, mutants};
use crate::projects::{Change, Tree};
use sim::Random;

/// The most mutants of one kind for a release.
const A_KIND: usize = 1;
/// The most files of a task.
const MAX_FILES: usize = 20;
const SEED: u64 = 20_261_123;

/// A release as a task.
#[derive(Clone, Debug)]
pub struct ReleaseTask {
    pub package: &'static Package,
    /// `name from → to`.
    pub title: String,
    pub base: Tree,
    /// The folder after the release, without the held-out tests.
    pub head: Tree,
    /// The real change.
    pub right: ChangedFiles,
    pub wrong: Vec<Wrong>,
    /// Why the plan allows existing tests to change, if the real change does that.
    pub edits_tests: Option<String>,
    /// Tests of the task that another Coder can write: they fail before it. Empty: none of the package's tests do.
    pub pool: Tree,
    /// The number of mutants that no test, held-out or visible, shows to be wrong; they are not used as answers.
    pub undecided: usize,
}

/// A wrong answer.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub kind: MutantKind,
    pub files: ChangedFiles,
    pub description: String,
    /// The held-out tests fail; otherwise it is wrong by the way it was made, or the visible tests fail.
    pub held_out_fail: bool,
}

impl ReleaseTask {
    /// A wrong answer without the tests of the release.
    fn without_tests(&self, wrong: &Wrong) -> ChangedFiles {
        let mut files = wrong.files.clone();
        files.retain(|path, text| {
            !self.package.is_test(path) || self.right.get(path).is_none_or(|right| right != text)
        });
        files
    }

    /// The files that an answer writes; `None` if it changes nothing in the folder.
    pub fn answer(&self, drawn: Drawn) -> Option<ChangedFiles> {
        match drawn {
            Drawn::Right => Some(self.right.clone()),
            Drawn::Wrong(at, true) => Some(self.wrong.get(at)?.files.clone()),
            Drawn::Wrong(at, false) => Some(self.without_tests(self.wrong.get(at)?)),
            Drawn::Slip(_) => None,
        }
    }

    /// An answer in words, for tables.
    pub fn name_of(&self, drawn: Drawn) -> &'static str {
        match drawn {
            Drawn::Right => "right",
            Drawn::Wrong(at, _) => self.wrong.get(at).map_or("wrong", |wrong| wrong.kind.name()),
            Drawn::Slip(Slip::Prose) => "prose",
            Drawn::Slip(Slip::Claim) => "claim without a change",
            Drawn::Slip(Slip::WrongPath) => "wrong path",
        }
    }

    /// A folder without the tests of another Coder.
    pub fn own(&self, mut tree: Tree) -> Tree {
        tree.retain(|path, _| !self.pool.contains_key(path));
        tree
    }

    /// The folder with an answer applied.
    pub fn with(&self, answer: &ChangedFiles) -> Tree {
        applied(&self.base, answer)
    }

    /// Every file that a right answer or a wrong one writes.
    pub fn files(&self) -> Vec<String> {
        self.right.keys().cloned().collect()
    }

    /// The outcome of the package's own tests in a folder.
    pub fn tests_of(package: &'static Package, tree: &Tree, suites: &Suites) -> checks::Outcome {
        let tests: Vec<&str> = tree.keys().map(String::as_str).filter(|path| package.is_test(path)).collect();
        suites.outcome(package, tree, &tests)
    }
}

pub(super) fn applied(base: &Tree, answer: &ChangedFiles) -> Tree {
    let mut tree = base.clone();
    for (path, text) in answer {
        match text {
            Some(text) => tree.insert(path.clone(), text.clone()),
            None => tree.remove(path),
        };
    }
    tree
}

/// Whether a release can be a task.
pub enum Candidacy {
    Usable(Box<ReleaseTask>),
    /// It is left out, for this reason.
    Left(String),
}

/// The releases of the named packages (empty: all), with those that were left out and why. The first call runs the
/// tests of every answer, which takes minutes; later calls use the kept outcomes.
pub fn steps(
    names: &[String],
    suites: &Suites,
    jobs: usize,
) -> Result<(Vec<ReleaseTask>, Vec<String>), String> {
    let mut changes: Vec<(&'static Package, Change)> = Vec::new();
    for package in PACKAGES.iter().filter(|p| names.is_empty() || names.iter().any(|name| name == p.name())) {
        package.environment()?;
        let mut trees = Vec::new();
        for version in package.project.versions {
            trees.push((*version, package.folder(version).map_err(|error| error.to_string())?));
        }
        for (from, to) in trees.iter().zip(trees.iter().skip(1)) {
            changes.push((package, Change::new(package.project, (from.0, &from.1), (to.0, &to.1))));
        }
    }
    let looked: Mutex<BTreeMap<usize, Candidacy>> = Mutex::default();
    let next = Mutex::new(0_usize);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                        let at = *next;
                        *next += 1;
                        at
                    };
                    let Some((package, change)) = changes.get(at) else { return };
                    let step = task_of_release(package, change, suites);
                    looked.lock().unwrap_or_else(PoisonError::into_inner).insert(at, step);
                }
            });
        }
    });
    let (mut steps, mut left) = (Vec::new(), Vec::new());
    for looked in looked.into_inner().unwrap_or_else(PoisonError::into_inner).into_values() {
        match looked {
            Candidacy::Usable(step) => steps.push(*step),
            Candidacy::Left(why) => left.push(why),
        }
    }
    Ok((steps, left))
}

fn task_of_release(package: &'static Package, change: &Change, suites: &Suites) -> Candidacy {
    let left = |why: &str| Candidacy::Left(format!("{}: {why}", change.title()));
    let right = correct(change);
    if !right.keys().any(|path| !change.is_test(path) && syntax::Language::of_path(path).is_some()) {
        return left("no source file changed");
    }
    if right.len() > MAX_FILES {
        return left("it changes more files than a task may name");
    }
    let visible = |tree: &Tree| ReleaseTask::tests_of(package, tree, suites);
    if change.held_out.is_empty() {
        return left("it has no tests to hold back");
    }
    let shares = share_out(package, change, suites);
    let held: Vec<&str> = shares.truth.keys().map(String::as_str).collect();
    let held_out = |tree: &Tree| {
        let mut tree = tree.clone();
        tree.extend(shares.truth.clone());
        suites.outcome(package, &tree, &held)
    };
    for (what, outcome) in [
        ("the tests before the change", visible(&change.base)),
        ("the tests after the change", visible(&change.head)),
        ("the tests that are held back", held_out(&change.head)),
    ] {
        if !outcome.end.success() {
            return left(&format!("{what} do not pass here ({})", outcome.end));
        }
    }
    let random = Random::new(SEED);
    let (mut wrong, mut undecided) = (Vec::new(), 0);
    for kind in MutantKind::ALL {
        for mutant in mutants(change, kind, A_KIND, &random) {
            let files = mutant.answer(change);
            let tree = applied(&change.base, &files);
            let held_out_fail = !held_out(&tree).end.success();
            let known = held_out_fail || kind.is_wrong_by_construction() || !visible(&tree).end.success();
            if known && !files.is_empty() {
                wrong.push(Wrong { kind, files, description: mutant.description, held_out_fail });
            } else {
                undecided += 1;
            }
        }
    }
    if wrong.len() < 3 {
        return left("hardly any wrong answer can be told from the right one");
    }
    Candidacy::Usable(Box::new(ReleaseTask {
        package,
        title: change.title(),
        base: change.base.clone(),
        head: change.head.clone(),
        right,
        wrong,
        edits_tests: reason_to_edit_tests(change),
        pool: shares.pool,
        undecided,
    }))
}
