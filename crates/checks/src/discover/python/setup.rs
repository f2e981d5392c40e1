//! The environment of a Python project, from its lockfile, its lists of requirements, or only its
//! manifest. It is made in the project's folder, where runs look for it.

use super::settings::{Settings, requirement_files};
use super::{of_folder, one_by_one};
use crate::check::{CheckPurpose, Runner};
use crate::discover::node::Packages;
use crate::discover::source::{Source, join};
use crate::discover::{Choice, SetupCommand, Survey};
use crate::shell::quote;

/// Groups and extras that tests may need.
const FOR_TESTS: &[&str] = &[
    "dev",
    "test",
    "tests",
    "testing",
    "develop",
    "development",
    "unit",
    "ci",
    "all",
    "lint",
    "linting",
    "typing",
    "types",
];

/// Words in the names of groups that tests never need.
const NOT_FOR_TESTS: &[&str] =
    &["docs", "doc", "documentation", "release", "publish", "pkg", "bench", "benchmarks"];

/// Makes a virtual environment and installs into it. Only ready-made packages, because building one
/// would run its set-up program.
pub(super) const PIP: &str =
    ".venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all:";

/// Makes the environment.
pub(super) const VENV: &str = "python3 -m venv .venv";

pub(super) fn steps(source: &Source) -> Vec<SetupCommand> {
    let mut done: Vec<String> = Vec::new();
    let mut steps = Vec::new();
    let mut folders = super::projects(source);
    if folders.is_empty() && !requirement_files(source, "").is_empty() {
        folders.push(String::new());
    }
    let all = folders.clone();
    for folder in folders {
        let is_below =
            || all.iter().any(|other| crate::discover::source::is_inside(&folder, other) && *other != folder);
        if has_only_requirements(source, &folder) && is_below() {
            continue;
        }
        // Members of a workspace share the environment of its root
        let shared = done.iter().any(|root| {
            crate::discover::source::is_inside(&folder, root)
                && is_workspace(source, root)
                && !has_lock(source, &folder)
        });
        if shared {
            continue;
        }
        if let Some(step) = of(source, &folder) {
            done.push(folder);
            steps.push(step);
        }
    }
    steps
}

/// Whether a folder has requirements and nothing else that a check would need: then no check runs there.
fn has_only_requirements(source: &Source, folder: &str) -> bool {
    let mut manifests = super::MANIFESTS.iter().filter(|file| source.has(folder, file));
    manifests.all(|file| *file == "requirements.txt") && !super::tests_by_sight::has_any(source, folder, &[])
}

fn is_workspace(source: &Source, folder: &str) -> bool {
    Settings::read(source, folder).tool("uv").is_some_and(|uv| uv.get("workspace").is_some())
}

fn has_lock(source: &Source, folder: &str) -> bool {
    shared::lockfiles::python().any(|(_, lock)| source.has(folder, lock))
}

fn of(source: &Source, folder: &str) -> Option<SetupCommand> {
    let settings = Settings::read(source, folder);
    let extras =
        names(settings.pyproject.get("project").and_then(|project| project.get("optional-dependencies")));
    let groups = names(settings.pyproject.get("dependency-groups"));
    let step = |run: String, file: &str| {
        // If the project's manager is not installed, pip installs what the manifest names
        let otherwise = with_pip(source, folder, &settings, &extras).map(|step| step.run);
        Some(SetupCommand { otherwise, run, source: join(folder, file), folder: folder.to_owned() })
    };
    if source.has(folder, "uv.lock") || settings.tool("uv").is_some_and(|uv| uv.get("workspace").is_some()) {
        let mut run = "uv sync".to_owned();
        if source.has(folder, "uv.lock") {
            run.push_str(" --frozen");
        }
        if is_workspace(source, folder) {
            run.push_str(" --all-packages");
        }
        run.extend(extras.iter().map(|extra| format!(" --extra {}", quote(extra))));
        // The group `dev` is installed in any case
        run.extend(
            groups.iter().filter(|group| *group != "dev").map(|group| format!(" --group {}", quote(group))),
        );
        return step(run, if source.has(folder, "uv.lock") { "uv.lock" } else { "pyproject.toml" });
    }
    if source.has(folder, "poetry.lock")
        || settings
            .tool("poetry")
            .is_some_and(|poetry| poetry.get("dependencies").is_some() || poetry.get("group").is_some())
    {
        let poetry = settings.tool("poetry");
        let mut run = "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction".to_owned();
        let optional: Vec<String> = names(poetry.and_then(|poetry| poetry.get("group")));
        let is_optional = |group: &str| {
            poetry
                .and_then(|poetry| poetry.get("group")?.get(group)?.get("optional")?.as_bool())
                .unwrap_or(false)
        };
        run.extend(
            optional
                .iter()
                .filter(|group| is_optional(group))
                .map(|group| format!(" --with {}", quote(group))),
        );
        let of_poetry: Vec<String> =
            names(poetry.and_then(|poetry| poetry.get("extras"))).into_iter().chain(extras.clone()).collect();
        run.extend(of_poetry.iter().map(|extra| format!(" --extras {}", quote(extra))));
        return step(run, if source.has(folder, "poetry.lock") { "poetry.lock" } else { "pyproject.toml" });
    }
    if source.has(folder, "pdm.lock") {
        return step("pdm install --frozen-lockfile".to_owned(), "pdm.lock");
    }
    if source.has(folder, "Pipfile.lock") {
        return step("PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev".to_owned(), "Pipfile.lock");
    }
    if source.has(folder, "Pipfile") {
        return step("PIPENV_VENV_IN_PROJECT=1 pipenv install --dev --skip-lock".to_owned(), "Pipfile");
    }
    with_pip(source, folder, &settings, &extras)
}

fn with_pip(source: &Source, folder: &str, settings: &Settings, extras: &[String]) -> Option<SetupCommand> {
    let mut commands: Vec<String> = Vec::new();
    let mut wanted: Vec<String> = Vec::new();
    let mut because: Option<String> = None;
    let mut declared = String::new();
    for file in requirement_files(source, folder) {
        let text = source.read(folder, &file).unwrap_or_default();
        if text.contains("--hash=") {
            // If one requirement has a hash, all requirements of that command need one
            commands.push(format!("{PIP} --require-hashes -r {}", quote(&file)));
        } else {
            wanted.push(format!("-r {}", quote(&file)));
        }
        declared.push_str(&text);
        because.get_or_insert(file);
    }
    for requirement in inline(source, folder, settings) {
        declared.push('\n');
        declared.push_str(&requirement);
        wanted.push(quote(&requirement));
        because.get_or_insert_with(|| {
            let lists = ["tox.ini", "pyproject.toml", "noxfile.py", "hatch.toml"];
            source.first(folder, &lists).unwrap_or("pyproject.toml").to_owned()
        });
    }
    let is_package = settings.pyproject.contains_key("project")
        || source.has(folder, "setup.py")
        || source.read(folder, "setup.cfg").is_some_and(|text| text.contains("[metadata]"));
    let builds = is_package && can_be_built(source, folder, settings);
    if builds {
        let own = if extras.is_empty() { "-e.".to_owned() } else { format!("-e.[{}]", extras.join(",")) };
        wanted.push(quote(&own));
        because.get_or_insert_with(|| {
            if settings.pyproject.contains_key("project") {
                "pyproject.toml".to_owned()
            } else {
                "setup.py".to_owned()
            }
        });
        declared.push_str(&source.read(folder, "pyproject.toml").unwrap_or_default());
    }
    // A configuration of pytest contains its name too, so only a requirement counts
    let has_pytest = declared.lines().any(names_pytest);
    let needs_pytest = uses_pytest(source, folder);
    if needs_pytest && !has_pytest {
        wanted.push("pytest".to_owned());
        because.get_or_insert_with(|| "pytest".to_owned());
    }
    let because = because?;
    if !wanted.is_empty() {
        commands.push(format!("{PIP} {}", wanted.join(" ")));
    }
    let run = format!("{VENV} && {}", commands.join(" && "));
    let mut last: Vec<&str> = Vec::new();
    last.extend(builds.then_some("-e."));
    last.extend(needs_pytest.then_some("pytest"));
    let otherwise = one_by_one::command(source, folder, settings, extras, &last);
    Some(SetupCommand { otherwise, run, source: join(folder, &because), folder: folder.to_owned() })
}

/// Whether a line requires pytest itself, not a plug-in or a setting.
fn names_pytest(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '"', '\'']);
    let Some(rest) = line.strip_prefix("pytest") else { return false };
    let rest = rest.trim_start();
    rest.is_empty()
        || rest.starts_with(['<', '>', '~', '!', ';', '[', '"', '\'', ',', '#'])
        || rest.starts_with("==")
}

/// Whether an editable install makes sense: a manifest with only tool settings has nothing to
/// build.
fn can_be_built(source: &Source, folder: &str, settings: &Settings) -> bool {
    settings.pyproject.contains_key("build-system")
        || source.has_any(folder, &["setup.py", "setup.cfg"])
        || settings.pyproject.get("project").is_some_and(|project| project.get("name").is_some())
}

/// The requirements in dependency groups, tox, nox and hatch, one by one.
pub(super) fn inline(source: &Source, folder: &str, settings: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(groups) = settings.pyproject.get("dependency-groups").and_then(toml::Value::as_table) {
        for name in names(settings.pyproject.get("dependency-groups")) {
            group(groups, &name, 0, &mut found);
        }
    }
    if let Some(dev) = settings.tool("pdm").and_then(|pdm| pdm.get("dev-dependencies")?.as_table()) {
        for list in dev.values() {
            found.extend(
                list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)),
            );
        }
    }
    let hatch = source.read(folder, "hatch.toml").and_then(|text| text.parse::<toml::Table>().ok());
    let envs = hatch
        .as_ref()
        .and_then(|hatch| hatch.get("envs"))
        .or_else(|| settings.tool("hatch").and_then(|hatch| hatch.get("envs")));
    if let Some(envs) = envs.and_then(toml::Value::as_table) {
        for (name, env) in envs {
            if ["default", "test", "tests", "hatch-test", "dev"].contains(&name.as_str()) {
                for key in ["dependencies", "extra-dependencies"] {
                    found.extend(
                        env.get(key)
                            .and_then(toml::Value::as_array)
                            .into_iter()
                            .flatten()
                            .filter_map(|one| one.as_str().map(str::to_owned)),
                    );
                }
            }
        }
    }
    if let Some(text) = source.read(folder, "tox.ini") {
        let sections = crate::discover::recipes::sections(&text);
        for (section, keys) in &sections {
            if section == "testenv" || section == "testenv:test" || section == "testenv:lint" {
                for (_, value) in keys.iter().filter(|(key, _)| key == "deps") {
                    let lines = tox_lines(&sections, value, 0);
                    // If factors choose between versions, the newest is the last
                    for (at, line) in lines.iter().enumerate() {
                        let Some(requirement) = tox_requirement(line) else { continue };
                        let mut later = lines.iter().skip(at + 1).filter(|later| later.contains(": "));
                        let is_older = line.contains(": ")
                            && later.any(|later| {
                                tox_requirement(later)
                                    .is_some_and(|later| package(&later) == package(&requirement))
                            });
                        if !is_older {
                            found.push(requirement);
                        }
                    }
                }
            }
        }
    }
    if let Some(text) = source.read(folder, "noxfile.py") {
        let calls = regex::Regex::new(r"session\.install\(([^)]*)\)").ok();
        let word = regex::Regex::new(r#"["']([^"']+)["']"#).ok();
        let key = regex::Regex::new(r#"(\w)(?:\[["'][^"'\]]*["']\])+"#).ok();
        for call in calls.iter().flat_map(|calls| calls.captures_iter(&text)).filter_map(|call| call.get(1)) {
            // A name in brackets after a name is a key
            let call = key.as_ref().map_or(call.as_str().into(), |key| key.replace_all(call.as_str(), "$1"));
            let words: Vec<String> = word
                .iter()
                .flat_map(|word| word.captures_iter(&call))
                .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
                .collect();
            found.extend(words.into_iter().filter(|word| is_requirement(word)));
        }
    }
    let mut known = std::collections::BTreeSet::new();
    found.retain(|requirement| !is_option(requirement) && known.insert(requirement.clone()));
    found
}

/// What pip would take for an option of its own: no requirement begins like this.
pub(super) fn is_option(requirement: &str) -> bool {
    requirement.trim_start().starts_with('-')
}

/// The name of the package in a requirement.
fn package(requirement: &str) -> &str {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    requirement.get(..end.unwrap_or(requirement.len())).unwrap_or(requirement)
}

/// The sections of an ini file with their keys.
type Sections = [(String, Vec<(String, String)>)];

/// The lines of a value, with the values of other sections in place of their names:
/// `{[section]key}`.
fn tox_lines(sections: &Sections, value: &str, depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in value.lines() {
        let line = line.split(" #").next().unwrap_or(line).trim();
        let named = line.strip_prefix("{[").and_then(|rest| rest.strip_suffix('}')?.split_once(']'));
        let Some((section, key)) = named else {
            lines.push(line.to_owned());
            continue;
        };
        let keys = sections.iter().filter(|(name, _)| name == section).flat_map(|(_, keys)| keys);
        for (_, value) in keys.filter(|(name, _)| name == key && depth < 8) {
            lines.extend(tox_lines(sections, value, depth + 1));
        }
    }
    lines
}

/// A line of tox's `deps`, without its leading factors.
fn tox_requirement(line: &str) -> Option<String> {
    let line = line.trim();
    let line = line.split_once(": ").map_or(line, |(_, rest)| rest).trim();
    is_requirement(line).then(|| line.to_owned())
}

pub(super) fn is_requirement(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.contains(['{', '/', '$', '\n'])
        && !text.starts_with("git+")
        && !text.ends_with(".txt")
}

fn group(groups: &toml::Table, name: &str, depth: usize, found: &mut Vec<String>) {
    if depth > 8 {
        return;
    }
    for one in groups.get(name).and_then(toml::Value::as_array).into_iter().flatten() {
        match one {
            toml::Value::String(requirement) => found.push(requirement.clone()),
            other => {
                // Groups for documentation or publishing are not needed, and often require another
                // Python
                if let Some(included) = other.get("include-group").and_then(toml::Value::as_str)
                    && !NOT_FOR_TESTS.iter().any(|word| included.split(['-', '_']).any(|part| part == *word))
                {
                    group(groups, included, depth + 1, found);
                }
            }
        }
    }
}

/// Names of groups or extras that tests may need.
fn names(table: Option<&toml::Value>) -> Vec<String> {
    let table = table.and_then(toml::Value::as_table);
    let has = |name: &&&str| table.is_some_and(|table| table.contains_key(**name));
    FOR_TESTS.iter().filter(has).map(|name| (*name).to_owned()).collect()
}

fn uses_pytest(source: &Source, folder: &str) -> bool {
    let packages = Packages::new(source);
    let choice = Choice::default();
    let mut survey = Survey::new(source, &packages, &choice);
    of_folder(&mut survey, folder, &[]);
    survey.checks().any(|check| check.kind == CheckPurpose::Test && check.runner == Some(Runner::Pytest))
}
