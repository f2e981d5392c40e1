//! Checks that the mission itself adds, with a manifest, a script or tests that its base does not have.
//!
//! They are found in a task's slot, and judge the task. When a tree that passed them becomes the head, they are
//! adopted: they then run for every later task and for the whole, compared with their outcome at that time, and no task
//! can remove one. Reports use another word for their results than for those of the project's own checks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use checks::{Check, CheckPurpose, NewFailure, Outcome, Verdict};
use workspace::Slot;

use crate::actor::orchestrator::Orchestrator;
use crate::bench::known_outcomes::KnownOutcomes;
use crate::bench::{Bench, discovery, slot_files, slot_text};
use crate::blocking::blocking;

#[derive(Clone)]
struct Adopted {
    check: Check,
    /// The outcome on the tree with which it was adopted.
    outcome: Option<Arc<Outcome>>,
}

#[derive(Default)]
pub(crate) struct OwnChecks {
    adopted: Mutex<Vec<Adopted>>,
    /// `None` if a change is judged without a mission.
    mission: Option<Orchestrator>,
}

impl OwnChecks {
    pub fn new(mission: Option<Orchestrator>) -> OwnChecks {
        OwnChecks { adopted: Mutex::default(), mission }
    }

    /// The new checks in a slot's files, and the adopted ones; `base`: the checks of the mission's base.
    pub async fn of(&self, bench: &Bench, slot: &Slot, base: &[Check], known: &KnownOutcomes) -> Vec<Check> {
        self.restore(bench, base, known).await;
        let (workspace, of, config) = (bench.workspace.clone(), slot.clone(), bench.config.clone());
        let found = blocking(move || {
            let files = slot_files(&workspace, &of)?;
            let read = |path: &str| slot_text(&of.path, path);
            Ok::<_, workspace::Error>(discovery::find(&read, &files, &checks::has_program, &config).checks)
        });
        let found = found.await.unwrap_or_else(|error| {
            tracing::warn!("checks that the change brings were not looked for: {error}");
            Vec::new()
        });
        let mut own: Vec<Check> = self.adopted().iter().map(|adopted| adopted.check.clone()).collect();
        for check in new(found, base) {
            match own.iter_mut().find(|other| is_same(other, &check)) {
                // Its command may have changed; its current outcome counts
                Some(other) => other.script = check.script,
                None => own.push(check),
            }
        }
        own
    }

    /// The outcome of an adopted check on the tree with which it was adopted.
    pub fn outcome(&self, check: &Check) -> Option<Arc<Outcome>> {
        self.adopted().iter().find(|adopted| is_same(&adopted.check, check))?.outcome.clone()
    }

    /// A failing verdict if the command of an adopted check has changed and fewer tests run.
    pub fn weakened(&self, check: &Check, now: &Outcome) -> Option<Verdict> {
        let adopted = self.adopted().iter().find(|adopted| is_same(&adopted.check, check))?.clone();
        let before = adopted.outcome.as_ref().and_then(|outcome| outcome.passed);
        if adopted.check.script == check.script || before <= now.passed {
            return None;
        }
        let words = |check: &Check| check.script.clone().unwrap_or_else(|| check.run.clone());
        let message = format!(
            "the command of `{}` was changed from `{}` to `{}`, and fewer tests run than before: {} of {}. Put the command back",
            check.shown(),
            words(&adopted.check),
            words(check),
            now.passed.unwrap_or_default(),
            before.unwrap_or_default()
        );
        let failure = NewFailure { test: None, suite: None, message, file: None, line: None };
        Some(Verdict::Fail { findings: vec![failure] })
    }

    /// Adopts a check that passed on a tree that becomes the head; returns `true` if it is new.
    pub fn adopt(&self, check: &Check, outcome: Arc<Outcome>) -> bool {
        let mut adopted = self.adopted();
        let is_new = !adopted.iter().any(|other| is_same(&other.check, check));
        adopted.retain(|other| !is_same(&other.check, check));
        adopted.push(Adopted { check: check.clone(), outcome: Some(outcome) });
        is_new
    }

    /// After a restart, finds the adopted checks again in the mission's head.
    async fn restore(&self, bench: &Bench, base: &[Check], known: &KnownOutcomes) {
        let Some(mission) = self.mission.as_ref().filter(|_| self.adopted().is_empty()) else { return };
        let Ok(state) = mission.state().await else { return };
        let runs: Vec<String> =
            state.head_checks.iter().filter(|check| check.own).map(|check| check.run.clone()).collect();
        let Some(head) = state.head.clone().filter(|_| !runs.is_empty()) else { return };
        let (workspace, config) = (bench.workspace.clone(), bench.config.clone());
        let found = blocking(move || {
            let files = workspace.files(&head.commit)?;
            let read = |path: &str| String::from_utf8(workspace.read(&head.commit, path).ok()??).ok();
            let found = discovery::find(&read, &files, &checks::has_program, &config).checks;
            Ok::<_, workspace::Error>((found, head.tree))
        });
        let Ok((found, tree)) = found.await else { return };
        let found = new(found, base).into_iter().filter(|check| runs.contains(&check.shown()));
        *self.adopted() = found.map(|check| Adopted { outcome: known.get(&tree, &check), check }).collect();
    }

    fn adopted(&self) -> MutexGuard<'_, Vec<Adopted>> {
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(one: &Check, other: &Check) -> bool {
    one.run == other.run && one.directory == other.directory
}

/// The checks that the base does not have. A linter that the mission sets up would find old problems, which are not
/// faults of the change, so it does not count.
fn new(found: Vec<Check>, base: &[Check]) -> Vec<Check> {
    let is_new = |check: &Check| {
        !base.iter().any(|known| is_same(known, check))
            && (base.is_empty() || check.kind != CheckPurpose::Lint)
    };
    found.into_iter().filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use checks::End;

    use super::*;

    fn outcome(passed: Option<u32>) -> Arc<Outcome> {
        Arc::new(Outcome { end: End::Exited { code: 0 }, passed, ..Outcome::not_started("") })
    }

    #[test]
    fn a_check_that_was_adopted_is_not_made_weaker() {
        let own = OwnChecks::default();
        let mut check = Check::configured("test", "npm test", None);
        check.script = Some("node --test".into());
        assert!(own.adopt(&check, outcome(Some(3))) && !own.adopt(&check, outcome(Some(4))));
        assert!(own.weakened(&check, &outcome(Some(2))).is_none(), "the count is compared elsewhere");
        check.script = Some("true".into());
        assert!(own.weakened(&check, &outcome(None)).is_some());
        check.script = Some("node --test test/".into());
        assert!(own.weakened(&check, &outcome(Some(4))).is_none());
    }

    #[test]
    fn what_the_base_has_is_not_the_mission_s() {
        let test = Check::configured("test", "npm test", None);
        let lint = Check::configured("lint", "npm run lint", None);
        assert_eq!(new(vec![test.clone(), lint.clone()], &[]).len(), 2);
        assert!(new(vec![Check { name: "other".into(), ..test.clone() }, lint], &[test]).is_empty());
    }
}
