//! Checks a plan's protected files that exist. A missing reason is asked for while the Planner can still give one, and
//! files that no reason allows, as those of a submodule and those with secrets, are refused here, not after the work.

use std::collections::BTreeSet;
use std::sync::Arc;

use mission::TaskId;
use mission::mailbox::{Plan, PlannedTask};
use workspace::Workspace;

use crate::bench::files::kinds::{FileKind, is_test_text, kind, never_changes};
use crate::blocking::blocking;
use crate::steps::context::MissionContext;

/// The problems of a plan with existing files of the mission's base.
pub(crate) async fn problems(context: &Arc<MissionContext>, plan: &Plan) -> Vec<String> {
    let Ok(state) = context.desk.orchestrator.state().await else { return Vec::new() };
    let base = state.base.as_ref().map(|base| base.commit.clone()).unwrap_or_default();
    let (workspace, plan) = (context.bench.workspace.clone(), plan.clone());
    let programs = context.gates.checks.programs();
    let looked = blocking(move || of(&workspace, &base, &plan, &programs));
    looked.await.unwrap_or_else(|error| {
        tracing::warn!("a plan was not compared with the files that are there: {error}");
        Vec::new()
    })
}

/// The same for a given base. `programs`: the programs of the project that its checks start.
pub(crate) fn of(
    workspace: &Workspace,
    base: &str,
    plan: &Plan,
    programs: &BTreeSet<String>,
) -> Result<Vec<String>, workspace::Error> {
    let kind = |file: &str| if programs.contains(file) { FileKind::Config } else { kind(file) };
    let tasks: Vec<_> = plan.tasks.iter().filter(|task| !task.compound).collect();
    let files: Vec<(usize, &str)> = tasks
        .iter()
        .enumerate()
        .flat_map(|(at, task)| task.files.iter().map(move |file| (at, file.as_str())))
        .filter(|(_, file)| matches!(kind(file), FileKind::Test | FileKind::TestSupport | FileKind::Config))
        .collect();
    let mut problems = in_submodules(workspace, base, &tasks)?;
    problems.extend(tasks.iter().flat_map(|task| secrets(task)));
    let names: Vec<&str> = files.iter().map(|(_, file)| *file).collect();
    let texts = workspace.read_all(base, &names)?;
    for ((at, file), text) in files.into_iter().zip(texts) {
        let (Some(task), Some(text)) = (tasks.get(at), text) else { continue };
        let reasons = (task.edits_tests.is_some(), task.edits_config.is_some());
        problems.extend(problem(&task.id, (file, kind(file)), &String::from_utf8_lossy(&text), reasons));
    }
    Ok(problems)
}

/// The problems of a task that names files which hold secrets by their names: no write to one is allowed.
fn secrets(task: &PlannedTask) -> impl Iterator<Item = String> {
    task.files.iter().filter(|file| workspace::is_secret_path(file)).map(move |file| {
        format!(
            "task `{}`, `files`: `{file}` holds secrets by its name, and a mission never writes such files: plan without it, and \
             say so in `acceptance` if the objective wants it (the user can add the file)",
            task.id
        )
    })
}

/// The problems of tasks that name files in submodules: their commits belong to other repositories.
fn in_submodules(
    workspace: &Workspace,
    base: &str,
    tasks: &[&PlannedTask],
) -> Result<Vec<String>, workspace::Error> {
    let files: Vec<(&TaskId, &str)> =
        tasks.iter().flat_map(|task| task.files.iter().map(|file| (&task.id, file.as_str()))).collect();
    let names: Vec<&str> = files.iter().map(|(_, file)| *file).collect();
    let found = workspace.submodules_of(base, &names)?;
    let problem = |((task, file), submodule): ((&TaskId, &str), Option<String>)| {
        let submodule = submodule?;
        Some(format!(
            "task `{task}`, `files`: `{file}` is in the submodule `{submodule}`, which is a repository of its own, and a mission \
             changes only the project's own repository: plan without it, and say so in `acceptance` if the objective wants it \
             (a mission in the submodule's own repository can change it)"
        ))
    };
    Ok(files.into_iter().zip(found).filter_map(problem).collect())
}

/// `reasons`: whether the task says why existing tests, and why configuration, must change.
fn problem(
    task: &str,
    (file, kind): (&str, FileKind),
    text: &str,
    (tests, config): (bool, bool),
) -> Option<String> {
    match kind {
        _ if never_changes(file) => Some(format!(
            "task `{task}`, `files`: `{file}` runs of itself on the user's machine, and no mission changes it: plan without it, \
             and say so in `acceptance` if the objective wants it"
        )),
        FileKind::Config if !config => Some(format!(
            "task `{task}`, `files`: `{file}` configures tools, checks or CI, or a check runs it: say in `edits_config` why it must change (the user \
             is asked), or plan without it"
        )),
        FileKind::Test if !tests && is_test_text(file, text) => Some(format!(
            "task `{task}`, `files`: `{file}` is an existing test: say in `edits_tests` why it must change, or name a new test \
             file for new cases"
        )),
        FileKind::TestSupport if !tests => Some(format!(
            "task `{task}`, `files`: existing tests stand on `{file}`: say in `edits_tests` why it must change, or plan without it"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_asked_for_and_what_runs_of_itself_is_refused() {
        let says = |file: &str, reasons| {
            let text = "test('a', () => { expect(1).toBe(1) })";
            problem("a", (file, kind(file)), text, reasons)
        };
        for (file, word) in [
            ("test/a.test.js", "edits_tests"),
            ("tests/fixtures/a.json", "edits_tests"),
            (".github/workflows/ci.yml", "edits_config"),
            ("tsconfig.json", "edits_config"),
        ] {
            assert!(says(file, (false, false)).is_some_and(|why| why.contains(word)), "{file}");
            assert_eq!(says(file, (true, true)), None, "{file}");
        }
        for file in [".husky/pre-commit", ".npmrc", "lefthook.yml"] {
            assert!(
                says(file, (true, true)).is_some_and(|why| why.contains("no mission changes it")),
                "{file}"
            );
        }
        assert_eq!(says("src/a.js", (false, false)), None);
    }

    #[test]
    fn a_file_that_no_write_may_touch_is_refused_by_name() {
        let files = ["test/fixtures/key.pem", ".env", "src/key.rs"].map(str::to_string).to_vec();
        let task = PlannedTask { id: "keys".into(), files, ..PlannedTask::default() };
        let said: Vec<String> = secrets(&task).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("`keys`") && said[0].contains("`test/fixtures/key.pem`"), "{said:?}");
    }

    #[test]
    fn a_file_of_a_submodule_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let git = |root: &str, args: &[&str]| {
            let root = place.path().join(root);
            std::fs::create_dir_all(&root).unwrap();
            let who =
                ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"];
            let run =
                std::process::Command::new("git").current_dir(root).args(who).args(args).output().unwrap();
            assert!(run.status.success(), "{args:?}: {run:?}");
        };
        for root in ["library", "project"] {
            git(root, &["init", "-q"]);
            git(root, &["commit", "-q", "--allow-empty", "-m", "first"]);
        }
        git("project", &["submodule", "add", "-q", "../library", "vendor/lib"]);
        let root = place.path().join("project");
        let workspace = Workspace::open(&root, &place.path().join("state")).unwrap();
        let base = workspace.take_base("m-test").unwrap().commit;
        let task = |id: &str, file: &str| PlannedTask {
            id: id.to_string(),
            files: vec![file.to_string()],
            ..PlannedTask::default()
        };
        let tasks = vec![task("own", "vendor/own.js"), task("theirs", "vendor/lib/deep/a.js")];
        let plan = Plan { tasks, ..Plan::default() };
        let said = of(&workspace, &base, &plan, &BTreeSet::new()).unwrap();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("`theirs`") && said[0].contains("submodule `vendor/lib`"), "{said:?}");
    }
}
