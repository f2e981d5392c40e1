//! Files with named commands: Makefile, justfile, Taskfile, Makefile.toml. They add only kinds of
//! check that their folder lacks.

use crate::check::{Check, CheckPurpose};
use crate::discover::judge::{Class, Judgement};
use crate::discover::recipes::{self, Recipes};
use crate::discover::source::join;
use crate::discover::{Ecosystem, Survey, limit, no_setup};

const FILES: &[&str] = &[
    "GNUmakefile",
    "makefile",
    "Makefile",
    "justfile",
    "Justfile",
    ".justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "Makefile.toml",
];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "make", manifests: FILES, find, setup: no_setup, fills: &[], only_fetches: false };

/// Names of targets by kind of check; the first usable one is taken.
pub(in crate::discover) type Names = &'static [(CheckPurpose, &'static [&'static str])];

const TARGETS: Names = &[
    (CheckPurpose::Build, &["build", "compile", "all"]),
    (CheckPurpose::Type, &["typecheck", "type-check", "types", "mypy", "check-types"]),
    (CheckPurpose::Lint, &["lint", "lint-check", "clippy", "check-lint", "lint-ci", "vet"]),
    (
        CheckPurpose::Test,
        &[
            "test",
            "tests",
            "test-unit",
            "unit-test",
            "unit-tests",
            "unittest",
            "unittests",
            "test_unit",
            "unit",
            "check",
            "test-all",
            "pytest",
            "test-go",
            "test-ci",
            "ci-test",
            "go-test",
            "spec",
            "ci",
            "verify",
        ],
    ),
];

fn find(survey: &mut Survey) {
    for folder in survey.source.folders_with(FILES) {
        let source = survey.source;
        let make = recipes::makefile(source, &folder);
        let found: [(Option<Recipes>, &str, &str, String); 4] = [
            (
                recipes::make(source, &folder),
                "make",
                "make",
                join(&folder, &format!("{} ", make.unwrap_or("Makefile"))),
            ),
            (recipes::just(source, &folder), "just", "just", join(&folder, "justfile ")),
            (recipes::taskfile(source, &folder), "task", "task", join(&folder, "Taskfile ")),
            (
                recipes::cargo_make(source, &folder),
                "cargo make",
                "cargo make",
                join(&folder, "Makefile.toml tasks."),
            ),
        ];
        for (recipes, program, command, because) in found {
            if let Some(recipes) = recipes {
                from_recipes(survey, &folder, &recipes, TARGETS, program, command, &because, true);
            }
        }
    }
}

/// Adds checks from named commands. With `fills`, it leaves out kinds that the folder already has
/// (for the root: that any folder has).
#[allow(clippy::too_many_arguments)]
pub(in crate::discover) fn from_recipes(
    survey: &mut Survey,
    folder: &str,
    recipes: &Recipes,
    names: Names,
    program: &str,
    command: &str,
    because: &str,
    fills: bool,
) {
    for (kind, names) in names {
        let known = survey
            .checks()
            .any(|check| check.kind == *kind && (check.directory == folder || folder.is_empty()));
        if fills && known {
            continue;
        }
        for name in names.iter().filter(|name| recipes.get(name).is_some()) {
            let judgement = survey.script_judge().recipe(folder, program, recipes, name);
            let run = format!("{command} {name}");
            let source = format!("{because}{name}");
            if let Some(why) = judgement.refused.clone().filter(|_| !survey.allows(folder, name)) {
                if !matches!(*name, "ci" | "verify" | "check") || judgement.tests() {
                    survey.refuse(folder, name, &run, &source, &why);
                }
                continue;
            }
            if judged_kind(&judgement, *kind, name) != Some(*kind) {
                continue;
            }
            let runner = judgement.runner.filter(|_| *kind == CheckPurpose::Test);
            survey.add(Check {
                name: (*name).to_owned(),
                kind: *kind,
                script: runner.map(|_| run.clone()),
                run,
                timeout: limit(*kind),
                directory: folder.to_owned(),
                source,
                // Words appended to `make test` reach make, not the runner
                runner,
                guessed: is_guess(&judgement, *kind, name),
            });
            break;
        }
    }
}

/// Whether nothing shows that a command runs tests: its name is `check`, and what it calls is not known.
pub(in crate::discover) fn is_guess(judgement: &Judgement, kind: CheckPurpose, name: &str) -> bool {
    kind == CheckPurpose::Test && name == "check" && !judgement.tests()
}

/// The kind of a named command by what it does.
pub(in crate::discover) fn judged_kind(
    judgement: &Judgement,
    kind: CheckPurpose,
    name: &str,
) -> Option<CheckPurpose> {
    let has = |class: Class| judgement.classes.contains(&class);
    if judgement.is_idle() {
        return None;
    }
    let broad = ["check", "ci", "verify"].contains(&name);
    let unknown = has(Class::Unknown) && !has(Class::Lint) && !has(Class::Types);
    match kind {
        // Unless something else is known, `make check` runs the tests
        CheckPurpose::Test if name == "check" => (has(Class::Test) || unknown).then_some(kind),
        CheckPurpose::Build if name == "all" => (has(Class::Build) && !has(Class::Test)).then_some(kind),
        CheckPurpose::Test if broad => has(Class::Test).then_some(kind),
        CheckPurpose::Test => (has(Class::Test) || has(Class::Unknown)).then_some(kind),
        CheckPurpose::Lint if broad => {
            (has(Class::Lint) && !has(Class::Test) && !has(Class::Unknown)).then_some(kind)
        }
        CheckPurpose::Type if broad => {
            (has(Class::Types) && !has(Class::Test) && !has(Class::Lint)).then_some(kind)
        }
        CheckPurpose::Build if has(Class::Test) && !has(Class::Build) => None,
        _ => Some(kind),
    }
}
