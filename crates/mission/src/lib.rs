//! What a mission is: the task graph, the events that make it up, the state machine that folds them and decides
//! what should be under way, policy and budget.
//!
//! **Invariant:** pure and total. No input or output, no clock, no random number, no thread. Everything uncertain (a
//! model's answer, the time, an identifier) enters as an [`Event`].
//!
//! - [`State::apply`] folds a fact into the state; [`decide`] says what should be under way.
//! - [`mailbox`] parses what a role submits and says what is wrong in words that a model can act on.
//! - [`graph`] checks a plan and orders its tasks.
//! - [`provider`] says which model may be asked when, [`flag`] which answers are discarded, [`Meter`] what a session
//!   costs, and [`estimate`] what a mission will.

pub mod board;
pub mod budget;
pub mod candidates;
mod check;
pub mod command;
mod decide;
mod effect;
pub mod estimate;
mod event;
pub mod flag;
mod gate;
pub mod grant;
pub mod graph;
mod id;
pub mod independent;
pub mod mailbox;
mod meter;
mod panel;
pub mod path;
pub mod permit;
mod policy;
pub mod provider;
mod role;
mod rung;
mod state;
mod task;
mod usage;

pub use board::Board;
pub use candidates::Candidate;
pub use check::{CheckKind, CheckSummary, SetupSummary, Verified, verified};
pub use decide::decide;
pub use effect::{Effect, EffectKey, WorkKind};
pub use estimate::Estimate;
pub use event::{Event, FailureClass, GateVerdict, Issue, Outcome, PauseReason};
pub use gate::{Basis, Gate, GateRow};
pub use id::{MissionId, TaskId, is_mission_id, is_task_id};
pub use independent::{IndependentTests, WrittenTests};
pub use meter::{Meter, News, Price};
pub use panel::{Panel, TrackRecord};
pub use policy::{NewDependencies, Policy};
pub use role::{HeaderLine, Role, RoleRow};
pub use rung::{Chosen, Rung};
pub use state::{
    Commit, Delivery, ItemVerdict, Judged, Needs, ObjectiveReview, Stage, State, Tasks, Trouble,
};
pub use task::{AttemptFailure, Phase, Seat, Task};
pub use usage::{Tokens, Usage, UsageByRole};
