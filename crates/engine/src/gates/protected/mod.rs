//! Existing tests and the configuration of the project's checks. A change may touch either only if its plan gives a
//! reason; configuration also needs the user's consent; hooks of git and packages are never allowed. The gate restores
//! touched files, so that a repair continues from the restored files.

mod bytes;
mod known_packages;
mod locked_packages;
mod packages_by_hand;
mod python_modules;

use std::collections::BTreeSet;

use mission::{FailureClass, Gate, GateVerdict, Issue};

use crate::bench::files::kinds::{FileKind, is_test_text, kind, never_changes};
use crate::bench::files::manifests;
use crate::blocking::blocking;
use crate::gates::added_cases::adds_cases_only;
use crate::gates::verdict::{Change, Finding, GateContext, Judgement};

/// The hint if only another plan can allow the change.
const BLOCKED: &str = "If the task cannot be done without it, submit `blocked` and say why.";
/// How the detail of a verdict begins that names what the plan let a change touch.
pub(crate) const CHANGED: &str = "changed, as the plan allows";
/// The most packages that a message names.
const MAX_NAMES: usize = 5;
/// The longest shown part of a diff, in bytes.
const MAX_DIFF: usize = 1200;

/// Also returns the existing tests that the plan let this change touch.
pub(crate) async fn judge_protected_files(
    context: &GateContext,
    change: &Change<'_>,
) -> (Judgement, Vec<String>) {
    let (workspace, slot) = (context.bench.workspace.clone(), change.slot.clone());
    let (paths, head) = (change.paths.to_vec(), change.commit.id.clone());
    let (edits_tests, edits_config) =
        (change.permissions.edits_tests.is_some(), change.permissions.edits_config);
    let (mission_base, programs) = (change.mission_base.to_string(), context.checks.programs());
    let looked = blocking(move || {
        let touched = touched(&workspace, &mission_base, (&slot.commit, &head), &paths, &programs)?;
        let (allowed, refused): (Vec<Touched>, Vec<Touched>) =
            touched.into_iter().partition(|t| t.is_allowed(edits_tests, edits_config));
        let mut issues = Vec::new();
        for touched in &refused {
            let path = std::slice::from_ref(&touched.path);
            let diff = workspace.diff(&slot.commit, &head, path, MAX_DIFF)?;
            issues.push(Issue::new("protected", touched.words(&diff)).at(touched.path.clone(), None));
        }
        let spoiled = spoiled(&workspace, &slot.commit, &head, &paths)?;
        let back: Vec<String> = spoiled.iter().filter_map(|issue| issue.path.clone()).collect();
        issues.extend(spoiled);
        let back: Vec<String> = back.into_iter().chain(refused.into_iter().map(|t| t.path)).collect();
        if !back.is_empty() {
            workspace.discard(&slot, &back)?;
        }
        Ok::<_, workspace::Error>((allowed.into_iter().map(|t| t.path).collect::<Vec<_>>(), issues))
    });
    let gate = Gate::Protected;
    let (allowed, issues) = match looked.await {
        Ok(found) => found,
        Err(error) => {
            let issues = vec![Issue::new("workspace", error.to_string())];
            let failure = Some(Finding { class: FailureClass::Host, issues });
            let detail = error.to_string();
            return (Judgement { gate, verdict: GateVerdict::NoEvidence, detail, failure }, Vec::new());
        }
    };
    if issues.is_empty() {
        let detail = match allowed.len() {
            0 => "no existing test and no configuration of checks was changed".to_string(),
            _ => format!("{CHANGED}: {}", allowed.join(", ")),
        };
        return (Judgement { gate, verdict: GateVerdict::Pass, detail, failure: None }, allowed);
    }
    let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let failure = Some(Finding { class: FailureClass::Scope, issues });
    (Judgement { gate, verdict: GateVerdict::Fail, detail, failure }, allowed)
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Test,
    Config,
    /// A configuration file that did not exist.
    NewConfig,
    /// Sections of a manifest.
    Sections(Vec<String>),
    /// Packages in a manifest or a lockfile.
    Packages(Vec<String>),
    /// A new module that would be imported in place of the package of this name.
    Replaces(String),
}

struct Touched {
    path: String,
    what: What,
}

/// Protected parts that the change touched. Files that this mission created are not protected: the Guardian compares
/// their tests.
fn touched(
    workspace: &workspace::Workspace,
    mission_base: &str,
    (base, head): (&str, &str),
    paths: &[String],
    programs: &BTreeSet<String>,
) -> Result<Vec<Touched>, workspace::Error> {
    let lists = known_packages::lists(workspace, base, paths)?;
    let kind = |path: &str| match kind(path) {
        _ if lists.contains(path) => FileKind::Manifest,
        _ if programs.contains(path) => FileKind::Config,
        kind => kind,
    };
    let looked: Vec<(&str, FileKind)> = paths
        .iter()
        .map(|path| (path.as_str(), kind(path)))
        .filter(|(_, kind)| kind.is_test() || matches!(kind, FileKind::Config | FileKind::Manifest))
        .collect();
    let names: Vec<&str> = looked.iter().map(|(path, _)| *path).collect();
    let first = workspace.read_all(mission_base, &names)?;
    let before = workspace.read_all(base, &names)?;
    let after = workspace.read_all(head, &names)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let at = |side: &[Option<Vec<u8>>], i: usize| side.get(i).cloned().flatten().map(text);
    let mut known = None;
    let mut found = Vec::new();
    for (i, (path, kind)) in looked.into_iter().enumerate() {
        let (first, before, after) = (at(&first, i), at(&before, i), at(&after, i));
        // If there is no manifest yet, a plan could not add to it: the project begins with this change
        if kind == FileKind::Manifest {
            let known = match &known {
                Some(known) => known,
                None => known.insert(known_packages::at(workspace, base)?),
            };
            let packages = match known {
                Some(known) => packages_by_hand::changed(path, before.as_deref(), after.as_deref(), known),
                None => Vec::new(),
            };
            if !packages.is_empty() {
                found.push(Touched { path: path.to_string(), what: What::Packages(packages) });
                continue;
            }
        }
        let (Some(_), Some(before)) = (first, &before) else {
            if kind == FileKind::Config && after.is_some() {
                found.push(Touched { path: path.to_string(), what: What::NewConfig });
            }
            if kind == FileKind::Manifest {
                let sections = manifests::changed(path, before.as_deref(), after.as_deref());
                let sections = of_new_manifest(workspace, mission_base, path, sections)?;
                if !sections.is_empty() {
                    found.push(Touched { path: path.to_string(), what: What::Sections(sections) });
                }
            }
            continue;
        };
        let what = match kind {
            FileKind::Manifest => match manifests::changed(path, Some(before), after.as_deref()) {
                sections if sections.is_empty() => continue,
                sections => What::Sections(sections),
            },
            FileKind::Config => What::Config,
            FileKind::Test if !is_test_text(path, before) => continue,
            FileKind::Test if after.as_deref().is_some_and(|after| adds_cases_only(path, before, after)) => {
                continue;
            }
            _ => What::Test,
        };
        found.push(Touched { path: path.to_string(), what });
    }
    let known = || known_packages::at(workspace, base);
    for (path, module) in python_modules::replacing(workspace, (base, head), paths, &known)? {
        if !found.iter().any(|touched| touched.path == path) {
            found.push(Touched { path, what: What::Replaces(module) });
        }
    }
    Ok(found)
}

/// The sections of a manifest of this mission that are protected although the mission's base had no such file: those that
/// run of themselves, and what configures checks of tests that are there already.
fn of_new_manifest(
    workspace: &workspace::Workspace,
    mission_base: &str,
    path: &str,
    sections: Vec<String>,
) -> Result<Vec<String>, workspace::Error> {
    let (own, other): (Vec<String>, Vec<String>) =
        sections.into_iter().partition(|section| manifests::runs_of_itself(section));
    let other: Vec<String> =
        other.into_iter().filter(|section| manifests::configures_checks(section)).collect();
    if other.is_empty() {
        return Ok(own);
    }
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let files = workspace.files(mission_base)?;
    let has_tests = files.iter().any(|file| file.starts_with(&folder) && kind(file) == FileKind::Test);
    Ok(own.into_iter().chain(other.into_iter().filter(|_| has_tests)).collect())
}

/// Files in which the change damaged bytes outside its purpose.
fn spoiled(
    workspace: &workspace::Workspace,
    base: &str,
    head: &str,
    paths: &[String],
) -> Result<Vec<Issue>, workspace::Error> {
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (before, after) = (workspace.read_all(base, &names)?, workspace.read_all(head, &names)?);
    let pairs = names.iter().zip(before.into_iter().zip(after));
    let of_file = |path: &str, before: Option<Vec<u8>>, after: Vec<u8>| {
        bytes::hidden(path, before.as_deref(), &after).or_else(|| bytes::changed(path, &before?, &after))
    };
    Ok(pairs.filter_map(|(path, (before, after))| of_file(path, before, after?)).collect())
}

impl Touched {
    /// Whether the plan's reasons, and for configuration the user's consent, cover it.
    fn is_allowed(&self, tests: bool, config: bool) -> bool {
        match &self.what {
            What::Test => tests,
            What::NewConfig | What::Replaces(_) => config,
            What::Config => config && !never_changes(&self.path),
            What::Sections(sections) => config && !sections.iter().any(|s| manifests::runs_of_itself(s)),
            What::Packages(_) => false,
        }
    }

    fn words(&self, diff: &str) -> String {
        let said = match &self.what {
            What::Test => {
                "this existing test is protected, and the plan of this task gives no reason to change it \
                 (`edits_tests`). It was put back as it was: make the code right instead, and write new cases in a new \
                 test file. If the task cannot be done without changing it, submit `blocked` and say why."
                    .to_string()
            }
            What::Config if never_changes(&self.path) => {
                "this file is run by git or by a package manager of itself, and no task may change it. It was put \
                 back as it was; do without it."
                    .to_string()
            }
            What::Config => format!(
                "this file decides what the project's checks say, and the plan of this task gives no reason to change it \
                 (`edits_config`). It was put back as it was: make the code pass the checks as they are. {BLOCKED}"
            ),
            What::NewConfig => format!(
                "a new file here decides what the project's checks or tools do, and the plan of this task gives no reason \
                 for it (`edits_config`). It was removed: do without it. {BLOCKED}"
            ),
            What::Replaces(module) => format!(
                "Python would import this new file in place of the package `{module}` when tests run. It was removed: give \
                 the file another name. {BLOCKED}"
            ),
            What::Sections(sections) => {
                let names = sections.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
                format!(
                    "{names} decide what the project's checks say or what runs of itself, and the plan of this task gives \
                     no reason that covers it (`edits_config`). The whole file was put back as it was: make only your \
                     other changes to it again. {BLOCKED}"
                )
            }
            What::Packages(packages) => {
                let names =
                    packages.iter().take(MAX_NAMES).map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ");
                format!(
                    "{names}: packages are added by a plan (`dependencies`) and installed by the engine, never written by \
                     hand. The whole file was put back as it was: use what the project has. {BLOCKED}"
                )
            }
        };
        format!("{said} What was changed:\n{}", diff.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(path: &str, what: What, tests: bool, config: bool) -> bool {
        Touched { path: path.into(), what }.is_allowed(tests, config)
    }

    #[test]
    fn a_reason_covers_what_it_is_for_and_never_what_runs_of_itself() {
        let sections = |name: &str| What::Sections(vec![name.into()]);
        assert!(allowed("test/a.test.js", What::Test, true, false));
        assert!(!allowed("test/a.test.js", What::Test, false, true));
        assert!(allowed("tsconfig.json", What::Config, false, true));
        assert!(!allowed("tsconfig.json", What::Config, true, false));
        assert!(allowed("eslint.config.js", What::NewConfig, false, true));
        assert!(allowed("package.json", sections("scripts.test"), false, true));
        for path in [".husky/pre-commit", "lefthook.yml", ".npmrc", ".pre-commit-config.yaml"] {
            assert!(!allowed(path, What::Config, true, true), "{path}");
        }
        for path in [".github/workflows/ci.yml", ".gitlab-ci.yml"] {
            assert!(
                allowed(path, What::Config, false, true) && !allowed(path, What::Config, true, false),
                "{path}"
            );
        }
        for section in ["scripts.postinstall", "scripts.prepare", "husky"] {
            assert!(!allowed("package.json", sections(section), true, true), "{section}");
        }
        assert!(!allowed("package.json", What::Packages(vec!["jose".into()]), true, true));
    }
    #[test]
    fn programs_of_checks_included_lists_and_replacing_modules_are_told() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("project");
        let write = |root: &std::path::Path, path: &str, text: &str| {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        };
        for (path, text) in [
            ("requirements.txt", "-r deps.txt\n"),
            ("deps.txt", "rich\n"),
            ("ci/run.py", "one"),
            ("ci/more.py", "one"),
            ("tests/unit/test_a.py", "def test_a(): pass\n"),
        ] {
            write(&root, path, text);
        }
        let workspace = workspace::Workspace::open(&root, &place.path().join("state")).unwrap();
        let base = workspace.take_base("m-test").unwrap().commit;
        let slot = workspace.slot(1, &base).unwrap();
        let paths = ["ci/more.py", "ci/run.py", "deps.txt", "tests/unit/helper.py", "tests/unit/rich.py"];
        paths.iter().for_each(|path| write(&slot.path, path, "rich\ntwo\n"));
        let head = workspace.commit_slot(&slot, &base, "change").unwrap().id;
        let programs = BTreeSet::from(["ci/run.py".to_string()]);
        let paths = paths.map(str::to_string);
        let found = touched(&workspace, &base, (&base, &head), &paths, &programs).unwrap();
        let found: Vec<(&str, &What)> =
            found.iter().map(|found| (found.path.as_str(), &found.what)).collect();
        assert_eq!(
            found,
            [
                ("ci/run.py", &What::Config),
                ("deps.txt", &What::Packages(vec!["two".into()])),
                ("tests/unit/rich.py", &What::Replaces("rich".into())),
            ]
        );
    }
}
