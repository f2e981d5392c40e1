//! What a file configures, and a setting in it that became less strict.
//!
//! `commands` and `settings` create them, `mod.rs` reports them. Only the path decides what a file
//! configures.

/// A setting or command that checks less than before.
pub(super) struct Weaker {
    pub(super) message: String,
    /// Words in the changed place
    pub(super) near: Vec<String>,
    pub(super) sure: bool,
}

impl Weaker {
    pub(super) fn sure(message: String, near: &[&str]) -> Weaker {
        Weaker { message, near: near.iter().map(|word| (*word).to_string()).collect(), sure: true }
    }

    pub(super) fn likely(message: String, near: &[&str]) -> Weaker {
        Weaker { sure: false, ..Weaker::sure(message, near) }
    }
}

/// What a file configures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfigKind {
    /// `package.json`: scripts, and settings of tools
    Package,
    /// A workflow of a CI service
    Workflow,
    /// Settings of tools
    Tool,
}

impl ConfigKind {
    pub(super) fn of_path(path: &str) -> Option<ConfigKind> {
        const TOOLS: &[&str] = &[
            "tsconfig",
            "jsconfig",
            ".eslintrc",
            "eslint.config",
            "biome.json",
            "vitest.config",
            "vitest.workspace",
            "vite.config",
            "jest.config",
            "playwright.config",
            "cypress.config",
            "karma.conf",
            ".mocharc",
            ".nycrc",
            ".c8rc",
            "ava.config",
            "pyproject.toml",
            "mypy.ini",
            ".mypy.ini",
            "setup.cfg",
            "tox.ini",
            "pytest.ini",
            ".coveragerc",
            "ruff.toml",
            ".ruff.toml",
            ".flake8",
            ".pylintrc",
            "pyrightconfig",
            "cargo.toml",
            "clippy.toml",
            ".golangci",
            "codecov.yml",
            ".codecov",
            "nextest.toml",
            "tarpaulin.toml",
            ".oxlintrc",
            "web-test-runner.config",
            "wdio.conf",
        ];
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if name == "package.json" {
            return Some(ConfigKind::Package);
        }
        let ci = path.contains(".github/workflows/")
            || path.contains(".circleci/")
            || path.contains(".buildkite/")
            || name.starts_with(".gitlab-ci")
            || name.starts_with("azure-pipelines")
            || name.starts_with(".travis")
            || name.starts_with("action.y");
        if ci && yaml {
            return Some(ConfigKind::Workflow);
        }
        TOOLS.iter().any(|start| name.starts_with(start)).then_some(ConfigKind::Tool)
    }
}
