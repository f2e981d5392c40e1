//! The packages whose releases are the tasks of a mission, and the environments of their tests.
//!
//! `steps`, `suites` and `releases` use it. It fetches through `projects`, runs each set-up once with the network
//! and without a sandbox, and runs no test. It has its own versions, not those of `projects::ALL`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::projects::{Project, ProjectError, Registry, Set, Suite, Tree, cache};

/// A package with a suite that runs in about a second.
#[derive(Debug)]
pub struct Package {
    pub project: &'static Project,
    /// The set-up command, run once in an empty folder with the manifest; empty: the tests need nothing.
    pub(super) setup: &'static str,
    /// The command that runs the test files in place of `{}`.
    pub(super) run: &'static str,
    pub(super) manifest: &'static str,
}

const NPM: &str = "npm install --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent";
const TAPE: &str = "node_modules/.bin/tape {}";
const RUN_PYTEST: &str = ".venv/bin/python -m pytest -q -p no:cacheprovider {}";
const PYTEST: &str = "python3 -m venv .venv && .venv/bin/pip install --quiet pytest";

/// The manifest in a task's folder: names and dependencies, no version.
const FAST_URI_MANIFEST: &str = r#"{"name":"fast-uri","type":"commonjs","main":"index.js","devDependencies":{"ajv":"^8","tape":"^5"}}
"#;
const QS_MANIFEST: &str = r#"{"name":"qs","main":"lib/index.js","dependencies":{"side-channel":"^1.1.0"},"devDependencies":{"es-value-fixtures":"^1.7.1","for-each":"^0.3.5","has-bigints":"^1.1.0","has-override-mistake":"^1.0.1","has-property-descriptors":"^1.0.2","has-proto":"^1.2.0","has-symbols":"^1.1.0","iconv-lite":"^0.5.1","mock-property":"^1.1.0","object-inspect":"^1.13.4","qs-iconv":"^1.0.4","safer-buffer":"^2.1.2","tape":"^5"}}
"#;

static FAST_URI: Project = Project {
    name: "fast-uri",
    registry: Registry::Npm,
    language: "JavaScript",
    versions: &[
        "3.0.2", "3.0.3", "3.0.4", "3.0.5", "3.0.6", "3.1.0", "3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5",
        "3.1.6", "3.1.7",
    ],
    set: Set::Measuring,
    keep: &["index.js", "lib/", "test/"],
    skip: &[],
    suite: Some(TAPE_TESTS),
};

static QS: Project = Project {
    name: "qs",
    registry: Registry::Npm,
    language: "JavaScript",
    versions: &[
        "6.9.0", "6.9.1", "6.9.2", "6.9.3", "6.9.4", "6.9.5", "6.9.6", "6.10.0", "6.10.1", "6.10.2",
        "6.10.3", "6.10.5", "6.11.0", "6.11.1", "6.11.2", "6.12.0", "6.12.1", "6.12.2", "6.12.3", "6.13.0",
        "6.13.1", "6.14.0", "6.14.1", "6.14.2",
    ],
    set: Set::Measuring,
    keep: &["lib/", "test/"],
    skip: &["test/index.js"],
    suite: Some(Suite { suffix: ".js", ..TAPE_TESTS }),
};

static SQLPARSE: Project = Project {
    name: "sqlparse",
    registry: Registry::Pypi,
    language: "Python",
    versions: &["0.4.0", "0.4.1", "0.4.2", "0.4.3", "0.4.4", "0.5.0", "0.5.1", "0.5.2", "0.5.3"],
    set: Set::Measuring,
    keep: &["sqlparse/", "tests/"],
    // These read files that are no text
    skip: &["tests/test_cli.py", "tests/test_regressions.py"],
    suite: Some(Suite { folder: "tests/test_", suffix: ".py", setup: "", run: "", changes: 0 }),
};

const TAPE_TESTS: Suite = Suite { folder: "test/", suffix: ".test.js", setup: "", run: "", changes: 0 };

pub static PACKAGES: &[Package] = &[
    Package { project: &FAST_URI, setup: NPM, run: TAPE, manifest: FAST_URI_MANIFEST },
    Package { project: &QS, setup: NPM, run: TAPE, manifest: QS_MANIFEST },
    Package { project: &SQLPARSE, setup: PYTEST, run: RUN_PYTEST, manifest: "" },
];

impl Package {
    pub fn name(&self) -> &'static str {
        self.project.name
    }

    pub fn is_test(&self, path: &str) -> bool {
        self.project.suite.is_some_and(|suite| suite.is_test(path))
    }

    /// The files of a version in a task's folder.
    pub fn folder(&self, version: &str) -> Result<Tree, ProjectError> {
        let mut tree = self.project.tree(version)?;
        if !self.manifest.is_empty() {
            tree.insert("package.json".into(), self.manifest.into());
        }
        Ok(tree)
    }

    /// The command that runs these test files.
    pub fn command<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> String {
        self.run.replace("{}", &paths.into_iter().collect::<Vec<_>>().join(" "))
    }

    /// The folder with the dependencies of the tests, if there are any. The first call makes it and needs the
    /// network.
    pub fn environment(&self) -> Result<Option<PathBuf>, String> {
        if self.setup.is_empty() {
            return Ok(None);
        }
        let folder = cache().join("uplift/env").join(self.name());
        if folder.is_dir() {
            return Ok(Some(folder));
        }
        let parent = folder.parent().map(Path::to_path_buf).unwrap_or_default();
        let said = |what: &str, why: &dyn std::fmt::Display| format!("{what} of {}: {why}", self.name());
        fs::create_dir_all(&parent).map_err(|why| said("the environment", &why))?;
        // A virtual environment cannot be moved into place, so a failed one is removed instead
        fs::create_dir_all(&folder).map_err(|why| said("the environment", &why))?;
        let made = self.set_up(&folder);
        if made.is_err() {
            // Best effort
            let _ = fs::remove_dir_all(&folder);
        }
        made.map(|()| Some(folder)).map_err(|why| said("the set-up", &why))
    }

    fn set_up(&self, folder: &Path) -> Result<(), String> {
        if !self.manifest.is_empty() {
            fs::write(folder.join("package.json"), self.manifest).map_err(|why| why.to_string())?;
        }
        let line = self.setup;
        let done = Command::new("sh")
            .args(["-c", line])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|why| why.to_string())?;
        if done.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&done.stderr);
        Err(format!("`{line}` failed: {}", errors.lines().rev().take(5).collect::<Vec<_>>().join(" | ")))
    }
}
