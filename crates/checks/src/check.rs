//! One command of the project, with everything that is known before it runs.
//!
//! Data only: `discover` finds it, `process` runs it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use crate::runners::Runner;
use crate::shell;

/// The time limit of a check that sets none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// What a check shows, in the order in which checks should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckPurpose {
    Build,
    Type,
    Lint,
    Test,
    /// Any other command; only its exit status counts.
    Custom,
}

/// A command that shows whether the project is in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Unique within one project: `test`, `build`, `frontend-test`.
    pub name: String,
    pub kind: CheckPurpose,
    /// A shell command line, run by `sh -c`.
    pub run: String,
    /// Wall-clock limit; in JSON as `timeout_ms`.
    #[serde(rename = "timeout_ms", with = "millis")]
    pub timeout: Duration,
    /// The folder in which it runs, relative to the project's root; empty is the root.
    #[serde(default)]
    pub directory: String,
    /// The file and entry that define it: `package.json scripts.test`.
    pub source: String,
    /// The test runner behind it, if known.
    #[serde(default)]
    pub runner: Option<Runner>,
    /// The command line behind `run`, if that only names a script (`npm test` → `node --test`).
    /// Filters are fitted to it.
    #[serde(default)]
    pub script: Option<String>,
    /// Only its name suggests that it runs tests: it calls a program that is not known. It may fail a change, but verifies
    /// none unless its output counts tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
}

impl Check {
    /// A check that the user has configured: its kind and runner follow from its name and command.
    pub fn configured(name: &str, run: &str, timeout: Option<Duration>) -> Check {
        let runner = Runner::of_command(run);
        let kind = if runner.is_some() { CheckPurpose::Test } else { CheckPurpose::of_name(name) };
        Check {
            name: name.to_owned(),
            kind,
            run: run.to_owned(),
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            directory: String::new(),
            source: "opencode.toml checks.command".to_owned(),
            runner,
            script: None,
            guessed: false,
        }
    }

    /// The command as a person types it in the project's folder: `cd web && npm test`. Two folders may have the same one.
    pub fn shown(&self) -> String {
        match self.directory.trim_end_matches('/') {
            "" | "." => self.run.clone(),
            folder => format!("cd {} && {}", shell::quote(folder), self.run),
        }
    }
}

impl CheckPurpose {
    /// The kind that a check of this name usually has.
    pub fn of_name(name: &str) -> CheckPurpose {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["test", "spec"]) {
            CheckPurpose::Test
        } else if has(&["type", "tsc", "mypy", "pyright"]) {
            CheckPurpose::Type
        } else if has(&["lint", "clippy", "ruff", "vet"]) {
            CheckPurpose::Lint
        } else if has(&["build", "compile"]) {
            CheckPurpose::Build
        } else {
            CheckPurpose::Custom
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
    fn json_keeps_the_time_limit_in_milliseconds() {
        let check = Check::configured("unit tests", "make check", Some(Duration::from_millis(1500)));
        let json = serde_json::to_value(&check).unwrap();
        assert_eq!(json["timeout_ms"], 1500);
        assert_eq!(json["kind"], "test");
        assert_eq!(serde_json::from_value::<Check>(json).unwrap(), check);
    }
}
