//! The ladder: the next help for a task whose attempt failed, chosen by what failed and what is left to try.
//!
//! It only names the rung: `state/ladder.rs` makes the changes.

use std::collections::BTreeSet;

use crate::policy::ROLE_TRIES;
use crate::{AttemptFailure, Event, FailureClass, Rung, State, Task};

/// The longest cause in a reason, in bytes.
const MAX_CAUSE: usize = 300;
/// After a tree was rejected this often in the mission, its task gets no new attempt from a clean base.
const FRESH_REJECTIONS: usize = 3;
/// After this many rejections its task is not split either.
const SPLIT_REJECTIONS: usize = 4;
/// The source of issues about files that do not parse.
const SYNTAX: &str = "syntax-error";

/// What is still to be tried for a task.
struct Left<'a> {
    state: &'a State,
    task: &'a Task,
    last: &'a AttemptFailure,
    fixable: bool,
    /// How often the tree that failed last was rejected in this mission, including this time; 0 if the tree is
    /// unknown.
    rejections: usize,
}

/// The next rung for a task that failed, or the event that abandons it. `fixable`: its slot still holds the
/// change.
pub(super) fn next(state: &State, task: &Task, fixable: bool) -> Event {
    let Some(last) = task.failures.last() else {
        return abandon(task, "nothing is known of what failed".into());
    };
    let left = Left::of(state, task, last, fixable);
    let chosen = match last.class {
        _ if task.compound => None,
        FailureClass::Budget => None,
        FailureClass::Blocked => left.split().or_else(|| left.again()).or_else(|| left.replan()),
        // A model that submits nothing usable will not do better with smaller tasks or another plan.
        FailureClass::Malformed if task.failures.iter().all(|f| f.class == FailureClass::Malformed) => {
            left.again()
        }
        FailureClass::Timeout => {
            let apart = left.large().then(|| left.split()).flatten();
            apart.or_else(|| left.again()).or_else(|| left.split()).or_else(|| left.replan())
        }
        // Smaller tasks would write the same lines, and so would another attempt after a repeated conflict
        FailureClass::Conflict => {
            let planned_so = left.repeated().then(|| left.replan()).flatten();
            left.fix().or(planned_so).or_else(|| left.again()).or_else(|| left.replan())
        }
        _ => left.fix().or_else(|| left.again()).or_else(|| left.split()).or_else(|| left.replan()),
    };
    match chosen {
        Some((rung, why)) => Event::RungChosen { task: task.id.clone(), rung, why },
        None => abandon(task, exhausted(task, last)),
    }
}

/// Whether the next rung is a repair.
pub(super) fn may_fix(state: &State, task: &Task, fixable: bool) -> bool {
    task.failures.last().is_some_and(|last| Left::of(state, task, last, fixable).fix().is_some())
}

impl<'a> Left<'a> {
    fn of(state: &'a State, task: &'a Task, last: &'a AttemptFailure, fixable: bool) -> Left<'a> {
        let of_tree = |tree: &String| {
            let failures = state.tasks.values().flat_map(|task| &task.failures);
            failures.filter(|failure| failure.tree.as_ref() == Some(tree)).count()
        };
        Left { state, task, last, fixable, rejections: last.tree.as_ref().map_or(0, of_tree) }
    }

    fn fix(&self) -> Option<(Rung, String)> {
        let fixes = self.state.policy.fixes;
        if self.unchanged_by_repair() || self.rejections >= FRESH_REJECTIONS {
            return None;
        }
        (self.fixable && self.last.class.is_fixable() && self.task.fixes < fixes).then(|| {
            let class = self.last.class.name();
            (
                Rung::Fix,
                format!("{class}: what was found can be named; repair {} of {fixes}", self.task.fixes + 1),
            )
        })
    }

    /// A new attempt from a clean base: first by the same model, then by each fallback.
    fn again(&self) -> Option<(Rung, String)> {
        let (policy, task) = (&self.state.policy, self.task);
        let attempts = policy.fresh.saturating_add(1).saturating_add(task.granted);
        let whole_files = self.edits_miss();
        let class = self.last.class.name();
        let hint = if whole_files { "; its edits missed, so it writes whole files" } else { "" };
        if task.model == 0 && task.attempt < attempts && self.rejections < FRESH_REJECTIONS {
            let no_repair = if self.unchanged_by_repair() {
                "the repair submitted the same change again"
            } else {
                "no repair is left"
            };
            let why = format!("{class}: {no_repair}; attempt {} of {attempts}{hint}", task.attempt + 1);
            return Some((Rung::Fresh { whole_files }, why));
        }
        (task.model < policy.fallbacks).then(|| {
            let model = task.model + 1;
            let why = format!(
                "{class}: the attempts before are used up; fallback {model} of {}{hint}",
                policy.fallbacks
            );
            (Rung::OtherModel { model, whole_files }, why)
        })
    }

    fn split(&self) -> Option<(Rung, String)> {
        let (policy, task) = (&self.state.policy, self.task);
        let may = task.splits < policy.splits
            && task.depth + 1 < policy.max_depth
            && self.rejections < SPLIT_REJECTIONS;
        may.then(|| {
            let why = match self.last.class {
                FailureClass::Blocked => {
                    "blocked: the coder cannot continue with the task as it is".to_string()
                }
                FailureClass::Timeout => "timeout: smaller parts may be done in time".to_string(),
                class => format!("{}: every attempt at the whole failed", class.name()),
            };
            (Rung::Split, why)
        })
    }

    /// Leaves the task to the plan of the next cycle, if there is one.
    fn replan(&self) -> Option<(Rung, String)> {
        let (cycle, cycles) = (self.state.cycle, self.state.policy.max_cycles);
        (cycle < cycles).then(|| {
            let what = self.last.issues.first().map(ToString::to_string).unwrap_or_default();
            let cause = shared::text::start_of(&what, MAX_CAUSE);
            let class = self.last.class.name();
            (Rung::Replan, format!("{class}: {cause}; this was plan {cycle} of at most {cycles}"))
        })
    }

    /// Whether the last repair submitted the same tree that had failed before.
    fn unchanged_by_repair(&self) -> bool {
        let Some(before) = self.task.failures.iter().rev().nth(1) else { return false };
        self.last.tree.is_some() && before.attempt == self.last.attempt && before.tree == self.last.tree
    }

    /// Whether the change conflicts in the same files as before.
    fn repeated(&self) -> bool {
        let paths = |failure: &AttemptFailure| -> BTreeSet<String> {
            failure.issues.iter().filter_map(|issue| issue.path.clone()).collect()
        };
        let mut conflicts =
            self.task.failures.iter().rev().skip(1).filter(|f| f.class == FailureClass::Conflict);
        conflicts.any(|earlier| paths(earlier) == paths(self.last))
    }

    /// Whether the task has more than one file or acceptance item, so that it can be split.
    fn large(&self) -> bool {
        self.task.scope.len() > 1 || self.task.acceptance.len() > 1
    }

    /// Whether nothing of the last attempt parsed: then the next attempt writes whole files instead of edits.
    fn edits_miss(&self) -> bool {
        let mut of_attempt = self.task.failures.iter().filter(|f| f.attempt == self.last.attempt);
        let unparsed = |f: &AttemptFailure| f.issues.iter().any(|issue| issue.source == SYNTAX);
        of_attempt.all(|f| f.class == FailureClass::Malformed || unparsed(f))
    }
}

fn exhausted(task: &Task, last: &AttemptFailure) -> String {
    let what = last.issues.first().map(ToString::to_string).unwrap_or_default();
    let tries = match (task.compound, task.attempt) {
        (true, _) => format!("no plan for it in {ROLE_TRIES} attempts"),
        (false, 1) => "1 attempt".to_string(),
        (false, n) => format!("{n} attempts"),
    };
    format!("{tries}, the last one failed ({}): {what}", last.class.name())
}

fn abandon(task: &Task, reason: String) -> Event {
    Event::TaskAbandoned { task: task.id.clone(), reason }
}
