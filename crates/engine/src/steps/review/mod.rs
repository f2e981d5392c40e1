//! What Reviewers judge: a task's change, tests in dispute, and the whole against the objective.

pub(crate) mod dispute;
pub(crate) mod judge_task;
pub(crate) mod objective;
pub(crate) mod panel;
pub(crate) mod reviewer;
pub(crate) mod vote;
