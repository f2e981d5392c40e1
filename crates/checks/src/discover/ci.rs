//! Test commands that only a CI file names: the last source, used if nothing else in the project names a test.
//!
//! A plain command that runs a known test program becomes the check, by the same refusal rules as a script. Any other line
//! that looks like a test becomes a hint. It reads the indentation and does not parse YAML; variables, matrices and
//! conditions are not followed.

use super::source::join;
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

/// The command lines of a CI file.
fn lines(text: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    // A default folder for all steps may hold for one job only
    let has_default = text.lines().any(|line| line.trim_start().starts_with("defaults:"));
    let rows: Vec<(usize, &str)> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|line| (line.len() - line.trim_start().len(), line.trim()))
        .collect();
    // The step that is being read: its indentation, its first command, its folder
    let mut step: (usize, usize, Option<String>) = (usize::MAX, 0, None);
    let mut at = 0;
    while let Some((mut indent, mut row)) = rows.get(at).copied() {
        at += 1;
        if row.starts_with("- ") || indent < step.0 {
            set_folder(&mut found, &step);
            step = (indent + 1, found.len(), None);
        }
        while let Some(rest) = row.strip_prefix("- ") {
            indent += row.len() - rest.trim_start().len();
            row = rest.trim_start();
        }
        let Some((key, value)) = row.split_once(':') else { continue };
        if ["working-directory", "working_directory", "workingDirectory"].contains(&key) {
            step.2 = Some(plain(value));
        }
        if !KEYS.contains(&key) {
            continue;
        }
        let is_inner = |other: &(usize, &str)| {
            other.0 > indent || value.trim().is_empty() && other.0 == indent && other.1.starts_with("- ")
        };
        let inner = rows.get(at..).unwrap_or_default().iter().take_while(|other| is_inner(other)).count();
        let block = rows.get(at..at + inner).unwrap_or_default();
        let texts: Vec<String> = match value.trim().chars().next() {
            Some('|') => block.iter().map(|(_, row)| (*row).to_owned()).collect(),
            Some('>') => vec![block.iter().map(|(_, row)| *row).collect::<Vec<_>>().join(" ")],
            Some(_) => vec![plain(value)],
            None => {
                let items = block.iter().map(|(_, row)| *row);
                let is_list = block.first().is_some_and(|(_, row)| row.starts_with("- "));
                if !is_list {
                    continue;
                }
                items.map(|row| plain(row.strip_prefix("- ").unwrap_or(row))).collect()
            }
        };
        at += inner;
        let folder = if has_default { None } else { Some(String::new()) };
        commands(&texts, folder, &mut found);
    }
    set_folder(&mut found, &step);
    found
}

/// Moves the commands of a step into its folder.
fn set_folder(found: &mut [Line], step: &(usize, usize, Option<String>)) {
    let Some(folder) = &step.2 else { return };
    let begins = super::source::resolve("", folder);
    for line in found.iter_mut().skip(step.1) {
        let inner = line.folder.clone().unwrap_or_default();
        line.folder = begins.as_ref().map(|begins| join(begins, &inner).trim_end_matches('/').to_owned());
    }
}

/// Command lines one by one: continued lines are joined, and `cd` changes the folder of those after it.
fn commands(texts: &[String], mut folder: Option<String>, found: &mut Vec<Line>) {
    let mut open = String::new();
    for text in texts {
        open.push_str(text.trim());
        if let Some(begun) = open.strip_suffix('\\') {
            open = format!("{} ", begun.trim_end());
            continue;
        }
        let mut run = std::mem::take(&mut open);
        let mut here = folder.clone();
        while let Some((to, rest)) = entered(&run) {
            here = here.as_ref().and_then(|here| super::source::resolve(here, &to));
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

/// A scalar without its quotes and a comment after it.
fn plain(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(text) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return text.to_owned();
        }
    }
    value.split(" #").next().unwrap_or(value).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<String>, String)> {
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
        assert_eq!(read(github), expected);
        let gitlab = "test:\n  stage: test\n  script:\n    - apt-get update\n    - 'bats test'\n  rules:\n    - if: x\nlint:\n  script: make lint\n";
        assert_eq!(read(gitlab), [root("apt-get update"), root("bats test"), root("make lint")]);
        let travis = "language: c\nscript:\n- ./configure\n- prove t\nafter_success: x\n";
        assert_eq!(read(travis), [root("./configure"), root("prove t")]);
        let circle =
            "jobs:\n  t:\n    steps:\n      - run:\n          name: tests\n          command: prove -r t\n";
        assert_eq!(read(circle), [root("prove -r t")]);
        let default =
            "defaults:\n  run:\n    working-directory: web\njobs:\n  a:\n    steps:\n    - run: bats t\n";
        assert_eq!(read(default), [(None, "bats t".to_owned())]);
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
