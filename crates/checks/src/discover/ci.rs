//! Test commands that only a CI file names: the last source, used if nothing else in the project names a test.
//!
//! A plain command that runs a known test program becomes the check, by the same refusal rules as a script. Any other line
//! that looks like a test becomes a hint. Variables, matrices, conditions and included files are not followed.

use serde_json::{Map, Value};

use super::source::resolve;
use super::{Survey, limit};
use crate::check::{Check, CheckPurpose};
use crate::shell;

/// CI files at the root.
const FILES: &[&str] = &[
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".travis.yml",
    "azure-pipelines.yml",
    ".azure-pipelines.yml",
    ".circleci/config.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".cirrus.yml",
    "bitbucket-pipelines.yml",
    "appveyor.yml",
    ".appveyor.yml",
];
/// Folders of CI files.
const FOLDERS: &[&str] = &[
    ".github/workflows/",
    ".woodpecker/",
    ".gitlab/ci/",
    ".azure-pipelines/",
    ".forgejo/workflows/",
    ".gitea/workflows/",
];
/// Keys whose values are command lines.
const KEYS: &[&str] = &["run", "script", "command", "commands", "bash", "test_script", "tests_script"];
/// Keys whose value is the folder of a step.
const FOLDER_KEYS: &[&str] = &["working-directory", "working_directory", "workingDirectory"];
/// The deepest value that is looked at.
const MAX_DEPTH: usize = 32;
/// The most CI files that are read, and the most checks that they give.
const MAX_FILES: usize = 20;
const MAX_CHECKS: usize = 3;

/// A command line of a CI file.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// Its folder, if it is the same wherever the file runs.
    folder: Option<String>,
    run: String,
}

/// Adds the test commands of CI files as checks. Returns the lines that look like tests but cannot be used, each with its
/// file.
pub(super) fn add(survey: &mut Survey) -> Vec<(String, String)> {
    let source = survey.source;
    let files: Vec<String> = source
        .below("")
        .filter(|path| FILES.contains(path) || FOLDERS.iter().any(|folder| path.starts_with(folder)))
        .filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"))
        .take(MAX_FILES)
        .map(str::to_owned)
        .collect();
    let (before, mut left) = (survey.found.len(), Vec::new());
    for file in files {
        let text = source.read("", &file).unwrap_or_default();
        for line in lines(&text) {
            match check(survey, &file, &line) {
                Some(check) if survey.found.len() < before + MAX_CHECKS => survey.add(check),
                Some(_) => {}
                None if looks_like_test(&line.run) && !left.iter().any(|(run, _)| *run == line.run) => {
                    left.push((line.run, file.clone()));
                }
                None => {}
            }
        }
    }
    left
}

fn check(survey: &Survey, file: &str, line: &Line) -> Option<Check> {
    let folder = line.folder.as_ref()?;
    if !is_plain(&line.run) || !(folder.is_empty() || survey.source.is_folder(folder)) {
        return None;
    }
    let judgement = survey.script_judge().line(folder, &line.run);
    if judgement.refused.is_some() || !judgement.tests() {
        return None;
    }
    Some(Check {
        name: "test".to_owned(),
        kind: CheckPurpose::Test,
        run: line.run.clone(),
        timeout: limit(CheckPurpose::Test),
        directory: folder.clone(),
        source: file.to_owned(),
        runner: judgement.runner,
        script: None,
        guessed: false,
    })
}

/// One simple command without variables, redirections and substitutions.
fn is_plain(run: &str) -> bool {
    shell::can_append(run) && !run.contains(['$', '&']) && shell::commands(run).len() == 1
}

fn looks_like_test(run: &str) -> bool {
    let mut words = run.split(|c: char| !c.is_ascii_alphanumeric());
    let is_other = ["echo", "apt", "cp", "mkdir", "curl", "if", "cat", "export", "uses"];
    !is_other.contains(&run.split([' ', '-']).next().unwrap_or_default())
        && words.any(|word| ["test", "tests", "check", "spec", "ctest", "pytest"].contains(&word))
}

/// The command lines of a CI file; none if it cannot be read.
fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    if let Ok(whole) = serde_saphyr::from_str::<Value>(text) {
        read(&whole, &Some(String::new()), &mut found, MAX_DEPTH);
    }
    found
}

/// Adds the command lines of a value. `folder`: where its steps run, unless they say otherwise.
fn read(value: &Value, folder: &Option<String>, found: &mut Vec<Line>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(all) => all.iter().for_each(|one| read(one, folder, found, depth)),
        Value::Object(all) => {
            let folder = folder_of(all).unwrap_or_else(|| folder.clone());
            for (key, value) in all.iter().filter(|(key, _)| *key != "defaults") {
                match texts(value).filter(|_| KEYS.contains(&key.as_str())) {
                    Some(texts) if is_for_a_shell(all) => commands(&texts, folder.clone(), found),
                    Some(_) => {}
                    None => read(value, &folder, found, depth),
                }
            }
        }
        _ => {}
    }
}

/// The folder that a step, or the defaults of its job, name; `Some(None)` if it cannot be known.
fn folder_of(all: &Map<String, Value>) -> Option<Option<String>> {
    let named = |all: &Map<String, Value>| {
        FOLDER_KEYS.iter().find_map(|key| all.get(*key)?.as_str().map(str::to_owned))
    };
    let default = || named(all.get("defaults")?.get("run")?.as_object()?);
    // With steps it is a job, whose folder is where the project is checked out
    let own = named(all).filter(|_| !all.contains_key("steps"));
    own.or_else(default).map(|folder| resolve("", &folder))
}

/// Whether the commands of a step are for a POSIX shell, as far as it says.
fn is_for_a_shell(step: &Map<String, Value>) -> bool {
    let shell = step.get("shell").and_then(Value::as_str);
    shell.is_none_or(|shell| ["bash", "sh"].contains(&shell.split(' ').next().unwrap_or_default()))
}

/// The lines of a text, or of a list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.lines().map(str::to_owned).collect()),
        Value::Array(all) => {
            let texts: Option<Vec<Vec<String>>> = all.iter().map(texts).collect();
            Some(texts?.concat())
        }
        _ => None,
    }
}

/// Command lines one by one: continued lines are joined, and `cd` changes the folder of those after it.
fn commands(texts: &[String], mut folder: Option<String>, found: &mut Vec<Line>) {
    let mut open = String::new();
    for text in texts.iter().filter(|text| !text.trim_start().starts_with('#')) {
        open.push_str(text.trim());
        if let Some(begun) = open.strip_suffix('\\') {
            open = format!("{} ", begun.trim_end());
            continue;
        }
        let mut run = std::mem::take(&mut open);
        let mut here = folder.clone();
        while let Some((to, rest)) = entered(&run) {
            here = here.as_ref().and_then(|here| resolve(here, &to));
            if rest.is_empty() {
                folder = here.clone();
            }
            run = rest;
        }
        if !run.is_empty() {
            found.push(Line { folder: here, run });
        }
    }
}

/// The folder that a line enters first, and the rest of the line.
fn entered(run: &str) -> Option<(String, String)> {
    let rest = run.strip_prefix("cd ")?;
    let (to, rest) = rest.split_once("&&").unwrap_or((rest, ""));
    Some((to.trim().trim_matches(['"', '\'']).to_owned(), rest.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(Option<String>, String)> {
        lines(text).into_iter().map(|line| (line.folder, line.run)).collect()
    }

    #[test]
    fn commands_of_ci_files_are_read_with_their_folders() {
        let root = |run: &str| (Some(String::new()), run.to_owned());
        let github = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - name: Test # all\n        run: bats test/\n\
            \x20     - run: |\n          cd tools\n          prove -l \\\n            t/\n      - working-directory: ./web\n        run: \"yarn run test\"\n\
            \x20     - run: >-\n          bats\n          more\n        working-directory: $HOME\n      - run: cd a && cd b && bats x\n";
        let expected = vec![
            root("bats test/"),
            (Some("tools".to_owned()), "prove -l t/".to_owned()),
            (Some("web".to_owned()), "yarn run test".to_owned()),
            (None, "bats more".to_owned()),
            (Some("a/b".to_owned()), "bats x".to_owned()),
        ];
        assert_eq!(told(github), expected);
        let gitlab = "test:\n  stage: test\n  script:\n    - apt-get update\n    - 'bats test'\n  rules:\n    - if: x\nlint:\n  script: make lint\n";
        assert_eq!(
            told(gitlab),
            [root("make lint"), root("apt-get update"), root("bats test")],
            "by the jobs' names"
        );
        let travis = "language: c\nscript:\n- ./configure\n- prove t\nafter_success: x\n";
        assert_eq!(told(travis), [root("./configure"), root("prove t")]);
        let circle =
            "jobs:\n  t:\n    steps:\n      - run:\n          name: tests\n          command: prove -r t\n";
        assert_eq!(told(circle), [root("prove -r t")]);
        let default = "defaults:\n  run:\n    working-directory: web\njobs:\n  a:\n    steps:\n    - run: bats t\n    - run: import x\n      shell: python\n";
        assert_eq!(told(default), [(Some("web".to_owned()), "bats t".to_owned())]);
        assert_eq!(told("a: [1\nscript: bats t\n"), [], "it cannot be read");
        let tagged = "a:\n  script:\n    - !reference [.b, script]\n    - bats t\n";
        assert!(told(tagged).iter().all(|(_, run)| run == "bats t" || run == ".b" || run == "script"));
    }

    #[test]
    fn only_plain_commands_are_used() {
        for run in ["bats test", "prove -lr t", "npx vitest run"] {
            assert!(is_plain(run), "{run}");
        }
        for run in
            ["bats $X", "bats a | tee log", "bats a > log", "a && bats", "bats ${{ matrix.a }}", "bats `x`"]
        {
            assert!(!is_plain(run), "{run}");
        }
        assert!(looks_like_test("./run-tests.sh") && looks_like_test("docker compose run test"));
        assert!(!looks_like_test("echo test") && !looks_like_test("npm run build"));
    }
}
