//! Finds the test runner from the test files themselves.
//!
//! It is used only if no setting names a runner.

use shared::test_files::pytest_collects;

use crate::check::Runner;
use crate::discover::source::{Source, is_inside, join};
use crate::shell::quote;

/// The most test files that are read.
const MAX_LOOKED_INTO: usize = 40;

/// Test files of a folder that are in no nested project.
fn files<'a>(source: &'a Source, folder: &'a str, nested: &'a [String]) -> impl Iterator<Item = &'a str> {
    source.below(folder).filter(move |path| {
        let path = join(folder, path);
        !nested.iter().any(|other| is_inside(&path, other))
    })
}

/// The runner, and the file that shows it.
pub(super) fn runner_by_sight(source: &Source, folder: &str, nested: &[String]) -> Option<(Runner, String)> {
    let conftest = files(source, folder, nested)
        .find(|path| path.rsplit('/').next() == Some("conftest.py") && !is_foreign(path));
    if let Some(conftest) = conftest {
        return Some((Runner::Pytest, conftest.to_owned()));
    }
    let found: Vec<&str> =
        files(source, folder, nested).filter(|path| is_test_file(path)).take(MAX_LOOKED_INTO).collect();
    let needs_pytest = |file: &&&str| {
        let text = source.read(folder, file).unwrap_or_default();
        text.contains("pytest")
            || text.lines().any(|line| line.starts_with("def test_") || line.starts_with("async def test_"))
    };
    if let Some(file) = found.iter().find(needs_pytest) {
        return Some((Runner::Pytest, (*file).to_owned()));
    }
    // Example files come last
    let (shown, own): (Vec<&str>, Vec<&str>) =
        found.into_iter().partition(|file| file.starts_with("example") || file.starts_with("demo"));
    let file = own.into_iter().chain(shown).find(|file| {
        source.read(folder, file).is_some_and(|text| text.contains("unittest") || text.contains("TestCase"))
    })?;
    Some((Runner::Unittest, file.to_owned()))
}

/// Whether there are any tests.
pub(super) fn has_any(source: &Source, folder: &str, nested: &[String]) -> bool {
    files(source, folder, nested).filter(|path| is_test_file(path) || is_django_tests(path)).any(|path| {
        let text = source.read(folder, path).unwrap_or_default();
        text.contains("def test") || text.contains("TestCase")
    })
}

/// Usual names of programs that start a project's tests.
const PROGRAMS: &[&str] = &[
    "runtests.py",
    "run_tests.py",
    "run-tests.py",
    "runtest.py",
    "tests/runtests.py",
    "tests/run_tests.py",
    "test/runtests.py",
    "test/run_tests.py",
];

/// The project's own test program, and the runner that it starts.
pub(super) fn own_program(source: &Source, folder: &str) -> Option<(&'static str, Runner)> {
    PROGRAMS.iter().find_map(|file| {
        let text = source.read(folder, file)?;
        let runner = if text.contains("import pytest") || text.contains("pytest.main") {
            Runner::Pytest
        } else if ["unittest", "get_runner", "DiscoverRunner", "django.core.management"]
            .iter()
            .any(|mark| text.contains(mark))
        {
            Runner::Unittest
        } else {
            return None;
        };
        Some((*file, runner))
    })
}

fn is_django_tests(path: &str) -> bool {
    !is_foreign(path) && path.rsplit('/').next() == Some("tests.py")
}

/// Unittest searches only the given folders, and only names like `test*.py`.
pub(super) fn unittest(source: &Source, folder: &str, file: &str) -> String {
    let mut run = "python3 -m unittest discover".to_owned();
    if let Some((place, _)) = file.rsplit_once('/') {
        let top = place.split('/').next().unwrap_or(place);
        // Starts in the outermost package, so that the package's own name can be imported
        let package = source.has(folder, &format!("{top}/__init__.py"));
        let start = if package || source.has(folder, &format!("{place}/__init__.py")) { top } else { place };
        run.push_str(&format!(" -s {}{}", quote(start), if package { " -t ." } else { "" }));
    }
    if !file.rsplit('/').next().is_some_and(|name| name.starts_with("test")) {
        run.push_str(" -p '*_test.py'");
    }
    run
}

fn is_foreign(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/').any(|part| {
        [
            "node_modules",
            "site-packages",
            "venv",
            ".venv",
            "fixtures",
            "templates",
            "template",
            "vendor",
            "e2e",
        ]
        .contains(&part)
            || part.contains("{{")
    })
}

pub(super) fn is_test_file(path: &str) -> bool {
    !is_foreign(path) && pytest_collects(path)
}
