//! The Guardian as a gate: only findings that this change introduced count.

use std::collections::BTreeSet;

use guardian::{Severity, Sources};
use mission::{FailureClass, Gate, GateVerdict, Issue};

use crate::blocking::blocking;
use crate::gates::test_edits::TestEdits;
use crate::gates::tree_sources::TreeSources;
use crate::gates::verdict::{Change, Finding, GateContext, Judgement};
use crate::text::count;

/// The Guardian's result for a change.
pub(crate) struct Linted {
    pub judgement: Judgement,
    /// Changes of tests that the Reviewer has to judge.
    pub weakened: Vec<Issue>,
    /// Suspicions, which block nothing.
    pub warnings: Vec<Issue>,
    /// The findings for which the judgement fails.
    pub errors: Vec<guardian::Finding>,
}

pub(crate) async fn lint_change(context: &GateContext, change: &Change<'_>) -> Linted {
    let edits = change.permissions.test_edits();
    lint_trees(context, &change.slot.commit, &change.commit.id, change.paths, &edits).await
}

/// Lints the changes from `from` to `to`.
pub(crate) async fn lint_trees(
    context: &GateContext,
    from: &str,
    to: &str,
    paths: &[String],
    test_edits: &TestEdits,
) -> Linted {
    let (guardian, workspace) = (context.guardian.clone(), context.bench.workspace.clone());
    let (from, to, paths) = (from.to_string(), to.to_string(), paths.to_vec());
    let found = blocking(move || {
        let base = TreeSources::open(&workspace, &from)?;
        let head = TreeSources::open(&workspace, &to)?;
        let gone = gone(&head, &paths);
        Ok::<_, workspace::Error>((guardian.lint_change(&base, &head, &paths), gone))
    })
    .await;
    let (findings, gone) = match found {
        Ok(found) => found,
        Err(error) => {
            let detail = format!("the change could not be read: {error}");
            let verdict = GateVerdict::NoEvidence;
            let judgement = Judgement { gate: Gate::Guardian, verdict, detail, failure: None };
            return Linted { judgement, weakened: Vec::new(), warnings: Vec::new(), errors: Vec::new() };
        }
    };
    verdict(findings, test_edits, &gone)
}

/// Files that a change removes.
pub(crate) fn gone(head: &dyn Sources, paths: &[String]) -> BTreeSet<String> {
    paths.iter().filter(|path| head.files().binary_search(path).is_err()).cloned().collect()
}

/// The judgement for some findings.
pub(crate) fn verdict(
    findings: Vec<guardian::Finding>,
    test_edits: &TestEdits,
    gone: &BTreeSet<String>,
) -> Linted {
    let (allowed, findings): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| test_edits.allows(finding, gone));
    let weakened: Vec<Issue> = allowed.iter().map(issue).collect();
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|f| f.severity == Severity::Error);
    let issues: Vec<Issue> = errors.iter().map(issue).collect();
    let (verdict, detail) = match (issues.len(), warnings.len()) {
        (0, 0) => (GateVerdict::Pass, "nothing found".to_string()),
        (0, n) => (
            GateVerdict::Pass,
            format!(
                "{}, first: {}",
                count(n, "warning"),
                warnings.first().map(|f| f.message.as_str()).unwrap_or_default()
            ),
        ),
        (_, _) => (GateVerdict::Fail, issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    };
    let failure = (!issues.is_empty()).then_some(Finding { class: FailureClass::Lint, issues });
    let detail = match weakened.len() {
        0 => detail,
        n => {
            format!(
                "{detail}; {} about tests that the plan has a reason for, left to the reviewer",
                count(n, "finding")
            )
        }
    };
    let judgement = Judgement { gate: Gate::Guardian, verdict, detail, failure };
    Linted { judgement, weakened, warnings: warnings.iter().map(issue).collect(), errors }
}

pub(crate) fn issue(finding: &guardian::Finding) -> Issue {
    let message = match &finding.note {
        Some(note) => format!("{} ({})", finding.message, note.lines().next().unwrap_or_default()),
        None => finding.message.clone(),
    };
    Issue::new(finding.rule.clone(), message).at(finding.path.clone(), Some(finding.line))
}
