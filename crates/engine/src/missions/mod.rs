//! The missions of a project: start, resume, review, undo; the parts of a mission, what missions learned of the
//! project, and how effects are carried out.
//!
//! `engine.rs` and `cli` call it. It talks to no role and runs no gate: `steps` do, when the state machine decides
//! so.

pub(crate) mod after;
pub(crate) mod changed_files;
mod effects;
pub(crate) mod history;
pub(crate) mod memory;
pub(crate) mod offer;
pub(crate) mod page;
pub(crate) mod plan_edit;
pub(crate) mod project;
pub(crate) mod queue;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod running;
pub(crate) mod tell;
pub(crate) mod tidy;
pub(crate) mod trust;
