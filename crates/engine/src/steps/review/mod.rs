//! What Reviewers judge: a task's change, tests in dispute, and the whole against the objective.
//!
//! They write nothing and do not see the Coder's words. The panel in `mission` decides how many are asked, and the
//! state machine what follows from their verdicts. Gates without models are in `gates`.

pub(crate) mod dispute;
mod emptied_files;
pub(crate) mod judge_task;
pub(crate) mod objective;
pub(crate) mod panel;
pub(crate) mod reviewer;
pub(crate) mod vote;
