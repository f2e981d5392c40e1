//! What Reviewers judge: a task's change, tests in dispute, and the whole against the objective.
//!
//! They write nothing and hear no Coder. How many are asked is decided by `mission`'s panel, what follows from their
//! verdicts by the state machine. Gates that ask no model are in `gates`.

pub(crate) mod dispute;
pub(crate) mod judge_task;
pub(crate) mod objective;
pub(crate) mod panel;
pub(crate) mod reviewer;
pub(crate) mod vote;
