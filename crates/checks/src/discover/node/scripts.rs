//! Decides which scripts of a package are checks: their name must suggest it, and their body,
//! followed to its end, must confirm it.
//!
//! A name alone makes no check.

use super::manager::Manager;
use super::manifest::Package;
use super::{members, tools};
use crate::check::{Check, CheckPurpose};
use crate::discover::judge::{Class, Judgement, Why};
use crate::discover::source::join;
use crate::discover::{Survey, limit};
use crate::shell::quote;

/// Names of scripts by kind of check: the first usable one is taken.
const SCRIPTS: &[(CheckPurpose, &[&str])] = &[
    (CheckPurpose::Build, &["build", "compile", "build:ci", "build:prod", "bundle", "prepack", "prepare"]),
    (
        CheckPurpose::Type,
        &[
            "typecheck",
            "type-check",
            "check-types",
            "check:types",
            "types:check",
            "types",
            "test:types",
            "tsc",
            "check:ts",
            "lint:types",
            "ts:check",
            "lint:ts",
            "check-type",
            "checktypes",
            "typecheck:ci",
            "type:check",
            "lint:tsc",
            "check:tsc",
        ],
    ),
    (
        CheckPurpose::Lint,
        &[
            "lint",
            "lint:check",
            "lint:ci",
            "check:lint",
            "eslint",
            "lint:all",
            "lint-check",
            "lint:no-fix",
            "lint:js",
            "style",
            "standard",
            "biome",
            "check",
        ],
    ),
    (
        CheckPurpose::Test,
        &[
            "test",
            "test:unit",
            "test:ci",
            "tests",
            "unit",
            "test:run",
            "unit-test",
            "test:once",
            "test-unit",
            "unit:test",
            "test:node",
            "tests-only",
            "test-only",
            "test:only",
            "tests:unit",
            "test-ci",
            "test:jest",
            "test:vitest",
            "test:mocha",
            "ci:test",
            "jest",
            "vitest",
            "mocha",
            "spec",
            "test:all",
            "check",
            "ci",
            "verify",
            "validate",
        ],
    ),
];

/// Names that are never checks, even if their bodies would fit: they run what another script runs,
/// in another way or on another system.
const VARIANTS: &[&str] = &[
    "watch",
    "debug",
    "update",
    "coverage",
    "cov",
    "dev",
    "ui",
    "snapshot",
    "u",
    "inspect",
    "report",
    "bench",
    "benchmark",
    "benchmarks",
    "perf",
    "performance",
    "stress",
    "load",
    "fix",
    "prod",
    "pre",
    "post",
    "profile",
    "win",
    "win32",
    "windows",
    "mac",
    "macos",
    "osx",
    "darwin",
];

/// A script that is a check.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub name: String,
    pub kind: CheckPurpose,
    pub judgement: Judgement,
    /// The command, if it is not the manager's usual one.
    pub run: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Choices {
    pub choices: Vec<Choice>,
    /// A script with one of the main names was refused.
    pub refused_main: bool,
    cause: Option<Why>,
    /// The usual script exists, but is not a check.
    present: bool,
}

pub(super) fn of_folder(survey: &mut Survey, folder: &str) {
    let Some(package) = survey.packages.get(folder) else { return };
    let manager = Manager::of(survey.source, folder, &package);
    let workspace = survey.packages.is_workspace(folder);
    let mut compiles = false;
    for (kind, _) in SCRIPTS {
        let found = choose(survey, folder, *kind, manager);
        compiles |= found.choices.iter().any(|choice| choice.judgement.classes.contains(&Class::Types));
        let none = found.choices.is_empty();
        for choice in found.choices {
            let check = check_of(survey, folder, manager, choice);
            survey.add(check);
        }
        let has =
            |survey: &Survey| survey.checks().any(|check| check.kind == *kind && check.directory == folder);
        if none && workspace && !has(survey) && !tools::workspace_runner(survey, folder, manager, *kind) {
            members::of_kind(survey, folder, manager, *kind);
        }
        if has(survey) {
            continue;
        }
        let inside = survey
            .checks()
            .any(|check| check.kind == *kind && crate::discover::source::is_inside(&check.directory, folder));
        match kind {
            CheckPurpose::Type if !compiles && !inside => tools::types(survey, folder, &package, manager),
            CheckPurpose::Lint if !inside && (!found.present || tools::may_lint(found.cause)) => {
                tools::lints(survey, folder, &package, manager);
            }
            CheckPurpose::Test if !inside && (!found.present || tools::may_run_once(found.cause)) => {
                tools::tests(survey, folder, &package, manager);
            }
            _ => {}
        }
    }
}

/// Chooses the scripts of a package that are its checks of one kind, and reports refused ones.
pub(super) fn choose(survey: &mut Survey, folder: &str, kind: CheckPurpose, manager: Manager) -> Choices {
    let mut found = Choices::default();
    let Some(package) = survey.packages.get(folder) else { return found };
    let usual = SCRIPTS.iter().find(|(one, _)| *one == kind).map_or(&[][..], |(_, names)| *names);
    let mut parts: Vec<String> = Vec::new();
    let mut main: Option<Choice> = None;
    for name in usual.iter().filter(|name| package.script(name).is_some()) {
        match choose_script(survey, folder, &package, name, kind, manager) {
            ScriptChoice::Check(choice) if main.is_none() => main = Some(*choice),
            ScriptChoice::Check(_) => {}
            ScriptChoice::Refused(judgement) => {
                if main.is_none() {
                    found.refused_main = true;
                    found.cause = found.cause.or(judgement.cause);
                    parts.extend(
                        judgement
                            .scripts
                            .iter()
                            .filter(|(place, part)| place == folder && part != name)
                            .map(|(_, part)| part.clone()),
                    );
                }
            }
            ScriptChoice::Nothing => {}
        }
        found.present |= ["test", "build", "lint"].contains(name)
            && !is_placeholder(package.script(name).unwrap_or_default());
    }
    if let Some(main) = main {
        // The others are judged as well, so that refused ones are reported
        for name in
            package.scripts().filter(|name| !usual.contains(name) && likeness(name, kind) == Likeness::Strong)
        {
            choose_script(survey, folder, &package, name, kind, manager);
        }
        found.choices.push(main);
        return found;
    }
    parts.extend(
        package
            .scripts()
            .filter(|name| !usual.contains(name) && likeness(name, kind) != Likeness::No)
            .map(str::to_owned),
    );
    for name in parts {
        let known = found
            .choices
            .iter()
            .any(|choice| choice.judgement.scripts.contains(&(folder.to_owned(), name.clone())));
        if known || name.split([':', '-']).any(|part| VARIANTS.contains(&part)) {
            continue;
        }
        if likeness(&name, kind) == Likeness::Weak
            && survey.script_judge().script(folder, &name).is_none_or(|told| told.refused.is_some())
        {
            continue;
        }
        if let ScriptChoice::Check(choice) = choose_script(survey, folder, &package, &name, kind, manager) {
            let does = |class: Class| choice.judgement.classes.contains(&class);
            let exact = match kind {
                CheckPurpose::Test => does(Class::Test),
                CheckPurpose::Lint => does(Class::Lint) && !does(Class::Test) && !does(Class::Build),
                CheckPurpose::Type => does(Class::Types) && !does(Class::Test) && !does(Class::Lint),
                _ => does(Class::Build),
            };
            if exact || likeness(&name, kind) == Likeness::Strong {
                let inner = choice.judgement.scripts.clone();
                found.choices.retain(|other| !inner.contains(&(folder.to_owned(), other.name.clone())));
                found.choices.push(*choice);
            }
        }
    }
    found
}

/// How much a script's name says about its kind: enough, or only enough to look at its body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    No,
    Weak,
    Strong,
}

fn likeness(name: &str, kind: CheckPurpose) -> Likeness {
    /// Tools that write types instead of checking them.
    const WRITES: &[&str] =
        &["generate", "gen", "codegen", "update", "sync", "extract", "copy", "download", "fetch"];
    const STYLE: &[&str] =
        &["lint", "eslint", "format", "prettier", "fmt", "style", "stylelint", "biome", "xo", "oxlint", "cs"];
    let parts: Vec<&str> = name.split([':', '-', '.', '_']).collect();
    let first = parts.first().copied().unwrap_or_default();
    let last = parts.last().copied().unwrap_or_default();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    let strong = match kind {
        CheckPurpose::Test => {
            ["test", "tests", "unit", "spec"].contains(&first) || ["test", "tests"].contains(&last)
        }
        CheckPurpose::Lint => {
            first == "lint"
                || last == "lint"
                || STYLE.contains(&first) && ["check", "ci", "verify"].contains(&last)
        }
        CheckPurpose::Type => {
            has(&["typecheck", "types", "tsc", "typescript", "typing"]) && !WRITES.contains(&first)
        }
        _ => false,
    };
    if strong {
        return Likeness::Strong;
    }
    let weak = parts.len() > 1
        && matches!(kind, CheckPurpose::Lint | CheckPurpose::Type)
        && ["test", "check", "verify", "validate", "ci"].contains(&first);
    if weak { Likeness::Weak } else { Likeness::No }
}

enum ScriptChoice {
    Check(Box<Choice>),
    Refused(Judgement),
    Nothing,
}

fn choose_script(
    survey: &mut Survey,
    folder: &str,
    package: &Package,
    name: &str,
    kind: CheckPurpose,
    manager: Manager,
) -> ScriptChoice {
    let body = package.script(name).unwrap_or_default();
    if body.trim().is_empty() || is_placeholder(body) {
        return ScriptChoice::Nothing;
    }
    let source = format!("{} scripts.{name}", join(folder, "package.json"));
    let mut judgement = survey.script_judge().script(folder, name).unwrap_or_default();
    let mut run = None;
    if let Some(why) = judgement.refused.clone() {
        if survey.allows(folder, name) {
            return ScriptChoice::Check(Box::new(Choice {
                name: name.to_owned(),
                kind,
                judgement,
                run: None,
            }));
        }
        // The scripts before and after it may be left out
        let alone = survey.script_judge().script_alone(folder, name);
        let hooks = hooks_left(survey, folder, package, name, manager);
        let hook_is_cause =
            alone.refused.is_none() && !alone.is_idle() && survey.script_judge().may_name(name);
        match hooks {
            Some(hooks) if hook_is_cause => {
                let body = body.replace("\n", " ");
                run = Some(match manager {
                    Manager::Npm => format!("{hooks}{} --ignore-scripts", manager.run(name)),
                    _ => format!("{hooks}{body}"),
                });
                judgement = alone;
            }
            _ => {
                if fits_name(kind, &judgement, name) {
                    survey.refuse(folder, name, &manager.run(name), &source, &why);
                    return ScriptChoice::Refused(judgement);
                }
                return ScriptChoice::Nothing;
            }
        }
    }
    match actual(kind, name, &judgement) {
        Some(kind) => ScriptChoice::Check(Box::new(Choice { name: name.to_owned(), kind, judgement, run })),
        None => ScriptChoice::Nothing,
    }
}

/// The hook before a script, if it may run; `None` if it may not.
fn hooks_left(
    survey: &mut Survey,
    folder: &str,
    package: &Package,
    name: &str,
    manager: Manager,
) -> Option<String> {
    let hook = format!("pre{name}");
    if package.script(&hook).is_none() {
        return Some(String::new());
    }
    let judgement = survey.script_judge().script(folder, &hook)?;
    judgement.refused.is_none().then(|| format!("{} && ", manager.run(&hook)))
}

/// Whether a refusal is reported: only if the script would otherwise have been a check.
fn fits_name(kind: CheckPurpose, judgement: &Judgement, name: &str) -> bool {
    match name {
        "check" | "ci" | "verify" | "validate" => kind == CheckPurpose::Test && judgement.tests(),
        "prepare" | "prepack" | "bundle" => false,
        _ => true,
    }
}

/// The kind of a script by what it does; `None` if it is not a check.
fn actual(kind: CheckPurpose, name: &str, judgement: &Judgement) -> Option<CheckPurpose> {
    let has = |class: Class| judgement.classes.contains(&class);
    if judgement.is_idle() {
        return None;
    }
    let (test, build, types, lint, unknown) =
        (has(Class::Test), has(Class::Build), has(Class::Types), has(Class::Lint), has(Class::Unknown));
    match kind {
        CheckPurpose::Test if ["check", "ci", "verify", "validate"].contains(&name) => {
            test.then_some(CheckPurpose::Test)
        }
        CheckPurpose::Test if test || unknown => Some(CheckPurpose::Test),
        CheckPurpose::Test if name != "test" => None,
        CheckPurpose::Test if lint && !types => Some(CheckPurpose::Lint),
        CheckPurpose::Test if types => Some(CheckPurpose::Type),
        CheckPurpose::Test => Some(CheckPurpose::Build),
        CheckPurpose::Build if ["prepare", "prepack", "bundle"].contains(&name) => {
            (build && !test).then_some(CheckPurpose::Build)
        }
        CheckPurpose::Build if build || unknown => Some(CheckPurpose::Build),
        CheckPurpose::Build if types => Some(CheckPurpose::Type),
        CheckPurpose::Build if test => None,
        CheckPurpose::Build => Some(CheckPurpose::Lint),
        CheckPurpose::Type if ["lint:ts", "types", "tsc"].contains(&name) => {
            (types && !test).then_some(CheckPurpose::Type)
        }
        CheckPurpose::Type => Some(CheckPurpose::Type),
        CheckPurpose::Lint if name == "check" => (lint && !test && !build).then_some(CheckPurpose::Lint),
        CheckPurpose::Lint if test && !lint => None,
        CheckPurpose::Lint if types && !lint && !unknown && name != "lint" => Some(CheckPurpose::Type),
        _ => Some(kind),
    }
}

fn is_placeholder(body: &str) -> bool {
    body.contains("no test specified") || body.contains("No tests specified") || body.contains("no tests yet")
}

pub(super) fn check_of(survey: &Survey, folder: &str, manager: Manager, choice: Choice) -> Check {
    let Choice { name, kind, judgement, run } = choice;
    let package = survey.packages.get(folder);
    let body = package.as_ref().and_then(|package| package.script(&name)).unwrap_or_default().to_owned();
    let script = match (&run, &package) {
        (Some(_), _) | (_, None) => body,
        (None, Some(package)) => with_hook(package, manager, &name, &body),
    };
    Check {
        // One name for this kind, whatever the script's name
        name: if kind == CheckPurpose::Type { "typecheck".to_owned() } else { name.clone() },
        kind,
        run: run.unwrap_or_else(|| manager.run(&name)),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: format!("{} scripts.{name}", join(folder, "package.json")),
        runner: judgement.runner.filter(|_| kind == CheckPurpose::Test),
        script: Some(script),
        guessed: false,
    }
}

/// A script's body, with the script before it that the package manager runs first.
pub(super) fn with_hook(package: &Package, manager: Manager, name: &str, body: &str) -> String {
    let hook = format!("pre{name}");
    match package.script(&hook) {
        Some(_) => format!("{} && {body}", manager.run(&quote(&hook))),
        None => body.to_owned(),
    }
}
