//! Whole repositories: with projects for tests or examples, with several languages, and with their own test program.

use expect_test::expect;

use super::check;
use crate::discover::{Choice, find};

#[test]
fn projects_for_tests_are_left_out_and_those_left_out_of_a_workspace_count_where_ci_names_them() {
    let package = "[package]\nname = \"a\"\n";
    check(
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"core\"]\nexclude = [\"probe\", \"binding\"]\n"),
            ("core/Cargo.toml", package),
            ("probe/Cargo.toml", package),
            ("binding/Cargo.toml", package),
            ("test-crates/one/Cargo.toml", package),
            (
                ".github/workflows/ci.yml",
                "- run: cargo clippy -- -D warnings\n- run: cd binding && cargo test\n",
            ),
        ],
        expect![[r#"
            Build build: cargo test --workspace --no-run <- Cargo.toml
            Build binding-build: cargo test --no-run in binding <- binding/Cargo.toml
            Lint lint: cargo clippy --workspace --all-targets -- -D warnings <- .github/workflows/ci.yml
            Lint binding-lint: cargo clippy --all-targets -- -D warnings in binding <- .github/workflows/ci.yml
            Test test: cargo test --workspace --no-fail-fast (CargoTest) <- Cargo.toml
            Test binding-test: cargo test --no-fail-fast in binding (CargoTest) <- binding/Cargo.toml
            setup: cargo fetch && (cd binding && cargo fetch) <- Cargo.toml, binding/Cargo.toml
        "#]],
    );
}

#[test]
fn cmake_counts_beside_the_tests_of_a_folder_below() {
    check(
        &[
            ("CMakeLists.txt", "enable_testing()\nadd_subdirectory(tests)\n"),
            ("js/package.json", r#"{"scripts": {"test": "node --test"}}"#),
            ("packaging/build.gradle", "plugins { id 'com.android.library' }"),
        ],
        expect![[r#"
            Build build: cmake -S . -B build-checks && cmake --build build-checks <- CMakeLists.txt
            Test js-test: npm test in js (NodeTest) <- js/package.json scripts.test
            Test test: cmake -S . -B build-checks && cmake --build build-checks && ctest --test-dir build-checks --output-on-failure --output-junit junit.xml <- CMakeLists.txt
        "#]],
    );
}

#[test]
fn gradle_tests_by_their_source_sets() {
    check(
        &[("settings.gradle.kts", "include(\":core\")"), ("core/src/commonTest/kotlin/ATest.kt", "")],
        expect![[r#"
            Build build: gradle --no-daemon --console=plain jvmTestClasses <- settings.gradle.kts
            Test test: gradle --no-daemon --console=plain --continue jvmTest <- settings.gradle.kts
        "#]],
    );
    check(
        &[
            ("settings.gradle.kts", "include(\":core\")"),
            ("core/src/jvmTest/kotlin/ATest.kt", ""),
            ("tool/src/test/kotlin/BTest.kt", ""),
        ],
        expect![[r#"
            Build build: gradle --no-daemon --console=plain testClasses jvmTestClasses <- settings.gradle.kts
            Test test: gradle --no-daemon --console=plain --continue test jvmTest <- settings.gradle.kts
        "#]],
    );
    check(
        &[("plugins/nfc/android/build.gradle", ""), ("plugins/nfc/android/src/test/java/A.java", "")],
        expect![""],
    );
    for plugin in ["id 'com.android.application'", "alias(libs.plugins.android.application)"] {
        check(
            &[
                ("settings.gradle", "include ':app'"),
                ("app/build.gradle", &format!("plugins {{ {plugin} }}")),
                ("app/src/test/java/ATest.java", ""),
            ],
            expect![[r#"
                Test test: gradle --no-daemon --console=plain --continue test <- settings.gradle
            "#]],
        );
    }
}

#[test]
fn a_program_of_the_project_that_starts_its_tests() {
    check(
        &[
            ("setup.py", "setup(name='shop')"),
            ("runtests.py", "import sys\nfrom django.core.management import execute_from_command_line\n"),
            ("shop/tests/test_cart.py", "from django.test import TestCase\nclass A(TestCase): pass\n"),
        ],
        expect![[r#"
            Test test: python3 runtests.py (Unittest) <- runtests.py
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: -e. <- setup.py
        "#]],
    );
    check(
        &[
            ("setup.py", "setup(name='shop')"),
            (
                "tox.ini",
                "[testenv]\ndeps = coverage\ncommands =\n  coverage run --branch -m unittest shop.checks\n",
            ),
            ("tests/test_cart.py", "import unittest\nclass A(unittest.TestCase): pass\n"),
        ],
        expect![[r#"
            Test test: python3 -m unittest shop.checks (Unittest) <- tox.ini testenv
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: coverage -e. <- tox.ini
        "#]],
    );
}

#[test]
fn pytest_of_the_root_runs_the_django_project_below() {
    check(
        &[
            (
                "pyproject.toml",
                "[project]\nname = \"docs\"\n[dependency-groups]\ndev = [{include-group = \"docs\"}, \"pytest-django\", \"pytest\"]\ndocs = [\"sphinx\"]\n[tool.pytest.ini_options]\ntestpaths = [\"src\"]\n[tool.ruff]\n",
            ),
            ("src/manage.py", ""),
            ("src/papers/tests/test_a.py", "def test_a(): pass\n"),
            ("src/ruff.toml", ""),
        ],
        expect![[r#"
            Lint lint: ruff check . <- pyproject.toml tool.ruff
            Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- pyproject.toml tool.pytest
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: pytest-django pytest -e. <- pyproject.toml
        "#]],
    );
}

#[test]
fn requirements_that_tox_keeps_in_another_section() {
    check(
        &[
            ("setup.py", "setup(name='shop')"),
            (
                "tox.ini",
                "[needs]\ndeps =\n  attrs\n  pytest-twisted >= 1  # https://example.org/1\n[testenv]\ndeps =\n  {[needs]deps}\n  pytest >= 8  # https://example.org/2\n",
            ),
            ("tests/test_a.py", "import pytest\ndef test_a(): pass\n"),
        ],
        expect![[r#"
            Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- tests/test_a.py
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: attrs 'pytest-twisted >= 1' 'pytest >= 8' -e. <- tox.ini
        "#]],
    );
}

#[test]
fn members_that_are_examples_are_not_built_and_what_makes_types_is_no_check() {
    check(
        &[
            (
                "package.json",
                r#"{"workspaces": ["packages/*", "examples/*"], "scripts": {"build": "npm publish", "generate:types": "node gen.js"}}"#,
            ),
            ("packages/core/package.json", r#"{"name": "core", "scripts": {"build": "tsc -p ."}}"#),
            ("examples/shop/package.json", r#"{"name": "shop", "scripts": {"build": "vite build"}}"#),
        ],
        expect![[r#"
            Build packages-core-build: npm run build in packages/core <- packages/core/package.json scripts.build
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
}

#[test]
fn text_between_template_literals_is_no_command() {
    check(
        &[
            ("package.json", r#"{"scripts": {"build": "node build.js"}}"#),
            (
                "build.js",
                "const all = `${root}/${name}`\nif (fs.exists(all)) {}\n// where the docs are served live\nconst other = `${all}`\n",
            ),
        ],
        expect![[r#"
            Build build: npm run build <- package.json scripts.build
        "#]],
    );
    check(
        &[
            ("package.json", r#"{"scripts": {"build": "zx build.mjs"}}"#),
            ("build.mjs", "await $`git push origin`\n"),
        ],
        expect![""],
    );
}

#[test]
fn scripts_that_serve_measure_or_rewrite_are_told() {
    for (body, why) in [
        ("rolldown -cw", "watches"),
        ("microbundle watch", "watches"),
        ("webpack serve", "keeps running"),
        ("srvx --prod dist/server.js", "keeps running"),
        ("own-runtime --listen dist/index.js", "keeps running"),
        ("hyperfine 'npm run lint'", "measures"),
        ("jscodeshift -t ./rename.ts src", "rewrites"),
        ("hugo new post.md", "rewrites"),
        ("node scripts/create-database.js", "database"),
        ("node out/tests/runTests.js", "window"),
    ] {
        let files = [
            ("package.json".to_owned(), format!("{{\"scripts\": {{\"test\": \"{body}\"}}}}")),
            ("tests/runTests.ts".to_owned(), "import { runTests } from '@vscode/test-electron'".to_owned()),
        ];
        let list: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
        let read = |path: &str| files.iter().find(|(file, _)| file == path).map(|(_, text)| text.clone());
        let found = find(&read, &list, &|_| true, &Choice::default());
        let told: Vec<&str> = found.refused.iter().map(|refused| refused.why.as_str()).collect();
        assert!(found.checks.is_empty() && told.iter().any(|told| told.contains(why)), "{body}: {told:?}");
    }
    for body in [
        "jscodeshift --dry -t ./rename.ts src && mocha",
        "tsdown && node --test",
        "vitest run --reporter=dot",
    ] {
        let manifest = format!("{{\"scripts\": {{\"test\": \"{body}\"}}}}");
        let read = |path: &str| (path == "package.json").then(|| manifest.clone());
        let found = find(&read, &["package.json".to_owned()], &|_| true, &Choice::default());
        assert_eq!(found.refused, [], "{body}");
        assert_eq!(found.checks.len(), 1, "{body}");
    }
}

#[test]
fn django_tests_by_the_settings_that_the_lists_name_and_the_newest_of_several_versions() {
    check(
        &[
            ("setup.py", "from setuptools import setup\nsetup(name='bar')"),
            (
                "tox.ini",
                "[testenv]\ndeps =\n  dj4: django~=4.2\n  dj5: django~=5.0\n  djmain: https://x/main.tar.gz\n  html5lib\nsetenv =\n  DJANGO_SETTINGS_MODULE = tests.settings\ncommands = python -b -m coverage run -m django test\n",
            ),
            ("example/test_views.py", "from django.test import TestCase\nclass A(TestCase): pass\n"),
            ("tests/test_bar.py", "from django.test import TestCase\nclass A(TestCase): pass\n"),
            ("bar/models/setup.py", "class Setup: pass\n"),
        ],
        expect![[r#"
            Test test: DJANGO_SETTINGS_MODULE=tests.settings python3 -m django test tests (Unittest) <- tests/test_bar.py
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: 'django~=5.0' html5lib -e. <- tox.ini
        "#]],
    );
}

#[test]
fn what_a_nox_session_takes_from_a_table_is_no_requirement_and_hatch_has_a_file_of_its_own() {
    check(
        &[
            ("setup.py", "setup(name='bar')"),
            (
                "noxfile.py",
                "import nox\n@nox.session\ndef tests(session):\n    session.install(*TABLE[\"dependency-groups\"][\"test\"], 'sybil')\n    session.run('pytest')\n",
            ),
            ("hatch.toml", "[envs.hatch-test]\nextra-dependencies = [\"trustme\"]\n"),
            ("tests/conftest.py", ""),
        ],
        expect![[r#"
            Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- tests/conftest.py
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: trustme sybil -e. pytest <- noxfile.py
        "#]],
    );
}

#[test]
fn gems_with_specifications_below_a_project_with_tests() {
    check(
        &[
            ("Rakefile", "Minitest::TestTask.create\n"),
            ("test/base_test.rb", ""),
            ("inner/spec/a_spec.rb", ""),
            ("deps/json/Rakefile", "Rake::TestTask.new\n"),
        ],
        expect![[r#"
            Test test: rake test <- Rakefile
        "#]],
    );
}

#[test]
fn browsers_by_variable_and_targets_of_nx_in_its_members() {
    let member = r#"{"name": "core", "scripts": {"test": "pnpm -w exec nx test", "build": "nx build"}}"#;
    check(
        &[
            (
                "package.json",
                r#"{"scripts": {"test": "nx run-many -t test", "build": "nx run-many -t build", "test:all": "cross-env RUN_IN=webkit vitest run", "test:some": "RUN_IN=chromium vitest run"}}"#,
            ),
            ("pnpm-workspace.yaml", "packages: ['packages/*']\n"),
            ("pnpm-lock.yaml", ""),
            ("nx.json", "{}"),
            ("packages/core/package.json", member),
        ],
        expect![[r#"
            Build build: pnpm run build <- package.json scripts.build
            Lint lint: npx --no-install nx run-many --target=lint <- nx.json
            Test test: pnpm run test <- package.json scripts.test
            setup: pnpm install --frozen-lockfile --ignore-scripts <- pnpm-lock.yaml
        "#]],
    );
}

#[test]
fn python_without_its_manager_and_lists_for_older_pythons() {
    let manifest = "[project]\nname = \"a\"\n[dependency-groups]\ntests = [\"pytest\"]\n";
    let files = [
        ("pyproject.toml", manifest),
        ("uv.lock", ""),
        ("old/requirements/tests.txt", "pytest\n"),
        ("old/requirements/tests37.txt", "pytest<8\n"),
        ("old/requirements/docs-py39.txt", ""),
        ("old/setup.py", "setup()"),
    ];
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let steps = crate::discover::setup_steps(&read, &list);
    let otherwise = steps[0].otherwise.as_ref().map(|check| check.run.clone()).unwrap_or_default();
    assert_eq!(steps[0].check.run, "uv sync --frozen --group tests");
    assert!(otherwise.contains("-m pip install") && otherwise.ends_with("pytest -e."), "{otherwise}");
    let old = &steps[1].check.run;
    assert!(old.contains("tests.txt") && !old.contains("tests37.txt"), "{old}");
}

#[test]
fn tests_of_django_that_a_list_starts_with_its_settings() {
    check(
        &[
            ("pyproject.toml", "[project]\nname = \"tags\"\n[build-system]\nrequires = []\n"),
            (
                "tox.ini",
                "[testenv]\ndeps = coverage\ncommands =\n    coverage run -m django test --settings=tests.settings {posargs}\n    coverage report\n",
            ),
            ("tests/__init__.py", ""),
            (
                "tests/test_tags.py",
                "from django.test import TestCase\nclass A(TestCase):\n    def test_a(self): pass\n",
            ),
        ],
        expect![[r#"
            Test test: python3 -m django test --settings=tests.settings (Unittest) <- tox.ini testenv
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: coverage -e. <- tox.ini
        "#]],
    );
}

#[test]
fn a_program_that_starts_its_tests_by_a_computed_name_and_a_script_for_another_system() {
    check(
        &[
            (
                "package.json",
                r#"{"scripts": {"test": "npm run test:code && npm publish", "test:code": "node test", "test:win32": "jest --runInBand"}, "devDependencies": {"jest": "1"}}"#,
            ),
            (
                "test/index.js",
                "const { spawnSync } = require('child_process');\nfor (const file of files) spawnSync('node', HOOKS.concat(file));\n",
            ),
        ],
        expect![[r#"
            Test test:code: npm run test:code <- package.json scripts.test:code
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
}

#[test]
fn a_makefile_in_the_words_of_make_itself() {
    check(
        &[(
            "Makefile",
            "CC := $(shell which gcc)\nOBJ = calc.o\nall: calc\ncalc: $(OBJ)\n\t$(CC) $(CFLAGS) -o $@ $(OBJ) $(EXTRA_LIBS)\n\
             test: calc check.o\n\t$(CC) -o check check.o $(OBJ) $(LDLIBS)\n\t./check\nclean:\n\t$(RM) $(OBJ)\n",
        )],
        expect![[r#"
            Test test: make test <- Makefile test
        "#]],
    );
}

#[test]
fn a_folder_of_scripts_with_requirements_gets_no_environment() {
    check(
        &[
            ("pyproject.toml", "[project]\nname = \"shop\"\n[tool.pytest.ini_options]\n"),
            ("tests/test_cart.py", "def test_a(): pass\n"),
            ("tools/requirements.txt", "requests\n"),
            ("tools/publish_notes.py", "import requests\n"),
        ],
        expect![[r#"
            Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- pyproject.toml tool.pytest
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: -e. pytest <- pyproject.toml
        "#]],
    );
}

#[test]
fn data_with_the_name_of_a_manifest_is_not_installed() {
    check(
        &[
            ("composer.json", r#"{"require-dev": {"phpunit/phpunit": "^10"}}"#),
            (
                "tests/schemas/composer.json",
                r#"{"$schema": "x", "properties": {"name": {"type": "string"}}}"#,
            ),
        ],
        expect![[r#"
            Test test: vendor/bin/phpunit --log-junit build-checks/junit.xml <- composer.json
            setup: composer install --no-interaction --no-progress --no-scripts --no-plugins <- composer.json
        "#]],
    );
}

#[test]
fn what_runs_only_changed_tests_is_replaced_by_what_runs_all() {
    check(
        &[
            ("package.json", r#"{"scripts": {"test": "nx affected -t test"}, "workspaces": ["packages/*"]}"#),
            ("nx.json", "{}"),
            ("packages/a/package.json", r#"{"name": "a", "scripts": {"test": "vitest run"}}"#),
        ],
        expect![[r#"
            Build build: npx --no-install nx run-many --target=build <- nx.json
            Lint lint: npx --no-install nx run-many --target=lint <- nx.json
            Test test: npx --no-install nx run-many --target=test (Vitest) <- nx.json
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
    check(
        &[
            (
                "package.json",
                r#"{"scripts": {"test": "vitest run --changed"}, "devDependencies": {"vitest": "1"}}"#,
            ),
            ("a.test.ts", ""),
        ],
        expect![[r#"
            Test test: npx --no-install vitest run (Vitest) <- package.json devDependencies
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
}
