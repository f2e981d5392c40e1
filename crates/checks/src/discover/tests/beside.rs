//! Several sources of commands in one folder, the last of which is CI; and scripts that must not run, in spellings that are
//! easily missed.

use crate::check::{Check, CheckPurpose};
use crate::discover::{Choice, Found, find};

fn found(files: &[(&str, &str)]) -> Found {
    let list: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    find(&read, &list, &|_| true, &Choice::default())
}

fn tests(found: &Found) -> Vec<String> {
    let tests = found.checks.iter().filter(|check| check.kind == CheckPurpose::Test);
    tests.map(Check::shown).collect()
}

const CTEST: &str = "cmake -S . -B build-checks && cmake --build build-checks && \
                     ctest --test-dir build-checks --output-on-failure --output-junit junit.xml";

#[test]
fn ctest_runs_beside_a_makefile_that_does_not_call_it() {
    let cmake = ("CMakeLists.txt", "project(a C)\nenable_testing()\nadd_test(NAME a COMMAND a)\n");
    let beside = |makefile| tests(&found(&[cmake, ("Makefile", makefile)]));
    assert_eq!(beside("test: a\n\t./a\na: a.c\n\t$(CC) -o a a.c\n"), ["make test", CTEST]);
    assert_eq!(
        beside("test:\n\tcmake -S . -B out && cmake --build out && ctest --test-dir out\n"),
        ["make test"]
    );
    let untested = ("CMakeLists.txt", "project(a C)\n");
    assert_eq!(tests(&found(&[untested, ("Makefile", "test: a\n\t./a\n")])), ["make test"]);
}

#[test]
fn one_of_two_build_systems_is_enough() {
    let meson = found(&[("meson.build", ""), ("configure.ac", ""), ("autogen.sh", "")]);
    assert_eq!(tests(&meson).len(), 1, "{:?}", meson.checks);
    assert_eq!(meson.setup, [], "autotools may be missing");
    let cmake = found(&[("CMakeLists.txt", "add_test(a a)"), ("configure.ac", "")]);
    assert_eq!((tests(&cmake), cmake.setup), (vec![CTEST.to_owned()], vec![]));
    let untested = found(&[("CMakeLists.txt", ""), ("configure.ac", "")]);
    assert_eq!(tests(&untested), ["make check"]);
}

#[test]
fn a_check_whose_program_is_not_known_is_a_guess() {
    let guessed = |makefile: &str| {
        let found = found(&[("Makefile", makefile)]);
        found.checks.iter().filter(|check| check.guessed).map(|check| check.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(guessed("check:\n\tverify-all src\n"), ["check"]);
    assert_eq!(guessed("check:\n\tgo test ./...\n"), [""; 0]);
    assert_eq!(guessed("test:\n\tverify-all src\n"), [""; 0], "the project itself calls it its test");
    let deno = found(&[("deno.json", r#"{"tasks": {"check": "verify-all src"}}"#)]);
    assert!(deno.checks.iter().any(|check| check.guessed && check.name == "check"), "{:?}", deno.checks);
}

#[test]
fn what_only_ci_names_is_a_check_where_it_is_plain() {
    let ci = |steps: &str| {
        let text = format!("jobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
        found(&[
            (".github/workflows/ci.yml", text.as_str()),
            ("test/a.bats", ""),
            ("sh/run_tests.sh", "bats .\n"),
        ])
    };
    let plain = ci("      - run: apt-get install -y bats\n      - run: bats -T test\n");
    assert_eq!(tests(&plain), ["bats -T test"]);
    assert_eq!(plain.checks[0].source, ".github/workflows/ci.yml");
    let own = ci("      - working-directory: sh\n        run: ./run_tests.sh\n");
    assert_eq!(tests(&own), ["cd sh && ./run_tests.sh"]);
    for unfit in [
        "docker compose run test",
        "PATH=\"$PWD/bin:$PATH\" test/run",
        "bats test | tee log",
        "npx playwright test",
    ] {
        let told = ci(&format!("      - run: {unfit}\n"));
        assert_eq!(tests(&told), [""; 0], "{unfit}");
        let hint = told.hints.join("\n");
        assert!(hint.contains(&format!("CI runs `{unfit}` in .github/workflows/ci.yml")), "{hint}");
        assert!(hint.ends_with(&format!("run = \"{}\"", unfit.replace('"', "\\\""))), "{hint}");
    }
    let has_own = found(&[
        ("go.mod", "module a\n"),
        ("a_test.go", "package a\n"),
        (".gitlab-ci.yml", "test:\n  script:\n    - bats test\n"),
    ]);
    assert_eq!(tests(&has_own), ["go test ./..."], "CI is the last source");
}

#[test]
fn environments_are_made_for_projects_and_hold_their_linters() {
    let module = found(&[
        ("pyproject.toml", "[project]\nname = \"a\"\n[tool.pytest.ini_options]\n"),
        ("src/a/models/__init__.py", ""),
        ("src/a/models/setup.py", "def run(): setup()\n"),
        ("tests/test_a.py", ""),
    ]);
    assert_eq!(module.setup.iter().map(|step| step.directory.as_str()).collect::<Vec<_>>(), [""]);
    let groups = found(&[
        (
            "pyproject.toml",
            "[project]\nname = \"a\"\n[dependency-groups]\nlinting = [\"mypy\"]\ntesting = [\"pytest\"]\n",
        ),
        ("uv.lock", ""),
    ]);
    assert_eq!(groups.setup[0].run, "uv sync --frozen --group testing --group linting");
}

#[test]
fn gems_with_their_own_gemfile_are_tested_each() {
    let gems = found(&[
        ("Gemfile", "gem 'minitest'\n"),
        ("Rakefile", "Rake::TestTask.new\n"),
        ("test/a_test.rb", ""),
        ("contrib/Gemfile", "gemspec\n"),
        ("contrib/contrib.gemspec", ""),
        ("contrib/spec/a_spec.rb", ""),
        ("docs/Gemfile", "gem 'jekyll'\n"),
    ]);
    assert_eq!(tests(&gems), ["bundle exec rake test", "cd contrib && bundle exec rspec"]);
    let folders: Vec<&str> = gems.setup.iter().map(|step| step.directory.as_str()).collect();
    assert_eq!(folders, ["", "contrib"]);
}

#[test]
fn scripts_in_unusual_spellings_are_refused() {
    for (manager, body) in [
        ("bun.lock", "bun --hot test.ts"),
        ("bun.lock", "bun --watch test.ts"),
        ("bun.lock", "bun test -u"),
        ("bun.lock", "bun test --update-snapshots"),
        ("package-lock.json", "node --test --test-update-snapshots"),
        ("package-lock.json", "turbo run test --filter=...[HEAD^1]"),
        ("package-lock.json", "turbo run test --filter '[origin/main]'"),
        ("pnpm-lock.yaml", "pnpm --filter '...[origin/main]' test"),
        ("package-lock.json", "tsc && electron-builder -p always"),
        ("package-lock.json", "node test/run_in_browser.mjs"),
    ] {
        let manifest = serde_json::json!({ "scripts": { "test": body } }).to_string();
        let runner = ("test/run_in_browser.mjs", "import { startTestRunner } from '@web/test-runner'\n");
        let found = found(&[("package.json", manifest.as_str()), (manager, ""), runner]);
        assert_eq!(tests(&found), [""; 0], "{body}");
        assert!(found.refused.iter().any(|refused| refused.source == "package.json scripts.test"), "{body}");
    }
    let manifest = r#"{"scripts": {"build": "electron-builder --publish never"}}"#;
    let found = found(&[("package.json", manifest), ("package-lock.json", "")]);
    assert_eq!(found.refused, [], "a build that publishes nothing");
}
