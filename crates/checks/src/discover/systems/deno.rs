//! Deno: its tasks, or its own commands if there are none.
//!
//! `judge` follows what a task does. If there is a `package.json`, Deno's own commands are not named.

use super::targets::{Names, is_guess, judged_kind};
use crate::check::{Check, CheckPurpose};
use crate::discover::source::{Source, join, json};
use crate::discover::{Ecosystem, SetupCommand, Survey, limit, own};

const FILES: &[&str] = &["deno.json", "deno.jsonc"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "deno", manifests: FILES, find, setup, fills: &[], only_fetches: false };

const TASKS: Names = &[
    (CheckPurpose::Build, &["build"]),
    (CheckPurpose::Type, &["check:types", "typecheck", "types", "check"]),
    (CheckPurpose::Lint, &["lint", "check:lint", "fmt:check", "check"]),
    (CheckPurpose::Test, &["test", "test:unit", "tests", "test:ci", "check", "ci"]),
];

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(FILES) {
        let Some(file) = survey.source.first(&folder, FILES) else { continue };
        let Some(settings) = survey.source.read(&folder, file).and_then(|text| json(&text)) else { continue };
        let tasks = settings.get("tasks").and_then(|tasks| tasks.as_object());
        for (kind, names) in TASKS {
            for name in names.iter().filter(|name| tasks.is_some_and(|tasks| tasks.contains_key(**name))) {
                let judgement = survey.script_judge().deno_task(&folder, name);
                let run = format!("deno task {name}");
                let source = join(&folder, &format!("{file} tasks.{name}"));
                if let Some(why) = judgement.refused.clone().filter(|_| !survey.allows(&folder, name)) {
                    survey.refuse(&folder, name, &run, &source, &why);
                    continue;
                }
                if judged_kind(&judgement, *kind, name) != Some(*kind) {
                    continue;
                }
                survey.add(Check {
                    name: (*name).to_owned(),
                    kind: *kind,
                    run,
                    timeout: limit(*kind),
                    directory: folder.clone(),
                    source,
                    runner: judgement.runner.filter(|_| *kind == CheckPurpose::Test),
                    script: None,
                    guessed: is_guess(&judgement, *kind, name),
                });
                break;
            }
        }
        let node = survey.source.has(&folder, "package.json");
        let tests = survey.source.below(&folder).any(|path| {
            ["_test.ts", ".test.ts", "_test.js", ".test.js", "_test.tsx", ".test.tsx", "_test.mjs"]
                .iter()
                .any(|end| path.ends_with(end))
        });
        if !survey.has(CheckPurpose::Test, &folder) && tests && !node {
            survey.add(own(&folder, "test", CheckPurpose::Test, "deno test --allow-all", file));
        }
        if !survey.has(CheckPurpose::Lint, &folder) && !node {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, "deno lint", file));
        }
        if !survey.has(CheckPurpose::Type, &folder) && !node {
            survey.add(own(&folder, "typecheck", CheckPurpose::Type, "deno check .", file));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = source.projects(FILES).into_iter().filter(|folder| source.has(folder, "deno.lock"));
    folders
        .map(|folder| SetupCommand {
            otherwise: None,
            run: "deno install --frozen".to_owned(),
            source: join(&folder, "deno.lock"),
            folder,
        })
        .collect()
}
