//! Checks that follow from an installed tool, not from a script.

use shared::test_files::bun_collects;

use super::manager::Manager;
use super::manifest::Package;
use crate::check::CheckPurpose;
use crate::discover::judge::{Class, Why};
use crate::discover::source::json;
use crate::discover::{Survey, own};

/// Packages of test runners, and the command that runs each once.
const RUNNERS: &[(&str, &str)] = &[
    ("vitest", "vitest run"),
    ("jest", "jest"),
    ("mocha", "mocha"),
    ("ava", "ava"),
    ("tap", "tap"),
    ("uvu", "uvu"),
    ("jasmine", "jasmine"),
];

/// Types: the compiler, if no other check compiles.
pub(super) fn types(survey: &mut Survey, folder: &str, package: &Package, manager: Manager) {
    let source = survey.source;
    let above = || {
        let up = survey.packages.get("");
        up.is_some_and(|root| root.depends_on("typescript"))
    };
    if !source.has(folder, "tsconfig.json") || !(package.depends_on("typescript") || above()) {
        return;
    }
    let compiler = if package.depends_on("vue-tsc") { "vue-tsc" } else { "tsc" };
    let settings = source.read(folder, "tsconfig.json").and_then(|text| json(&text)).unwrap_or_default();
    let empty = |key: &str| settings.get(key).and_then(|list| list.as_array()).is_some_and(Vec::is_empty);
    let references =
        settings.get("references").and_then(|list| list.as_array()).is_some_and(|list| !list.is_empty());
    if empty("files") && !references && settings.get("include").is_none() {
        return;
    }
    // A configuration without its own files checks only the projects that it references
    let run = if references && (empty("files") || empty("include")) {
        format!("{compiler} --build")
    } else {
        format!("{compiler} --noEmit")
    };
    survey.add(own(folder, "typecheck", CheckPurpose::Type, &manager.tool(&run), "tsconfig.json"));
}

/// Packages of linters: the files that configure them, and the command that checks everything and changes nothing.
const LINTERS: &[(&str, &[&str], &str)] = &[
    (
        "eslint",
        &[
            "eslint.config.js",
            "eslint.config.mjs",
            "eslint.config.cjs",
            "eslint.config.ts",
            ".eslintrc",
            ".eslintrc.js",
            ".eslintrc.cjs",
            ".eslintrc.json",
            ".eslintrc.yml",
            ".eslintrc.yaml",
        ],
        "eslint .",
    ),
    ("@biomejs/biome", &["biome.json", "biome.jsonc"], "biome lint"),
    ("oxlint", &[".oxlintrc.json"], "oxlint"),
];

/// Lint: the linter that the project depends on and configures.
pub(super) fn lints(survey: &mut Survey, folder: &str, package: &Package, manager: Manager) {
    for (name, files, run) in LINTERS {
        let Some(file) = survey.source.first(folder, files).filter(|_| package.depends_on(name)) else {
            continue;
        };
        if survey.script_judge().line(folder, run).refused.is_none() {
            survey.add(own(folder, "lint", CheckPurpose::Lint, &manager.tool(run), file));
            return;
        }
    }
}

/// Whether the reason for refusing a script does not apply to the linter itself: the script writes.
pub(super) fn may_lint(cause: Option<Why>) -> bool {
    matches!(cause, Some(Why::Rewrites))
}

/// Tests: the runner that the project depends on.
pub(super) fn tests(survey: &mut Survey, folder: &str, package: &Package, manager: Manager) {
    let has_tests = survey.source.below(folder).any(is_test_file);
    let found = RUNNERS.iter().find(|(name, _)| package.depends_on(name));
    if let Some((_, run)) = found {
        let judgement = survey.script_judge().line(folder, run);
        if judgement.refused.is_none() {
            survey.add(own(
                folder,
                "test",
                CheckPurpose::Test,
                &manager.tool(run),
                "package.json devDependencies",
            ));
        }
    } else if has_tests && manager == Manager::Bun {
        survey.add(own(folder, "test", CheckPurpose::Test, "bun test", "bun.lock"));
    }
}

/// Monorepo tools by their settings file, and how each runs a script in all members.
const EVERYWHERE: &[(&str, &str)] = &[
    ("nx.json", "nx run-many --target="),
    ("turbo.json", "turbo run "),
    ("turbo.jsonc", "turbo run "),
    ("lerna.json", "lerna run --no-bail "),
];

/// A check of all members with the workspace's own tool; returns whether there is one that may run.
pub(super) fn workspace_runner(
    survey: &mut Survey,
    folder: &str,
    manager: Manager,
    kind: CheckPurpose,
) -> bool {
    let Some((file, command)) = EVERYWHERE.iter().find(|(file, _)| survey.source.has(folder, file)) else {
        return false;
    };
    let names: &[&str] = match kind {
        CheckPurpose::Build => &["build"],
        CheckPurpose::Type => &["typecheck", "type-check", "check-types"],
        CheckPurpose::Lint => &["lint"],
        _ => &["test"],
    };
    for name in names {
        let run = format!("{command}{name}");
        let judgement = survey.script_judge().line(folder, &run);
        let known = judgement.classes.iter().any(|class| *class != Class::Unknown);
        // The targets of nx plug-ins are in no file
        let usual = *file == "nx.json" && ["build", "lint", "test"].contains(name);
        if judgement.refused.is_some() || !(known || usual) {
            continue;
        }
        // Otherwise the first failing member stops the others
        let on = if command.starts_with("turbo") { " --continue" } else { "" };
        let run = format!("{run}{on}");
        let title = if kind == CheckPurpose::Type { "typecheck" } else { name };
        let mut check = own(folder, title, kind, &manager.tool(&run), file);
        check.runner = judgement.runner.filter(|_| kind == CheckPurpose::Test);
        survey.add(check);
        return true;
    }
    false
}

/// Whether the runner may be started in spite of this refusal, because by itself it ends and runs all tests.
pub(super) fn may_run_once(cause: Option<Why>) -> bool {
    matches!(cause, Some(Why::Watches | Why::Partial))
}

fn is_test_file(path: &str) -> bool {
    !path.contains("node_modules/") && bun_collects(path)
}
