//! Findings that the project's own compiler or type checker decides: if a check passed on the base, passes on the
//! change and judges the line, the error becomes a question for the Reviewer.
//!
//! Pipelines call it. `guardian::decided_by` says which tools decide a rule, and the base's settings say which lines a
//! check judges (`checks::Decisions`). If the mission may change settings, no finding is decided.

use checks::{Check, Decider, Decisions, Verdict};
use guardian::{Finding, Sources, Tool};
use mission::{Gate, GateVerdict, Issue};

use crate::blocking::blocking;
use crate::gates::tree_sources::TreeSources;
use crate::gates::verdict::{GateContext, Judgement};
use crate::text::count;

/// The trees for a decision: settings are read from the base, code from the change.
pub(crate) struct Trees<'a> {
    pub mission_base: &'a str,
    /// The change, as a commit, and its tree.
    pub commit: &'a str,
    pub tree: &'a str,
}

/// Errors that wait for the checks, with the Guardian's judgement in case they remain.
pub(crate) struct Held {
    errors: Vec<Finding>,
    judgement: Judgement,
    /// The checks that judge these lines, if they pass.
    checks: Vec<Check>,
}

impl Held {
    /// The Guardian's judgement, if no check decides otherwise.
    pub(crate) fn into_judgement(self) -> Judgement {
        self.judgement
    }
}

/// Holds back a judgement if one of the project's checks may decide each of its errors.
pub(crate) async fn hold(
    context: &GateContext,
    trees: &Trees<'_>,
    errors: Vec<Finding>,
    judgement: Judgement,
) -> Result<Held, Judgement> {
    let known = |finding: &Finding| !guardian::decided_by(&finding.rule).is_empty();
    if errors.is_empty() || !errors.iter().all(known) || context.checks.has_consent().await {
        return Err(judgement);
    }
    if context.checks.ensure_base_for(trees.mission_base, trees.tree).await.is_err() {
        return Err(judgement);
    }
    let green = |check: &&Check| {
        let before = context.checks.on_base(&check.name);
        before
            .is_some_and(|outcome| outcome.end.success() && checks::compare(None, &outcome) == Verdict::Pass)
    };
    let checks: Vec<Check> = context.checks.list().iter().filter(green).cloned().collect();
    match undecided(context, trees, checks.clone(), errors.clone()).await {
        Some(open) if open.is_empty() => Ok(Held { errors, judgement, checks }),
        _ => Err(judgement),
    }
}

/// Decides held errors after these checks, by name, have passed; also returns the questions that the errors became.
pub(crate) async fn settle(
    context: &GateContext,
    trees: &Trees<'_>,
    held: Held,
    passed: &[String],
) -> (Judgement, Vec<Issue>) {
    let Held { errors, judgement, checks } = held;
    let green: Vec<Check> = checks.into_iter().filter(|check| passed.contains(&check.name)).collect();
    let by: Vec<String> = green.iter().map(|check| format!("`{}`", check.shown())).collect();
    match undecided(context, trees, green, errors.clone()).await {
        Some(open) if open.is_empty() => {}
        _ => return (judgement, Vec::new()),
    }
    let detail =
        format!("{}, for the Reviewer: {} passed there", count(errors.len(), "question"), by.join(", "));
    let questions = errors.iter().map(|finding| {
        let message =
            format!("{} (the project's own {} finds nothing there)", finding.message, by.join(", "));
        Issue::new(finding.rule.clone(), message).at(finding.path.clone(), Some(finding.line))
    });
    let said = Judgement { gate: Gate::Guardian, verdict: GateVerdict::Pass, detail, failure: None };
    (said, questions.collect())
}

/// Errors on lines that none of these checks judges; `None` if the trees cannot be read.
async fn undecided(
    context: &GateContext,
    trees: &Trees<'_>,
    checks: Vec<Check>,
    errors: Vec<Finding>,
) -> Option<Vec<Finding>> {
    let workspace = context.bench.workspace.clone();
    let (before, after) = (trees.mission_base.to_string(), trees.commit.to_string());
    blocking(move || {
        let (base, now) = (TreeSources::open(&workspace, &before)?, TreeSources::open(&workspace, &after)?);
        let changed: Vec<String> =
            workspace.changes(&before, &after)?.into_iter().map(|change| change.path).collect();
        let of_base = |path: &str| base.read(path).map(|text| text.into_owned());
        let of_now = |path: &str| now.read(path).map(|text| text.into_owned());
        let decisions = Decisions::new((&of_base, base.files()), (&of_now, now.files()), &changed);
        let is_decided = |finding: &Finding| {
            let tools = guardian::decided_by(&finding.rule);
            let mut judges =
                checks.iter().filter_map(|check| decisions.decider(check, &finding.path, finding.line));
            judges.any(|decider| tools.contains(&tool(decider)))
        };
        Ok::<_, workspace::Error>(errors.into_iter().filter(|finding| !is_decided(finding)).collect())
    })
    .await
    .ok()
}

fn tool(decider: Decider) -> Tool {
    match decider {
        Decider::TypeScript => Tool::TypeScript,
        Decider::Pyright => Tool::Pyright,
        Decider::Mypy => Tool::Mypy,
        Decider::Rust => Tool::Rust,
        Decider::Go => Tool::Go,
    }
}
