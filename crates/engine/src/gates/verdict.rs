//! The common input and output of gates: a change, the plan's permissions, and a judgement with its findings.
//!
//! Gates share these types and do not know each other.

use std::sync::Arc;

use guardian::Guardian;
use mission::{FailureClass, Gate, GateVerdict, Issue, State, Task};
use workspace::{Commit, Slot};

use crate::bench::Bench;
use crate::bench::project_checks::ProjectChecks;
use crate::gates::test_edits::TestEdits;

/// Everything that a gate may use to judge a change, independent of who wrote it.
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

/// A gate's judgement of a tree.
pub(crate) struct Judgement {
    pub gate: Gate,
    pub verdict: GateVerdict,
    /// In words, for journal and report.
    pub detail: String,
    pub failure: Option<Finding>,
}

/// A change that is judged: the content of the task's slot, as a commit.
pub(crate) struct Change<'a> {
    /// What the plan allows it to touch.
    pub permissions: Permissions,
    pub slot: &'a Slot,
    pub commit: &'a Commit,
    pub paths: &'a [String],
    /// The mission's base, with which checks are compared.
    pub mission_base: &'a str,
}

/// What the plan allows a change to touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Why existing tests change, if they may; the reason has to name each removed or weakened test.
    pub edits_tests: Option<String>,
    /// It may touch the configuration of the project's checks and tools.
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

/// The earlier judgement of this very tree: a tree of the same task has the same base.
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
