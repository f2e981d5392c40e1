//! The set-up of a project in steps, each with the files that decide it: after a change of one of them, the step
//! must run again. Pure.
//!
//! The commands come from `ECOSYSTEMS`. It hashes nothing and runs nothing: `engine` compares the files and runs the
//! steps.

use super::source::{is_inside, join};
use super::{ECOSYSTEMS, SetupCommand, Source};
use crate::check::Check;

/// Files beside manifests and lockfiles that decide what is installed.
const OTHERS: &[&str] = &[
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "pnpm-workspace.yaml",
    "bunfig.toml",
    "Pipfile.lock",
    "uv.toml",
    ".python-version",
    "Cargo.lock",
    "go.sum",
    "go.work",
    "go.work.sum",
    "composer.lock",
    "Gemfile.lock",
    "mix.lock",
    "deno.lock",
    "packages.lock.json",
    "Directory.Packages.props",
    "gradle.lockfile",
    "pubspec.lock",
    "cabal.project.freeze",
    "stack.yaml.lock",
    "Package.resolved",
];
/// The most deciding files of one step; a larger project uses the first ones.
const MAX_DECIDING_FILES: usize = 2_000;

/// One part of the set-up: a package manager in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupStep {
    /// The command; its `source` is the file that requires it.
    pub check: Check,
    /// Paths of the files that decide its result.
    pub inputs: Vec<String>,
    /// The names that it fills, in its folder and in those of its members.
    pub makes: &'static [&'static str],
    /// The step changes nothing in the slot, so one run is enough for all slots with the same inputs.
    pub only_fetches: bool,
    /// The command after a failure: it installs everything possible, and writes the rest into [`NOT_INSTALLED`].
    pub otherwise: Option<Check>,
}

/// The file in the step's folder in which the second command lists what it left out, one per line.
pub const NOT_INSTALLED: &str = ".venv/not-installed.txt";

/// The set-up of a fresh checkout: one step for each folder and package manager, so that a failed step does not
/// affect the others.
pub fn setup_steps(read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Vec<SetupStep> {
    let source = Source::new(read, list);
    let mut all = Vec::new();
    for ecosystem in ECOSYSTEMS {
        let steps = (ecosystem.setup)(&source);
        all.extend(steps.into_iter().map(|step| SetupStep {
            inputs: inputs(list, &step),
            only_fetches: ecosystem.only_fetches,
            otherwise: step.otherwise.clone().map(|run| Check { run, ..step.as_check() }),
            makes: ecosystem.fills,
            check: step.as_check(),
        }));
    }
    all
}

fn inputs(list: &[String], step: &SetupCommand) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for path in list {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let near = folder == step.folder || is_inside(folder, &step.folder);
        if near && decides(folder, name) && !folder.split('/').any(|part| part == "node_modules") {
            found.push(path.clone());
        }
        if found.len() >= MAX_DECIDING_FILES {
            break;
        }
    }
    // A file in a folder above also decides for the folders below it
    let mut above = step.folder.as_str();
    while let Some((up, _)) = above.rsplit_once('/').or_else(|| (!above.is_empty()).then_some(("", above))) {
        found.extend(OTHERS.iter().map(|name| join(up, name)).filter(|path| list.contains(path)));
        above = up;
    }
    found
}

fn decides(folder: &str, name: &str) -> bool {
    let lock = || shared::lockfiles::is_lockfile(name);
    let manifest = || ECOSYSTEMS.iter().any(|ecosystem| ecosystem.manifests.contains(&name));
    let requirements = || {
        (name.ends_with(".txt") || name.ends_with(".in"))
            && (name.contains("requirements")
                || name.contains("constraints")
                || folder.rsplit('/').next() == Some("requirements"))
    };
    OTHERS.contains(&name) || lock() || manifest() || requirements()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(files: &[(&str, &str)]) -> Vec<SetupStep> {
        let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        setup_steps(&read, &list)
    }

    #[test]
    fn each_folder_has_its_own_step_with_what_decides_it() {
        let manifest = r#"{"dependencies": {"a": "1"}}"#;
        let found = steps(&[
            ("api/package.json", manifest),
            ("api/package-lock.json", "{}"),
            ("web/package.json", manifest),
            ("tool/pyproject.toml", "[project]\nname = \"tool\"\n[build-system]\nrequires = []\n"),
            ("tool/requirements/test.txt", "pytest\n"),
            ("tool/src/tool.py", ""),
            (".npmrc", ""),
        ]);
        let told: Vec<(&str, Vec<&str>, &[&str])> = found
            .iter()
            .map(|step| {
                (step.check.directory.as_str(), step.inputs.iter().map(String::as_str).collect(), step.makes)
            })
            .collect();
        let node: &[&str] = &["node_modules", ".pnp.cjs"];
        assert_eq!(
            told,
            [
                ("api", vec!["api/package.json", "api/package-lock.json", ".npmrc"], node),
                ("web", vec!["web/package.json", ".npmrc"], node),
                ("tool", vec!["tool/pyproject.toml", "tool/requirements/test.txt", ".npmrc"], &[".venv"]),
            ]
        );
    }

    #[test]
    fn members_of_a_workspace_decide_the_step_of_its_root() {
        let found = steps(&[
            ("package.json", r#"{"workspaces": ["packages/*"]}"#),
            ("packages/a/package.json", r#"{"dependencies": {"b": "1"}}"#),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].inputs, ["package.json", "packages/a/package.json"]);
    }

    #[test]
    fn a_requirement_that_pip_would_take_for_an_option_is_left_out() {
        let manifest = "[project]\nname = \"tool\"\n[project.optional-dependencies]\ntest = [\"--pre\", \"attrs\"]\n\
                        [dependency-groups]\ndev = [\"-e..\", \" --index-url=x\", \"idna\"]\n";
        let found = steps(&[("pyproject.toml", manifest), ("tool.py", "")]);
        let step = found.first().unwrap();
        let all = format!("{} {}", step.check.run, step.otherwise.as_ref().map_or("", |other| &other.run));
        assert!(all.contains(" idna") && all.contains("attrs"), "{all}");
        for option in ["-e..", "--index-url", "--pre"] {
            assert!(!all.contains(option), "{option} in {all}");
        }
    }
}
