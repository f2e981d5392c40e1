//! Existing tests, and what configures the project's checks: a change may touch the first only where its plan says why,
//! the second never. What was touched is put back, so that a repair goes on from what stood there.

use std::sync::Arc;

use mission::{FailureClass, Gate, GateVerdict, Issue};

use super::files::{Kind, is_test_text, kind};
use super::{Change, Finding, Judgement, manifests};
use crate::blocking::blocking;
use crate::mission_context::MissionContext;

/// The longest part of a diff that is shown, in bytes.
const MAX_DIFF: usize = 1200;

/// Also gives the existing tests that the plan let this change touch.
pub(super) async fn judge(context: &Arc<MissionContext>, change: &Change<'_>) -> (Judgement, Vec<String>) {
    let (workspace, slot) = (context.workspace.clone(), change.slot.clone());
    let (paths, head) = (change.paths.to_vec(), change.commit.id.clone());
    let (mission_base, may_edit) = (change.mission_base.to_string(), change.task.edits_tests.is_some());
    let looked = blocking(move || {
        let touched = touched(&workspace, &mission_base, &slot.commit, &head, &paths)?;
        let (allowed, refused): (Vec<Touched>, Vec<Touched>) =
            touched.into_iter().partition(|t| may_edit && t.what == What::Test);
        let mut issues = Vec::new();
        for touched in &refused {
            let path = std::slice::from_ref(&touched.path);
            let diff = workspace.diff(&slot.commit, &head, path, MAX_DIFF)?;
            issues.push(Issue::new("protected", touched.words(&diff)).at(touched.path.clone(), None));
        }
        let back: Vec<String> = refused.into_iter().map(|t| t.path).collect();
        if !back.is_empty() {
            workspace.discard(&slot, &back)?;
        }
        Ok::<_, workspace::Error>((allowed.into_iter().map(|t| t.path).collect::<Vec<_>>(), issues))
    });
    let gate = Gate::Protected;
    let (allowed, issues) = match looked.await {
        Ok(found) => found,
        Err(error) => {
            let issues = vec![Issue::new("workspace", error.to_string())];
            let failure = Some(Finding { class: FailureClass::Host, issues });
            let detail = error.to_string();
            return (Judgement { gate, verdict: GateVerdict::NoEvidence, detail, failure }, Vec::new());
        }
    };
    if issues.is_empty() {
        let detail = match allowed.len() {
            0 => "no existing test and no configuration of checks was changed".to_string(),
            _ => format!("existing tests changed, as the plan allows: {}", allowed.join(", ")),
        };
        return (Judgement { gate, verdict: GateVerdict::Pass, detail, failure: None }, allowed);
    }
    let detail = issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let failure = Some(Finding { class: FailureClass::Scope, issues });
    (Judgement { gate, verdict: GateVerdict::Fail, detail, failure }, allowed)
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Test,
    Config,
    /// These sections of a manifest.
    Sections(Vec<String>),
}

struct Touched {
    path: String,
    what: What,
}

/// What is protected and was touched. A file that came with this mission is not: its tests are compared by the Guardian.
fn touched(
    workspace: &workspace::Workspace,
    mission_base: &str,
    base: &str,
    head: &str,
    paths: &[String],
) -> Result<Vec<Touched>, workspace::Error> {
    let known: Vec<(&str, Kind)> = paths
        .iter()
        .map(|path| (path.as_str(), kind(path)))
        .filter(|(_, kind)| kind.is_test() || matches!(kind, Kind::Config | Kind::Manifest))
        .collect();
    let names: Vec<&str> = known.iter().map(|(path, _)| *path).collect();
    let first = workspace.read_all(mission_base, &names)?;
    let before = workspace.read_all(base, &names)?;
    let after = workspace.read_all(head, &names)?;
    let mut found = Vec::new();
    for (i, (path, kind)) in known.into_iter().enumerate() {
        let at = |side: &[Option<Vec<u8>>]| side.get(i).cloned().flatten();
        let (Some(_), Some(before)) = (at(&first), at(&before)) else { continue };
        let what = match kind {
            Kind::Manifest => {
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                let after = at(&after).map(text);
                match manifests::changed(path, Some(&text(before)), after.as_deref()) {
                    sections if sections.is_empty() => continue,
                    sections => What::Sections(sections),
                }
            }
            Kind::Config => What::Config,
            Kind::Test if !is_test_text(path, &String::from_utf8_lossy(&before)) => continue,
            _ => What::Test,
        };
        found.push(Touched { path: path.to_string(), what });
    }
    Ok(found)
}

impl Touched {
    fn words(&self, diff: &str) -> String {
        let said = match &self.what {
            What::Test => {
                "this existing test is protected, and the plan of this task gives no reason to change it \
                 (`edits_tests`). It was put back as it was: make the code right instead, and write new cases in a new \
                 test file. If the task cannot be done without changing it, hand in `blocked` and say why."
                    .to_string()
            }
            What::Config => "this file decides what the project's checks say, and no task may change it. It was put back \
                             as it was: make the code pass the checks as they are."
                .to_string(),
            What::Sections(sections) => {
                let names = sections.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
                format!(
                    "{names} decide what the project's checks say, and no task may change them. The whole file was put \
                     back as it was: make only your other changes to it again."
                )
            }
        };
        format!("{said} What was changed:\n{}", diff.trim_end())
    }
}
