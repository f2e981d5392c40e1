//! Work on one task: its tests, its implementation, its fixes, and the tools that its roles use.
//!
//! Roles write only inside their slot. Nothing here moves the head or accepts a change: `steps/review` judges.

pub(crate) mod attempt;
pub(crate) mod candidates;
pub(crate) mod check_tool;
pub(crate) mod coder;
pub(crate) mod edit;
pub(crate) mod edit_lint;
pub(crate) mod failure_reason;
pub(crate) mod fixer;
pub(crate) mod move_tool;
pub(crate) mod scope;
pub(crate) mod shell;
pub(crate) mod submitted_tests;
pub(crate) mod test_author;
pub(crate) mod work_mailbox;
pub(crate) mod write;
