//! Python: the tests as the project runs them (Django, pytest, unittest, or commands from tox, nox, hatch and PDM),
//! and mypy, pyright, ruff and similar tools if they are configured.
//!
//! Tox, nox and similar tools are never started themselves, because each would build an environment. One plain
//! command from their lists becomes the check. `recipes` reads these lists, and `setup.rs` decides what to install.

mod one_by_one;
mod settings;
mod setup;
mod tests_by_sight;

use super::recipes::{self, Recipes};
use super::source::{Source, is_inside, join};
use super::{Ecosystem, Survey, own};
use crate::check::{CheckPurpose, Runner};
use settings::Settings;

pub(super) const ROW: Ecosystem = Ecosystem {
    name: "python",
    manifests: MANIFESTS,
    find,
    setup: setup::steps,
    fills: &[".venv"],
    only_fetches: false,
};

const MANIFESTS: &[&str] = &[
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "noxfile.py",
    "Pipfile",
    "manage.py",
    "requirements.txt",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
];

const PYTEST_FILES: &[&str] = &["pytest.ini", ".pytest.ini"];

const RUFF: &str = "ruff check .";

/// One file that cannot be imported must not stop the others.
const PYTEST: &str = "python3 -m pytest --continue-on-collection-errors";

fn folders(source: &Source) -> Vec<String> {
    let mut folders = projects(source);
    if folders.is_empty() && source.below("").any(tests_by_sight::is_test_file) {
        folders.push(String::new());
    }
    folders
}

/// Folders that contain a project.
fn projects(source: &Source) -> Vec<String> {
    let mut folders = source.folders_with(MANIFESTS);
    // A project whose pytest runs Django's tests has `manage.py` in a folder of its sources
    let tested: Vec<String> = folders
        .iter()
        .filter(|folder| {
            let settings = Settings::read(source, folder);
            runs_django(&settings) && settings.has("pytest", PYTEST_FILES, source, folder).is_some()
        })
        .cloned()
        .collect();
    folders.retain(|folder| {
        let manifests = MANIFESTS.iter().filter(|file| source.has(folder, file)).collect::<Vec<_>>();
        // A module may also be named `setup.py`
        let is_module = manifests == [&"setup.py"]
            && !folder.is_empty()
            && (source.has(folder, "__init__.py")
                || source.read(folder, "setup.py").is_some_and(|text| !text.contains("setup(")));
        let tested_above = || tested.iter().any(|root| root != folder && is_inside(folder, root));
        !is_module && (manifests != [&"manage.py"] || !tested_above())
    });
    folders
}

/// The settings module that the project's own lists pass to Django's tests.
fn django_settings(source: &Source, folder: &str) -> Option<String> {
    let lists = ["tox.ini", "setup.cfg", "noxfile.py", "Makefile"].map(|file| source.read(folder, file));
    let name = regex::Regex::new(r#"DJANGO_SETTINGS_MODULE["']?\s*[:=]\s*["']?([A-Za-z_][\w.]*)"#).ok()?;
    lists.iter().flatten().find_map(|text| Some(name.captures(text)?.get(1)?.as_str().to_owned()))
}

/// Whether pytest runs the tests of a Django project.
fn runs_django(settings: &Settings) -> bool {
    settings.mentions("pytest-django") || settings.text().contains("DJANGO_SETTINGS_MODULE")
}

fn find(survey: &mut Survey) {
    let folders = folders(survey.source);
    for folder in &folders {
        // Folders below with their own manifest are searched separately
        let nested: Vec<String> =
            folders.iter().filter(|other| *other != folder && is_inside(other, folder)).cloned().collect();
        let mut found = survey.fork();
        of_folder(&mut found, folder, &nested);
        // A runner above also collects tests below, if the folder below has no settings
        let settled = Settings::read(survey.source, folder);
        let covered = survey.checks().any(|check| {
            check.kind == CheckPurpose::Test
                && matches!(check.runner, Some(Runner::Pytest | Runner::Unittest))
                && check.directory != *folder
                && is_inside(folder, &check.directory)
        });
        if covered
            && !settled.is_project(survey.source, folder)
            && settled.has("pytest", &["pytest.ini"], survey.source, folder).is_none()
        {
            continue;
        }
        // Ruff reads the settings of each folder by itself
        let linted = survey.checks().any(|check| {
            check.run == RUFF && check.directory != *folder && is_inside(folder, &check.directory)
        });
        found.found.retain(|(_, check)| !linted || check.run != RUFF);
        survey.join(found);
    }
}

fn of_folder(survey: &mut Survey, folder: &str, nested: &[String]) {
    let source = survey.source;
    let settings = Settings::read(source, folder);
    if let Some(because) = settings.has("mypy", &["mypy.ini", ".mypy.ini"], source, folder) {
        let run = if settings.names_files("mypy") { "python3 -m mypy" } else { "python3 -m mypy ." };
        survey.add(own(folder, "typecheck", CheckPurpose::Type, run, &because));
    } else if let Some(because) = settings.has("pyright", &["pyrightconfig.json"], source, folder) {
        survey.add(own(folder, "typecheck", CheckPurpose::Type, "pyright", &because));
    } else if let Some(because) = settings.has("basedpyright", &[], source, folder) {
        survey.add(own(folder, "typecheck", CheckPurpose::Type, "basedpyright", &because));
    }
    if let Some(because) = settings.has("ruff", &["ruff.toml", ".ruff.toml"], source, folder) {
        survey.add(own(folder, "lint", CheckPurpose::Lint, RUFF, &because));
    } else if let Some(because) = settings.has("flake8", &[".flake8"], source, folder) {
        survey.add(own(folder, "lint", CheckPurpose::Lint, "python3 -m flake8", &because));
    } else if let Some(because) = settings.has("pylint", &[".pylintrc", "pylintrc"], source, folder) {
        survey.add(own(folder, "lint", CheckPurpose::Lint, "python3 -m pylint --recursive=y .", &because));
    }
    tests(survey, folder, nested, &settings);
    from_lists(survey, folder);
}

fn tests(survey: &mut Survey, folder: &str, nested: &[String], settings: &Settings) {
    let source = survey.source;
    let configured = settings.has("pytest", PYTEST_FILES, source, folder);
    let django = runs_django(settings);
    let sight = tests_by_sight::runner_by_sight(source, folder, nested);
    if source.has(folder, "manage.py") && !django {
        if tests_by_sight::has_any(source, folder, nested) {
            let mut check =
                own(folder, "test", CheckPurpose::Test, "python3 manage.py test --noinput", "manage.py");
            check.runner = Some(Runner::Unittest);
            survey.add(check);
        }
        return;
    }
    // Settings for tests that are all in folders below would find no tests here
    let configured = configured
        .filter(|_| nested.is_empty() || sight.is_some() || tests_by_sight::has_any(source, folder, nested));
    if let Some(because) = configured {
        survey.add(own(folder, "test", CheckPurpose::Test, PYTEST, &because));
    } else if let Some((runner, because)) = sight {
        let declares =
            settings.mentions("pytest") && runner == Runner::Unittest && !settings.mentions("unittest");
        // The project's own statement about its tests counts more than the look of the test files
        if runner == Runner::Unittest && !declares && as_written(survey, folder) {
            return;
        }
        let run = if runner == Runner::Pytest || declares {
            PYTEST.to_owned()
        } else {
            tests_by_sight::unittest(source, folder, &because)
        };
        survey.add(own(folder, "test", CheckPurpose::Test, &run, &because));
    }
}

/// Adds tests by the project's own test program, or by a command from its lists; returns whether there are any.
fn as_written(survey: &mut Survey, folder: &str) -> bool {
    if let Some((file, runner)) = tests_by_sight::own_program(survey.source, folder) {
        let run = format!("python3 {file}");
        let judgement = survey.script_judge().line(folder, &run);
        match judgement.refused {
            Some(why) => survey.refuse(folder, "test", &run, &join(folder, file), &why),
            None => {
                let mut check = own(folder, "test", CheckPurpose::Test, &run, file);
                check.runner = Some(runner);
                survey.add(check);
                return true;
            }
        }
    }
    // Django's tests need settings; without a `manage.py` the lists name them
    let uses_django = ["django.test", "django_test"];
    let tests = survey.source.below(folder).find(|path| {
        let top = path.split('/').next().unwrap_or(path);
        ["tests", "test"].contains(&top)
            && path.ends_with(".py")
            && survey
                .source
                .read(folder, path)
                .is_some_and(|text| uses_django.iter().any(|mark| text.contains(mark)))
    });
    if let (Some(path), Some(module)) = (tests, django_settings(survey.source, folder)) {
        let top = path.split('/').next().unwrap_or(path);
        let run = format!("DJANGO_SETTINGS_MODULE={module} python3 -m django test {top}");
        let mut check = own(folder, "test", CheckPurpose::Test, &run, path);
        check.runner = Some(Runner::Unittest);
        survey.add(check);
        return true;
    }
    from_lists(survey, folder);
    survey.has(CheckPurpose::Test, folder)
}

/// Commands from tox, nox, Hatch, PDM, Pipenv and poe for missing kinds of check. They run as plain commands,
/// because each of these tools would build environments.
fn from_lists(survey: &mut Survey, folder: &str) {
    let lists: [(Option<Recipes>, &'static str, &'static str); 6] = [
        (recipes::tox(survey.source, folder), "tox", "tox.ini"),
        (recipes::nox(survey.source, folder), "nox", "noxfile.py"),
        (recipes::hatch(survey.source, folder), "hatch", "pyproject.toml tool.hatch"),
        (recipes::pdm(survey.source, folder), "pdm", "pyproject.toml tool.pdm"),
        (recipes::poe(survey.source, folder), "poe", "pyproject.toml tool.poe"),
        (recipes::pipenv(survey.source, folder), "pipenv", "Pipfile"),
    ];
    for (recipes, program, file) in lists {
        let Some(recipes) = recipes else { continue };
        for name in recipes.names().map(str::to_owned).collect::<Vec<_>>() {
            let Some(kind) = kind_of(&name) else { continue };
            let source = format!("{} {name}", join(folder, file));
            let judgement = survey.script_judge().recipe(folder, program, &recipes, &name);
            if let Some(why) = judgement.refused.clone().filter(|_| !survey.allows(folder, &name)) {
                survey.refuse(folder, &name, &format!("{program} {name}"), &source, &why);
                continue;
            }
            if survey.has(kind, folder)
                || super::systems::targets::judged_kind(&judgement, kind, &name) != Some(kind)
            {
                continue;
            }
            let lines = recipes.get(&name).map(|recipe| recipe.lines.clone()).unwrap_or_default();
            let exact =
                lines.iter().filter(|line| !line.contains('{')).map(|line| measured(line)).find(|line| {
                    let one = survey.script_judge().line(folder, line);
                    one.refused.is_none()
                        && super::systems::targets::judged_kind(&one, kind, "x") == Some(kind)
                        && !one.is_idle()
                        && (kind != CheckPurpose::Test || one.tests())
                });
            if let Some(line) = exact {
                let line = if let Some(rest) = line.strip_prefix("pytest") {
                    format!("python3 -m pytest{rest}")
                } else {
                    line
                };
                let mut check = own(
                    folder,
                    if kind == CheckPurpose::Type {
                        "typecheck"
                    } else if kind == CheckPurpose::Lint {
                        "lint"
                    } else {
                        "test"
                    },
                    kind,
                    &line,
                    "",
                );
                check.source = source;
                if kind == CheckPurpose::Test && check.runner.is_none() {
                    check.runner = survey.script_judge().line(folder, &check.run).runner;
                }
                survey.add(check);
            }
        }
    }
}

/// A test command without coverage measurement, run by the environment's `python3`.
fn measured(line: &str) -> String {
    let rest = line.strip_prefix("python -m ").unwrap_or(line);
    if let Some(rest) = rest.strip_prefix("coverage run ") {
        let words: Vec<&str> = rest.split(' ').collect();
        // The options of the measurement come before `-m` or the program
        let own = words.iter().enumerate().position(|(at, word)| {
            *word == "-m" || !word.starts_with('-') && !VALUED.contains(&words[at.max(1) - 1])
        });
        if let Some(rest) = own.and_then(|at| words.get(at..)) {
            return format!("python3 {}", rest.join(" "));
        }
    }
    match line.strip_prefix("python ") {
        Some(rest) => format!("python3 {rest}"),
        None => line.to_owned(),
    }
}

/// Options of `coverage run` with a value in the next word.
const VALUED: &[&str] =
    &["--source", "--rcfile", "--omit", "--include", "--context", "--concurrency", "--data-file"];

/// The kind that the name of an environment, a session or a script suggests.
fn kind_of(name: &str) -> Option<CheckPurpose> {
    let name = name.rsplit(':').next().unwrap_or(name);
    let has = |words: &[&str]| words.iter().any(|word| name.split(['-', '_']).any(|part| part == *word));
    if name == "testenv"
        || has(&["test", "tests", "unit", "unittest", "unittests", "pytest"])
        || name.starts_with("py3")
    {
        Some(CheckPurpose::Test)
    } else if has(&["types", "typing", "typecheck", "mypy", "pyright", "type"]) {
        Some(CheckPurpose::Type)
    } else if has(&["lint", "linting", "flake8", "style", "pep8", "ruff", "linters", "check", "quality"]) {
        Some(CheckPurpose::Lint)
    } else {
        None
    }
}
