//! One command of the project, and what is known about it before it runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::shell;

/// The time limit of a check that names none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// What a check tells; in the order in which it is worth running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Build,
    Type,
    Lint,
    Test,
    /// Anything else: judged by its exit status alone.
    Custom,
}

/// A test runner whose output and arguments are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    CargoTest,
    Nextest,
    NodeTest,
    Vitest,
    Jest,
    Mocha,
    Tape,
    Pytest,
    Unittest,
    GoTest,
}

/// A command that says whether the project is in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Unique within one project: `test`, `build`, `frontend-test`.
    pub name: String,
    pub kind: Kind,
    /// A shell command line, run by `sh -c`.
    pub run: String,
    /// Wall-clock limit; in JSON as `timeout_ms`.
    #[serde(rename = "timeout_ms", with = "millis")]
    pub timeout: Duration,
    /// Where it runs, relative to the project's root; empty is the root.
    #[serde(default)]
    pub directory: String,
    /// Who says so: `package.json scripts.test`.
    pub source: String,
    /// The test runner behind it, where known.
    #[serde(default)]
    pub runner: Option<Runner>,
    /// The command line behind `run` where that only names a script
    /// (`npm test` → `node --test`). Filters are fitted to it.
    #[serde(default)]
    pub script: Option<String>,
}

impl Check {
    /// A check that the user has configured: kind and runner are inferred from
    /// its name and command.
    pub fn configured(name: &str, run: &str, timeout: Option<Duration>) -> Check {
        let runner = Runner::of_command(run);
        let kind = if runner.is_some() { Kind::Test } else { Kind::of_name(name) };
        Check {
            name: name.to_owned(),
            kind,
            run: run.to_owned(),
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            directory: String::new(),
            source: "opencode.toml checks.command".to_owned(),
            runner,
            script: None,
        }
    }
}

impl Kind {
    /// The kind that a check of this name usually has.
    pub fn of_name(name: &str) -> Kind {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["test", "spec"]) {
            Kind::Test
        } else if has(&["type", "tsc", "mypy", "pyright"]) {
            Kind::Type
        } else if has(&["lint", "clippy", "ruff", "vet"]) {
            Kind::Lint
        } else if has(&["build", "compile"]) {
            Kind::Build
        } else {
            Kind::Custom
        }
    }
}

impl Runner {
    /// The test runner that a shell command line starts, if it starts one.
    pub fn of_command(command: &str) -> Option<Runner> {
        shell::commands(command).iter().rev().find_map(|words| Runner::of_words(words))
    }

    /// The runner of one simple command, wrappers and assignments skipped.
    pub(crate) fn of_words(words: &[String]) -> Option<Runner> {
        let words = shell::unwrapped(words);
        let (program, arguments) = words.split_first()?;
        let program = program.rsplit('/').next().unwrap_or(program);
        let program = program.strip_suffix(".js").or_else(|| program.strip_suffix(".mjs")).unwrap_or(program);
        let first = arguments.iter().find(|word| !word.starts_with(['-', '+'])).map(String::as_str);
        match program {
            "cargo" if arguments.iter().any(|word| word == "--no-run") => None,
            "cargo" => match first? {
                "test" | "t" => Some(Runner::CargoTest),
                "nextest" => Some(Runner::Nextest),
                _ => None,
            },
            "cargo-nextest" => Some(Runner::Nextest),
            "node" | "tsx" if arguments.iter().any(|word| word == "--test") => Some(Runner::NodeTest),
            "node" => Runner::of_words(arguments.get(arguments.iter().position(|w| !w.starts_with('-'))?..)?)
                .filter(|_| first.is_some_and(|path| path.contains("node_modules"))),
            "vitest" => Some(Runner::Vitest),
            "jest" => Some(Runner::Jest),
            "react-scripts" | "craco" if first == Some("test") => Some(Runner::Jest),
            "mocha" | "_mocha" => Some(Runner::Mocha),
            "tape" => Some(Runner::Tape),
            "pytest" | "py.test" => Some(Runner::Pytest),
            "unittest" => Some(Runner::Unittest),
            "go" if first == Some("test") => Some(Runner::GoTest),
            _ => None,
        }
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_recognised_behind_wrappers() {
        let cases = [
            ("cargo test --workspace", Some(Runner::CargoTest)),
            ("cargo +nightly nextest run", Some(Runner::Nextest)),
            ("npm run build && node --test", Some(Runner::NodeTest)),
            ("node --import tsx --test 'test/**/*.ts'", Some(Runner::NodeTest)),
            ("NODE_ENV=test cross-env A=b c8 mocha -r ts-node/register", Some(Runner::Mocha)),
            ("npx --no-install vitest run", Some(Runner::Vitest)),
            ("node node_modules/jest/bin/jest.js", Some(Runner::Jest)),
            ("node --experimental-vm-modules node_modules/.bin/jest", Some(Runner::Jest)),
            ("uv run pytest -q", Some(Runner::Pytest)),
            ("python3 -m pytest", Some(Runner::Pytest)),
            ("python3 -m unittest discover -s tests", Some(Runner::Unittest)),
            ("go test ./...", Some(Runner::GoTest)),
            ("node test.js", None),
            ("echo jest", None),
            ("cargo build", None),
            ("cargo test --no-run", None),
            ("", None),
        ];
        for (command, expected) in cases {
            assert_eq!(Runner::of_command(command), expected, "{command}");
        }
    }

    #[test]
    fn json_keeps_the_time_limit_in_milliseconds() {
        let check = Check::configured("unit tests", "make check", Some(Duration::from_millis(1500)));
        let json = serde_json::to_value(&check).unwrap();
        assert_eq!(json["timeout_ms"], 1500);
        assert_eq!(json["kind"], "test");
        assert_eq!(serde_json::from_value::<Check>(json).unwrap(), check);
    }
}
