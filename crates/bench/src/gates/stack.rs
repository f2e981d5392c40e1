//! Every gate without models on wrong versions of real changes, compared with the visible tests alone, and with the
//! truth, which no gate sees.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checks::{End, Outcome, Verdict};
use engine::for_benches::{GateReport, Judge, Permissions};
use mission::{Basis, Gate, GateVerdict, Issue};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::reason::reason_to_edit_tests;
use super::room::Room;
use crate::mutants::{Mutant, MutantKind, correct, edits_tests, is_test, mutants};
use crate::projects::{Change, Project, Suite, Tree};
use sim::Random;

/// How many rounds move protected files out of a change.
const ROUNDS: usize = 3;
/// A run may take this many times as long as that of the correct change, and at least [`AT_LEAST`].
const LONGER: u32 = 6;
/// How many characters identify an issue.
const STEADY: usize = 120;
const AT_LEAST: Duration = Duration::from_secs(15);

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Mutants of a kind in a change, at most.
    pub a_kind: usize,
    /// The most changes of one package.
    pub changes: usize,
    pub seed: u64,
    /// How many packages are measured in parallel.
    pub jobs: usize,
    /// No mutant is begun after this time.
    pub until: Option<Instant>,
}

impl Effort {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }
}

/// The results for the whole stack of gates.
#[derive(Debug, Default, Serialize)]
pub struct Stack {
    pub mutants: Vec<Row>,
    pub correct: Vec<Right>,
    /// Packages and changes that could not be measured, and why.
    pub left_out: Vec<String>,
    /// The number of mutants that were not begun because the time was over.
    pub not_begun: usize,
    /// The number of test runs, without outcomes that an earlier run had kept.
    pub runs: u64,
}

/// One mutant.
#[derive(Debug, Serialize)]
pub struct Row {
    pub package: &'static str,
    pub language: &'static str,
    pub from: String,
    pub to: String,
    #[serde(serialize_with = "name_of")]
    pub kind: MutantKind,
    pub path: String,
    pub description: String,
    pub truth: Truth,
    /// Whether the visible tests tell it from the correct change.
    pub visible_tests: bool,
    /// Whether each gate has an objection that it does not have to the correct change. A gate that was not asked, or
    /// has nothing to look at, is missing.
    pub gates: BTreeMap<&'static str, bool>,
}

/// How it is known that a mutant is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It is wrong by the way it was made, whatever it computes.
    ByConstruction,
    ByVisibleTests,
    ByHeldOutTests,
    /// It passes every test: it may compute the same as the correct change.
    NotKnownToBeWrong,
}

/// One correct change.
#[derive(Debug, Serialize)]
pub struct Right {
    pub package: &'static str,
    pub from: String,
    pub to: String,
    /// Files that only a plan, the engine or the user may change: the base already has their new content.
    pub given: Vec<String>,
    pub edits_tests: bool,
    /// Gates that reject it, with their messages.
    pub refused: BTreeMap<&'static str, String>,
    /// The number of visible tests that passed.
    pub passed: Option<u32>,
    pub seconds: f64,
}

impl Row {
    pub fn is_wrong(&self) -> bool {
        self.truth != Truth::NotKnownToBeWrong
    }

    pub fn caught_by(&self, gate: Gate) -> bool {
        self.gates.get(gate.name()).copied().unwrap_or_default()
    }

    /// Whether one of the gates objects to it.
    pub fn caught(&self) -> bool {
        Gate::of_a_change().any(|gate| self.caught_by(gate))
    }

    /// Whether a gate that runs nothing objects to it.
    pub fn caught_without_tests(&self) -> bool {
        Gate::of_a_change().any(|gate| gate.basis() != Basis::Runs && self.caught_by(gate))
    }
}

fn name_of<S: serde::Serializer>(kind: &MutantKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}

/// Measures every package that ships tests.
pub async fn whole_stack(packages: &[&'static Project], effort: Effort) -> Stack {
    let free = Arc::new(Semaphore::new(effort.jobs.max(1)));
    let mut working = JoinSet::new();
    for project in packages {
        let (free, project) = (free.clone(), *project);
        working.spawn(async move {
            // The semaphore is never closed
            let _one = free.acquire_owned().await;
            package(project, effort).await
        });
    }
    let mut all = Stack::default();
    while let Some(done) = working.join_next().await {
        match done {
            Ok(part) => all.add(part),
            Err(why) => all.left_out.push(why.to_string()),
        }
    }
    all.mutants.sort_by(|a, b| (a.kind, a.package, &a.to).cmp(&(b.kind, b.package, &b.to)));
    all.correct.sort_by(|a, b| (a.package, &a.to).cmp(&(b.package, &b.to)));
    all.left_out.sort();
    all
}

impl Stack {
    fn add(&mut self, part: Stack) {
        self.mutants.extend(part.mutants);
        self.correct.extend(part.correct);
        self.left_out.extend(part.left_out);
        self.not_begun += part.not_begun;
        self.runs += part.runs;
    }
}

async fn package(project: &'static Project, effort: Effort) -> Stack {
    let mut stack = Stack::default();
    let Some(suite) = project.suite else {
        stack.left_out.push(format!("{}: it ships no tests", project.name));
        return stack;
    };
    let changes = match project.changes() {
        Ok(changes) => changes,
        Err(why) => {
            stack.left_out.push(format!("{}: {why}", project.name));
            return stack;
        }
    };
    // The newest first
    for change in changes.into_iter().rev().take(suite.changes.min(effort.changes)) {
        let (title, started) = (change.title(), Instant::now());
        if effort.is_over() {
            stack.left_out.push(format!("{title}: it was not begun, because the time was over"));
            continue;
        }
        let measured = match Room::open(project, &suite, &change).await {
            Ok(room) => measure(project, &suite, change, room, &MutantKind::ALL, effort).await,
            Err(why) => Err(why),
        };
        match measured {
            Ok(part) => {
                eprintln!(
                    "{title}: {} mutants, {} runs of tests, {:.0} s",
                    part.mutants.len(),
                    part.runs,
                    started.elapsed().as_secs_f64()
                );
                stack.add(part);
            }
            Err(why) => {
                eprintln!("{title}: left out: {why}");
                stack.left_out.push(format!("{title}: {why}"));
            }
        }
    }
    stack
}

async fn measure(
    project: &'static Project,
    suite: &Suite,
    change: Change,
    room: Room,
    kinds: &[MutantKind],
    effort: Effort,
) -> Result<Stack, String> {
    if change.held_out.is_empty() || change.visible_tests().is_empty() {
        return Err("it has too few test files to hold half of them back".into());
    }
    let room = Arc::new(room);
    let hidden = change.with_held_out(&change.head);
    let held_out = green("held-out", room.right(suite, &hidden).await)?;
    let visible = green("visible", room.right(suite, &change.head).await)?;
    let limit = |right: &Outcome| Duration::from_millis(right.duration_ms) * LONGER + AT_LEAST;
    let place = tempfile::tempdir().map_err(|why| format!("a temporary folder could not be made: {why}"))?;
    let bench = Bench { suite, room: &room, limit: limit(&visible), place: place.path() };
    let (taken, judge, right) = bench.take_out_what_is_protected(change).await?;
    let Taken { change, given } = taken;
    let refused = right.iter().filter(|report| report.verdict == GateVerdict::Fail);
    let mut stack = Stack::default();
    stack.correct.push(Right {
        package: project.name,
        from: change.from.clone(),
        to: change.to.clone(),
        given,
        edits_tests: edits_tests(&change),
        refused: refused.map(|report| (report.gate.name(), report.detail.clone())).collect(),
        passed: visible.passed,
        seconds: visible.duration_ms as f64 / 1000.0,
    });
    let old = bench.with_old_tests(&judge, &change).await?;
    let random = Random::new(effort.seed);
    let mut all: Vec<Mutant> =
        kinds.iter().flat_map(|kind| mutants(&change, *kind, effort.a_kind, &random)).collect();
    // Shuffled, so that an interrupted run has some mutants of each kind
    random.fork(&format!("{} in which order", change.title())).shuffle(&mut all);
    for (at, mutant) in all.iter().enumerate() {
        if effort.is_over() {
            stack.not_begun = all.len() - at;
            break;
        }
        let answer = mutant.answer(&change);
        let tree = laid_over(&change.base, &answer);
        let now = room.outcome(suite, &tree, limit(&visible)).await;
        let reference = if mutant.on_base_tests { &old.visible } else { &visible };
        let visible_tests = match tells(reference, &now) {
            Ok(told) => told,
            Err(why) => {
                stack.left_out.push(format!("{}: {}: {why}", change.title(), mutant.description));
                continue;
            }
        };
        let truth = match () {
            () if mutant.kind.is_wrong_by_construction() => Truth::ByConstruction,
            () if visible_tests => Truth::ByVisibleTests,
            () => {
                let hidden = change.with_held_out(&tree);
                let now = room.outcome(suite, &hidden, limit(&held_out)).await;
                match tells(&held_out, &now) {
                    Ok(true) => Truth::ByHeldOutTests,
                    _ => Truth::NotKnownToBeWrong,
                }
            }
        };
        let plan = plan(&change, mutant.on_base_tests);
        let reports = judge.judge_files(&answer, plan, true).await.map_err(|why| why.to_string())?;
        let right = if mutant.on_base_tests { &old.reports } else { &right };
        stack.mutants.push(Row {
            package: project.name,
            language: project.language,
            from: change.from.clone(),
            to: change.to.clone(),
            kind: mutant.kind,
            path: mutant.path.clone(),
            description: mutant.description.clone(),
            truth,
            visible_tests,
            gates: reports.iter().map(|report| (report.gate.name(), holds(report, right))).collect(),
        });
    }
    stack.runs = room.runs();
    Ok(stack)
}

struct Bench<'b> {
    suite: &'b Suite,
    room: &'b Arc<Room>,
    limit: Duration,
    place: &'b Path,
}

/// A change, and the files that were moved from it into its base.
struct Taken {
    change: Change,
    given: Vec<String>,
}

struct OldTests {
    visible: Outcome,
    reports: Vec<GateReport>,
}

impl Bench<'_> {
    /// A release also changes files that only a plan, the engine or the user may change (versions of packages,
    /// configuration, CI). In a mission these changes exist before a Coder begins; here they are moved into the base.
    async fn take_out_what_is_protected(
        &self,
        change: Change,
    ) -> Result<(Taken, Judge, Vec<GateReport>), String> {
        let mut taken = Taken { change, given: Vec::new() };
        for round in 0..=ROUNDS {
            let judge = self.judge_on(&taken.change.base, round).await?;
            let plan = plan(&taken.change, false);
            let reports = judge
                .judge_files(&correct(&taken.change), plan, true)
                .await
                .map_err(|why| why.to_string())?;
            let mut paths: Vec<String> = reports
                .iter()
                .filter(|report| report.gate.basis() == Basis::Paths)
                .flat_map(|report| report.issues.iter().filter_map(|issue| issue.path.clone()))
                .collect();
            paths.retain(|path| taken.change.changed.contains(path));
            if paths.is_empty() || round == ROUNDS {
                return Ok((taken, judge, reports));
            }
            taken.change = taken.change.after(&paths);
            taken.given.extend(paths);
        }
        Err("what it changes of configuration could not be told apart".into())
    }

    /// The reference for mutants that are about tests: the correct change of the code with the old tests.
    async fn with_old_tests(&self, judge: &Judge, change: &Change) -> Result<OldTests, String> {
        let mut answer = correct(change);
        answer.retain(|path, _| !(is_test(change, path) && change.base.contains_key(path)));
        let tree = laid_over(&change.base, &answer);
        let visible = self.room.outcome(self.suite, &tree, self.limit).await;
        let plan = plan(change, true);
        let reports = judge.judge_files(&answer, plan, true).await.map_err(|why| why.to_string())?;
        Ok(OldTests { visible, reports })
    }

    async fn judge_on(&self, base: &Tree, round: usize) -> Result<Judge, String> {
        let root = self.place.join(format!("base-{round}"));
        for (path, text) in base {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(&root))
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|why| format!("`{}`: {why}", path.display()))?;
        }
        let test = serde_json::json!({
            "name": "test", "run": self.suite.run, "timeout": format!("{}s", self.limit.as_secs()),
        });
        let settings = serde_json::json!({
            "checks": { "auto": false, "command": [test] },
            "workspace": { "setup": "none" },
        });
        let state = self.place.join(format!("state-{round}"));
        Judge::open(&root, &state, Some(settings), self.room.clone()).await.map_err(|why| why.to_string())
    }
}

/// The permissions that a plan for this release would give. A mutant that is about tests gets no reason.
fn plan(change: &Change, about_tests: bool) -> Permissions {
    Permissions { edits_tests: reason_to_edit_tests(change).filter(|_| !about_tests), edits_config: false }
}

fn laid_over(base: &Tree, answer: &BTreeMap<String, Option<String>>) -> Tree {
    let mut tree = base.clone();
    for (path, text) in answer {
        match text {
            Some(text) => tree.insert(path.clone(), text.clone()),
            None => tree.remove(path),
        };
    }
    tree
}

/// The outcome if it passed, so that others can be compared with it; otherwise an error.
fn green(which: &str, outcome: Outcome) -> Result<Outcome, String> {
    if outcome.end.success() && outcome.passed.is_some_and(|passed| passed > 0) {
        return Ok(outcome);
    }
    let failing = outcome.failing.as_deref().unwrap_or_default();
    let names: Vec<&str> = failing.iter().take(3).map(|test| test.name.as_str()).collect();
    let from = outcome.output.floor_char_boundary(outcome.output.len().saturating_sub(400));
    Err(format!(
        "the correct change does not pass its own {which} tests: it {}; {} fail: {}; {}",
        outcome.end,
        failing.len(),
        names.join(", "),
        outcome.output.get(from..).unwrap_or_default().replace('\n', " ")
    ))
}

/// Whether the tests distinguish this outcome from that of the correct change.
fn tells(right: &Outcome, now: &Outcome) -> Result<bool, String> {
    match &now.end {
        End::NotFound { .. } | End::CouldNotStart { .. } | End::Cancelled => {
            Err(format!("the tests {}", now.end))
        }
        _ => Ok(matches!(checks::compare(Some(right), now), Verdict::Fail { .. })),
    }
}

/// Whether a gate has an objection to a mutant that it does not have to the correct change.
fn holds(report: &GateReport, right: &[GateReport]) -> bool {
    let known = right.iter().find(|known| known.gate == report.gate);
    let known = known.map_or(&[][..], |known| &known.issues);
    let same = |a: &Issue, b: &Issue| a.source == b.source && a.path == b.path && steady(a) == steady(b);
    report.verdict == GateVerdict::Fail
        && report.issues.iter().any(|issue| !known.iter().any(|known| same(issue, known)))
}

/// The beginning of an issue's message without digits, because places and times differ from run to run.
fn steady(issue: &Issue) -> String {
    issue.message.chars().filter(|c| !c.is_ascii_digit()).take(STEADY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projects::{Registry, Set};

    fn tree(files: &[(&str, &str)]) -> Tree {
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[tokio::test]
    async fn gates_tests_and_truth_are_told_apart_on_a_small_package() -> Result<(), String> {
        let suite =
            Suite { folder: "test/", suffix: ".test.js", setup: "true", run: "node --test", changes: 1 };
        let project: &'static Project = Box::leak(Box::new(Project {
            name: "small",
            registry: Registry::Pypi,
            language: "JavaScript",
            versions: &[],
            set: Set::Tuning,
            keep: &[],
            skip: &[],
            suite: Some(suite),
        }));
        let test = |body: &str| {
            format!(
                "const test = require('node:test');\nconst assert = require('node:assert');\n\
                 const a = require('../a.js');\n{body}\n"
            )
        };
        let visible = test(
            "test('max', () => {\n  assert.strictEqual(a.max(1, 2), 2);\n});\n\
             test('more', () => {\n  assert.strictEqual(a.max(3, 2), 3);\n});",
        );
        let held_out = test("test('least', () => {\n  assert.strictEqual(a.least(1, 2), 1);\n});");
        let max = "exports.max = function max (a, b) {\n  return a < b ? b : a\n}\n";
        let least = format!("{max}exports.least = function least (a, b) {{\n  return a < b ? a : b\n}}\n");
        let tests = [("test/a.test.js", visible.as_str()), ("test/b.test.js", held_out.as_str())];
        let (before, after) = (
            tree(&[("a.js", max), ("package.json", "{ \"version\": \"1.0.0\" }\n"), tests[0]]),
            tree(&[("a.js", &least), ("package.json", "{ \"version\": \"1.1.0\" }\n"), tests[0], tests[1]]),
        );
        let change = Change::new(project, ("1", &before), ("2", &after));
        let home = tempfile::tempdir().map_err(|why| why.to_string())?;
        let room = Room::open_in(home.path(), project, &suite, &change, BTreeMap::new()).await?;
        let effort = Effort { a_kind: 1, changes: 1, seed: 1, jobs: 1, until: None };
        let kinds = [MutantKind::SyntaxSlip, MutantKind::DeletedTest, MutantKind::WrongOperator];
        let stack = measure(project, &suite, change, room, &kinds, effort).await?;
        assert!(stack.correct.iter().all(|right| right.refused.is_empty()), "{:?}", stack.correct);
        let of = |kind: MutantKind| {
            let row = stack.mutants.iter().find(|row| row.kind == kind);
            row.ok_or_else(|| format!("no {} was made", kind.name()))
        };
        let slip = of(MutantKind::SyntaxSlip)?;
        assert!(slip.visible_tests && slip.caught_by(Gate::Guardian), "{slip:?}");
        let deleted = of(MutantKind::DeletedTest)?;
        assert!(!deleted.visible_tests && deleted.caught_by(Gate::Protected), "{deleted:?}");
        // The mutant is in the new function, which only the held-out test calls
        let operator = of(MutantKind::WrongOperator)?;
        assert_eq!(operator.truth, Truth::ByHeldOutTests, "{operator:?}");
        assert!(!operator.visible_tests && !operator.caught(), "{operator:?}");
        Ok(())
    }
}
