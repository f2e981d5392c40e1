//! The gates of a merged tree: a batch of tasks on the mission's head, or the head with the user's new changes.
//!
//! The Guardian looks at what the merge changes; then every check of the project runs on the whole tree, in the checking
//! slot, and is compared with the mission's base. The other gates judge what one task may do and who reviewed it, which a
//! merge without conflicts does not change.

use mission::{CheckSummary, FailureClass, Gate, GateVerdict, Issue};
use workspace::Commit;

use crate::blocking::blocking;
use crate::gates::pipeline::{Merge, check_merged, lint_merged, settle_merged};
use crate::gates::test_edits::TestEdits;
use crate::gates::verdict::{Finding, Judgement};
use crate::steps::context::MissionContext;

pub(crate) struct MergedTree<'a> {
    /// The commit before the merge.
    pub from: &'a str,
    pub commit: &'a Commit,
    pub mission_base: &'a str,
    pub test_edits: TestEdits,
    /// Whether fewer tests than on the base are a failure.
    pub keeps_tests: bool,
}

impl MergedTree<'_> {
    /// The results of the checks, or the judgement of the gate that fails.
    pub async fn pass_gates(self, context: &MissionContext) -> Result<Vec<CheckSummary>, Judgement> {
        let MergedTree { from, commit, mission_base, test_edits, keeps_tests } = self;
        let (workspace, before, after) =
            (context.bench.workspace.clone(), from.to_string(), commit.id.clone());
        let changes = blocking(move || workspace.changes(&before, &after)).await.map_err(unread)?;
        let paths: Vec<String> = changes.into_iter().map(|change| change.path).collect();
        let merge = Merge { from, commit, paths: &paths, test_edits, mission_base };
        let held = lint_merged(&context.gates, &merge).await?;
        // If the base cannot be checked, the checks report that they give no evidence.
        let _ = context.gates.checks.ensure_base_for(mission_base, &commit.tree).await;
        let _slot_is_ours = context.gates.checks.hold_checking_slot().await;
        let slot = context.gates.checks.prepare_checking_slot(&commit.id).await.map_err(unread)?;
        let (judgement, checks) = check_merged(&context.gates, &slot, &commit.tree, keeps_tests).await;
        if judgement.failure.is_some() {
            return Err(judgement);
        }
        if let Some(held) = held {
            let settled = settle_merged(&context.gates, &merge, held, &checks).await;
            if settled.failure.is_some() {
                return Err(settled);
            }
        }
        Ok(checks)
    }
}

/// The judgement if the private repository could not be read.
fn unread(error: workspace::Error) -> Judgement {
    let detail = error.to_string();
    let issues = vec![Issue::new("workspace", detail.clone())];
    let failure = Some(Finding { class: FailureClass::Host, issues });
    Judgement { gate: Gate::Checks, verdict: GateVerdict::NoEvidence, detail, failure }
}
