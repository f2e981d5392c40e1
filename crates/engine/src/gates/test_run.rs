//! Runs one test file in a slot and reads its result. The gates about single test files and
//! `steps/work/submitted_tests.rs` share it. It reports the result; the gate decides. Files that it writes into a slot
//! stay there.

use checks::{Check, CheckPurpose, End, Outcome, Runner};
use syntax::Language;
use workspace::Slot;

use crate::blocking::blocking;
use crate::gates::verdict::GateContext;

/// Whether a runner runs tests in this language.
pub(crate) fn runner_fits(runner: Runner, language: Language) -> bool {
    match runner.language() {
        checks::Language::Rust => language == Language::Rust,
        checks::Language::Python => language == Language::Python,
        checks::Language::Go => language == Language::Go,
        checks::Language::JavaScript => language.is_ecmascript(),
        checks::Language::Any => false,
    }
}

/// The check that runs a test file: for its language, in the deepest folder above it.
pub(crate) fn runner_of(checks: &[Check], path: &str) -> Option<Check> {
    let language = Language::of_path(path)?;
    let fits = |runner| runner_fits(runner, language);
    checks
        .iter()
        .filter(|check| check.kind == CheckPurpose::Test && check.runner.is_some_and(fits))
        .filter(|check| inside(&check.directory, path).is_some())
        .max_by_key(|check| check.directory.len())
        .cloned()
}

/// A path relative to a folder that contains it.
fn inside<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    match folder.trim_end_matches('/') {
        "" | "." => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

/// Runs one test file in a slot.
pub(crate) async fn run(context: &GateContext, slot: &Slot, check: &Check, path: &str) -> Outcome {
    let filter = inside(&check.directory, path).unwrap_or(path);
    context.checks.run(slot, check, Some(filter)).await
}

/// Writes files into a slot.
pub(crate) async fn write(
    context: &GateContext,
    slot: &Slot,
    files: Vec<(String, String)>,
) -> Result<(), workspace::Error> {
    let (workspace, slot) = (context.bench.workspace.clone(), slot.clone());
    blocking(move || files.iter().try_for_each(|(path, text)| workspace.write_slot_file(&slot, path, text)))
        .await
}

/// The result of a run for one test file.
#[derive(Debug, PartialEq)]
pub(crate) enum Ran {
    Passes(u32),
    Fails,
    /// No result; says why.
    Unknown(String),
}

pub(crate) fn ran(outcome: &Outcome) -> Ran {
    match (&outcome.end, outcome.passed) {
        (End::Exited { code: 0 }, Some(passed)) if passed > 0 => Ran::Passes(passed),
        (End::Exited { code: 0 }, _) => Ran::Unknown("no test ran".into()),
        (End::Exited { .. }, _) => Ran::Fails,
        (end, _) => Ran::Unknown(format!("it {end}")),
    }
}

/// Texts of files at a commit; removed files and files that are not UTF-8 are skipped.
pub(crate) async fn read(
    context: &GateContext,
    commit: &str,
    paths: &[String],
) -> Result<Vec<(String, String)>, workspace::Error> {
    let (workspace, commit, paths) = (context.bench.workspace.clone(), commit.to_string(), paths.to_vec());
    blocking(move || {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let texts = workspace.read_all(&commit, &names)?;
        let texts = paths.iter().cloned().zip(texts);
        Ok(texts.filter_map(|(path, text)| Some((path, String::from_utf8(text?).ok()?))).collect())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_file_is_run_by_the_nearest_check_of_its_language() {
        let at = |name: &str, run: &str, directory: &str| Check {
            directory: directory.into(),
            ..Check::configured(name, run, None)
        };
        let checks = [
            at("test", "node --test", ""),
            at("web-test", "vitest run", "web"),
            at("rust", "cargo test", ""),
            at("lint", "eslint .", ""),
        ];
        let name = |path: &str| runner_of(&checks, path).map(|check| check.name);
        assert_eq!(name("test/a.test.js").as_deref(), Some("test"));
        assert_eq!(name("web/src/a.test.tsx").as_deref(), Some("web-test"));
        assert_eq!(name("website/a.test.ts").as_deref(), Some("test"));
        assert_eq!(name("tests/a.rs").as_deref(), Some("rust"));
        assert_eq!(name("tests/test_a.py"), None);
        assert_eq!(inside("web", "web/a.js"), Some("a.js"));
        assert_eq!(inside("web", "website/a.js"), None);
    }
}
