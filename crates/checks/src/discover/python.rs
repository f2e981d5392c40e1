//! Python: pytest or unittest, and mypy, pyright and ruff where configured.

use super::{Source, Step, join, limit};
use crate::check::{Check, Kind, Runner};
use crate::shell::quote;

const MANIFESTS: &[&str] =
    &["pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "requirements.txt"];
/// Test files that are looked into.
const MAX_LOOKED_INTO: usize = 20;

pub(super) fn discover(source: &Source) -> Vec<(&'static str, Check)> {
    let mut folders = source.projects(MANIFESTS);
    if folders.is_empty() && source.below("").any(is_test_file) {
        folders.push(String::new());
    }
    folders.iter().flat_map(|folder| of_folder(source, folder)).map(|check| ("python", check)).collect()
}

fn of_folder(source: &Source, folder: &str) -> Vec<Check> {
    let check = |name: &str, kind, run: &str, because: &str| Check {
        name: name.to_owned(),
        kind,
        run: run.to_owned(),
        timeout: limit(kind),
        directory: folder.to_owned(),
        source: join(folder, because),
        runner: Runner::of_command(run),
        script: None,
    };
    let settings = Settings::read(source, folder);
    let mut found = Vec::new();
    if let Some(because) = settings.has("mypy", &["mypy.ini", ".mypy.ini"], source, folder) {
        let run = if settings.names_files("mypy") { "python3 -m mypy" } else { "python3 -m mypy ." };
        found.push(check("typecheck", Kind::Type, run, &because));
    } else if let Some(because) = settings.has("pyright", &["pyrightconfig.json"], source, folder) {
        found.push(check("typecheck", Kind::Type, "pyright", &because));
    }
    if let Some(because) = settings.has("ruff", &["ruff.toml", ".ruff.toml"], source, folder) {
        found.push(check("lint", Kind::Lint, "ruff check .", &because));
    } else if let Some(because) = settings.has("flake8", &[".flake8"], source, folder) {
        found.push(check("lint", Kind::Lint, "python3 -m flake8", &because));
    }
    // a file that cannot be imported must not keep the others from running
    let pytest = "python3 -m pytest --continue-on-collection-errors";
    if let Some(because) = settings.has("pytest", &["pytest.ini", ".pytest.ini"], source, folder) {
        found.push(check("test", Kind::Test, pytest, &because));
    } else if let Some((runner, because)) = tests_by_sight(source, folder) {
        let run =
            if runner == Runner::Pytest { pytest.to_owned() } else { unittest(source, folder, &because) };
        found.push(check("test", Kind::Test, &run, &because));
    }
    found
}

/// The runner that the test files themselves ask for, and the file that does.
fn tests_by_sight(source: &Source, folder: &str) -> Option<(Runner, String)> {
    if let Some(conftest) = source.below(folder).find(|path| path.rsplit('/').next() == Some("conftest.py")) {
        return Some((Runner::Pytest, conftest.to_owned()));
    }
    let files: Vec<&str> =
        source.below(folder).filter(|path| is_test_file(path)).take(MAX_LOOKED_INTO).collect();
    let needs_pytest = |file: &&&str| {
        let text = source.read(folder, file).unwrap_or_default();
        text.contains("pytest")
            || text.lines().any(|line| line.starts_with("def test_") || line.starts_with("async def test_"))
    };
    if let Some(file) = files.iter().find(needs_pytest) {
        return Some((Runner::Pytest, (*file).to_owned()));
    }
    let file = files
        .into_iter()
        .find(|file| source.read(folder, file).is_some_and(|text| text.contains("unittest")))?;
    Some((Runner::Unittest, file.to_owned()))
}

/// unittest looks only where it is told to, and only for names like `test*.py`.
fn unittest(source: &Source, folder: &str, file: &str) -> String {
    let mut run = "python3 -m unittest discover".to_owned();
    if let Some((top, _)) = file.split_once('/') {
        let package = source.has(folder, &format!("{top}/__init__.py"));
        run.push_str(&format!(" -s {}{}", quote(top), if package { " -t ." } else { "" }));
    }
    if !file.rsplit('/').next().is_some_and(|name| name.starts_with("test")) {
        run.push_str(" -p '*_test.py'");
    }
    run
}

fn is_test_file(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let foreign = folder
        .split('/')
        .any(|part| ["node_modules", "site-packages", "venv", ".venv", "fixtures"].contains(&part));
    !foreign && file.ends_with(".py") && (file.starts_with("test_") || file.ends_with("_test.py"))
}

/// The files in which Python tools keep their settings.
struct Settings {
    pyproject: toml::Table,
    ini: Vec<(&'static str, String)>,
}

impl Settings {
    fn read(source: &Source, folder: &str) -> Settings {
        let pyproject = source.read(folder, "pyproject.toml").and_then(|text| text.parse().ok());
        let ini =
            ["setup.cfg", "tox.ini"].into_iter().filter_map(|file| Some((file, source.read(folder, file)?)));
        Settings { pyproject: pyproject.unwrap_or_default(), ini: ini.collect() }
    }

    fn tool(&self, name: &str) -> Option<&toml::Value> {
        self.pyproject.get("tool")?.get(name)
    }

    /// The file that configures a tool, if one does.
    fn has(&self, tool: &str, own: &[&str], source: &Source, folder: &str) -> Option<String> {
        if let Some(file) = own.iter().find(|file| source.has(folder, file)) {
            return Some((*file).to_owned());
        }
        if self.tool(tool).is_some() {
            return Some(format!("pyproject.toml tool.{tool}"));
        }
        let sections = [format!("[{tool}]"), format!("[tool:{tool}]")];
        let has = |text: &str| text.lines().any(|line| sections.iter().any(|section| line.trim() == section));
        self.ini.iter().find(|(_, text)| has(text)).map(|(file, _)| format!("{file} {tool}"))
    }

    fn names_files(&self, tool: &str) -> bool {
        let keys = ["files", "packages", "modules"];
        self.tool(tool).is_some_and(|settings| keys.iter().any(|key| settings.get(key).is_some()))
    }
}

pub(super) fn setup(source: &Source) -> Vec<Step> {
    source.projects(MANIFESTS).into_iter().filter_map(|folder| setup_of(source, folder)).collect()
}

fn setup_of(source: &Source, folder: String) -> Option<Step> {
    // the environment goes into the project's folder, where runs look for it
    let locked = [
        ("uv.lock", "uv sync --frozen"),
        ("poetry.lock", "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction"),
        ("pdm.lock", "pdm install --frozen-lockfile"),
        ("Pipfile.lock", "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev"),
    ];
    if let Some((file, run)) = locked.into_iter().find(|(file, _)| source.has(&folder, file)) {
        return Some(Step { run: run.to_owned(), source: join(&folder, file), folder });
    }
    let mut wanted: Vec<String> = Vec::new();
    let mut because = None;
    let lists = [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements_dev.txt",
        "dev-requirements.txt",
        "requirements-test.txt",
        "test-requirements.txt",
    ];
    let mut declared = String::new();
    for file in lists.into_iter().filter(|file| source.has(&folder, file)) {
        wanted.push(format!("-r {file}"));
        declared.push_str(&source.read(&folder, file).unwrap_or_default());
        because.get_or_insert(file);
    }
    let settings = Settings::read(source, &folder);
    let is_package = settings.pyproject.contains_key("project") || source.has(&folder, "setup.py");
    if is_package {
        let extras = settings
            .pyproject
            .get("project")
            .and_then(|project| project.get("optional-dependencies")?.as_table());
        let names = ["dev", "test", "tests", "testing"];
        let extras: Vec<&str> =
            names.into_iter().filter(|name| extras.is_some_and(|all| all.contains_key(*name))).collect();
        wanted.push(quote(&if extras.is_empty() {
            "-e.".to_owned()
        } else {
            format!("-e.[{}]", extras.join(","))
        }));
        because.get_or_insert(if settings.pyproject.contains_key("project") {
            "pyproject.toml"
        } else {
            "setup.py"
        });
        declared.push_str(&source.read(&folder, "pyproject.toml").unwrap_or_default());
    }
    let uses_pytest = of_folder(source, &folder).iter().any(|check| check.runner == Some(Runner::Pytest));
    // a configuration of pytest names it too, so only a requirement counts
    let has_pytest =
        declared.lines().any(|line| line.trim_start_matches([' ', '"', '\'']).starts_with("pytest"));
    if uses_pytest && !has_pytest {
        wanted.push("pytest".to_owned());
    }
    // ready-made packages only: building one would run its set-up program
    let run = format!(
        "python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: {}",
        wanted.join(" ")
    );
    Some(Step { run, source: join(&folder, because?), folder })
}
