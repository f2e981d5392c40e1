//! The kind of a file for the gates, by its path: a test, a file that tests need, configuration of checks, code, or
//! prose.
//!
//! It reads no file: it only sees the path.

use shared::lockfiles::is_lockfile;
use shared::test_files::{is_collected, is_in_test_folder, is_support};
use syntax::Language;

use crate::bench::files::requirements::is_requirements;
use crate::bench::files::startup_files;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A runner collects it, or it is next to files that a runner collects.
    Test,
    /// A file that tests use: snapshot, fixture, helper.
    TestSupport,
    /// It configures the project's checks, or runs them.
    Config,
    /// Some of its sections configure checks.
    Manifest,
    Code,
    /// A text for people only.
    Prose,
    Other,
}

impl FileKind {
    pub fn is_test(self) -> bool {
        matches!(self, FileKind::Test | FileKind::TestSupport)
    }

    /// Whether a change of it can change what the program does.
    pub fn is_behaviour(self) -> bool {
        matches!(self, FileKind::Code | FileKind::Other)
    }
}

/// Folders of files that run automatically.
const HOOK_FOLDERS: [&str; 6] = [".github", ".circleci", ".husky", ".githooks", ".buildkite", ".gitlab"];
/// Names, in lower case and with any extension, of files that run automatically.
const HOOK_NAMES: [&str; 16] = [
    ".gitlab-ci.yml",
    ".travis.yml",
    "azure-pipelines.yml",
    "jenkinsfile",
    "bitbucket-pipelines.yml",
    "appveyor.yml",
    "buildspec.yml",
    "circle.yml",
    "cloudbuild.yaml",
    "codemagic.yaml",
    "screwdriver.yaml",
    "wercker.yml",
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    ".lintstagedrc",
    ".npmrc",
];
/// Programs that run hooks of git: first parts of the names of their settings.
const HOOK_STEMS: [&str; 4] = ["lefthook", "grumphp", "prek", "simple-git-hooks"];
/// Whole names, in lower case.
const CONFIG_NAMES: [&str; 48] = [
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "pnpm-workspace.yaml",
    "bunfig.toml",
    "uv.toml",
    "makefile",
    "gnumakefile",
    "justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "turbo.json",
    "jsconfig.json",
    "biome.json",
    "biome.jsonc",
    ".oxlintrc.json",
    ".eslintignore",
    ".prettierignore",
    ".prettierrc",
    ".jshintrc",
    ".nycrc",
    ".c8rc.json",
    "codecov.yml",
    "karma.conf.js",
    "clippy.toml",
    ".clippy.toml",
    "rustfmt.toml",
    ".rustfmt.toml",
    "deny.toml",
    "rust-toolchain",
    "rust-toolchain.toml",
    "pytest.ini",
    "tox.ini",
    "noxfile.py",
    "mypy.ini",
    ".mypy.ini",
    ".flake8",
    ".pylintrc",
    "pylintrc",
    "ruff.toml",
    ".ruff.toml",
    ".coveragerc",
    "pyrightconfig.json",
    ".golangci.yml",
    ".golangci.yaml",
    ".golangci.toml",
    ".golangci.json",
    "sgconfig.yml",
];
/// What agents read as instructions under names that are words, too: only in this case.
const AGENT_NAMES_AS_WRITTEN: [&str; 5] = ["AGENT.md", "CONTEXT.md", "CRUSH.md", "QWEN.md", "WARP.md"];
/// What the user's own agents read as instructions, whole names in lower case.
const AGENT_NAMES: [&str; 6] = [
    "agents.md",
    "agents.override.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    "copilot-instructions.md",
];
/// Beginnings of names: a tool's configuration has many extensions.
const CONFIG_STARTS: [&str; 13] = [
    "eslint.config.",
    ".eslintrc",
    "prettier.config.",
    ".prettierrc.",
    "jest.config.",
    "jest.setup.",
    "vitest.config.",
    "vitest.workspace.",
    "vitest.setup.",
    "ava.config.",
    ".mocharc.",
    "playwright.config.",
    "cypress.config.",
];
const CONFIG_PATHS: [&str; 4] =
    [".config/nextest.toml", ".cargo/config.toml", ".cargo/config", ".git-blame-ignore-revs"];
const MANIFESTS: [&str; 5] = ["package.json", "cargo.toml", "pyproject.toml", "setup.cfg", "pipfile"];
/// Other files that decide which packages or files exist.
const OTHER_MANIFESTS: [&str; 2] = ["go.mod", ".gitignore"];

/// Manifests of which no part is known: an existing one decides as a whole what commands do.
const WHOLE_MANIFESTS: [&str; 18] = [
    "composer.json",
    "pubspec.yaml",
    "package.swift",
    "build.sbt",
    "stack.yaml",
    "package.yaml",
    "dune-project",
    "deps.edn",
    "project.clj",
    "bb.edn",
    "shadow-cljs.edn",
    "project.toml",
    "rebar.config",
    "build.zig.zon",
    "vcpkg.json",
    "conanfile.py",
    "conanfile.txt",
    "environment.yml",
];
const WHOLE_MANIFEST_ENDS: [&str; 11] = [
    ".csproj",
    ".fsproj",
    ".vbproj",
    ".sln",
    ".slnx",
    ".cabal",
    ".gemspec",
    ".nimble",
    ".rockspec",
    ".opam",
    ".podspec",
];

/// Whether a manifest, by its name, is protected as a whole.
pub(crate) fn is_whole_manifest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WHOLE_MANIFESTS.contains(&name.as_str()) || WHOLE_MANIFEST_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a task may never change the existing file, not even with the user's consent: hooks of git and of package
/// managers run on the user's machine. CI runs elsewhere, after a push, so it may change with the user's consent.
pub(crate) fn never_changes(path: &str) -> bool {
    runs_of_itself(path) && !is_ci(path)
}

fn is_ci(path: &str) -> bool {
    const FOLDERS: [&str; 4] = [".github", ".circleci", ".buildkite", ".gitlab"];
    const HOOKS: [&str; 4] = [".pre-commit-config.yaml", ".pre-commit-config.yml", ".lintstagedrc", ".npmrc"];
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let mut names = HOOK_NAMES.iter().filter(|name| !HOOKS.contains(name));
    lower.split('/').next().is_some_and(|first| FOLDERS.contains(&first))
        || names.any(|known| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

/// Whether it runs automatically on the user's machine or servers: hooks of git, and CI.
pub(crate) fn runs_of_itself(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    lower.split('/').next().is_some_and(|first| HOOK_FOLDERS.contains(&first))
        || HOOK_NAMES.iter().any(|known| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        || is_hook_settings(name)
}

fn is_hook_settings(name: &str) -> bool {
    const ENDS: [&str; 9] = ["json", "jsonc", "yml", "yaml", "toml", "js", "cjs", "mjs", "yml.dist"];
    let name = name.strip_prefix('.').unwrap_or(name);
    HOOK_STEMS.iter().filter_map(|stem| name.strip_prefix(stem)).any(|rest| {
        let rest = rest.strip_prefix("-local").unwrap_or(rest);
        rest.strip_prefix('.').is_some_and(|end| ENDS.contains(&end))
    })
}

pub(crate) fn kind(path: &str) -> FileKind {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let config = runs_of_itself(path)
        || AGENT_NAMES.contains(&name)
        || path.rsplit('/').next().is_some_and(|name| AGENT_NAMES_AS_WRITTEN.contains(&name))
        || CONFIG_NAMES.contains(&name)
        || CONFIG_STARTS.iter().any(|start| name.starts_with(start))
        || CONFIG_PATHS.iter().any(|end| lower == *end || lower.ends_with(&format!("/{end}")))
        || (name.starts_with("tsconfig") && name.ends_with(".json"))
        || !(is_lockfile(name)
            || OTHER_MANIFESTS.contains(&name)
            || MANIFESTS.contains(&name)
            || is_whole_manifest(name))
            && startup_files::is_one(&lower);
    if config {
        return FileKind::Config;
    }
    if (MANIFESTS.contains(&name) || is_whole_manifest(name))
        && (!is_in_test_folder(path) || is_of_tests(&lower))
    {
        return FileKind::Manifest;
    }
    if is_requirements(&lower) {
        return FileKind::Manifest;
    }
    match Language::of_path(path) {
        Some(_) if is_collected(path) => FileKind::Test,
        _ if is_support(path) => FileKind::TestSupport,
        Some(_) => FileKind::Code,
        None if is_lockfile(name) || OTHER_MANIFESTS.contains(&name) => FileKind::Manifest,
        None if is_prose(name) => FileKind::Prose,
        None => FileKind::Other,
    }
}

/// Whether a manifest is that of a test folder itself, such as `e2e/package.json`, and no sample in it.
fn is_of_tests(path: &str) -> bool {
    const FOLDERS: [&str; 7] = ["test", "tests", "e2e", "spec", "specs", "__tests__", "integration"];
    path.rsplit('/').nth(1).is_some_and(|folder| FOLDERS.contains(&folder))
}

/// Whether an existing file with a test's name is a test: product code about tests can have such a name, too.
pub(crate) fn is_test_text(path: &str, text: &str) -> bool {
    is_in_test_folder(path)
        || has_cases(path, text)
        || ["assert", "expect(", ".snap"].iter().any(|word| text.contains(word))
}

fn is_prose(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("md" | "mdx" | "rst" | "adoc" | "txt"))
        || ["license", "notice", "authors", "changelog", "readme"].contains(&name)
}

/// Whether a text contains test cases; helpers of tests contain none.
pub(crate) fn has_cases(path: &str, text: &str) -> bool {
    let Some(language) = Language::of_path(path) else { return false };
    let words: &[&str] = match language {
        Language::Go => &["func Test", "func Fuzz"],
        Language::Python => &["def test", "class Test"],
        Language::Rust => &["#[test]", "::test]", "#[rstest", "::test(", "proptest!"],
        Language::TypeScript | Language::Tsx | Language::JavaScript => {
            &["test(", "it(", "test.", "it.", "describe("]
        }
    };
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            // `await(` contains `it(`
            word.starts_with(['#', ':'])
                || before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '$')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_the_conventions_of_runners_and_tools() {
        let cases = [
            (
                FileKind::Test,
                "src/a.test.ts a.spec.jsx web/__tests__/a.js test.js test/test-a.mjs lib/a_test.go",
            ),
            (
                FileKind::Test,
                "tests/test_a.py app/tests.py pkg/a_test.py tests/cli.rs src/tree/tests.rs src/a_tests.rs",
            ),
            (
                FileKind::TestSupport,
                "test/helper.js tests/common/mod.rs tests/fixtures/a.json a/__snapshots__/b.snap",
            ),
            (FileKind::TestSupport, "pkg/testdata/in.txt tests/data/package.json spec/support/env.js"),
            (
                FileKind::Config,
                "tsconfig.json packages/a/tsconfig.build.json eslint.config.mjs .eslintrc.cjs Makefile",
            ),
            (
                FileKind::Config,
                "conftest.py .github/workflows/ci.yml .husky/pre-commit pytest.ini .config/nextest.toml biome.json",
            ),
            (
                FileKind::Config,
                "vitest.config.ts test/jest.config.js .cargo/config.toml .pre-commit-config.yaml",
            ),
            (
                FileKind::Config,
                "lefthook-local.yml .lefthook.toml simple-git-hooks.cjs grumphp.yml.dist prek.toml nodemon.json AGENTS.md",
            ),
            (FileKind::Manifest, "e2e/package.json test/package.json"),
            (FileKind::Config, "src/CLAUDE.md CONTEXT.md default.nix AGENT.md .claude/commands/go.md"),
            (FileKind::Config, "bitbucket-pipelines.yml appveyor.yml cloudbuild.yaml"),
            (FileKind::Manifest, "package.json crates/a/Cargo.toml pyproject.toml setup.cfg Cargo.lock"),
            (
                FileKind::Manifest,
                "composer.json app/App.csproj pubspec.yaml Package.swift build.sbt x.gemspec",
            ),
            (FileKind::Code, "src/a.ts main.go latest.js src/contest.py src/attest.rs src/protest-march.js"),
            (
                FileKind::Code,
                "lefthook.go src/lefthook.test.js.ts packages/test/src/index.ts src/lib.rs src/spec.ts src/testing/tool.go src/test_data/x.rs",
            ),
            (
                FileKind::Prose,
                "README.md docs/context.md docs/agent.md .changeset/a.md docs/a.rst LICENSE spec/protocol.md",
            ),
            (FileKind::Other, "data/units.json src/a.css src/a.vue"),
        ];
        for (expected, paths) in cases {
            for path in paths.split(' ') {
                assert_eq!(kind(path), expected, "{path}");
            }
        }
    }

    #[test]
    fn product_code_called_like_a_test_is_none() {
        assert!(!is_test_text("src/cli/test.rs", "pub fn run() -> Result<(), Error> { spawn() }"));
        assert!(!is_test_text("src/test-id.ts", "export const id = 1"));
        assert!(is_test_text("test.js", "assert.equal(f(), 1)"));
        assert!(is_test_text("src/tree/tests.rs", "#[test]\nfn a() {}"));
        assert!(is_test_text("test/helper.js", "export const f = 1"));
    }

    #[test]
    fn a_helper_has_no_cases() {
        for (path, text, expected) in [
            ("a.test.js", "test('a', () => {})", true),
            ("a.test.js", "describe('a', () => { it.each([1])('b', f) })", true),
            ("helper.js", "export const f = () => await(1) + latest(2)", false),
            ("a_test.go", "func TestA(t *testing.T) {}", true),
            ("test_a.py", "def test_a():\n    assert 1", true),
            ("tests/a.rs", "#[tokio::test]\nasync fn a() {}", true),
            ("tests/common.rs", "pub fn setup() {}", false),
            ("fixtures.json", "test(", false),
        ] {
            assert_eq!(has_cases(path, text), expected, "{path}: {text}");
        }
    }
}
