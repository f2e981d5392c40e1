//! Python: the slot gets its own environment, however the project names its packages, and tests never run the user's
//! own copy of the code.

use std::process::Command;

use mission::GateVerdict;

use crate::{Place, Scene, reaches, skipped};

const CODE: &str = "def double(n):\n    return n + n\n";
const RIGHT: &str = "def double(n):\n    return 2 * n\n";
const BROKEN: &str = "def double(n):\n    return n * n\n";
const TEST: &str = "from calc import double\n\n\ndef test_three_doubles():\n    assert double(3) == 6\n\n\ndef test_two_doubles():\n    assert double(2) == 4\n";
const IGNORED: (&str, &str) = (".gitignore", ".venv\n__pycache__\n*.egg-info\n");

fn skip(scene: &str, programs: &[&str]) -> bool {
    let all: Vec<&str> = ["python3"].iter().chain(programs).copied().collect();
    skipped(scene, &all)
        || !reaches("python3", &["-m", "pip", "download", "--no-deps", "-q", "iniconfig==2.0.0"], scene)
}

fn scene<'a>(files: &'a [(&'a str, &'a str)], changed: &'a str, check: &'a str) -> Scene<'a> {
    Scene { files, changed, right: RIGHT, broken: BROKEN, test: "test_three_doubles", check }
}

#[tokio::test]
async fn an_environment_is_made_and_the_next_mission_begins_with_it() {
    if skip("venv", &[]) {
        return;
    }
    let files = [("requirements.txt", "pytest==8.3.3\n"), ("calc.py", CODE), ("test_calc.py", TEST), IGNORED];
    let place = Place::with(&files);
    scene(&files, "calc.py", "pytest").play_in(&place).await;
    // Another mission, in new slots
    let judge = place.judge().await;
    let report = place.checked(&judge, "calc.py", BROKEN).await;
    assert_eq!(report.verdict, GateVerdict::Fail, "{}", report.detail);
    let setup = judge.setup();
    assert!(!setup.is_empty() && setup.iter().all(|step| step.warm && step.failed.is_none()), "{setup:?}");
    // The change gets its own environment if it edits the files that decide it
    std::fs::write(place.project().join("requirements.txt"), "pytest==8.3.4\n").unwrap();
    let judge = place.judge().await;
    assert_eq!(place.checked(&judge, "calc.py", RIGHT).await.verdict, GateVerdict::Pass);
    assert!(judge.setup().iter().all(|step| !step.warm), "{:?}", judge.setup());
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn an_editable_install_of_the_users_copy_is_not_what_is_tested() {
    if skip("editable install", &[]) {
        return;
    }
    let manifest = "[project]\nname = \"calc\"\nversion = \"1.0\"\noptional-dependencies.test = [\"pytest\"]\n\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    let files =
        [("pyproject.toml", manifest), ("src/calc/__init__.py", CODE), ("tests/test_calc.py", TEST), IGNORED];
    let place = Place::with(&files);
    let mine = "python3 -m venv .venv && .venv/bin/python -m pip install -q -e .[test]";
    let made = Command::new("sh").args(["-c", mine]).current_dir(place.project()).status().unwrap();
    assert!(made.success());
    scene(&files, "src/calc/__init__.py", "pytest").play_in(&place).await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_project_of_poetry() {
    if skip("poetry", &["poetry"]) {
        return;
    }
    // Poetry uses an API of the index that mirrors do not have
    let asked = "from pip._internal.models.index import PyPI; print(PyPI.simple_url, end='')";
    let index = Command::new("python3").args(["-c", asked]).output().unwrap();
    let index = String::from_utf8(index.stdout).unwrap();
    let manifest = format!(
        "[tool.poetry]\nname = \"calc\"\nversion = \"1.0.0\"\ndescription = \"\"\nauthors = []\n\n[tool.poetry.dependencies]\npython = \">=3.9\"\n\n[tool.poetry.group.dev.dependencies]\npytest = \"^8\"\n\n[[tool.poetry.source]]\nname = \"index\"\nurl = \"{index}/\"\npriority = \"primary\"\n\n[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n"
    );
    let files = [
        ("pyproject.toml", manifest.as_str()),
        ("calc/__init__.py", CODE),
        ("tests/test_calc.py", TEST),
        IGNORED,
    ];
    scene(&files, "calc/__init__.py", "pytest").play().await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_requirement_that_cannot_be_installed_leaves_the_others() {
    if skip("left out", &[]) {
        return;
    }
    let required = "pytest==8.3.3\niniconfig>=900  # of the documentation\n";
    let files = [("requirements-dev.txt", required), ("calc.py", CODE), ("test_calc.py", TEST), IGNORED];
    let place = Place::with(&files);
    scene(&files, "calc.py", "pytest").play_in(&place).await;
    let judge = place.judge().await;
    assert_eq!(place.checked(&judge, "calc.py", RIGHT).await.verdict, GateVerdict::Pass);
    let setup = judge.setup();
    assert!(
        setup.iter().all(|step| step.failed.is_none() && step.left_out == ["iniconfig>=900"]),
        "{setup:?}"
    );
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_project_of_uv() {
    if skip("uv", &["uv"]) {
        return;
    }
    let manifest = "[project]\nname = \"calc\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\n\n[dependency-groups]\ndev = [\"pytest\"]\n\n[tool.uv.workspace]\nmembers = []\n\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    let files =
        [("pyproject.toml", manifest), ("src/calc/__init__.py", CODE), ("tests/test_calc.py", TEST), IGNORED];
    scene(&files, "src/calc/__init__.py", "pytest").play().await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_project_of_django() {
    if skip("Django", &[]) {
        return;
    }
    let manage = "import os\nimport sys\n\nif __name__ == \"__main__\":\n    os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site_settings\")\n    from django.core.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n";
    let settings = "SECRET_KEY = \"test\"\nINSTALLED_APPS = [\"shop\"]\nDATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": \":memory:\"}}\n";
    let tests = "from django.test import SimpleTestCase\n\nfrom shop.prices import double\n\n\nclass PriceTests(SimpleTestCase):\n    def test_three_doubles(self):\n        self.assertEqual(double(3), 6)\n\n    def test_two_doubles(self):\n        self.assertEqual(double(2), 4)\n";
    let files = [
        ("requirements.txt", "Django==4.2.16\n"),
        ("manage.py", manage),
        ("site_settings.py", settings),
        ("shop/__init__.py", ""),
        ("shop/prices.py", CODE),
        ("shop/tests.py", tests),
        IGNORED,
    ];
    scene(&files, "shop/prices.py", "manage.py test").play().await;
}
