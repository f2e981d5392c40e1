//! Checks and set-up of projects that are given as lists of files.

mod beside;
mod recipes;
mod shapes;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::{discover, resolve, setup_steps};
use crate::check::{Check, CheckPurpose};
use crate::shell::quote;

/// All steps as one line, and the files that require them.
fn setup(read: &dyn Fn(&str) -> Option<String>, list: &[String]) -> Option<(String, String)> {
    let steps: Vec<Check> = setup_steps(read, list).into_iter().map(|step| step.check).collect();
    let run = |step: &Check| match step.directory.as_str() {
        "" => step.run.clone(),
        folder => format!("(cd {} && {})", quote(folder), step.run),
    };
    let runs: Vec<String> = steps.iter().map(run).collect();
    let sources: Vec<String> = steps.iter().map(|step| step.source.clone()).collect();
    (!runs.is_empty()).then(|| (runs.join(" && "), sources.join(", ")))
}

/// A project is given as files (path, text); `list` holds all paths.
fn check(files: &[(&str, &str)], expected: Expect) {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let list: Vec<String> = files.keys().map(|path| (*path).to_owned()).collect();
    let read = |path: &str| files.get(path).map(|text| (*text).to_owned());
    let mut told = String::new();
    for check in discover(&read, &list) {
        let runner = check.runner.map_or(String::new(), |runner| format!(" ({runner:?})"));
        let folder =
            if check.directory.is_empty() { String::new() } else { format!(" in {}", check.directory) };
        let _ = writeln!(
            told,
            "{:?} {}: {}{folder}{runner} <- {}",
            check.kind, check.name, check.run, check.source
        );
    }
    if let Some((run, source)) = setup(&read, &list) {
        let _ = writeln!(told, "setup: {run} <- {source}");
    }
    expected.assert_eq(&told);
}

#[test]
fn npm_scripts() {
    check(
        &[
            (
                "package.json",
                r#"{"scripts": {"test": "npm run build && node --test", "build": "tsc -p .", "lint": "eslint ."},
                "devDependencies": {"typescript": "5"}}"#,
            ),
            ("tsconfig.json", "{}"),
            ("package-lock.json", "{}"),
        ],
        expect![[r#"
            Build build: npm run build <- package.json scripts.build
            Lint lint: npm run lint <- package.json scripts.lint
            Test test: npm test (NodeTest) <- package.json scripts.test
            setup: npm ci --ignore-scripts --no-audit --no-fund <- package-lock.json
        "#]],
    );
}

#[test]
fn placeholders_watchers_and_repairing_linters_are_no_checks() {
    check(
        &[(
            "package.json",
            r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1", "build": "tsc -w",
                "typecheck": "tsc --noEmit --watch", "lint": "eslint --fix .", "dev": "vite"}}"#,
        )],
        expect![[""]],
    );
}

#[test]
fn a_linter_that_is_configured_runs_where_no_script_does_it_without_repairs() {
    let manifest = |scripts: &str| {
        format!("{{ \"scripts\": {{ {scripts} }}, \"devDependencies\": {{ \"eslint\": \"9\" }} }}")
    };
    for scripts in ["", "\"lint\": \"eslint --fix .\""] {
        check(
            &[("package.json", &manifest(scripts)), ("eslint.config.js", "")],
            expect![[r#"
                Lint lint: npx --no-install eslint . <- eslint.config.js
                setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
            "#]],
        );
    }
    check(
        &[("package.json", &manifest("")), ("src/a.js", "")],
        expect![[r#"
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
}

#[test]
fn each_package_manager_by_its_lockfile() {
    let manifest = r#"{"scripts": {"test": "vitest run"}, "dependencies": {"a": "1"}}"#;
    check(
        &[("package.json", manifest), ("pnpm-lock.yaml", "")],
        expect![[r#"
        Test test: pnpm run test (Vitest) <- package.json scripts.test
        setup: pnpm install --frozen-lockfile --ignore-scripts <- pnpm-lock.yaml
    "#]],
    );
    check(
        &[("package.json", manifest), ("yarn.lock", "")],
        expect![[r#"
        Test test: yarn run test (Vitest) <- package.json scripts.test
        setup: yarn install --frozen-lockfile --ignore-scripts --non-interactive <- yarn.lock
    "#]],
    );
    check(
        &[("package.json", manifest), ("yarn.lock", "__metadata:\n"), (".yarnrc.yml", "")],
        expect![[r#"
        Test test: yarn run test (Vitest) <- package.json scripts.test
        setup: yarn install --immutable --mode=skip-build <- yarn.lock
    "#]],
    );
    check(
        &[("package.json", manifest), ("bun.lock", "")],
        expect![[r#"
        Test test: bun run test (Vitest) <- package.json scripts.test
        setup: bun install --frozen-lockfile --ignore-scripts <- bun.lock
    "#]],
    );
}

#[test]
fn each_package_manager_without_a_lockfile() {
    let manager = |files: &[(&str, &str)]| {
        let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        setup(&read, &list).map(|(run, _)| run.split(' ').next().unwrap_or_default().to_owned())
    };
    let plain = ("package.json", r#"{"dependencies": {"a": "1"}}"#);
    let by_scripts =
        |body: &str| format!(r#"{{"dependencies": {{"a": "1"}}, "scripts": {{"test": "{body}"}}}}"#);
    let (bun, pnpm) = (by_scripts("bun run --filter '*' test"), by_scripts("tsc -b && pnpm -r test"));
    let named = r#"{"dependencies": {"a": "1"}, "devEngines": {"packageManager": {"name": "pnpm", "version": "^9.0.0"}}}"#;
    for (files, expected) in [
        (vec![plain], "npm"),
        (vec![plain, ("bunfig.toml", "")], "bun"),
        (vec![plain, (".pnpmfile.cjs", "")], "pnpm"),
        (vec![plain, (".yarnrc.yml", "")], "yarn"),
        (vec![plain, ("bunfig.toml", ""), ("package-lock.json", "{}")], "npm"),
        (vec![("package.json", bun.as_str())], "bun"),
        (vec![("package.json", pnpm.as_str())], "pnpm"),
        (vec![("package.json", named)], "pnpm"),
    ] {
        assert_eq!(manager(&files).as_deref(), Some(expected), "{files:?}");
    }
}

#[test]
fn tools_without_scripts() {
    check(
        &[
            ("package.json", r#"{"devDependencies": {"vitest": "1", "typescript": "5"}}"#),
            ("tsconfig.json", "{}"),
        ],
        expect![[r#"
            Type typecheck: npx --no-install tsc --noEmit <- tsconfig.json
            Test test: npx --no-install vitest run (Vitest) <- package.json devDependencies
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
}

#[test]
fn a_test_script_that_only_calls_another() {
    check(
        &[("package.json", r#"{"scripts": {"test": "yarn test:unit", "test:unit": "cross-env A=1 jest"}}"#)],
        expect![[r#"
            Test test: npm test (Jest) <- package.json scripts.test
        "#]],
    );
}

#[test]
fn cargo_workspace_with_nextest_and_clippy() {
    check(
        &[
            ("Cargo.toml", "[workspace]\nmembers = ['a']\n"),
            ("Cargo.lock", ""),
            ("a/Cargo.toml", "[package]\nname = 'a'\n"),
            (".config/nextest.toml", ""),
            (".github/workflows/ci.yml", "run: cargo clippy -- -D warnings\n"),
        ],
        expect![[r#"
            Build build: cargo nextest run --workspace --no-run <- Cargo.toml
            Lint lint: cargo clippy --workspace --all-targets -- -D warnings <- .github/workflows/ci.yml
            Test test: cargo nextest run --workspace --no-fail-fast --no-tests=warn (Nextest) <- .config/nextest.toml
            setup: cargo fetch --locked <- Cargo.lock
        "#]],
    );
}

#[test]
fn several_projects_in_one_repository() {
    check(
        &[
            ("frontend/package.json", r#"{"scripts": {"test": "jest"}}"#),
            ("Cargo.toml", "[package]\nname = 'x'\n[lints.clippy]\nall = 'warn'\n"),
            ("node_modules/a/package.json", r#"{"scripts": {"test": "x"}}"#),
            ("tests/fixtures/package.json", r#"{"scripts": {"test": "x"}}"#),
        ],
        expect![[r#"
            Build build: cargo test --no-run <- Cargo.toml
            Lint lint: cargo clippy --all-targets <- Cargo.toml lints.clippy
            Test frontend-test: npm test in frontend (Jest) <- frontend/package.json scripts.test
            Test test: cargo test --no-fail-fast (CargoTest) <- Cargo.toml
            setup: cargo fetch <- Cargo.toml
        "#]],
    );
    check(
        &[
            ("package.json", r#"{"scripts": {"test": "jest", "build": "webpack"}}"#),
            ("Cargo.toml", "[package]\nname = 'x'\n"),
        ],
        expect![[r#"
            Build build: npm run build <- package.json scripts.build
            Build cargo-build: cargo test --no-run <- Cargo.toml
            Test test: npm test (Jest) <- package.json scripts.test
            Test cargo-test: cargo test --no-fail-fast (CargoTest) <- Cargo.toml
            setup: cargo fetch <- Cargo.toml
        "#]],
    );
}

#[test]
fn broken_manifests_say_nothing() {
    check(&[("package.json", "{"), ("Cargo.toml", "[")], expect![""]);
    check(&[("package.json", r#"{"scripts": {"test": 3}}"#)], expect![[""]]);
}

#[test]
fn python_by_configuration() {
    check(
        &[
            (
                "pyproject.toml",
                "[project]\nname='x'\n[project.optional-dependencies]\ndev=['pytest']\n[tool.pytest.ini_options]\n[tool.mypy]\nfiles='src'\n[tool.ruff]\n",
            ),
            ("src/x/__init__.py", ""),
        ],
        expect![[r#"
            Type typecheck: python3 -m mypy <- pyproject.toml tool.mypy
            Lint lint: ruff check . <- pyproject.toml tool.ruff
            Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- pyproject.toml tool.pytest
            setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: '-e.[dev]' pytest <- pyproject.toml
        "#]],
    );
    check(
        &[("setup.cfg", "[tool:pytest]\n[flake8]\n"), ("setup.py", ""), ("uv.lock", "")],
        expect![[r#"
        Lint lint: python3 -m flake8 <- setup.cfg flake8
        Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- setup.cfg pytest
        setup: uv sync --frozen <- uv.lock
    "#]],
    );
}

#[test]
fn python_by_its_test_files() {
    check(
        &[("tests/test_a.py", "import unittest\nclass A(unittest.TestCase): pass\n")],
        expect![[r#"
            Test test: python3 -m unittest discover -s tests (Unittest) <- tests/test_a.py
        "#]],
    );
    check(
        &[("requirements.txt", "x==1\n"), ("tests/test_a.py", "def test_a(): pass\n")],
        expect![[r#"
        Test test: python3 -m pytest --continue-on-collection-errors (Pytest) <- tests/test_a.py
        setup: python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check --only-binary=:all: -r requirements.txt pytest <- requirements.txt
    "#]],
    );
    check(&[("a.py", "x = 1\n")], expect![[""]]);
}

#[test]
fn go_module() {
    check(
        &[("go.mod", "module x\nrequire y v1\n"), ("a_test.go", "")],
        expect![[r#"
        Build build: go build ./... <- go.mod
        Lint vet: go vet ./... <- go.mod
        Test test: go test ./... (GoTest) <- go.mod
        setup: go mod download <- go.mod
    "#]],
    );
    check(
        &[("go.mod", "module x\n"), ("a.go", "")],
        expect![[r#"
        Build build: go build ./... <- go.mod
        Lint vet: go vet ./... <- go.mod
    "#]],
    );
}

#[test]
fn makefile_fills_only_what_is_missing() {
    let makefile = "VERSION := 1\n.PHONY: test lint\ntest: build\n\tnpm test\nlint:\n\t@shellcheck *.sh\nbuild:\n\tcc a.c\n";
    check(
        &[("Makefile", makefile)],
        expect![[r#"
        Build build: make build <- Makefile build
        Lint lint: make lint <- Makefile lint
        Test test: make test <- Makefile test
    "#]],
    );
    check(
        &[("Makefile", makefile), ("package.json", r#"{"scripts": {"test": "jest"}}"#)],
        expect![[r#"
        Build build: make build <- Makefile build
        Lint lint: make lint <- Makefile lint
        Test test: npm test (Jest) <- package.json scripts.test
    "#]],
    );
    check(
        &[("Makefile", "test := x\ncheck:\n\tgo test ./...\n")],
        expect![[r#"
        Test check: make check (GoTest) <- Makefile check
    "#]],
    );
}

#[test]
fn a_syntax_check_is_no_test_whatever_its_name() {
    for body in [
        "@for f in bin/*; do sh -n $$f || exit 1; done",
        "bash -n a.sh",
        "zsh -en a.sh",
        "bash -o noexec a.sh",
        "shellcheck *.sh",
        "python3 -m py_compile a.py",
        "php -l a.php",
        "node --check a.js",
        "ruby -c a.rb",
    ] {
        for name in ["check", "test", "verify"] {
            let makefile = format!("{name}:\n\t{body}\n");
            let read = |path: &str| (path == "Makefile").then(|| makefile.clone());
            let found = discover(&read, &["Makefile".to_owned()]);
            assert!(found.iter().all(|check| check.kind != CheckPurpose::Test), "{makefile}{found:?}");
        }
    }
}

#[test]
fn scripts_of_workspace_members() {
    let member = r#"{"scripts": {"test": "vitest run", "build": "tsc"}}"#;
    check(
        &[
            ("package.json", r#"{"workspaces": ["packages/*"], "scripts": {"build": "turbo build"}}"#),
            ("packages/a/package.json", member),
            ("packages/b/package.json", member),
            ("packages/b/node_modules/c/package.json", r#"{"scripts": {"test": "jest"}}"#),
        ],
        expect![[r#"
            Build build: npm run build <- package.json scripts.build
            Test test: npm run test --workspaces --if-present (Vitest) <- package.json workspaces scripts.test
            setup: npm install --ignore-scripts --no-audit --no-fund --no-package-lock <- package.json
        "#]],
    );
    check(
        &[
            ("package.json", "{}"),
            ("pnpm-workspace.yaml", "packages:\n  - 'libs/*'\n"),
            ("pnpm-lock.yaml", ""),
            ("libs/a/package.json", member),
            ("libs/b/package.json", member),
        ],
        expect![[r#"
            Build build: pnpm --recursive --no-bail --if-present run build <- package.json workspaces scripts.build
            Test test: pnpm --recursive --no-bail --if-present run test (Vitest) <- package.json workspaces scripts.test
            setup: pnpm install --frozen-lockfile --ignore-scripts <- pnpm-lock.yaml
        "#]],
    );
}

#[test]
fn a_configured_check_gets_the_runner_behind_its_script() {
    let manifest = r#"{"scripts": {"pretest": "tsc", "test": "node --test dist", "style": "prettier -c ."}}"#;
    let read = |path: &str| (path == "package.json").then(|| manifest.to_owned());
    let told = |name: &str, run: &str| {
        let check = resolve(Check::configured(name, run, None), &read, &["package.json".to_owned()]);
        format!("{:?} {:?} {:?}", check.kind, check.runner, check.script)
    };
    let behind = r#"Test Some(NodeTest) Some("npm run pretest && node --test dist")"#;
    assert_eq!(told("unit", "npm test"), behind);
    assert_eq!(told("unit", "npm run test"), behind);
    assert_eq!(told("style", "npm run style"), r#"Custom None Some("prettier -c .")"#);
    assert_eq!(told("unit", "npm test -- --x"), "Custom None None");
    assert_eq!(told("unit", "npm run missing"), "Custom None None");
}
