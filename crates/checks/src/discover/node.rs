//! package.json: scripts, run by the package manager that the lockfile names.

use serde_json::Value;

use super::{Source, Step, join, limit};
use crate::check::{Check, Kind, Runner};
use crate::shell::{commands, unwrapped};

/// The scripts that count, by kind; the first that exists is taken.
const SCRIPTS: &[(Kind, &[&str])] = &[
    (Kind::Build, &["build", "compile"]),
    (
        Kind::Type,
        &["typecheck", "type-check", "check-types", "check:types", "types:check", "test:types", "tsc"],
    ),
    (Kind::Lint, &["lint", "lint:check", "eslint", "check:lint"]),
    (Kind::Test, &["test", "tests", "test:unit", "unit", "test:ci", "test:run"]),
];

/// Members of a workspace that are looked into.
const MAX_MEMBERS: usize = 200;
const FOREIGN_IN_WORKSPACE: &[&str] = &["node_modules", "fixtures", "__fixtures__", "templates", "template"];

/// A package manager: how it runs scripts, and how it installs from its lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Npm,
    Pnpm,
    Yarn,
    Bun,
}

pub(super) fn discover(source: &Source) -> Vec<(&'static str, Check)> {
    let folders = source.projects(&["package.json"]);
    folders.iter().flat_map(|folder| of_folder(source, folder)).map(|check| ("npm", check)).collect()
}

fn of_folder(source: &Source, folder: &str) -> Vec<Check> {
    let Some(manifest) = manifest(source, folder) else { return Vec::new() };
    let manager = Manager::of(source, folder, &manifest);
    let mut found = Vec::new();
    for (kind, names) in SCRIPTS {
        let usable = |name: &&&str| script(&manifest, name).is_some_and(|body| is_check(body, *kind));
        let Some(name) = names.iter().find(usable) else {
            found.extend(of_members(source, folder, &manifest, manager, *kind, names));
            continue;
        };
        let body = script(&manifest, name).unwrap_or_default();
        let runner = if *kind == Kind::Test { runner_behind(&manifest, body) } else { None };
        found.push(Check {
            // one name for one thing, however the script is called
            name: if *kind == Kind::Type { "typecheck".to_owned() } else { (*name).to_owned() },
            kind: *kind,
            run: manager.run(name),
            timeout: limit(*kind),
            directory: folder.to_owned(),
            source: format!("{} scripts.{name}", join(folder, "package.json")),
            runner,
            script: Some(with_hook(&manifest, manager, name, body)),
        });
    }
    let has = |found: &[Check], kind: Kind| found.iter().any(|check| check.kind == kind);
    let compiles = found.iter().filter_map(|check| check.script.as_deref()).any(|body| {
        commands(body).iter().any(|words| unwrapped(words).first().is_some_and(|word| word == "tsc"))
    });
    if !has(&found, Kind::Type)
        && !compiles
        && source.has(folder, "tsconfig.json")
        && depends_on(&manifest, "typescript")
    {
        found.push(own(folder, "typecheck", Kind::Type, "npx --no-install tsc --noEmit", "tsconfig.json"));
    }
    if !has(&found, Kind::Test) {
        let runners = [
            ("vitest", "npx --no-install vitest run"),
            ("jest", "npx --no-install jest"),
            ("mocha", "npx --no-install mocha"),
        ];
        if let Some((_, run)) = runners.iter().find(|(package, _)| depends_on(&manifest, package)) {
            found.push(own(folder, "test", Kind::Test, run, "package.json devDependencies"));
        }
    }
    found
}

/// A script's body after the script that the package manager runs before it.
fn with_hook(manifest: &Value, manager: Manager, name: &str, body: &str) -> String {
    let hook = format!("pre{name}");
    match script(manifest, &hook) {
        Some(_) => format!("{} && {body}", manager.run(&hook)),
        None => body.to_owned(),
    }
}

/// A check whose command names a script (`npm test`), with what is behind it.
pub(super) fn resolve(source: &Source, mut check: Check) -> Check {
    let all = commands(&check.run);
    let ([words], None, None) = (all.as_slice(), check.runner, &check.script) else { return check };
    let Some(manifest) = manifest(source, &check.directory) else { return check };
    let name = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["npm" | "pnpm" | "yarn", "test" | "t"] => "test".to_owned(),
        ["npm" | "pnpm" | "yarn" | "bun", "run", name] => (*name).to_owned(),
        _ => return check,
    };
    let Some(body) = script(&manifest, &name) else { return check };
    let manager = Manager::of(source, &check.directory, &manifest);
    check.runner = runner_behind(&manifest, body);
    check.script = Some(with_hook(&manifest, manager, &name, body));
    if check.runner.is_some() {
        check.kind = Kind::Test;
    }
    check
}

/// One check for the packages of a workspace whose root has no such script.
fn of_members(
    source: &Source,
    folder: &str,
    root: &Value,
    manager: Manager,
    kind: Kind,
    names: &[&str],
) -> Option<Check> {
    if root.get("workspaces").is_none() && !source.has(folder, "pnpm-workspace.yaml") {
        return None;
    }
    let is_member = |path: &&str| {
        path.ends_with("/package.json") && !path.split('/').any(|part| FOREIGN_IN_WORKSPACE.contains(&part))
    };
    let members: Vec<Value> = source
        .below(folder)
        .filter(is_member)
        .take(MAX_MEMBERS)
        .filter_map(|path| serde_json::from_str(&source.read(folder, path)?).ok())
        .collect();
    let bodies = |name: &str| -> Vec<(&Value, &str)> {
        members.iter().filter_map(|member| Some((member, script(member, name)?))).collect()
    };
    let usable = |name: &&&str| {
        let all = bodies(name);
        !all.is_empty() && all.iter().all(|(_, body)| is_check(body, kind))
    };
    let name = names.iter().find(usable)?;
    let mut runners = bodies(name).into_iter().map(|(member, body)| runner_behind(member, body));
    let first = runners.next().flatten().filter(|_| kind == Kind::Test);
    Some(Check {
        name: if kind == Kind::Type { "typecheck".to_owned() } else { (*name).to_owned() },
        kind,
        run: manager.run_in_members(name),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: format!("{} workspaces scripts.{name}", join(folder, "package.json")),
        runner: first.filter(|first| runners.all(|other| other == Some(*first))),
        script: None,
    })
}

/// A check that no script names, but a tool's presence does.
fn own(folder: &str, name: &str, kind: Kind, run: &str, source: &str) -> Check {
    Check {
        name: name.to_owned(),
        kind,
        run: run.to_owned(),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: join(folder, source),
        runner: Runner::of_command(run),
        script: None,
    }
}

pub(super) fn setup(source: &Source) -> Vec<Step> {
    let folders = source.projects(&["package.json"]);
    folders
        .into_iter()
        .filter_map(|folder| {
            let manifest = manifest(source, &folder)?;
            let (run, file) = Manager::of(source, &folder, &manifest).install(source, &folder, &manifest)?;
            Some(Step { run, source: join(&folder, file), folder })
        })
        .collect()
}

fn manifest(source: &Source, folder: &str) -> Option<Value> {
    let text = source.read(folder, "package.json")?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

fn script<'a>(manifest: &'a Value, name: &str) -> Option<&'a str> {
    manifest.get("scripts")?.get(name)?.as_str()
}

fn depends_on(manifest: &Value, package: &str) -> bool {
    ["dependencies", "devDependencies"]
        .iter()
        .any(|key| manifest.get(key).is_some_and(|all| all.get(package).is_some()))
}

/// Whether a script ends by itself, says something, and changes no sources.
fn is_check(body: &str, kind: Kind) -> bool {
    if body.trim().is_empty() || body.contains("no test specified") {
        return false;
    }
    let all = commands(body);
    let watches = all.iter().any(|words| {
        let words = unwrapped(words);
        let program = words.first().map_or("", String::as_str);
        ["nodemon", "tsc-watch", "chokidar", "live-server", "http-server", "serve"].contains(&program)
            || words
                .iter()
                .any(|word| ["--watch", "--watchAll", "--watch-all", "--ui"].contains(&word.as_str()))
            || (["tsc", "vite", "webpack", "rollup", "mocha"].contains(&program)
                && words.iter().any(|word| word == "-w"))
            || (["vite", "next", "nuxt", "astro"].contains(&program)
                && words
                    .get(1)
                    .is_none_or(|word| ["dev", "serve", "start", "preview"].contains(&word.as_str())))
            || (program == "vitest"
                && words.get(1).is_some_and(|word| ["watch", "dev"].contains(&word.as_str())))
    });
    // a linter that repairs would change the slot behind the coder's back
    let repairs = kind == Kind::Lint
        && all
            .iter()
            .flatten()
            .any(|word| ["--fix", "--write", "--apply", "--unsafe"].contains(&word.as_str()));
    !watches && !repairs
}

/// The runner of a script, followed through `npm run other` a few steps.
fn runner_behind(manifest: &Value, body: &str) -> Option<Runner> {
    let mut body = body;
    for _ in 0..4 {
        if let Some(runner) = Runner::of_command(body) {
            return Some(runner);
        }
        let next = commands(body).into_iter().rev().find_map(|words| {
            let (manager, rest) = words.split_first()?;
            let managers = ["npm", "pnpm", "yarn", "bun"];
            let mut rest = rest.iter().filter(|word| !word.starts_with('-'));
            let name = rest.next().filter(|_| managers.contains(&manager.as_str()))?;
            let name = if name == "run" { rest.next()? } else { name };
            script(manifest, name)
        });
        body = next?;
    }
    None
}

impl Manager {
    /// Of a folder; also whether it is a Yarn of the newer kind.
    pub(crate) fn in_folder(source: &Source, folder: &str) -> (Manager, bool) {
        let manifest = manifest(source, folder).unwrap_or_default();
        let newer = source.has(folder, ".yarnrc.yml") || is_newer_yarn(&manifest);
        (Manager::of(source, folder, &manifest), newer)
    }

    fn of(source: &Source, folder: &str, manifest: &Value) -> Manager {
        let named = manifest.get("packageManager").and_then(Value::as_str).unwrap_or_default();
        match named.split('@').next() {
            Some("pnpm") => return Manager::Pnpm,
            Some("yarn") => return Manager::Yarn,
            Some("bun") => return Manager::Bun,
            Some("npm") => return Manager::Npm,
            _ => {}
        }
        if source.has(folder, "pnpm-lock.yaml") {
            Manager::Pnpm
        } else if source.has(folder, "yarn.lock") {
            Manager::Yarn
        } else if source.has_any(folder, &["bun.lock", "bun.lockb"]) {
            Manager::Bun
        } else {
            Manager::Npm
        }
    }

    fn run(self, script: &str) -> String {
        let script = crate::shell::quote(script);
        match (self, script.as_str()) {
            (Manager::Npm, "test") => "npm test".to_owned(),
            (Manager::Npm, script) => format!("npm run {script}"),
            (Manager::Pnpm, script) => format!("pnpm run {script}"),
            (Manager::Yarn, script) => format!("yarn run {script}"),
            (Manager::Bun, script) => format!("bun run {script}"),
        }
    }

    fn run_in_members(self, script: &str) -> String {
        let script = crate::shell::quote(script);
        match self {
            Manager::Npm => format!("npm run {script} --workspaces --if-present"),
            Manager::Pnpm => format!("pnpm --recursive --no-bail --if-present run {script}"),
            Manager::Yarn => format!("yarn workspaces run {script}"),
            Manager::Bun => format!("bun run --filter '*' {script}"),
        }
    }

    /// The command and the file that calls for it; nothing without dependencies.
    fn install(self, source: &Source, folder: &str, manifest: &Value) -> Option<(String, &'static str)> {
        let lock = |files: &[&'static str]| files.iter().copied().find(|file| source.has(folder, file));
        let (run, file) = match self {
            Manager::Npm => match lock(&["package-lock.json", "npm-shrinkwrap.json"]) {
                Some(file) => ("npm ci --ignore-scripts --no-audit --no-fund", file),
                None => {
                    ("npm install --ignore-scripts --no-audit --no-fund --no-package-lock", "package.json")
                }
            },
            Manager::Pnpm => match lock(&["pnpm-lock.yaml"]) {
                Some(file) => ("pnpm install --frozen-lockfile --ignore-scripts", file),
                None => ("pnpm install --no-lockfile --ignore-scripts", "package.json"),
            },
            Manager::Yarn => match lock(&["yarn.lock"]) {
                // the newer Yarn refuses the older one's options
                Some(file) if source.has(folder, ".yarnrc.yml") || is_newer_yarn(manifest) => {
                    ("yarn install --immutable --mode=skip-build", file)
                }
                Some(file) => ("yarn install --frozen-lockfile --ignore-scripts --non-interactive", file),
                None => ("yarn install --ignore-scripts --non-interactive --no-lockfile", "package.json"),
            },
            Manager::Bun => match lock(&["bun.lock", "bun.lockb"]) {
                Some(file) => ("bun install --frozen-lockfile --ignore-scripts", file),
                None => ("bun install --no-save --ignore-scripts", "package.json"),
            },
        };
        let has_dependencies = ["dependencies", "devDependencies", "optionalDependencies", "workspaces"]
            .iter()
            .filter_map(|key| manifest.get(key))
            .any(|all| {
                all.as_object().is_some_and(|all| !all.is_empty())
                    || all.as_array().is_some_and(|all| !all.is_empty())
            });
        (has_dependencies || source.has(folder, "pnpm-workspace.yaml")).then(|| (run.to_owned(), file))
    }
}

fn is_newer_yarn(manifest: &Value) -> bool {
    let named = manifest.get("packageManager").and_then(Value::as_str).unwrap_or_default();
    let major = named.strip_prefix("yarn@").and_then(|version| version.split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 2)
}
