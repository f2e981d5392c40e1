//! The Guardian's gate without a mission: the same verdict, on files in memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use guardian::{Guardian, GuardianOptions, Sources};
use mission::{GateVerdict, Issue};

use crate::gates::test_edits::TestEdits;

/// What a change writes: by path, the new text; `None`: the file is removed.
pub type ChangedFiles = BTreeMap<String, Option<String>>;

/// The Guardian with its built-in rules.
pub struct Lint {
    guardian: Guardian,
}

/// The gate's report on an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LintReport {
    pub verdict: GateVerdict,
    /// In words.
    pub detail: String,
    /// The problems that fail the gate.
    pub issues: Vec<Issue>,
    /// All findings, including warnings.
    pub findings: Vec<guardian::Finding>,
}

impl Default for Lint {
    fn default() -> Self {
        Lint { guardian: Guardian::new(GuardianOptions::default()).0 }
    }
}

impl Lint {
    /// The verdict of a mission's gate on an answer to `base` (texts by path). `edits_tests`: why the plan
    /// allows existing tests to change, with the names of removed and weakened ones.
    pub fn judge_files(
        &self,
        base: &BTreeMap<String, String>,
        answer: &ChangedFiles,
        edits_tests: Option<&str>,
    ) -> LintReport {
        let none = ChangedFiles::new();
        let changed: Vec<String> = answer.keys().cloned().collect();
        let head = Files::new(base, answer);
        let findings = self.guardian.lint_change(&Files::new(base, &none), &head, &changed);
        let edits = TestEdits::from_reasons(edits_tests.map(str::to_string).into_iter().collect());
        let gone = crate::gates::guardian::gone(&head, &changed);
        let judgement = crate::gates::guardian::verdict(findings.clone(), &edits, &gone).judgement;
        let issues = judgement.failure.map(|failure| failure.issues).unwrap_or_default();
        LintReport { verdict: judgement.verdict, detail: judgement.detail, issues, findings }
    }
}

/// Files in memory, with the answer applied to them.
struct Files<'a> {
    base: &'a BTreeMap<String, String>,
    answer: &'a ChangedFiles,
    paths: Vec<String>,
}

impl<'a> Files<'a> {
    fn new(base: &'a BTreeMap<String, String>, answer: &'a ChangedFiles) -> Files<'a> {
        let kept = base.keys().filter(|path| !answer.contains_key(*path));
        let written = answer.iter().filter(|(_, text)| text.is_some()).map(|(path, _)| path);
        let paths: BTreeSet<&String> = kept.chain(written).collect();
        Files { base, answer, paths: paths.into_iter().cloned().collect() }
    }
}

impl Sources for Files<'_> {
    fn read(&self, path: &str) -> Option<Cow<'_, str>> {
        let text = match self.answer.get(path) {
            Some(text) => text.as_ref(),
            None => self.base.get(path),
        };
        text.map(|text| Cow::Borrowed(text.as_str()))
    }

    fn files(&self) -> &[String] {
        &self.paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_in_memory_as_the_gate_judges_a_commit() {
        let files = [("a.js", "export const a = 1;\n"), ("b.js", "import { a } from './a.js';\na();\n")];
        let base = files.map(|(path, text)| (path.to_string(), text.to_string())).into();
        let lint = Lint::default();
        let said = |text: Option<&str>| {
            lint.judge_files(&base, &[("a.js".to_string(), text.map(ToString::to_string))].into(), None)
        };
        assert_eq!(said(Some("export const a = 2;\n")).verdict, GateVerdict::Pass);
        let renamed = said(Some("export const c = 1;\n"));
        assert_eq!(renamed.verdict, GateVerdict::Fail, "{}", renamed.detail);
        assert!(!renamed.issues.is_empty());
        assert_eq!(said(None).verdict, GateVerdict::Fail);
    }
}
