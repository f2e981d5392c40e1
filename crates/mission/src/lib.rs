//! What a mission is: the task graph, the events that make it up, the state machine that folds them and decides what
//! should be running, policy and budget.
//!
//! **Invariant:** pure and total. No input or output, no clock, no random number, no thread. Everything uncertain (a
//! model's answer, the time, an identifier) enters as an [`Event`].
//!
//! - [`State::apply`] folds a fact into the state; [`decide`] says what should be running.
//! - [`mailbox`] parses what a role submits and reports problems in words that a model can act on.
//! - [`graph`] checks a plan and orders its tasks.
//! - [`provider`] says which model may be asked when, [`flag`] which answers are discarded, [`Meter`] what a session
//!   costs, and [`estimate`] what a mission will.
//! - [`memory`] is what missions learned of a project.

pub mod board;
pub mod command;
mod cost;
mod decide;
mod effect;
mod event;
mod facts;
mod failure;
pub mod flag;
mod gate;
pub mod grant;
pub mod graph;
mod id;
mod judging;
pub mod mailbox;
pub mod memory;
pub mod path;

pub mod permit;
mod policy;
pub mod provider;
mod role;
mod rung;
mod state;
mod task;

pub use board::{Board, BoardTask};
pub use cost::meter::{Meter, News, Price};
pub use cost::span::Estimate;
pub use cost::usage::{Tokens, Usage, UsageByRole};
pub use cost::{budget, estimate, repair};
pub use decide::decide;
pub use effect::{Effect, EffectKey, WorkKind};
pub use event::{Event, Outcome};
pub use facts::changed_files::{ChangedFile, ChangedFiles, FileChange, MAX_CHANGED};
pub use facts::followed::{Followed, FollowedTask};
pub use facts::pause::PauseReason;
pub use failure::{FailureClass, Issue};
pub use gate::{Basis, Gate, GateRow, GateVerdict};
pub use id::{MissionId, TaskId, is_mission_id, is_task_id};
pub use judging::candidates::Candidate;
pub use judging::check::{CheckKind, CheckSummary, RefusedCheck, SetupSummary, Verified, verified};
pub use judging::item_verdict::ItemVerdict;
pub use judging::panel::{Panel, TrackRecord};
pub use judging::written_tests::{IndependentTests, WrittenTests};
pub use judging::{candidates, independent};
pub use policy::{NewDependencies, Policy};
pub use role::{HeaderLine, Role, RoleRow};
pub use rung::{Chosen, Rung};
pub use state::{
    ANSWER_MINUTES, Amendment, Commit, Correction, Decision, Delivery, Heard, HunkBack, Judged,
    MAX_CORRECTION, MAX_CORRECTIONS, Needs, ObjectiveReview, Stage, State, Tasks, Trouble,
};
pub use task::{AttemptFailure, Phase, Seat, Task};
