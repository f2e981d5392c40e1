//! The gates that ask no model, in their order, cheapest first. `mission::Gate` holds the order; this file records nothing.

use mission::{Gate, Issue, WrittenTests};

use crate::gates::verdict::{Change, GateContext, Judgement};
use crate::gates::{checks, guardian, independent_tests, new_tests, protected};

/// What gates are told, and what they find that others should know.
#[derive(Default)]
pub(crate) struct Evidence {
    /// Fewer tests than on the base are a failure.
    pub keeps_tests: bool,
    /// What was said of the new tests of this very tree before.
    pub remembered: Option<Judgement>,
    /// Tests that were written before the change, with what was said of this very tree before.
    pub independent: Option<(WrittenTests, Option<Judgement>)>,
    /// Existing tests that the plan let the change touch, and what became of them.
    pub edited: Vec<String>,
    pub weakened: Vec<Issue>,
    /// What the checks say, and which of them vouch for the change.
    pub checks: String,
    pub verified_by: Vec<String>,
}

/// What one of [`Gate::without_models`] says; `None` where it has nothing to look at.
pub(crate) async fn ask(
    gate: Gate,
    context: &GateContext,
    change: &Change<'_>,
    evidence: &mut Evidence,
) -> Option<Judgement> {
    let judgement = match gate {
        Gate::Protected => {
            let (judgement, edited) = protected::judge(context, change).await;
            evidence.edited = edited;
            judgement
        }
        Gate::Guardian => {
            let (judgement, weakened) = guardian::judge(context, change).await;
            evidence.weakened = weakened;
            judgement
        }
        Gate::IndependentTests => {
            let (tests, known) = evidence.independent.take()?;
            let judgement = independent_tests::judge(context, change, &tests, known).await;
            evidence.checks = format!("\nTests of this task: {}", judgement.detail);
            judgement
        }
        Gate::Checks => {
            let (judgement, verified_by) = checks::judge(context, change, evidence.keeps_tests).await;
            evidence.checks.insert_str(0, &judgement.detail);
            evidence.verified_by = verified_by;
            judgement
        }
        Gate::NewTests => return new_tests::judge(context, change, evidence.remembered.take()).await,
        Gate::Scope | Gate::Review => return None,
    };
    Some(judgement)
}
