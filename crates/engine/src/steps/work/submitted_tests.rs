//! Judges an author's submission: whether it contains tests of the task, and whether they fail without the change.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use checks::{Check, CheckPurpose, End};
use mission::independent::SOURCE;
use mission::{FailureClass, Issue, State, Task};
use syntax::Language;
use workspace::{Commit, Slot};

use crate::bench::files::kinds::{has_cases, is_test_text, kind};
use crate::bench::formatting::format_changed;
use crate::blocking::blocking;
use crate::gates::guardian::lint_trees;
use crate::gates::test_edits::TestEdits;
use crate::gates::test_run::{read, run, runner_fits, runner_of};
use crate::gates::verdict::Finding;
use crate::steps::context::MissionContext;
use crate::steps::work::failure_reason::reason;
use crate::steps::work::scope;

/// The most test files of one author that are run.
const MAX_FILES: usize = 8;

/// The message for a file that is not a test: an author may write nothing else.
const NO_TEST: &str = "this is no test file: you write the tests only, and another coder the implementation";

/// Findings of the Guardian that are expected while the implementation is missing.
const MISSING: [&str; 3] = ["unresolved-import", "missing-export", "arity-mismatch"];

/// The verdict on an author's submission.
pub(crate) enum Submission {
    Accepted {
        commit: Commit,
        paths: Vec<String>,
        detail: String,
    },
    Refused(Vec<Issue>),
    /// The engine could not judge it.
    NotJudged(String),
}

/// Why no tests are needed for a task; `None` if they are.
pub(crate) async fn unneeded(context: &Arc<MissionContext>, state: &State, task: &Task) -> Option<String> {
    if !task.scope.iter().any(|path| kind(path).is_behaviour()) {
        return Some("it touches only tests, documents or configuration".into());
    }
    let base = state.base.as_ref().map(|b| b.commit.as_str()).unwrap_or_default();
    if let Err(why) = context.gates.checks.ensure_base(base).await {
        return Some(why);
    }
    let languages: Vec<Language> = task.scope.iter().filter_map(|path| Language::of_path(path)).collect();
    // If no file has a language with a test runner, any runner fits
    let fits =
        |runner| languages.is_empty() || languages.iter().any(|language| runner_fits(runner, *language));
    let runs = |check: &&Check| check.kind == CheckPurpose::Test && check.runner.is_some_and(fits);
    let Some(check) = context.gates.checks.list().iter().find(runs) else {
        return Some("no check of the project is known to run tests of its files".into());
    };
    let outcome = context.gates.checks.on_base(&check.name)?;
    match &outcome.end {
        End::Exited { .. } => None,
        end => Some(format!("`{}` {end}", check.shown())),
    }
}

/// Looks at the content of an author's slot, and runs the tests without the change.
pub(crate) async fn judge_submission(context: &Arc<MissionContext>, task: &Task, slot: &Slot) -> Submission {
    match try_judge_submission(context, task, slot).await {
        Ok(handed) => handed,
        Err(error) => Submission::NotJudged(error.to_string()),
    }
}

async fn try_judge_submission(
    context: &Arc<MissionContext>,
    task: &Task,
    slot: &Slot,
) -> Result<Submission, workspace::Error> {
    let paths = match scope::claim_paths(context, task, slot).await {
        Ok(paths) => paths,
        Err(Finding { class: FailureClass::Host, issues }) => {
            return Ok(Submission::NotJudged(issues.iter().map(ToString::to_string).collect()));
        }
        Err(Finding { issues, .. }) => return Ok(Submission::Refused(issues)),
    };
    let issues = not_tests(context, task, slot, &paths).await?;
    if !issues.is_empty() {
        return Ok(Submission::Refused(issues));
    }
    format_changed(&context.bench, &context.gates.checks, slot).await;
    let (message, name) =
        (format!("Tests: {}\n\ntask {}", task.title, task.id), format!("{}.tests", task.id));
    let commit = context.bench.commit_and_pin(slot, message, name).await?;
    let written = read(&context.gates, &commit.id, &paths).await?;
    let tests: Vec<&(String, String)> = written.iter().filter(|(path, text)| has_cases(path, text)).collect();
    if tests.is_empty() {
        let message =
            "no test case was found in these files: write at least one, in a file that the runner collects";
        return Ok(Submission::Refused(vec![Issue::new(SOURCE, message)]));
    }
    if tests.len() > MAX_FILES {
        let message = format!("{} test files are too many: at most {MAX_FILES}", tests.len());
        return Ok(Submission::Refused(vec![Issue::new(SOURCE, message)]));
    }
    let edits = TestEdits::of([task]);
    let lint = lint_trees(&context.gates, &slot.commit, &commit.id, &paths, &edits).await.judgement;
    let found = lint.failure.map(|finding| finding.issues).unwrap_or_default();
    let issues: Vec<Issue> =
        found.into_iter().filter(|issue| !is_to_come(issue, &written, &task.scope)).collect();
    if !issues.is_empty() {
        return Ok(Submission::Refused(issues));
    }
    let own = own_modules(context, slot, task).await?;
    let own = |module: &str| own.contains(module.split(['.', ':', '/']).next().unwrap_or(module));
    let (mut issues, mut reasons) = (Vec::new(), Vec::new());
    for (path, _) in &tests {
        let Some(check) = runner_of(context.gates.checks.list(), path) else {
            let message = "no check of the project runs this file: put it where the others are";
            issues.push(Issue::new(SOURCE, message).at(path.clone(), None));
            continue;
        };
        match reason(&run(&context.gates, slot, &check, path).await, &own) {
            Ok(why) => reasons.push(format!("`{path}`: {why}")),
            Err(wrong) => issues.push(Issue::new(SOURCE, wrong).at(path.clone(), None)),
        }
    }
    if context.desk.orchestrator.cancelled().is_cancelled() {
        return Ok(Submission::NotJudged("the mission was stopped".into()));
    }
    if !issues.is_empty() {
        return Ok(Submission::Refused(issues));
    }
    Ok(Submission::Accepted { commit, paths, detail: reasons.join("; ") })
}

/// Files that an author must not write; they are reverted.
async fn not_tests(
    context: &Arc<MissionContext>,
    task: &Task,
    slot: &Slot,
    paths: &[String],
) -> Result<Vec<Issue>, workspace::Error> {
    let (workspace, slot, paths) = (context.bench.workspace.clone(), slot.clone(), paths.to_vec());
    let may_edit = task.edits_tests.is_some();
    blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let before = workspace.read_all(&slot.commit, &names)?;
        let (mut issues, mut back) = (Vec::new(), Vec::new());
        for (path, before) in paths.iter().zip(before) {
            let was_test = before.is_some_and(|text| is_test_text(path, &String::from_utf8_lossy(&text)));
            let why = if !kind(path).is_test() {
                NO_TEST
            } else if was_test && !may_edit {
                "this existing test is protected: write new cases in a new file"
            } else {
                continue;
            };
            issues
                .push(Issue::new(SOURCE, format!("{why}. It was put back as it was")).at(path.clone(), None));
            back.push(path.clone());
        }
        if !back.is_empty() {
            workspace.discard(&slot, &back)?;
        }
        Ok(issues)
    })
    .await
}

/// Whether a finding is about something that the task will add: its line names one of the task's files.
fn is_to_come(
    issue: &Issue,
    written: &[(String, String)],
    scope: &std::collections::BTreeSet<String>,
) -> bool {
    if !MISSING.contains(&issue.source.as_str()) {
        return false;
    }
    if issue.source == "arity-mismatch" {
        return true;
    }
    let text = written.iter().find(|(path, _)| Some(path) == issue.path.as_ref()).map(|(_, text)| text);
    let line = issue.line.and_then(|line| text?.lines().nth(line.saturating_sub(1) as usize));
    // An import over several lines has the module's name on its last line
    let said = line.map_or_else(String::new, |line| match line.contains(['\'', '"', '.', ':']) {
        true => line.to_string(),
        false => text.map(|text| text.to_string()).unwrap_or_default(),
    });
    let stem = |path: &String| {
        let path = Path::new(path);
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        // A folder is imported by its own name
        match stem.as_str() {
            "index" | "mod" | "__init__" | "lib" | "main" => path
                .parent()
                .and_then(Path::file_name)
                .map(|s| s.to_string_lossy().into_owned())
                .unwrap_or_default(),
            _ => stem,
        }
    };
    scope.iter().map(stem).any(|stem| !stem.is_empty() && said.contains(&stem))
}

/// The first parts of module names that belong to the project, now or after the task.
async fn own_modules(
    context: &Arc<MissionContext>,
    slot: &Slot,
    task: &Task,
) -> Result<HashSet<String>, workspace::Error> {
    let (workspace, commit) = (context.bench.workspace.clone(), slot.commit.clone());
    let files = blocking(move || workspace.files(&commit)).await?;
    let parts = files.iter().chain(&task.scope).flat_map(|path| path.split('/'));
    Ok(parts.map(|part| part.split('.').next().unwrap_or(part).to_string()).collect())
}
