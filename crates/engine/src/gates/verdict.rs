//! What every gate is given and what it answers: a change, what the plan permits, and a judgement with its findings.
//!
//! Gates share these and know nothing of each other.

use std::sync::Arc;

use guardian::Guardian;
use mission::{FailureClass, Gate, GateVerdict, Issue, State, Task};
use workspace::{Commit, Slot};

use crate::bench::Bench;
use crate::bench::project_checks::ProjectChecks;
use crate::gates::test_edits::TestEdits;

/// What a gate may use: everything that judging a change takes, independent of who wrote it.
pub(crate) struct GateContext {
    pub bench: Arc<Bench>,
    pub checks: ProjectChecks,
    pub guardian: Arc<Guardian>,
}

/// What a gate found.
pub(crate) struct Finding {
    pub class: FailureClass,
    pub issues: Vec<Issue>,
}

/// What a gate says of a tree.
pub(crate) struct Judgement {
    pub gate: Gate,
    pub verdict: GateVerdict,
    /// In words, for journal and report.
    pub detail: String,
    pub failure: Option<Finding>,
}

/// A change under judgement: what the task's slot holds, as a commit.
pub(crate) struct Change<'a> {
    /// What the plan lets it touch.
    pub permissions: Permissions,
    pub slot: &'a Slot,
    pub commit: &'a Commit,
    pub paths: &'a [String],
    /// The mission's base, with which checks are compared.
    pub mission_base: &'a str,
}

/// What its plan permits a change to touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Why existing tests change, if they may; a test that goes or says less has to be named in it.
    pub edits_tests: Option<String>,
    /// What configures the project's checks and tools.
    pub edits_config: bool,
}

impl Permissions {
    pub(crate) fn of(task: &Task) -> Permissions {
        Permissions { edits_tests: task.edits_tests.clone(), edits_config: task.edits_config.is_some() }
    }

    pub(crate) fn test_edits(&self) -> TestEdits {
        TestEdits::from_reasons(self.edits_tests.iter().cloned().collect())
    }
}

/// What was said of this very tree: that of the same task stands on the same base.
pub(crate) fn remembered(state: &State, task: &Task, gate: Gate, tree: &str) -> Option<Judgement> {
    let said = state.verdicts.iter().rev().find(|judged| {
        judged.gate == gate
            && judged.verdict != GateVerdict::NoEvidence
            && judged.task.as_ref() == Some(&task.id)
            && judged.tree == tree
    })?;
    let failure = (said.verdict == GateVerdict::Fail).then(|| {
        let issue = Issue::new("new tests", said.detail.clone());
        Finding { class: FailureClass::Test, issues: vec![issue] }
    });
    Some(Judgement { gate, verdict: said.verdict, detail: said.detail.clone(), failure })
}
