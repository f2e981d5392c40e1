//! Results of the project's own checks, as events contain them, and how far they verify a change.
//!
//! Pure data: the engine runs checks and finds which one covers which file (`bench/project_checks.rs`). The report and
//! the delivery call `verified`. Journals contain it: a new field needs a default.

use serde::{Deserialize, Serialize};

use crate::GateVerdict;

/// The result of one of the project's checks on a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckSummary {
    pub name: String,
    pub run: String,
    pub verdict: GateVerdict,
    /// In words: `12 passed`, `red before the mission: 2 of 14 fail`.
    pub detail: String,
    /// What it looks at; absent in older journals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CheckKind>,
    /// Changed files whose tests the check runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// Changed files that need a test which the check does not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misses: Vec<String>,
    /// The mission added the check: the project did not have it before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// How long it ran; absent in older journals, and where it did not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The worker of another machine that ran it; `None`: it ran here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    Build,
    Types,
    Lint,
    Test,
    /// A command that the user names as a check.
    Custom,
    /// A command with the name of a check, of which nothing shows that it ran tests.
    Guess,
}

impl CheckKind {
    pub fn name(self) -> &'static str {
        match self {
            CheckKind::Build => "build",
            CheckKind::Types => "types",
            CheckKind::Lint => "lint",
            CheckKind::Test => "test",
            CheckKind::Custom => "check",
            CheckKind::Guess => "guess",
        }
    }
}

impl CheckSummary {
    /// Whether the check passed and runs tests: builds, types, lints and guesses verify nothing.
    pub fn vouches(&self) -> bool {
        let tests = matches!(self.kind, None | Some(CheckKind::Test | CheckKind::Custom));
        tests && self.verdict == GateVerdict::Pass
    }
}

/// A command of the project that looks like a check and is not run without the user's permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCheck {
    pub run: String,
    /// What is refused about it, and how to allow it.
    pub why: String,
}

/// How far passed tests verify a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// They cover every file that needs one.
    Yes,
    /// They do not cover these files.
    InPart(Vec<String>),
    /// No test passed, or none covers a changed file.
    No,
}

impl Verified {
    /// The word for programs: `yes`, `in_part` or `no`.
    pub fn word(&self) -> &'static str {
        match self {
            Verified::Yes => "yes",
            Verified::InPart(_) => "in_part",
            Verified::No => "no",
        }
    }
}

/// How far the checks of one tree verify the change that made it.
pub fn verified(checks: &[CheckSummary]) -> Verified {
    let mut vouching = checks.iter().filter(|check| check.vouches());
    let Some(first) = vouching.next() else { return Verified::No };
    let mut open = first.misses.clone();
    let mut covered = !first.covers.is_empty();
    for check in vouching {
        open.retain(|path| check.misses.contains(path));
        covered |= !check.covers.is_empty();
    }
    match (open.is_empty(), covered) {
        (true, _) => Verified::Yes,
        (false, true) => Verified::InPart(open),
        (false, false) => Verified::No,
    }
}

/// A step that made the project's folder ready for its checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupSummary {
    pub run: String,
    /// The folder, relative to the project; empty: its root.
    pub directory: String,
    /// The file that requires the step.
    pub why: String,
    pub took_ms: u64,
    /// How the step failed, with the last lines of its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The result of an earlier run was kept and used again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warm: bool,
    /// Packages that were left out because they cannot be installed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// If the step failed: commands of the checks that need its result and did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed_by: Vec<String>,
}

impl SetupSummary {
    /// Whether checks give no evidence because the step failed.
    pub fn blocks(&self) -> bool {
        self.failed.is_some() && !self.needed_by.is_empty()
    }

    /// What failed, how, and which checks need it; `None` if the step did not fail.
    pub fn failure(&self) -> Option<String> {
        let how = self.failed.as_ref()?;
        let place = if self.directory.is_empty() { String::new() } else { format!(" in {}", self.directory) };
        let checks = self.needed_by.iter().map(|run| format!("`{run}`")).collect::<Vec<_>>().join(", ");
        let needed = if checks.is_empty() { checks } else { format!(" (needed by {checks})") };
        Some(format!("`{}`{place}, for {}{needed}, {how}", self.run, self.why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: CheckKind, covers: &[&str], misses: &[&str]) -> CheckSummary {
        let all = |paths: &[&str]| paths.iter().map(|path| (*path).to_string()).collect();
        CheckSummary {
            name: "a".into(),
            run: "a".into(),
            verdict: GateVerdict::Pass,
            detail: String::new(),
            kind: Some(kind),
            covers: all(covers),
            misses: all(misses),
            own: false,
            took_ms: None,
            worker: None,
        }
    }

    #[test]
    fn only_tests_that_cover_what_changed_vouch_for_it() {
        use CheckKind::{Build, Test};
        let one = check(Test, &["a.js"], &["b.php"]);
        assert_eq!(verified(&[]), Verified::No);
        assert_eq!(verified(&[check(Build, &[], &[])]), Verified::No);
        assert_eq!(verified(&[check(CheckKind::Guess, &["a.js"], &[])]), Verified::No);
        assert_eq!(verified(&[check(Test, &[], &["b.php"])]), Verified::No, "an unrelated test");
        assert_eq!(verified(std::slice::from_ref(&one)), Verified::InPart(vec!["b.php".into()]));
        assert_eq!(verified(&[one, check(Test, &["b.php"], &["a.js"])]), Verified::Yes);
        assert_eq!(verified(&[check(Test, &[], &[])]), Verified::Yes, "nothing that needs a test");
        let red = CheckSummary { verdict: GateVerdict::NoEvidence, ..check(Test, &["a.js"], &[]) };
        assert_eq!(verified(&[red]), Verified::No);
    }
}
